"""Errors of the AWS SDK become ours.

Whatever here talks to AWS runs inside `translating_aws_errors`. What the functions meet as well is translated by
`lifecycle.aws_errors`; a person at a terminal also meets profiles, expired sign-ins and waiters.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import LifecycleError

from .errors import EndpointUrlError, SignInError, TemporaryError, UnreachableError

_SIGN_IN = (
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.SSOError,
    aws.ProfileNotFound,
    aws.ConfigParseError,
    aws.ConfigNotFound,
)
_UNREACHABLE = (aws.HTTPClientError, aws.ConnectionError)
_ENDPOINT = "AWS_ENDPOINT_URL"


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
        except ResponseParserError as error:
            # No class of botocore.exceptions: the answer is not AWS's at all, such as a page of HTML.
            raise _no_aws(doing, error) from error
        except ValueError as error:
            # botocore checks the address of an endpoint when a client is made, and has no class of its own for a wrong one.
            if not str(error).startswith("Invalid endpoint"):
                raise
            raise EndpointUrlError(f"Could not {doing}. {_ENDPOINT} is no address of a service: {error}.") from error


def _translated(error: aws.ClientError | aws.BotoCoreError, doing: str) -> LifecycleError | None:
    """What only a person at a terminal meets; None for what the functions meet as well."""
    happened = f"Could not {doing}."
    if isinstance(error, aws.ClientError):
        return _answered(error, happened)
    if isinstance(error, _SIGN_IN):
        return SignInError(f"{happened} The credentials cannot be used: {error}.")
    if isinstance(error, aws.EndpointConnectionError | aws.ConnectionClosedError) and _redirected():
        return EndpointUrlError(f"{happened} Nothing answers as AWS does at {_ENDPOINT}={_redirected()}: {error}.")
    if isinstance(error, _UNREACHABLE):
        return UnreachableError(f"{happened} AWS could not be reached: {error}.")
    if isinstance(error, aws.WaiterError):
        return TemporaryError(f"{happened} {error}.")
    return None


def _no_aws(doing: str, error: Exception) -> LifecycleError:
    """What an answer means that botocore cannot read."""
    happened = f"Could not {doing}. The answer is not one of AWS's: {' '.join(str(error).split())[:200]}."
    if _redirected():
        return EndpointUrlError(f"{happened} It came from {_ENDPOINT}={_redirected()}.")
    return UnreachableError(happened)


def _redirected() -> str:
    """Where requests go in place of AWS, or ""."""
    return os.environ.get(_ENDPOINT, "")


def _answered(error: aws.ClientError, happened: str) -> LifecycleError | None:
    """An answer of AWS that only a person at a terminal meets."""
    code, message = aws_errors.code_of(error), aws_errors.message_of(error)
    if code.isdigit() and not error.operation_name.startswith("Head") and _redirected():
        # AWS's services have codes of words; a bare number is the HTTP status of some other server.
        return EndpointUrlError(f"{happened} What answers at {_ENDPOINT}={_redirected()} is not AWS: HTTP status {code}.")
    if code in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}:
        return SignInError(f"{happened} The credentials have expired: {message}")
    if code == "ModelNotReadyException":
        return TemporaryError(f"{happened} The model is still being loaded: {message}")
    return None
