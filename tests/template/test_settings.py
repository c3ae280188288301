import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    assertions,
    cloud_assembly_schema,  # noqa: F401 - jsii knows the types of loaded modules only, and annotations have one of these
)

import app as project
from blazingtext_lifecycle.environments import Approval, AutoPromote
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_stacks.region_check import check_region
from blazingtext_stacks.rollout import Shift
from blazingtext_stacks.settings import Settings, context_key
from blazingtext_stacks.stage import build

ROOT = Path(__file__).parents[2]


def problems(**context: object) -> list[str]:
    """What is wrong with a context, a line each, without the heading."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_context(context)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_an_empty_context_means_the_defaults() -> None:
    assert Settings.from_context({}) == Settings()


def test_every_setting_can_be_given_as_the_text_that_the_command_line_passes() -> None:
    settings = Settings.from_context(
        {
            "stage": "prod",
            "region": "ap-south-1",
            "trainingInstanceType": "ml.c5.2xlarge",
            "trainingInstanceCount": "4",
            "trainingVolumeGb": "100",
            "trainingMaxRuntimeSeconds": "1800",
            "trainingSpot": "true",
            "hyperparameters": '{"epochs": 10}',
            "allowedInstanceTypes": "ml.c5.*, ml.m5.xlarge",
            "maximumTrainingInstances": "4",
            "maximumTrainingSeconds": "7200",
            "maximumTrainingCost": "10",
            "endpointInstanceType": "ml.m5.xlarge",
            "endpointInstanceCount": "2",
            "endpointMaximumInstances": "3",
            "endpointRollout": "Linear",
            "endpointRolloutPercent": "50",
            "serverlessMemoryMb": "",
            "serverlessMaxConcurrency": "20",
            "endpointTargetInvocations": "500",
            "endpointBakeSeconds": "0",
            "dataCapturePercent": "5",
            "dataCaptureDays": "14",
            "deleteData": "True",
            "terminationProtection": "true",
            "notificationEmail": "someone@example.org",
            "trainOnUpload": "true",
            "autoPromote": "always",
            "approval": "Manual",
            "minimumMeanRho": "0.5",
            "minimumAccuracy": "0",
            "logRetentionDays": "7",
        }
    )

    assert settings == Settings(
        stage="prod",
        region="ap-south-1",
        training_instance_type="ml.c5.2xlarge",
        training_instance_count=4,
        training_volume_gb=100,
        training_max_runtime_seconds=1800,
        training_spot=True,
        hyperparameters={"epochs": 10},
        allowed_instance_types=("ml.c5.*", "ml.m5.xlarge"),
        maximum_training_instances=4,
        maximum_training_seconds=7200,
        maximum_training_cost=10.0,
        endpoint_instance_type="ml.m5.xlarge",
        endpoint_instance_count=2,
        endpoint_maximum_instances=3,
        endpoint_rollout=Shift.LINEAR,
        endpoint_rollout_percent=50,
        serverless_max_concurrency=20,
        endpoint_target_invocations=500,
        endpoint_bake_seconds=0,
        data_capture_percent=5,
        data_capture_days=14,
        delete_data=True,
        termination_protection=True,
        notification_email="someone@example.org",
        train_on_upload=True,
        auto_promote=AutoPromote.ALWAYS,
        approval=Approval.MANUAL,
        minimum_mean_rho=0.5,
        minimum_accuracy=0.0,
        log_retention_days=7,
    )


def test_a_limit_may_name_types_that_only_train_and_types_that_only_serve() -> None:
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html, and API_ProductionVariant.html.
    both = "ml.c5n.*, ml.c6g.large, ml.c5.xlarge, ml.m4.xlarge"

    assert Settings.from_context({"allowedInstanceTypes": both}).allowed_instance_types == tuple(both.split(", "))


def test_every_setting_can_be_given_as_the_json_of_cdk_json() -> None:
    given = {context_key(field.name): getattr(Settings(), field.name) for field in dataclasses.fields(Settings)}

    assert Settings.from_context(json.loads(json.dumps(given))) == Settings()


def test_all_problems_are_reported_at_once_with_what_is_allowed() -> None:
    found = problems(stage="Prod-1", trainingInstanceCount="soon", trainingSpot="perhaps", logRetentionDays="8", notificationEmail="me")

    assert [line.partition(":")[0] for line in found] == [
        "stage",
        "trainingInstanceCount",
        "trainingSpot",
        "notificationEmail",
        "logRetentionDays",
    ]
    assert '"soon" cannot be used. It must be a whole number from 1 to 20.' in found[1]
    assert "It must be one of 1, 3, 5, 7, 14, 30" in found[4]


def test_a_misspelt_setting_is_answered_with_the_one_that_was_meant() -> None:
    assert problems(trainingInstanceCont="2") == [
        'trainingInstanceCont: there is no such setting. A wrong name would change nothing, silently. Did you mean "trainingInstanceCount"?'
    ]


def test_a_setting_like_no_other_is_answered_with_all_of_them() -> None:
    (found,) = problems(zzz="2")

    assert found.endswith(f"The settings are {', '.join(context_key(field.name) for field in dataclasses.fields(Settings))}.")


@pytest.mark.parametrize(
    "name", ["@aws-cdk/core:bootstrapQualifier", "aws:cdk:bundling-stacks", "aws-cdk:enableDiffNoFail", "cdk-migrate", "ssm:account=1"]
)
def test_the_keys_of_the_cdk_itself_are_passed_over(name: str) -> None:
    assert Settings.from_context({name: "anything"}) == Settings()


@pytest.mark.parametrize(
    ("name", "wrong", "meant"),
    [
        ("trainingInstanceType", "ml.c5.xlrge", "ml.c5.xlarge"),
        ("endpointInstanceType", "ml.m4.xlrge", "ml.m4.xlarge"),
        ("region", "eu-wst-1", "eu-west-1"),
    ],
)
def test_a_misspelt_value_is_answered_with_the_one_that_was_meant(name: str, wrong: str, meant: str) -> None:
    (found,) = problems(**{name: wrong})

    assert found.endswith(f'Did you mean "{meant}"?')


@pytest.mark.parametrize("wrong", [True, 1.5, "", None, "0", "-1", "21"])
def test_a_count_is_a_whole_number_in_its_range(wrong: object) -> None:
    assert len(problems(trainingInstanceCount=wrong)) == 1


@pytest.mark.parametrize("wrong", ["[1]", "not json", "3", 3])
def test_hyperparameters_are_a_json_object(wrong: object) -> None:
    (found,) = problems(hyperparameters=wrong)

    assert "It must be a JSON object" in found


@pytest.mark.parametrize("wrong", [5, True, "a", "a@b", "a@b.", "a b@c.d", "a@b@c.d", "a@b.c "])
def test_an_address_for_notifications_is_one(wrong: object) -> None:
    assert len(problems(notificationEmail=wrong)) == 1


@pytest.mark.parametrize("wrong", ["nan", "inf", "1.01", True])
def test_a_gate_is_a_number_up_to_1(wrong: object) -> None:
    assert len(problems(minimumAccuracy=wrong)) == 1


def test_default_hyperparameters_are_judged_together_with_the_instances() -> None:
    found = problems(hyperparameters={"epoch": 3, "vector_dim": 5000}, trainingInstanceType="ml.p3.2xlarge")

    assert len(found) == 3
    assert all(line.startswith("hyperparameters: ") for line in found)
    assert any('Did you mean "epochs"?' in line for line in found)
    assert any("batch_skipgram is not supported on GPU" in line for line in found)


def test_a_setting_that_is_wrong_by_itself_is_not_judged_together_with_others() -> None:
    (found,) = problems(trainingInstanceType="ml.p3.2xlarg")

    assert found.startswith("trainingInstanceType:")
    # Each of these would contradict the instance or the spot job, if it were what it should be.
    for wrong, others in {
        "hyperparameters": {"trainingInstanceType": "ml.p3.2xlarge"},
        "trainingInstanceCount": {"trainingInstanceType": "ml.p3.2xlarge"},
        "trainingSpot": {"trainingMaxRuntimeSeconds": "3601"},
        "trainingMaxRuntimeSeconds": {"trainingSpot": "true"},
    }.items():
        (found,) = problems(**{wrong: "x", **others})
        assert found.startswith(f"{wrong}:")


def test_a_spot_job_may_run_an_hour_at_most() -> None:
    (found,) = problems(trainingSpot="true", trainingMaxRuntimeSeconds="3601")

    assert "too long with trainingSpot" in found
    assert Settings.from_context({"trainingSpot": "true", "trainingMaxRuntimeSeconds": "3600"}).training_spot


def test_a_region_without_blazingtext_is_refused_even_when_only_the_command_line_names_it() -> None:
    assert check_region(Settings(), "") == []
    assert check_region(Settings(), "us-east-1") == []
    with pytest.raises(ConfigurationError, match='no BlazingText image for "mx-central-1"'):
        check_region(Settings(), "mx-central-1")


def test_a_region_that_does_not_host_on_the_instance_type_is_refused_with_one_that_does() -> None:
    with pytest.raises(ConfigurationError, match=r"does not host on ml\.m4\.xlarge in eu-west-3.*endpointInstanceType=ml\.m5\.xlarge"):
        check_region(Settings(), "eu-west-3")

    assert check_region(Settings(endpoint_instance_type="ml.m5.xlarge"), "eu-west-3") == []


@pytest.mark.parametrize("region", ["us-gov-east-1", "me-central-1"])
def test_a_region_where_cloudformation_may_not_know_sagemaker_says_so(region: str) -> None:
    (doubt,) = check_region(Settings(endpoint_instance_type="ml.m5.xlarge"), region)

    assert f"no AWS::SageMaker::Model, EndpointConfig and Endpoint in {region}" in doubt


def test_stacks_with_a_region_of_their_own_are_checked_in_every_app() -> None:
    app = cdk.App()
    paris = cdk.Stage(app, "Paris", env=cdk.Environment(region="eu-west-3"))

    with pytest.raises(ConfigurationError, match=r"does not host on ml\.m4\.xlarge in eu-west-3"):
        build(paris, Settings())


def test_a_doubt_about_a_region_is_a_warning_of_the_serving_stack() -> None:
    app = cdk.App()
    stacks = build(app, Settings(region="me-central-1", endpoint_instance_type="ml.m5.xlarge"))

    found = assertions.Annotations.from_stack(stacks.serving).find_warning("*", assertions.Match.string_like_regexp("no AWS::SageMaker"))

    assert len(found) == 1


@pytest.mark.parametrize(("region", "said"), [("eu-west-3", "does not host on ml.m4.xlarge"), ("us-gov-east-1", "does not host on ml.m4")])
def test_the_app_says_so_when_the_region_of_the_command_line_lacks_the_instance_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], region: str, said: str
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", region)
    monkeypatch.setenv("CDK_CONTEXT_JSON", "{}")

    with pytest.raises(SystemExit) as ended:
        project.main()

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().stage = "other"  # type: ignore[misc]


def test_every_setting_says_what_it_means() -> None:
    assert all(field.metadata["meaning"] for field in dataclasses.fields(Settings))


def test_the_app_ends_with_one_clear_message_when_settings_are_wrong() -> None:
    wrong = {"stage": "Prod", "trainingInstanceCont": "2"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "CDK_CONTEXT_JSON": json.dumps(wrong)}

    ended = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[0].startswith("The settings cannot be used.")
    assert [line.strip().partition(":")[0] for line in ended.stderr.splitlines()[1:]] == ["trainingInstanceCont", "stage"]


def test_the_app_says_so_when_the_region_of_the_command_line_has_no_blazingtext(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "ap-southeast-7")
    monkeypatch.setenv("CDK_CONTEXT_JSON", "{}")

    with pytest.raises(SystemExit) as ended:
        project.main()

    assert ended.value.code == 2
    assert 'no BlazingText image for "ap-southeast-7"' in capsys.readouterr().err


def test_the_app_says_so_when_it_is_run_outside_the_projects_environment() -> None:
    # -S leaves site-packages out, as another interpreter would.
    ended = subprocess.run([sys.executable, "-S", "app.py"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "has no module aws_cdk" in ended.stderr
    assert "make deploy" in ended.stderr


def python_problems(**arguments: Any) -> list[str]:
    """What is wrong with settings made in Python, a line each, without the heading."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(**arguments)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_settings_made_in_python_are_checked_as_those_of_a_context_and_name_the_arguments() -> None:
    found = python_problems(stage="Prod-1", training_instance_count=0, endpoint_instance_type="ml.m4.xlrge", log_retention_days=8)

    assert [line.partition(":")[0] for line in found] == [
        "stage",
        "training_instance_count",
        "endpoint_instance_type",
        "log_retention_days",
    ]
    assert found[2].endswith('Did you mean "ml.m4.xlarge"?')


def test_settings_made_in_python_are_judged_together() -> None:
    (spot,) = python_problems(training_spot=True, training_max_runtime_seconds=3601)
    (gpu,) = python_problems(training_instance_type="ml.p3.2xlarge")

    assert spot.startswith("training_max_runtime_seconds: 3601 is too long with training_spot.")
    assert gpu.startswith("hyperparameters: batch_skipgram is not supported on GPU.")


def test_a_boolean_is_no_count_even_where_python_finds_it_equal_to_the_default() -> None:
    assert len(python_problems(endpoint_instance_count=True)) == 1


def test_a_value_given_as_text_has_its_own_type_afterwards() -> None:
    loose: Any = {"training_instance_count": "4", "delete_data": "true", "hyperparameters": '{"epochs": 3}'}

    assert Settings(**loose) == Settings(training_instance_count=4, delete_data=True, hyperparameters={"epochs": 3})


def test_termination_protection_is_for_all_stacks_and_off_unless_asked_for() -> None:
    app = cdk.App()
    protected = build(cdk.Stage(app, "Prod"), Settings(stage="prod", termination_protection=True))
    others = build(cdk.Stage(app, "Dev"), Settings())

    assert [stack.termination_protection for stack in protected] == [True, True, True]
    assert [bool(stack.termination_protection) for stack in others] == [False, False, False]


@pytest.mark.parametrize("wrong", ["c5.xlarge", "ml.c5", "ml.c9.*", ["ml.c5.*", 3], 3, {"ml.c5.*": 1}, "ml.c5.xlarge;ml.m5.large"])
def test_an_allowed_type_is_one_that_exists_or_a_pattern_for_some(wrong: object) -> None:
    (found,) = problems(allowedInstanceTypes=wrong, trainingInstanceType="ml.c5.xlarge")

    assert "It must be empty, or instance types such as ml.c5.*, ml.m5.xlarge." in found


def test_the_defaults_of_a_stage_must_be_within_its_own_limits() -> None:
    found = problems(
        allowedInstanceTypes=["ml.m5.*"],
        maximumTrainingInstances=2,
        trainingInstanceCount=3,
        maximumTrainingSeconds=60,
        region="us-east-1",
        maximumTrainingCost="0.1",
    )

    assert found == [
        "trainingInstanceCount: 3 is more than maximumTrainingInstances allows (2). Lower the one or raise the other.",
        "trainingMaxRuntimeSeconds: 3600 is more than maximumTrainingSeconds allows (60). Lower the one or raise the other.",
        "trainingInstanceType: ml.c5.xlarge is none of allowedInstanceTypes (ml.m5.*). Choose one of them, or add it to them.",
        "endpointInstanceType: ml.m4.xlarge is none of allowedInstanceTypes (ml.m5.*). Choose one of them, or add it to them.",
        (
            "maximumTrainingCost: the job may cost $0.612 (3 x ml.c5.xlarge for 3600 seconds, prices of 2026-04-21). "
            "The stage's setting maximumTrainingCost is 0.1. "
            "Lower limits.maxRuntimeSeconds, take fewer or smaller instances, or have maximumTrainingCost changed."
        ),
    ]


def test_costs_are_judged_in_the_region_of_the_command_line_and_not_without_one() -> None:
    dear, unknown = Settings(maximum_training_cost=0.1), Settings(maximum_training_cost=100)

    assert check_region(dear, "") == []
    with pytest.raises(ConfigurationError, match=r"maximumTrainingCost: the job may cost \$0\.204"):
        check_region(dear, "us-east-1")
    with pytest.raises(ConfigurationError, match=r"No price of that type in eu-central-1 is known"):
        check_region(unknown, "eu-central-1")
    assert check_region(unknown, "us-east-1") == []


def test_without_limits_of_its_own_a_stage_lets_no_request_take_more_than_four_instances_for_a_day() -> None:
    limits = Settings().limits

    assert (limits.maximum_training_instances, limits.maximum_training_seconds) == (4, 86_400)
    assert (limits.allowed_instance_types, limits.maximum_training_cost) == ((), None)


@pytest.mark.parametrize(
    ("given", "meant"),
    [(True, "always"), ("true", "always"), (False, "never"), ("False", "never"), ("Better", "better"), ("never", "never")],
)
def test_the_switch_that_auto_promote_once_was_still_means_what_it_meant(given: object, meant: str) -> None:
    assert Settings.from_context({"autoPromote": given}).auto_promote == meant


@pytest.mark.parametrize("wrong", ["automatic", "", True])
def test_approval_is_none_or_manual(wrong: object) -> None:
    (found,) = problems(approval=wrong)

    assert "It must be none or manual." in found


@pytest.mark.parametrize(
    ("wrong", "others"),
    [
        ("trainingInstanceType", {"maximumTrainingCost": "0.01", "region": "us-east-1"}),
        ("trainingInstanceCount", {"maximumTrainingCost": "0.01", "region": "us-east-1"}),
        ("trainingMaxRuntimeSeconds", {"maximumTrainingCost": "0.01", "region": "us-east-1"}),
        ("maximumTrainingCost", {"region": "us-east-1"}),
        ("region", {"maximumTrainingCost": "0.01"}),
        ("trainingInstanceCount", {"maximumTrainingInstances": "1"}),
        ("maximumTrainingInstances", {"trainingInstanceCount": "20"}),
        ("trainingMaxRuntimeSeconds", {"maximumTrainingSeconds": "60"}),
        ("maximumTrainingSeconds", {"trainingMaxRuntimeSeconds": "432000"}),
        ("trainingInstanceType", {"allowedInstanceTypes": "ml.m5.*", "endpointInstanceType": "ml.m5.large"}),
        ("endpointInstanceType", {"allowedInstanceTypes": "ml.c5.*"}),
        ("allowedInstanceTypes", {"trainingInstanceType": "ml.c5.xlarge"}),
        ("approval", {"autoPromote": "never"}),
        ("autoPromote", {"approval": "manual"}),
        ("shadowPercent", {"shadowInstanceCount": "2"}),
        ("shadowPercent", {"endpointInstanceType": "ml.inf1.xlarge"}),
        ("shadowInstanceCount", {}),
        ("endpointInstanceType", {"shadowPercent": "10"}),
        ("endpointInstanceType", {"endpointMaximumInstances": "2"}),
        ("endpointInstanceCount", {"endpointMaximumInstances": "0"}),
        ("endpointMaximumInstances", {"endpointInstanceCount": "3"}),
        ("serverlessMemoryMb", {"endpointMaximumInstances": "2", "endpointInstanceType": "ml.m5.large"}),
    ],
    ids=str,
)
def test_nothing_is_said_of_what_a_wrong_setting_would_contradict(wrong: str, others: dict[str, str]) -> None:
    found = problems(**{**others, wrong: "x!"})

    named = [line.partition(":")[0] for line in found]
    assert named.count(wrong) == 1
    assert set(named) <= {wrong, *(name for name, value in others.items() if value == "0")}


def test_approvals_that_nobody_would_read_are_a_contradiction() -> None:
    (found,) = problems(approval="manual", autoPromote="never")

    assert found == (
        "approval: manual has no effect with autoPromote never. No event is read then, so no run is registered and no approval promotes "
        "one. Set autoPromote to better or always: no run goes live before it is approved."
    )
    assert Settings.from_context({"approval": "none", "autoPromote": "never"}).approval is Approval.NONE


@pytest.mark.parametrize("wrong", ["sometimes", "", None, 1])
def test_auto_promote_is_one_of_three_policies(wrong: object) -> None:
    (found,) = problems(autoPromote=wrong)

    assert "It must be never, better or always." in found


def test_a_maximum_of_instances_below_their_least_number_is_refused() -> None:
    (found,) = problems(endpointInstanceCount="3", endpointMaximumInstances="2")

    assert found.startswith("endpointMaximumInstances: 2 is less than endpointInstanceCount (3), which is the least.")
    assert Settings(endpoint_instance_count=2, endpoint_maximum_instances=2).endpoint_maximum_instances == 2


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("endpointInstanceCount", "2", "It has no instances."),
        ("endpointMaximumInstances", "2", "It has no instances to scale."),
        ("dataCapturePercent", "1", "SageMaker captures none of its requests."),
        ("shadowPercent", "10", "SageMaker copies none of its requests."),
        ("vpcSubnets", "subnet-0a1b2c3d", "SageMaker gives it no network of yours."),
    ],
)
def test_what_serverless_inference_excludes_is_refused_with_it(setting: str, value: str, words: str) -> None:
    groups = {"vpcSecurityGroups": "sg-0a1b2c3d"} if setting == "vpcSubnets" else {}

    (found,) = problems(serverlessMemoryMb="2048", **{setting: value}, **groups)

    assert found.startswith(f"{setting}: it does not go with serverlessMemoryMb, which makes a serverless endpoint. {words}")


def test_a_serverless_endpoint_has_no_instance_that_a_limit_or_a_region_could_forbid() -> None:
    settings = Settings(serverless_memory_mb=1024, allowed_instance_types=("ml.c5.*",))

    assert check_region(settings, "eu-west-3") == []
    with pytest.raises(ConfigurationError, match=r"ml\.m4\.xlarge"):
        check_region(Settings(), "eu-west-3")


def test_a_rollout_that_is_watched_longer_than_sagemaker_waits_is_refused() -> None:
    (found,) = problems(endpointRollout="linear", endpointRolloutPercent="10", endpointBakeSeconds="3600")

    assert found.startswith("endpointBakeSeconds: 3600 for each of 10 steps")
    assert Settings(endpoint_rollout=Shift.LINEAR, endpoint_rollout_percent=10, endpoint_bake_seconds=2700).endpoint_rollout == "linear"
    assert Settings(endpoint_bake_seconds=3600).endpoint_rollout == "canary"


@pytest.mark.parametrize("wrong", ["blue", "", "canary linear"])
def test_a_rollout_is_one_of_two_words(wrong: str) -> None:
    (found,) = problems(endpointRollout=wrong)

    assert found.endswith("It must be canary or linear.")


@pytest.mark.parametrize("wrong", ["512", "1025", "6145", "8192", "much"])
def test_serverless_memory_is_one_of_six_sizes(wrong: str) -> None:
    (found,) = problems(serverlessMemoryMb=wrong)

    assert "It must be empty, or one of 1024, 2048, 3072, 4096, 5120, 6144." in found


@pytest.mark.parametrize("kind", ["ml.t2.medium", "ml.t2.2xlarge"])
def test_a_burstable_instance_is_not_scaled(kind: str) -> None:
    (found,) = problems(endpointInstanceType=kind, endpointMaximumInstances="2")

    assert f"SageMaker does not scale {kind}," in found
    assert Settings.from_context({"endpointInstanceType": kind, "endpointMaximumInstances": "1"}).endpoint_maximum_instances == 1


@pytest.mark.parametrize("kind", ["ml.m5.large", "ml.trn1.2xlarge"])
def test_any_other_instance_is_scaled(kind: str) -> None:
    assert Settings.from_context({"endpointInstanceType": kind, "endpointMaximumInstances": "2"}).endpoint_maximum_instances == 2


def test_a_number_of_shadow_instances_without_a_shadow_is_refused() -> None:
    (found,) = problems(shadowInstanceCount="2")

    assert found.startswith("shadowInstanceCount: it has no effect without shadowPercent")
    assert Settings(shadow_percent=1, shadow_instance_count=2).shadow_instance_count == 2


@pytest.mark.parametrize("wrong", ["0", "101", "half"])
def test_a_shadow_gets_one_to_a_hundred_percent(wrong: str) -> None:
    (found,) = problems(shadowPercent=wrong, shadowInstanceCount="1")

    assert found.startswith("shadowPercent: ")


def test_an_instance_that_sagemaker_gives_no_shadow_is_refused_with_one() -> None:
    (found,) = problems(shadowPercent="10", endpointInstanceType="ml.inf1.xlarge")

    assert found.startswith("shadowPercent: SageMaker gives an endpoint on ml.inf1.xlarge no shadow.")
    assert Settings(endpoint_instance_type="ml.inf1.xlarge").shadow_percent is None


def test_what_is_wrong_by_itself_is_not_judged_with_its_neighbours() -> None:
    found = problems(endpointInstanceCount="0", endpointInstanceType="ml.t2.huge", endpointMaximumInstances="101")

    assert [line.partition(":")[0] for line in found] == ["endpointInstanceType", "endpointInstanceCount", "endpointMaximumInstances"]
