"""The one border of the command line where the AWS SDK's errors become ours.

Everything here that talks to AWS runs inside `translating_aws_errors`; what comes out is the tree of `lifecycle.errors`, whose
classes carry the exit code. What the functions meet as well is translated by `lifecycle.aws_errors`; a person at a terminal
also meets profiles, expired sign-ins, waiters and a model's own container.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as aws

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import CloudError, ConfigurationError, LifecycleError, NotReady, UserError

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
    """Whatever AWS's SDK raises inside comes out as an error of ours; also usable as a decorator.

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
    """What only a person meets; None for what the functions meet as well."""
    happened = f"Could not {doing}."
    if isinstance(error, aws.ClientError):
        return _answered(error, happened)
    if isinstance(error, _SIGN_IN):
        return ConfigurationError(f"{happened} The credentials cannot be used: {error}. Sign in again, or name another --profile.")
    if isinstance(error, _UNREACHABLE):
        return CloudError(
            f"{happened} AWS could not be reached: {error}. "
            "Check the network and the proxy; when AWS_ENDPOINT_URL points at a sandbox: blazingtext sandbox status."
        )
    if isinstance(error, aws.WaiterError):
        return NotReady(f"{happened} {error}. Try again in a minute.")
    return None


def _answered(error: aws.ClientError, happened: str) -> LifecycleError | None:
    """The answers of AWS that need a person's words."""
    code, said = aws_errors.code_of(error), aws_errors.message_of(error)
    if code in {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}:
        return ConfigurationError(f"{happened} The credentials have expired: {said} Sign in again.")
    if code == "ModelNotReadyException":
        return NotReady(f"{happened} The model is still being loaded: {said} Try again in a minute.")
    return _model_error(error, happened, said) if code == "ModelError" else None


def _model_error(error: aws.ClientError, happened: str, said: str) -> LifecycleError:
    """The container behind the endpoint refused (the person's input) or failed (the model): it kept its own status."""
    status = int(str(error.response.get("OriginalStatusCode", 500)))
    family: type[LifecycleError] = UserError if 400 <= status < 500 else CloudError
    return family(
        f"{happened} The model's container answered {status}: {error.response.get('OriginalMessage') or said}. "
        "See what it printed: blazingtext logs --endpoint."
    )
