import pytest
from botocore import exceptions as aws

from blazingtext.aws_errors import translating_aws_errors
from blazingtext.errors import SignInError, TemporaryError, UnreachableError
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
        (client_error("ExpiredTokenException", "The security token is expired"), SignInError, 2),
        (client_error("UnrecognizedClientException", "invalid token"), ConfigurationError, 2),
        (client_error("ResourceLimitExceeded", "The account-level service limit is 0"), QuotaError, 2),
        (client_error("ThrottlingException", "Rate exceeded"), NotReady, 3),
        (client_error("ModelNotReadyException", "loading"), TemporaryError, 3),
        (client_error("ValidationException", "1 validation error"), RequestError, 2),
        (client_error("InternalServerError", "oops"), CloudError, 1),
        (aws.NoCredentialsError(), ConfigurationError, 2),
        (aws.NoRegionError(), ConfigurationError, 2),
        (aws.ProfileNotFound(profile="mine"), SignInError, 2),
        (aws.SSOTokenLoadError(error_msg="no token"), SignInError, 2),
        (aws.EndpointConnectionError(endpoint_url="https://localhost:1"), UnreachableError, 1),
        (aws.ConnectTimeoutError(endpoint_url="https://localhost:1"), UnreachableError, 1),
        (aws.SSLError(endpoint_url="https://localhost:1", error=OSError("self-signed")), UnreachableError, 1),
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
