import pytest

from blazingtext_lifecycle.environments import LaunchEnvironment, PromoteEnvironment
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_lifecycle.job_protection import JobProtection
from blazingtext_lifecycle.limits import Limits

LIMITS = Limits(("ml.c5.*", "ml.m5.xlarge"), 2, 7200, 1.5)
LAUNCH = LaunchEnvironment("dev", "bucket", "arn:role", "image:1", spot=True, hyperparameters={"mode": "cbow", "epochs": 3}, limits=LIMITS)
# Empty, these mean that nothing is limited.
MAY_BE_EMPTY = {"ALLOWED_INSTANCE_TYPES", "MAXIMUM_TRAINING_COST"}
PROTECTION = JobProtection(
    key_arn="arn:aws:kms:eu-west-1:111122223333:key/1",
    vpc={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]},
    network_isolation=True,
    traffic_encryption=True,
    tags={"team": "search"},
)
PROTECTED = LaunchEnvironment("dev", "bucket", "arn:role", "image:1", protection=PROTECTION)
PROMOTE = PromoteEnvironment("dev", "bucket", "arn:topic", "queue", "dead", "arn:machine", minimum_mean_rho=0.0)


def test_what_the_stack_writes_is_what_the_function_reads() -> None:
    assert LaunchEnvironment.read(LAUNCH.variables()) == LAUNCH
    assert LaunchEnvironment.read(PROTECTED.variables()) == PROTECTED
    assert PromoteEnvironment.read(PROMOTE.variables()) == PROMOTE


def test_a_gate_of_zero_is_a_gate_and_an_empty_one_is_none() -> None:
    found = PromoteEnvironment.read(PROMOTE.variables())

    assert found.minimum_mean_rho == 0.0
    assert found.minimum_accuracy is None


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        LaunchEnvironment.read({})

    assert {line.split()[0] for line in str(refusal.value).splitlines()} == LAUNCH.variables().keys() - MAY_BE_EMPTY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "No-Stage"),
        ("TRAINING_INSTANCE_COUNT", "0"),
        ("TRAINING_INSTANCE_COUNT", "two"),
        ("TRAINING_SPOT", "yes"),
        ("MAXIMUM_TRAINING_INSTANCES", "0"),
        ("MAXIMUM_TRAINING_SECONDS", "soon"),
        ("MAXIMUM_TRAINING_COST", "-1"),
        ("HYPERPARAMETERS", "[]"),
        ("HYPERPARAMETERS", "{"),
        ("VPC_CONFIG", "[]"),
        ("NETWORK_ISOLATION", "perhaps"),
        ("TRAFFIC_ENCRYPTION", ""),
        ("JOB_TAGS", "3"),
    ],
)
def test_a_wrong_launch_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is "):
        LaunchEnvironment.read({**LAUNCH.variables(), name: value})


@pytest.mark.parametrize(("name", "value"), [("MINIMUM_MEAN_RHO", "1.1"), ("MINIMUM_MEAN_RHO", "nan"), ("MINIMUM_ACCURACY", "-0.1")])
def test_a_threshold_lies_where_its_metric_can(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is "):
        PromoteEnvironment.read({**PROMOTE.variables(), name: value})


def test_the_variables_are_these() -> None:
    assert LAUNCH.variables() == {
        "STAGE": "dev",
        "BUCKET": "bucket",
        "TRAINING_ROLE_ARN": "arn:role",
        "TRAINING_IMAGE": "image:1",
        "TRAINING_INSTANCE_TYPE": "ml.c5.xlarge",
        "TRAINING_INSTANCE_COUNT": "1",
        "TRAINING_VOLUME_GB": "30",
        "TRAINING_MAX_RUNTIME_SECONDS": "3600",
        "TRAINING_SPOT": "true",
        "HYPERPARAMETERS": '{"epochs": 3, "mode": "cbow"}',
        "ALLOWED_INSTANCE_TYPES": "ml.c5.* ml.m5.xlarge",
        "MAXIMUM_TRAINING_INSTANCES": "2",
        "MAXIMUM_TRAINING_SECONDS": "7200",
        "MAXIMUM_TRAINING_COST": "1.5",
    }
    assert PROMOTE.variables() == {
        "STAGE": "dev",
        "BUCKET": "bucket",
        "TOPIC_ARN": "arn:topic",
        "QUEUE_URL": "queue",
        "DEAD_LETTER_QUEUE_URL": "dead",
        "SERVING_UPDATE_ARN": "arn:machine",
        "MINIMUM_MEAN_RHO": "0.0",
        "MINIMUM_ACCURACY": "",
        "AUTO_PROMOTE": "better",
    }


def test_each_variable_but_a_gate_must_be_set() -> None:
    for name in LAUNCH.variables().keys() - MAY_BE_EMPTY:
        with pytest.raises(ConfigurationError, match=rf"^{name} is not set\..*It must be"):
            LaunchEnvironment.read({**LAUNCH.variables(), name: ""})
    for name in PROMOTE.variables().keys() - {"MINIMUM_MEAN_RHO", "MINIMUM_ACCURACY"}:
        with pytest.raises(ConfigurationError, match=rf"^{name} is not set\."):
            PromoteEnvironment.read({**PROMOTE.variables(), name: ""})


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("MINIMUM_MEAN_RHO", "-1", -1.0),
        ("MINIMUM_MEAN_RHO", "1", 1.0),
        ("MINIMUM_ACCURACY", "0", 0.0),
        ("MINIMUM_ACCURACY", "1", 1.0),
        ("MINIMUM_ACCURACY", "", None),
    ],
)
def test_a_gate_may_stand_at_either_end(name: str, value: str, found: float | None) -> None:
    assert getattr(PromoteEnvironment.read({**PROMOTE.variables(), name: value}), name.lower()) == found


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("STAGE", "a value"),
        ("BUCKET", "a value"),
        ("TRAINING_VOLUME_GB", "a whole number from 1"),
        ("TRAINING_SPOT", "true or false"),
        ("HYPERPARAMETERS", "a JSON object"),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_told_once_with_what_it_must_be(name: str, allowed: str, value: str | None) -> None:
    variables = {**LAUNCH.variables(), name: value}

    with pytest.raises(ConfigurationError) as refusal:
        LaunchEnvironment.read({name: value for name, value in variables.items() if value is not None})

    assert str(refusal.value) == (f"{name} is not set. The function takes its settings from its stack. It must be {allowed}: deploy again.")


def test_a_count_of_one_is_the_least() -> None:
    assert LaunchEnvironment.read({**LAUNCH.variables(), "TRAINING_VOLUME_GB": "1"}).volume_gb == 1


def test_empty_limits_limit_nothing_and_a_cost_of_zero_is_a_limit() -> None:
    empty = LaunchEnvironment.read({**LAUNCH.variables(), "ALLOWED_INSTANCE_TYPES": "", "MAXIMUM_TRAINING_COST": ""}).limits
    nothing = LaunchEnvironment.read({**LAUNCH.variables(), "MAXIMUM_TRAINING_COST": "0"}).limits

    assert (empty.allowed_instance_types, empty.maximum_training_cost) == ((), None)
    assert nothing.maximum_training_cost == 0.0


def test_a_type_that_no_instance_can_have_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r'^ALLOWED_INSTANCE_TYPES holds "c5\.xlarge"'):
        LaunchEnvironment.read({**LAUNCH.variables(), "ALLOWED_INSTANCE_TYPES": "ml.c5.* c5.xlarge"})


def test_what_protects_jobs_is_told_where_it_is_on_and_only_there() -> None:
    assert {name: value for name, value in PROTECTED.variables().items() if name not in LAUNCH.variables()} == {
        "KMS_KEY_ARN": "arn:aws:kms:eu-west-1:111122223333:key/1",
        "VPC_CONFIG": '{"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}',
        "NETWORK_ISOLATION": "true",
        "TRAFFIC_ENCRYPTION": "true",
        "JOB_TAGS": '{"team": "search"}',
    }
