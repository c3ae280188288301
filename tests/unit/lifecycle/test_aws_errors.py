import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ParamValidationError

from blazingtext_lifecycle import errors
from blazingtext_lifecycle.aws_errors import is_missing, translating_aws_errors
from blazingtext_lifecycle.errors import CloudError, ConfigurationError, LifecycleError, NotReady, RequestError
from tests.unit.lifecycle.aws_fakes import client_error


@pytest.mark.parametrize(
    ("raised", "family", "words"),
    [
        (NoCredentialsError(), ConfigurationError, "blazingtext sandbox env"),
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
