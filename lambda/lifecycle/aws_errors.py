"""The one border where AWS's errors become ours; AWS's own words and request id stay attached."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore import exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from .errors import AccessDeniedError, CloudError, ConfigurationError, LifecycleError, NotReady, QuotaError, RequestError

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "KMS.AccessDeniedException",
        "NotAuthorized",
        "UnauthorizedException",
        "UnauthorizedOperation",
        "403",
    }
)
_IDENTITY = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
# botocore retries most of these, too (botocore/data/_retry.json), so whoever meets one has been slowed down for a while.
_BUSY = frozenset(
    {
        # A HEAD request's answer has no body, so no code but its status, which is S3's for "slow down", too.
        "503",
        "BandwidthLimitExceeded",
        "KMS.ThrottlingException",
        "KMSThrottling",
        "KmsThrottled",
        "KmsThrottlingException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_OTHER_REGION = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"})
_SETTINGS = (
    aws.EndpointProviderError,
    aws.InvalidConfigError,
    aws.InvalidDefaultsMode,
    aws.InvalidEndpointConfigurationError,
    aws.InvalidProxiesConfigError,
    aws.InvalidRegionError,
    aws.UnknownEndpointError,
    aws.UnknownRegionError,
)
_QUOTA = frozenset({"ResourceLimitExceeded", "LimitExceededException", "LimitExceeded", "ServiceQuotaExceededException"})
_REFUSED = frozenset({"ValidationException", "ValidationError", "InvalidParameterValue", "InvalidParameterException", "NoSuchBucket"})

_MORE_QUOTA = (
    "Ask for more under Service Quotas, Amazon SageMaker. For training, spot instances have a quota of their own, "
    "4 in a fresh account where the others are 0: try spot."
)

_CREDENTIALS = (
    "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and the profile, and this machine's clock; for the sandbox, "
    'run eval "$(blazingtext sandbox env)" again. Renew them, then try again.'
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
    except (aws.NoCredentialsError, aws.PartialCredentialsError) as error:
        raise ConfigurationError(
            f"Could not {operation}. {_sentence(error)} Set the AWS credentials: for the sandbox, "
            'eval "$(blazingtext sandbox env)"; for AWS, aws configure, aws sso login or AWS_PROFILE.'
        ) from error
    except aws.NoRegionError as error:
        raise ConfigurationError(f"Could not {operation}. No region is chosen. {_how_to_choose_a_region(os.environ)}") from error
    except _SETTINGS as error:
        raise ConfigurationError(
            f"Could not {operation}. The AWS settings cannot be used: {_sentence(error)} "
            "Correct the region (--region, AWS_DEFAULT_REGION) or what it names."
        ) from error
    except aws.ParamValidationError as error:
        raise RequestError(f"Could not {operation}. boto3 refuses the request: {error} Correct the named value.") from error
    except BotoCoreError as error:
        raise CloudError(
            f"Could not {operation}. AWS could not be reached: {_sentence(error)} Check the network and AWS_ENDPOINT_URL, then try again."
        ) from error


def _sentence(error: Exception) -> str:
    """The words of botocore with one full stop at their end."""
    return f"{str(error).rstrip('.')}."


def _how_to_choose_a_region(environ: Mapping[str, str]) -> str:
    """What to do without a region: boto3, unlike the AWS CLI and the CDK, does not read AWS_REGION.

    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html#using-environment-variables
    """
    if environ.get("AWS_REGION"):
        return (
            'AWS_REGION is set, but boto3 reads AWS_DEFAULT_REGION, or the profile\'s region: export AWS_DEFAULT_REGION="$AWS_REGION", '
            "or give --region."
        )
    return "Give --region, set AWS_DEFAULT_REGION, or give your profile a region with aws configure."


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
        (_IDENTITY, ConfigurationError, "AWS does not accept the credentials", _CREDENTIALS),
        (_OTHER_REGION, ConfigurationError, "It is in another region", "Choose that region with --region or AWS_DEFAULT_REGION."),
        (_BUSY, NotReady, "AWS asks to slow down", "Try again in a minute."),
        (_REFUSED, RequestError, "AWS refused", "Correct what it names, then try again."),
    )


def _message(error: ClientError) -> str:
    request = error.response.get("ResponseMetadata", {}).get("RequestId")
    attached = f" (request id {request})" if request else ""
    return f"{code_of(error)}: {message_of(error)}{attached}".rstrip(".") + "."
