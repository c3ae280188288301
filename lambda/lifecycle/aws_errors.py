"""The one border where AWS's errors become ours; AWS's own words and request id stay attached."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ParamValidationError, PartialCredentialsError

from .errors import AccessDeniedError, CloudError, ConfigurationError, LifecycleError, NotReady, QuotaError, RequestError

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "AuthorizationError", "403"})
_IDENTITY = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_BUSY = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "ServiceUnavailable"}
)
_QUOTA = frozenset({"ResourceLimitExceeded", "LimitExceededException", "LimitExceeded", "ServiceQuotaExceededException"})
_REFUSED = frozenset({"ValidationException", "ValidationError", "InvalidParameterValue", "InvalidParameterException", "NoSuchBucket"})

_MORE_QUOTA = (
    "Ask for more under Service Quotas, Amazon SageMaker. For training, spot instances have a quota of their own, "
    "4 in a fresh account where the others are 0: try spot."
)


def code_of(error: ClientError) -> str:
    """AWS's code for an error."""
    return error.response.get("Error", {}).get("Code", "")


def message_of(error: ClientError) -> str:
    """AWS's words for an error."""
    return error.response.get("Error", {}).get("Message", "")


def is_missing(error: ClientError) -> bool:
    """Whether AWS says that what was asked for does not exist.

    SageMaker has no code of its own for this: it answers ValidationException with "Requested resource not found." (training jobs)
    or "Could not find ..." (models, endpoints), so its words must be read.
    """
    code, words = code_of(error), message_of(error).lower()
    if code in {"ResourceNotFound", "ResourceNotFoundException", "NoSuchKey", "NoSuchBucket", "404", "NotFound"}:
        return True
    return code == "ValidationException" and ("not found" in words or "could not find" in words)


@contextmanager
def translating_aws_errors(operation: str) -> Iterator[None]:
    """Turns whatever boto3 raises inside into an error of ours.

    Args:
        operation: what was being done, to follow "AWS did not ...", such as ``start the training job x``.

    Raises:
        AccessDeniedError: a permission is missing.
        QuotaError: the account's limit is reached.
        ConfigurationError: credentials or region are missing or not accepted.
        RequestError: AWS refused what was asked.
        NotReady: AWS asks to slow down.
        CloudError: anything else.
    """
    try:
        yield
    except ClientError as error:
        raise translation(error, operation) from error
    except (NoCredentialsError, PartialCredentialsError, NoRegionError) as error:
        raise ConfigurationError(
            f"Could not {operation}. {error} Set the AWS credentials and region: for the sandbox, "
            'eval "$(blazingtext sandbox env)"; for AWS, aws configure or AWS_PROFILE and AWS_REGION.'
        ) from error
    except ParamValidationError as error:
        raise RequestError(f"Could not {operation}. boto3 refuses the request: {error} Correct the named value.") from error
    except BotoCoreError as error:
        raise CloudError(
            f"Could not {operation}. AWS could not be reached: {error} Check the network and AWS_ENDPOINT_URL, then try again."
        ) from error


def translation(error: ClientError, operation: str) -> LifecycleError:
    """The error of ours that an AWS error means; see `translating_aws_errors`."""
    code, words = code_of(error), _message(error)
    for codes, family, why, remedy in _meanings("iam:PassRole" in words):
        if code in codes:
            return family(f"Could not {operation}. {why}: {words} {remedy}")
    return CloudError(f"Could not {operation}. AWS failed: {words} Try again; if it stays, give AWS Support the request id.")


def _meanings(role_refused: bool) -> tuple[tuple[frozenset[str], type[LifecycleError], str, str], ...]:
    """What families of AWS's codes mean: codes, our error, why it happened, what to do."""
    denied = (
        (
            "The caller may not hand the role to SageMaker",
            "Allow iam:PassRole on that role only, with iam:PassedToService = sagemaker.amazonaws.com.",
        )
        if role_refused
        else ("A permission is missing", "Grant the action that AWS names, then try again.")
    )
    return (
        (_DENIED, AccessDeniedError, *denied),
        (_QUOTA, QuotaError, "The account's limit is reached", _MORE_QUOTA),
        (_IDENTITY, ConfigurationError, "AWS does not accept the credentials", "Renew them, then try again."),
        (_BUSY, NotReady, "AWS asks to slow down", "Try again in a minute."),
        (_REFUSED, RequestError, "AWS refused", "Correct what it names, then try again."),
    )


def _message(error: ClientError) -> str:
    request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    attached = f" (request id {request})" if request else ""
    return f"{code_of(error)}: {message_of(error)}{attached}".rstrip(".") + "."
