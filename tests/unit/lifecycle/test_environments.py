import pytest

from blazingtext_lifecycle.environments import LaunchEnvironment, PromoteEnvironment
from blazingtext_lifecycle.errors import ConfigurationError

LAUNCH = LaunchEnvironment("dev", "bucket", "arn:role", "image:1", spot=True, hyperparameters={"mode": "cbow", "epochs": 3})
PROMOTE = PromoteEnvironment("dev", "bucket", "arn:topic", "queue", "dead", "arn:machine", minimum_mean_rho=0.0)


def test_what_the_stack_writes_is_what_the_function_reads() -> None:
    assert LaunchEnvironment.read(LAUNCH.variables()) == LAUNCH
    assert PromoteEnvironment.read(PROMOTE.variables()) == PROMOTE


def test_a_gate_of_zero_is_a_gate_and_an_empty_one_is_none() -> None:
    found = PromoteEnvironment.read(PROMOTE.variables())

    assert found.minimum_mean_rho == 0.0
    assert found.minimum_accuracy is None


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        LaunchEnvironment.read({})

    assert {line.split()[0] for line in str(refusal.value).splitlines()} == set(LAUNCH.variables())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "No-Stage"),
        ("TRAINING_INSTANCE_COUNT", "0"),
        ("TRAINING_INSTANCE_COUNT", "two"),
        ("TRAINING_SPOT", "yes"),
        ("HYPERPARAMETERS", "[]"),
        ("HYPERPARAMETERS", "{"),
    ],
)
def test_a_wrong_launch_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is "):
        LaunchEnvironment.read({**LAUNCH.variables(), name: value})


@pytest.mark.parametrize(("name", "value"), [("MINIMUM_MEAN_RHO", "1.1"), ("MINIMUM_MEAN_RHO", "nan"), ("MINIMUM_ACCURACY", "-0.1")])
def test_a_threshold_lies_where_its_metric_can(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is "):
        PromoteEnvironment.read({**PROMOTE.variables(), name: value})
