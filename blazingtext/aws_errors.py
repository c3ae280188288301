"""Errors of the AWS SDK become ours.

Whatever here talks to AWS runs inside `translating_aws_errors`. What the functions meet as well is translated by
`lifecycle.aws_errors`; a person at a terminal also meets profiles, expired sign-ins and waiters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import LifecycleError

from .errors import SignInError, TemporaryError, UnreachableError

_SIGN_IN = (
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.SSOError,
    aws.ProfileNotFound,
    aws.ConfigParseError,
    aws.ConfigNotFound,
)
_UNREACHABLE = (aws.HTTPClientError, aws.ConnectionError)


@contextmanager
def translating_aws_errors(doing: str) -> Iterator[None]:
    """Turns whatever the AWS SDK raises inside into an error of ours; also usable as a decorator.

    Args:
        doing: what was attempted, to be read after "Could not": "list the training jobs".

    Raises:
        LifecycleError: the fitting class of the tree, the SDK's exception as its cause.
    """
    with aws_errors.translating_aws_errors(doing):
        try:
            yield
        except (aws.ClientError, aws.BotoCoreError) as error:
            known = _translated(error, doing)
            if known is None:
                raise
            raise known from error


def _translated(error: aws.ClientError | aws.BotoCoreError, doing: str) -> LifecycleError | None:
    """What only a person at a terminal meets; None for what the functions meet as well."""
    happened = f"Could not {doing}."
    if isinstance(error, aws.ClientError):
        return _answered(error, happened)
    if isinstance(error, _SIGN_IN):
        return SignInError(f"{happened} The credentials cannot be used: {error}.")
    if isinstance(error, _UNREACHABLE):
        return UnreachableError(f"{happened} AWS could not be reached: {error}.")
    if isinstance(error, aws.WaiterError):
        return TemporaryError(f"{happened} {error}.")
    return None


def _answered(error: aws.ClientError, happened: str) -> LifecycleError | None:
    """An answer of AWS that only a person at a terminal meets."""
    code, message = aws_errors.code_of(error), aws_errors.message_of(error)
    if code in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}:
        return SignInError(f"{happened} The credentials have expired: {message}")
    if code == "ModelNotReadyException":
        return TemporaryError(f"{happened} The model is still being loaded: {message}")
    return None
