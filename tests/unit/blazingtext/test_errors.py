import pytest

from blazingtext import errors
from blazingtext_lifecycle.errors import LifecycleError


@pytest.mark.parametrize(
    ("error", "code", "remedy"),
    [
        (errors.NotDeployedError("Why.", "trial"), 2, "cdk deploy --all -c stage=trial"),
        (errors.NotDeployedError("Why.", "dev"), 2, "cdk deploy --all"),
        (errors.RunError("Why.", "trial"), 2, "blazingtext runs --stage trial"),
        (errors.RunError("Why.", "dev"), 2, "blazingtext runs"),
        (errors.EndpointError("Why.", "trial"), 1, "blazingtext logs --endpoint --stage trial"),
        (errors.EndpointInputError("Why.", "dev"), 2, "blazingtext logs --endpoint"),
        (errors.UnreachableError("Why."), 1, "blazingtext sandbox status"),
        (errors.TemporaryError("Why."), 3, "in a minute."),
    ],
)
def test_an_error_ends_with_what_to_do_about_it(error: LifecycleError, code: int, remedy: str) -> None:
    assert str(error).startswith("Why. ")
    assert str(error).endswith(f" {remedy}")
    assert error.exit_code == code
