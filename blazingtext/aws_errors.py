"""Errors of the AWS SDK become ours.

Whatever here talks to AWS runs inside `translating_aws_errors`. What the functions meet as well is translated by
`lifecycle.aws_errors`; a person at a terminal also meets profiles, expired sign-ins and waiters.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import LifecycleError

from .errors import CertificateError, EndpointUrlError, ExpiredSessionError, SignInError, TemporaryError, UnreachableError

_SIGN_IN = (
    aws.CredentialRetrievalError,
    aws.TokenRetrievalError,
    aws.LoginError,
    aws.SSOError,
    aws.ProfileNotFound,
    aws.ConfigParseError,
    aws.ConfigNotFound,
)
# What services answer to a session that is over: JSON services and STS (https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html),
# S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), and those that speak EC2's protocol.
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
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
        except Boto3Error as error:
            raise _of_transfer(error, doing) from error
        except ResponseParserError as error:
            # No class of botocore.exceptions: the answer is not AWS's at all, such as a page of HTML.
            raise _no_aws(doing, error) from error
        except ValueError as error:
            # botocore checks the address of an endpoint when a client is made, and has no class of its own for a wrong one.
            if not str(error).startswith("Invalid endpoint") and (not _redirected() or _is_address(_redirected())):
                raise
            raise EndpointUrlError(f"Could not {doing}. {_ENDPOINT} is no address of a service: {error}.") from error


def _translated(error: aws.ClientError | aws.BotoCoreError, doing: str) -> LifecycleError | None:
    """What only a person at a terminal meets; None for what the functions meet as well."""
    happened = f"Could not {doing}."
    if isinstance(error, aws.ClientError):
        return _answered(error, happened)
    if isinstance(error, _SIGN_IN):
        return SignInError(f"{happened} The credentials cannot be used: {error}.")
    if isinstance(error, _UNREACHABLE):
        return _unreachable(error, happened)
    if isinstance(error, aws.WaiterError):
        return TemporaryError(f"{happened} {error}.")
    return None


def _unreachable(error: aws.HTTPClientError | aws.ConnectionError, happened: str) -> LifecycleError:
    """Who does not answer, or not as AWS does."""
    if isinstance(error, aws.SSLError):
        return CertificateError(f"{happened} The certificate of what answers cannot be checked: {error}.")
    if _redirected() and (isinstance(error, aws.EndpointConnectionError | aws.ConnectionClosedError) or not _is_address(_redirected())):
        return EndpointUrlError(f"{happened} Nothing answers as AWS does at {_ENDPOINT}={_redirected()}: {error}.")
    return UnreachableError(f"{happened} AWS could not be reached: {error}.")


def _of_transfer(error: Boto3Error, doing: str) -> LifecycleError:
    """What a failed upload or download of boto3's own means: boto3 raises an error of its own while it handles S3's answer."""
    answer = error.__context__
    if isinstance(answer, aws.ClientError):
        return _translated(answer, doing) or aws_errors.translation(answer, doing)
    return UnreachableError(f"Could not {doing}. The transfer failed: {error}.")


def _no_aws(doing: str, error: Exception) -> LifecycleError:
    """What an answer means that botocore cannot read."""
    happened = f"Could not {doing}. The answer is not one of AWS's: {' '.join(str(error).split())[:200]}."
    if _redirected():
        return EndpointUrlError(f"{happened} It came from {_ENDPOINT}={_redirected()}.")
    return UnreachableError(happened)


def _is_address(text: str) -> bool:
    """Whether a text is a URL that botocore can ask; it takes one apart only when it has to."""
    try:
        url, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and port != 0


def _redirected() -> str:
    """Where requests go in place of AWS, or ""."""
    return os.environ.get(_ENDPOINT, "")


def _answered(error: aws.ClientError, happened: str) -> LifecycleError | None:
    """An answer of AWS that only a person at a terminal meets."""
    code, message = aws_errors.code_of(error), aws_errors.message_of(error)
    if code.isdigit() and not error.operation_name.startswith("Head") and _redirected():
        # AWS's services have codes of words; a bare number is the HTTP status of some other server.
        return EndpointUrlError(f"{happened} What answers at {_ENDPOINT}={_redirected()} is not AWS: HTTP status {code}.")
    if code in _EXPIRED:
        return ExpiredSessionError(f"{happened} The session has expired: {code}: {message.rstrip('.')}.")
    if code == "400" and error.operation_name.startswith("Head"):
        # An answer to HEAD has no body, so S3 cannot say ExpiredToken: https://github.com/boto/botocore/issues/1400
        return ExpiredSessionError(f"{happened} S3 refuses the request without saying why, which it does when a session has expired.")
    if code == "ModelNotReadyException":
        return TemporaryError(f"{happened} The model is still being loaded: {message}")
    return None
