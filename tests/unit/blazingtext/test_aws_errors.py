from pathlib import Path
from unittest import mock

import pytest
from boto3.exceptions import Boto3Error, RetriesExceededError
from boto3.s3.transfer import S3Transfer
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from blazingtext.aws_errors import translating_aws_errors
from blazingtext.errors import CertificateError, EndpointUrlError, ExpiredSessionError, SignInError, TemporaryError, UnreachableError
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
    ("theirs", "ours", "code"),
    [
        (client_error("AccessDeniedException", "not authorized to perform: sagemaker:ListTrainingJobs"), AccessDeniedError, 2),
        (client_error("ExpiredTokenException", "The security token is expired"), ExpiredSessionError, 2),
        (client_error("400", "Bad Request", "HeadObject"), ExpiredSessionError, 2),
        (client_error("400", "Bad Request", "PutObject"), CloudError, 1),
        (client_error("UnrecognizedClientException", "invalid token"), ConfigurationError, 2),
        (client_error("InvalidSignatureException", "The request signature we calculated does not match"), ConfigurationError, 2),
        (client_error("RequestTimeTooSkewed", "The difference between the request time and the current time"), ConfigurationError, 2),
        (client_error("PermanentRedirect", "must be addressed using the specified endpoint"), ConfigurationError, 2),
        (client_error("ProvisionedThroughputExceededException", "Rate exceeded"), NotReady, 3),
        (client_error("ThrottledException", "Rate exceeded"), NotReady, 3),
        (client_error("ResourceLimitExceeded", "The account-level service limit is 0"), QuotaError, 2),
        (client_error("ThrottlingException", "Rate exceeded"), NotReady, 3),
        (client_error("ModelNotReadyException", "loading"), TemporaryError, 3),
        (client_error("ValidationException", "1 validation error"), RequestError, 2),
        (client_error("InternalServerError", "oops"), CloudError, 1),
        (aws.NoCredentialsError(), ConfigurationError, 2),
        (aws.NoRegionError(), ConfigurationError, 2),
        (aws.InvalidRegionError(region_name="us east 1"), ConfigurationError, 2),
        (aws.ProfileNotFound(profile="mine"), SignInError, 2),
        (aws.CredentialRetrievalError(provider="custom-process", error_msg="exit 1"), SignInError, 2),
        (aws.TokenRetrievalError(provider="sso", error_msg="expired"), SignInError, 2),
        (aws.SSOError(), SignInError, 2),
        (aws.LoginError(), SignInError, 2),
        (aws.ConfigParseError(path="config", error="bad line"), SignInError, 2),
        (aws.ConfigNotFound(path="config"), SignInError, 2),
        (aws.HTTPClientError(error=OSError("reset")), UnreachableError, 1),
        (aws.SSOTokenLoadError(error_msg="no token"), SignInError, 2),
        (aws.UnauthorizedSSOTokenError(), SignInError, 2),
        (aws.LoginRefreshRequired(), SignInError, 2),
        (aws.EndpointConnectionError(endpoint_url="https://localhost:1"), UnreachableError, 1),
        (aws.ConnectTimeoutError(endpoint_url="https://localhost:1"), UnreachableError, 1),
        (aws.SSLError(endpoint_url="https://localhost:1", error=OSError("self-signed")), CertificateError, 2),
        (aws.WaiterError("name", "Max attempts exceeded", {}), TemporaryError, 3),
        (aws.ParamValidationError(report="bad"), RequestError, 2),
        (aws.DataNotFoundError(data_path="x"), CloudError, 1),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_an_sdk_error_becomes_one_of_ours(theirs: Exception, ours: type[LifecycleError], code: int) -> None:
    with pytest.raises(ours) as caught, translating_aws_errors("list the training jobs"):
        raise theirs

    assert caught.type is ours
    assert caught.value.exit_code == code
    assert caught.value.__cause__ is not None


def test_the_message_says_what_why_and_what_to_do() -> None:
    with pytest.raises(AccessDeniedError) as caught, translating_aws_errors("list the training jobs"):
        raise client_error("AccessDeniedException", "User x is not authorized to perform: sagemaker:ListTrainingJobs")

    message = str(caught.value)
    assert message.startswith("Could not list the training jobs.")
    assert "sagemaker:ListTrainingJobs" in message
    assert "request-1" in message
    assert "Grant" in message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "The provided token has expired."),  # S3
        ("ExpiredToken", "The security token included in the request is expired"),  # CloudFormation, IAM, STS
        ("ExpiredTokenException", "The security token included in the request is expired"),  # SageMaker, Lambda, Logs
        ("RequestExpired", "Request has expired."),  # EC2 and its kin
        ("TokenRefreshRequired", "The provided token must be refreshed."),  # S3
    ],
)
def test_an_expired_session_is_told_from_wrong_credentials(code: str, words: str) -> None:
    with pytest.raises(ExpiredSessionError) as caught, translating_aws_errors("list the training jobs"):
        raise client_error(code, words)

    assert (caught.value.exit_code, type(caught.value).__mro__[1]) == (2, SignInError)
    assert str(caught.value) == (
        f"Could not list the training jobs. The session has expired: {code}: {words.rstrip('.')}. Where this shell has them in "
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, set new ones; they go before those of AWS_PROFILE. "
        "Sign in again, or choose another profile with --profile."
    )


@pytest.mark.parametrize(
    ("code", "ours"), [("ExpiredToken", ExpiredSessionError), ("AccessDenied", AccessDeniedError), ("SlowDown", NotReady)]
)
def test_an_upload_fails_for_the_reason_that_s3_gives(code: str, ours: type[LifecycleError], tmp_path: Path) -> None:
    manager = mock.Mock(**{"upload.return_value.result.side_effect": client_error(code, "no", "UploadPart")})

    with pytest.raises(ours, match=f"Could not upload the corpus.*{code}") as caught, translating_aws_errors("upload the corpus"):
        S3Transfer(manager=manager).upload_file(str(tmp_path), "bucket", "key")

    assert caught.type is ours


def test_a_download_that_was_tried_often_enough_is_no_bug() -> None:
    with pytest.raises(UnreachableError, match="The transfer failed"), translating_aws_errors("download the model"):
        raise RetriesExceededError(Boto3Error("reset"))


def test_no_sdk_error_leaves_the_border_as_it_is() -> None:
    families = [each for each in vars(aws).values() if isinstance(each, type) and issubclass(each, aws.BotoCoreError)]
    assert len(families) > 50

    for family in families:
        error = family.__new__(family)
        Exception.__init__(error, "words")
        with pytest.raises(LifecycleError), translating_aws_errors("try"):
            raise error


def test_other_errors_pass_through_untouched() -> None:
    with pytest.raises(ZeroDivisionError), translating_aws_errors("divide"):
        raise ZeroDivisionError


def test_a_function_can_be_marked_with_what_it_does() -> None:
    @translating_aws_errors("look")
    def look() -> None:
        raise client_error("InternalServerError", "oops")

    with pytest.raises(CloudError, match="Could not look"):
        look()
    with pytest.raises(CloudError):
        look()


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (aws.EndpointConnectionError(endpoint_url="https://localhost:1"), "Nothing answers as AWS does"),
        (aws.ConnectionClosedError(endpoint_url="http://localhost:1"), "Nothing answers as AWS does"),
        (client_error("501", "Unsupported method"), "HTTP status 501"),
        (ResponseParserError("invalid XML received:\n<html>"), "not one of AWS's"),
        (ValueError("Invalid endpoint: localhost"), "is no address of a service"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_wrong_endpoint_url_is_named_and_the_person_can_fix_it(theirs: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")

    with pytest.raises(ConfigurationError, match=words) as caught, translating_aws_errors("list the training jobs"):
        raise theirs

    assert "AWS_ENDPOINT_URL" in str(caught.value)
    assert "unset AWS_ENDPOINT_URL" in str(caught.value)


def test_a_missing_object_is_not_taken_for_a_wrong_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")

    with pytest.raises(AccessDeniedError), translating_aws_errors("look for the file"):
        raise client_error("403", "Forbidden", "HeadObject")


def test_other_value_errors_are_bugs() -> None:
    with pytest.raises(ValueError, match="a bug"), translating_aws_errors("count"):
        raise ValueError("a bug")


@pytest.mark.parametrize(("variables", "words"), [({"AWS_REGION": "eu-west-1"}, "boto3 reads AWS_DEFAULT_REGION"), ({}, "Give --region")])
def test_without_a_region_the_advice_is_what_boto3_reads(variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=words), translating_aws_errors("list the training jobs"):
        raise aws.NoRegionError


@pytest.mark.parametrize(
    ("url", "error"),
    [
        # What Python and botocore raise about each of them.
        ("http://[::1", ValueError("Invalid IPv6 URL")),
        ("http://localhost:99999999", ValueError("Port out of range 0-65535")),
        ("http://localhost:abc", ValueError("Port could not be cast to integer value as 'abc'")),
        ("ftp://localhost", aws.HTTPClientError(error="Not supported URL scheme ftp")),
        (" ", ValueError("Invalid endpoint:  ")),
    ],
)
def test_an_endpoint_url_that_is_no_address_is_for_the_person_to_correct(
    url: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    with pytest.raises(EndpointUrlError, match="unset AWS_ENDPOINT_URL") as caught, translating_aws_errors("list the buckets"):
        raise error

    assert caught.value.exit_code == 2


def test_another_value_that_is_wrong_is_a_bug_whatever_the_endpoint_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    with pytest.raises(ValueError, match="of our own"), translating_aws_errors("list the buckets"):
        raise ValueError("of our own")
