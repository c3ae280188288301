import botocore.loaders
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from blazingtext_lifecycle import errors
from blazingtext_lifecycle.aws_errors import code_of, is_missing, message_of, translating_aws_errors
from blazingtext_lifecycle.errors import (
    AccessDeniedError,
    CloudError,
    ConfigurationError,
    LifecycleError,
    NotReady,
    QuotaError,
    RequestError,
)
from tests.unit.lifecycle.aws_fakes import client_error


@pytest.mark.parametrize(
    ("raised", "family", "words"),
    [
        (NoCredentialsError(), ConfigurationError, "blazingtext sandbox env"),
        (PartialCredentialsError(provider="env", cred_var="x"), ConfigurationError, "blazingtext sandbox env"),
        (NoRegionError(), ConfigurationError, "No region is chosen."),
        (ReadTimeoutError(endpoint_url="https://x"), CloudError, "AWS could not be reached"),
        (InvalidRegionError(region_name="mars 1"), ConfigurationError, "The AWS settings cannot be used"),
        (ParamValidationError(report="bad"), RequestError, "boto3 refuses the request"),
        (EndpointConnectionError(endpoint_url="https://x"), CloudError, "AWS could not be reached"),
        (client_error("InternalFailure", "We failed"), CloudError, "InternalFailure: We failed (request id request-1)."),
        (client_error("ThrottlingException", "Rate exceeded"), NotReady, "slow down"),
        (client_error("ExpiredToken", "old"), ConfigurationError, "Renew them"),
    ],
)
def test_no_boto3_error_leaves_untranslated(raised: Exception, family: type[LifecycleError], words: str) -> None:
    with pytest.raises(family) as refusal, translating_aws_errors("do it"):
        raise raised

    assert "Could not do it." in str(refusal.value)
    assert words in str(refusal.value)
    assert refusal.value.__cause__ is raised


# What each code means, service by service.
# Common: https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
# S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# SNS: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html (AuthorizationError)
# SageMaker: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html (ResourceLimitExceeded)
# Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (TooManyRequestsException, InvalidParameterValueException)
# EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (UnauthorizedOperation, RequestLimitExceeded)
# A HEAD request's answer has no code but its status: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html (503)
# Encrypted queues, topics and state machines: the services' models in botocore (KMSThrottling, KmsThrottled, Throttled, ...)
# Throttling, beyond those: botocore's own list (botocore/data/_retry.json), which a test below compares.
MEANINGS = {
    AccessDeniedError: (
        "AccessDenied AccessDeniedException AuthorizationError KMS.AccessDeniedException NotAuthorized UnauthorizedException "
        "UnauthorizedOperation 403"
    ),
    ConfigurationError: (
        "ExpiredToken ExpiredTokenException IncompleteSignature InvalidAccessKeyId InvalidClientTokenId InvalidSignatureException "
        "InvalidToken MissingAuthenticationToken MissingAuthenticationTokenException RequestExpired RequestTimeTooSkewed "
        "SignatureDoesNotMatch UnrecognizedClientException"
    ),
    NotReady: (
        "BandwidthLimitExceeded PriorRequestNotComplete ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled "
        "RequestThrottledException ServiceUnavailable SlowDown ThrottledException Throttling ThrottlingException TooManyRequestsException "
        "503 Throttled KMSThrottling KMS.ThrottlingException KmsThrottled KmsThrottlingException"
    ),
    QuotaError: "LimitExceeded LimitExceededException ResourceLimitExceeded ServiceQuotaExceededException",
    RequestError: "InvalidParameterException InvalidParameterValue NoSuchBucket ValidationError ValidationException",
    CloudError: "InternalFailure InternalServerError 500 ResourceInUse",
}
REMEDIES: dict[type[LifecycleError], str] = {
    AccessDeniedError: "A permission is missing: {} Grant the action that AWS names, then try again.",
    ConfigurationError: "AWS does not accept the credentials: {} Check AWS_ACCESS_KEY_ID, ",
    NotReady: "AWS asks to slow down: {} Try again in a minute.",
    QuotaError: "The account's limit is reached: {} Ask for more under Service Quotas, Amazon SageMaker.",
    RequestError: "AWS refused: {} Correct what it names, then try again.",
    CloudError: "AWS failed: {} Try again; if it stays, give AWS Support the request id.",
}


@pytest.mark.parametrize(("family", "code"), [(family, code) for family, codes in MEANINGS.items() for code in codes.split()])
def test_each_code_of_awss_has_its_meaning_and_remedy(family: type[LifecycleError], code: str) -> None:
    with pytest.raises(LifecycleError) as caught, translating_aws_errors("do it"):
        raise client_error(code, "Said so.")

    assert type(caught.value) is family
    assert REMEDIES[family].format(f"{code}: Said so. (request id request-1).") in str(caught.value)


def test_whatever_botocore_waits_for_is_told_as_not_ready() -> None:
    definitions = botocore.loaders.Loader().load_data("_retry")["definitions"]
    responses = [each["applies_when"].get("response", {}) for name, each in definitions.items() if "throttl" in name or "slow" in name]
    codes = {response["service_error_code"] for response in responses if "service_error_code" in response}

    assert {"Throttling", "ThrottlingException"} <= codes
    for code in codes:
        with pytest.raises(NotReady), translating_aws_errors("do it"):
            raise client_error(code, "x")


@pytest.mark.parametrize("code", ["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"])
def test_a_bucket_of_another_region_is_told_with_the_option_that_chooses_it(code: str) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"It is in another region: .*--region or AWS_DEFAULT_REGION"),
        translating_aws_errors("do it"),
    ):
        raise client_error(code, "the region x is wrong")


@pytest.mark.parametrize(
    ("region", "advice"), [("", "Give --region, set AWS_DEFAULT_REGION"), ("eu-west-1", 'export AWS_DEFAULT_REGION="\\$AWS_REGION"')]
)
def test_a_missing_region_is_told_with_what_boto3_reads(region: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    with pytest.raises(ConfigurationError, match=advice), translating_aws_errors("do it"):
        raise NoRegionError


def test_a_role_that_may_not_be_handed_over_is_told_apart() -> None:
    with (
        pytest.raises(AccessDeniedError, match=r"may not hand the role to SageMaker.*Allow iam:PassRole on that role only"),
        translating_aws_errors("do it"),
    ):
        raise client_error("AccessDeniedException", "User x is not authorized to perform: iam:PassRole on y")


def test_an_error_without_code_words_or_request_id_is_translated_too() -> None:
    bare = ClientError({}, "Operation")

    assert (code_of(bare), message_of(bare)) == ("", "")
    assert not is_missing(bare)
    with pytest.raises(CloudError, match=r"AWS failed: SomeCode: Said so\. Try again"), translating_aws_errors("do it"):
        raise ClientError({"Error": {"Code": "SomeCode", "Message": "Said so."}}, "Operation")


def test_our_own_errors_pass_through() -> None:
    with pytest.raises(NotReady, match=r"^wait$"), translating_aws_errors("do it"):
        raise NotReady("wait")


@pytest.mark.parametrize(
    ("code", "message", "missing"),
    [
        ("ValidationException", "Requested resource not found.", True),
        ("ValidationException", "Could not find endpoint", True),
        ("ValidationException", "1 validation error detected", False),
        ("ResourceNotFound", "x", True),
        ("404", "Not Found", True),
        ("NotFound", "x", True),
        ("NoSuchKey", "x", True),
        ("NoSuchBucket", "x", True),
        ("ResourceNotFoundException", "x", True),
        ("ValidationError", "Stack with id x does not exist, not found", False),
        ("403", "Forbidden", False),
    ],
)
def test_a_missing_thing_is_told_from_a_refusal(code: str, message: str, missing: bool) -> None:
    assert is_missing(client_error(code, message)) is missing


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    families = [LifecycleError]
    for family in families:
        families.extend(family.__subclasses__())
    ours = {family for family in families if family.__module__ == "blazingtext_lifecycle.errors"}

    assert errors.__doc__ is not None
    lines = [line for line in errors.__doc__.splitlines() if "── " in line or line.startswith("LifecycleError")]
    drawn = {line.split("── ")[-1].split()[0]: line for line in lines}
    assert set(drawn) == {family.__name__ for family in ours}
    for family in ours - {LifecycleError}:
        assert f" {family.exit_code} " in drawn[family.__name__]
