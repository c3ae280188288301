"""The endpoint's traffic, with every setting about it: what it was asked is kept in the bucket, a run is tried on a copy of it, instances
follow it, it moves in steps, and it is served without a server.

CloudFormation has the project's policies and no more, as a company would give it.
"""

import gzip
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from blazingtext_lifecycle.environments import AutoPromote
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.rollout import Shift
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.covering import covers
from tests.journey.story import ROOT, Shell, wait_for_model, wait_until
from tests.journey.traffic import traffic

STAGE = "busy"
ENDPOINT = f"blazingtext-{STAGE}"
ACCOUNT = "000000000000"
CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
SETTINGS = Settings(
    stage=STAGE,
    delete_data=True,
    endpoint_instance_type="ml.m5.xlarge",
    endpoint_bake_seconds=0,
    kms_key="make",
    data_capture_percent=100,
    shadow_percent=100,
)
# Three instances at most; a caller that waits a twentieth of a second asks far more than they are to be asked.
SCALED = replace(
    SETTINGS,
    data_capture_percent=0,
    data_capture_days=7,
    endpoint_maximum_instances=3,
    endpoint_target_invocations=60,
    shadow_percent=50,
    shadow_instance_count=1,
)


# Two instances, of which half meets a new model first; each step is watched for five minutes.
LINEAR = replace(
    SETTINGS,
    data_capture_percent=0,
    shadow_percent=None,
    auto_promote=AutoPromote.ALWAYS,
    endpoint_instance_count=2,
    endpoint_rollout=Shift.LINEAR,
    endpoint_rollout_percent=50,
    endpoint_bake_seconds=300,
)
SERVERLESS = replace(
    SETTINGS,
    data_capture_percent=0,
    shadow_percent=None,
    auto_promote=AutoPromote.ALWAYS,
    serverless_memory_mb=2048,
    serverless_max_concurrency=3,
)


@dataclass(frozen=True)
class Stage:
    """An account, a shell in it, and where the stage's assembly lies."""

    account: Sandbox
    shell: Shell

    def deploy(self, settings: Settings, *, code: int | None = 0) -> Any:
        app = cdk.App(outdir=str(self.shell.assembly), context=CONTEXT)
        build(app, settings)
        app.synth()
        return self.cdk("deploy", "--require-approval", "never", code=code)

    def cdk(self, verb: str, *options: str, **expected: Any) -> Any:
        return self.shell.run("cdk", verb, "--app", str(self.shell.assembly), "--all", *options, **expected)

    def blazingtext(self, *arguments: str, **options: Any) -> Any:
        return self.shell.blazingtext("--stage", STAGE, *arguments, **options)

    def output(self, stack: str, name: str) -> str:
        (found,) = self.account.boto3("cloudformation").describe_stacks(StackName=f"{ENDPOINT}-{stack}")["Stacks"]
        (value,) = (each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name)
        return str(value)

    def promoted(self, epochs: int) -> Any:
        """Trains, and waits until the model is the live one."""
        run = self.blazingtext("train", "--corpus", "wiki", "--epochs", str(epochs), "--watch", "--json").json()
        wait_for_model(self.account, run["job"], STAGE)
        return run


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Sandbox(home=tmp_path_factory.mktemp("busy")) as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        shell, policies = Shell(environment, tmp_path_factory.mktemp("traffic") / "cdk.out"), []
        for name in ("execution", "company", "autoscaling"):
            document = (ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")
            made = account.boto3("iam").create_policy(PolicyName=f"blazingtext-{name}", PolicyDocument=document)
            policies.append(made["Policy"]["Arn"])
        shell.cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--cloudformation-execution-policies", ",".join(policies))
        yield Stage(account, shell)


@pytest.fixture(scope="module")
def live(stage: Stage, corpus: Path) -> Any:
    """The first model's run."""
    stage.deploy(SETTINGS)
    stage.blazingtext("upload", str(corpus), "--corpus", "wiki")
    return stage.promoted(1)


def captured(stage: Stage) -> dict[str, list[Any]]:
    """The captured requests, by key."""
    s3, bucket = stage.account.boto3("s3"), stage.output("storage", "BucketName")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="captured/").get("Contents", [])]
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}


@pytest.mark.usefixtures("live")
def test_what_the_endpoint_was_asked_and_answered_lies_in_the_bucket_with_the_stages_key(stage: Stage) -> None:
    stage.blazingtext("predict", "music")

    ((key, (line,)),) = wait_until(lambda: captured(stage), what="the captured request").items()

    assert key.startswith(f"captured/{ENDPOINT}/AllTraffic/2")
    asked, answered = line["captureData"]["endpointInput"], line["captureData"]["endpointOutput"]
    assert json.loads(asked["data"])["instances"] == ["music"]
    assert (json.loads(answered["data"])[0]["word"], answered["encoding"]) == ("music", "JSON")
    stored = stage.account.boto3("s3").head_object(Bucket=stage.output("storage", "BucketName"), Key=key)
    keys = stage.account.boto3("cloudformation").describe_stack_resources(StackName=f"{ENDPOINT}-storage")["StackResources"]
    (own,) = (each["PhysicalResourceId"] for each in keys if each["ResourceType"] == "AWS::KMS::Key")
    assert stored["SSEKMSKeyId"].endswith(own)


def requests(stage: Stage) -> tuple[int, int]:
    """How many requests live model and shadow have had since the shadow is there."""
    shadow = stage.blazingtext("status", "--json").json()["shadow"]
    return (shadow["live"]["invocations"], shadow["tried"]["invocations"])


@pytest.fixture(scope="module")
def tried(stage: Stage, live: Any) -> Any:
    """A second run, of which nobody hears yet."""
    assert live
    return stage.blazingtext("train", "--corpus", "wiki", "--epochs", "3", "--no-promote", "--watch", "--json").json()


@covers("shadow", "--wait")
def test_a_run_is_tried_beside_the_live_model_and_no_caller_notices(stage: Stage, live: Any, tried: Any) -> None:
    before = stage.blazingtext("predict", "music", "--json").json()

    done = stage.blazingtext("shadow", tried["job"], "--wait", "--json")

    assert (done.json()["live"], done.json()["shadow"]) == (live["job"], tried["job"])
    assert "Costs of the shadow, 1 x ml.m5.xlarge: $0.230 an hour" in done.err
    since = datetime.fromisoformat(stage.blazingtext("status", "--json").json()["shadow"]["since"])
    wait_until(lambda: datetime.now(UTC) >= since, what="the minute from which on requests count")
    assert [stage.blazingtext("predict", "music", "--json").json() for _ in range(3)] == [before] * 3
    wait_until(lambda: requests(stage) == (3, 3), what="the copies of three requests")
    folders = wait_until(lambda: {key.split("/")[2] for key in captured(stage)} >= {"AllTraffic", "Shadow"}, what="the shadow's answers")
    assert folders
    answers = stage.blazingtext("status", "--json").json()["shadow"]["answers"]
    # The vectors of two trainings differ; that both know the word does not.
    assert answers == {"compared": 1, "equal": 0, "alike": 1, "readable": True}
    shown = stage.blazingtext("status")
    assert f"shadow: {tried['job']}" in shown.out
    assert "100 % of the requests are to be copied, 100 % were." in shown.out


@pytest.mark.usefixtures("live")
def test_a_stage_with_a_shadow_is_what_its_stacks_say_and_pauses_and_resumes_with_it(stage: Stage, tried: Any) -> None:
    assert stage.blazingtext("verify", "--json").json()["problems"] == []
    assert stage.blazingtext("audit", "--drift", "--json").json()["findings"] == []

    stage.blazingtext("pause")
    paused = stage.blazingtext("status", "--json").json()
    assert (paused["tried"], paused["shadow"]["hourly_dollars"]) == (tried["job"], 0)
    stage.blazingtext("resume")

    described = stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    assert [each["VariantName"] for each in described["ShadowProductionVariants"]] == ["Shadow"]
    again = stage.blazingtext("shadow", tried["job"])
    assert f"Nothing to do: {tried['job']} is tried already." in again.err


@covers("shadow", "--stop")
def test_a_shadow_ends_when_it_is_told_to_when_it_goes_live_and_with_a_rollback(stage: Stage, live: Any, tried: Any) -> None:
    stage.blazingtext("promote", tried["job"])
    assert stage.blazingtext("status", "--json").json()["tried"] == ""
    itself = stage.blazingtext("shadow", tried["job"], code=2)
    assert "is live already" in itself.err

    stage.blazingtext("shadow", live["job"], "--no-wait")
    stage.blazingtext("status", "--wait", "--timeout", "300")
    ended = stage.blazingtext("shadow", "--stop", "--json").json()
    assert (ended["live"], ended["shadow"]) == (tried["job"], "")
    assert "ShadowProductionVariants" not in stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)

    stage.blazingtext("shadow", live["job"])
    back = stage.blazingtext("rollback", "--json").json()
    assert (back["live"], back["shadow"]) == (live["job"], "")


@pytest.mark.usefixtures("live")
def test_a_model_that_does_not_start_is_tried_in_vain_and_the_live_one_goes_on(stage: Stage, live: Any, tried: Any) -> None:
    bucket, _, key = tried["artifact"].removeprefix("s3://").partition("/")
    s3 = stage.account.boto3("s3")
    good = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(b"no archive"))

    failed = stage.blazingtext("shadow", tried["job"], code=1)

    s3.put_object(Bucket=bucket, Key=key, Body=good)
    assert f"{tried['job']} is not tried beside {live['job']}" in failed.err
    assert "Failed to extract model data archive" in failed.err
    assert stage.blazingtext("predict", "music", "--json").json()


@pytest.mark.usefixtures("live")
def test_the_capture_is_switched_off_and_what_was_captured_stays_as_long_as_set(stage: Stage) -> None:
    earlier = captured(stage)
    stage.deploy(SCALED)
    # What was asked a moment before the deployment may have been written during it.
    before = captured(stage)
    assert earlier.keys() <= before.keys()

    stage.blazingtext("predict", "music")

    described = stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    assert "DataCaptureConfig" not in described
    bucket = stage.output("storage", "BucketName")
    rules = stage.account.boto3("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    (rule,) = (each for each in rules if each.get("ID") == "captured-requests")
    assert (rule["Expiration"]["Days"], rule["Filter"]["Prefix"]) == (7, "captured/")
    assert captured(stage) == before


def instances(stage: Stage) -> int:
    endpoint = stage.blazingtext("status", "--json").json()["endpoint"]
    return int(endpoint["instance_count"]) if endpoint["status"] == "InService" else 0


def wait_for_instances(stage: Stage, number: int) -> None:
    sagemaker = stage.account.boto3("sagemaker")

    def there() -> bool:
        endpoint = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        count = endpoint["ProductionVariants"][0]["CurrentInstanceCount"]
        return bool(endpoint["EndpointStatus"] == "InService" and count == number)

    wait_until(there, what=f"{number} instances")
    assert instances(stage) == number


def targets(stage: Stage) -> list[tuple[int, int]]:
    found = stage.account.boto3("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    return [(each["MinCapacity"], each["MaxCapacity"]) for each in found["ScalableTargets"]]


def scaling_alarms(stage: Stage) -> list[str]:
    found = stage.account.boto3("cloudwatch").describe_alarms(AlarmNamePrefix="TargetTracking-")["MetricAlarms"]
    return [each["AlarmName"] for each in found]


@pytest.fixture(scope="module")
def scaled(stage: Stage, live: Any) -> Any:
    stage.deploy(SCALED)
    return live


@pytest.mark.usefixtures("scaled")
def test_instances_follow_the_load_a_new_model_keeps_their_number_and_silence_takes_them_away(stage: Stage) -> None:
    assert targets(stage) == [(1, 3)]
    assert instances(stage) == 1

    with traffic(stage.account, ENDPOINT):
        wait_for_instances(stage, 3)
        stage.promoted(2)
        assert instances(stage) == 3

    wait_for_instances(stage, 1)
    activities = stage.account.boto3("application-autoscaling").describe_scaling_activities(ServiceNamespace="sagemaker")[
        "ScalingActivities"
    ]
    described = [each["Description"] for each in reversed(activities)]
    assert (described[0], described[-1]) == ("Setting desired instance count to 3.", "Setting desired instance count to 1.")


@pytest.mark.usefixtures("scaled")
def test_a_pause_ends_the_scaling_and_a_resume_brings_it_back(stage: Stage) -> None:
    before = scaling_alarms(stage)
    stage.blazingtext("pause")

    assert (targets(stage), scaling_alarms(stage)) == ([], [])

    stage.blazingtext("resume")
    assert targets(stage) == [(1, 3)]
    assert len(scaling_alarms(stage)) == len(before) == 2


@pytest.mark.usefixtures("scaled")
def test_another_instance_type_is_refused_while_the_endpoint_is_scaled_and_taken_while_it_is_paused(stage: Stage) -> None:
    bigger = replace(SCALED, endpoint_instance_type="ml.m5.2xlarge")

    refused = stage.deploy(bigger, code=1)
    assert "is a target for automatic scaling" in refused.out + refused.err
    assert instances(stage) == 1

    stage.blazingtext("pause")
    stage.deploy(bigger)
    stage.blazingtext("resume")
    assert stage.blazingtext("status", "--json").json()["endpoint"]["instance_type"] == "ml.m5.2xlarge"


@pytest.fixture(scope="module")
def linear(stage: Stage, live: Any) -> Any:
    stage.blazingtext("pause")
    stage.deploy(LINEAR)
    stage.blazingtext("resume")
    return live


@pytest.fixture(scope="module")
def capacities(stage: Stage) -> Callable[[], list[str]]:
    """How much of the new fleet was given traffic, step by step, since it was asked last; by the events of the endpoint's deployments."""
    sqs, events = stage.account.boto3("sqs"), stage.account.boto3("events")
    queue = sqs.create_queue(QueueName="steps")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})})
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint Deployment State Change"]}
    events.put_rule(Name="steps", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="steps", Targets=[{"Id": "steps", "Arn": arn}])

    def read() -> list[str]:
        found = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                found += re.findall(r"Activating traffic on (\w+ capacity of \d)", message["Body"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    return read


@pytest.mark.usefixtures("linear")
def test_traffic_moves_to_a_new_model_in_steps(stage: Stage, capacities: Callable[[], list[str]]) -> None:
    capacities()

    stage.promoted(6)

    assert sorted(capacities()) == ["canary capacity of 1", "full capacity of 2"]
    assert instances(stage) == 2


@pytest.mark.usefixtures("linear")
def test_an_alarm_in_the_second_step_brings_the_model_before_back(stage: Stage, capacities: Callable[[], list[str]]) -> None:
    before = stage.blazingtext("status", "--json").json()["live"]
    cloudwatch = stage.account.boto3("cloudwatch")
    alarms = [each["AlarmName"] for each in cloudwatch.describe_alarms(AlarmNamePrefix=f"{ENDPOINT}-serving-")["MetricAlarms"]]
    alarm = next(each for each in alarms if "RollbackErrors" in each)
    stage.blazingtext("train", "--corpus", "wiki", "--epochs", "7", "--watch")
    wait_until(lambda: "full capacity of 2" in capacities(), what="the second step")

    def rolled_back() -> bool:
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test rings it")
        (stack,) = stage.account.boto3("cloudformation").describe_stacks(StackName=f"{ENDPOINT}-serving")["Stacks"]
        return bool(stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE")

    wait_until(rolled_back, what="the way back")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="the test is over")

    status = stage.blazingtext("status", "--json").json()
    assert (status["live"], status["endpoint"]["status"]) == (before, "InService")
    described = stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    assert alarm in described["FailureReason"]


@pytest.mark.usefixtures("linear")
def test_an_endpoint_becomes_serverless_while_it_is_paused_only_and_serves_promotes_and_answers_so(stage: Stage) -> None:
    refused = stage.deploy(SERVERLESS, code=1)
    assert "serverless" in (refused.out + refused.err).lower()
    stage.blazingtext("pause")
    stage.deploy(SERVERLESS)
    stage.blazingtext("resume")

    stage.promoted(8)

    assert stage.blazingtext("predict", "music", "--json").json()
    (variant,) = stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 3}


def ringing(stage: Stage) -> set[str]:
    """Which of the alarms that take a new model back ring."""
    found = stage.account.boto3("cloudwatch").describe_alarms(AlarmNamePrefix=f"{ENDPOINT}-serving-Rollback", StateValue="ALARM")
    names = [each["AlarmName"].removeprefix(f"{ENDPOINT}-serving-Rollback") for each in found["MetricAlarms"]]
    return {next(kind for kind in ("ModelErrors", "Errors", "Latency") if name.startswith(kind)) for name in names}


@pytest.fixture(scope="module")
def scaled_again(stage: Stage) -> None:
    stage.blazingtext("pause")
    stage.deploy(SCALED)
    stage.blazingtext("resume")


@pytest.mark.usefixtures("scaled_again")
def test_a_model_that_understands_no_request_makes_an_alarm_of_its_own_ring_and_does_not_take_over(
    stage: Stage, live: Any, tried: Any
) -> None:
    stage.blazingtext("shadow", tried["job"])
    before = stage.blazingtext("status", "--json").json()

    with traffic(stage.account, ENDPOINT, {"words": ["music"]}):
        wait_until(lambda: ringing(stage) == {"ModelErrors"}, what="the alarm on errors of the model")
        refused = stage.blazingtext("promote", live["job"], code=1)

    assert "RollbackModelErrors" in refused.err
    after = stage.blazingtext("status", "--json").json()
    assert (after["live"], after["tried"]) == (before["live"], tried["job"])


def test_at_the_end_nothing_is_left_though_a_shadow_was_there_and_an_alarm_rang(stage: Stage) -> None:
    assert stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["ShadowProductionVariants"]

    stage.cdk("destroy", "--force")

    assert (targets(stage), scaling_alarms(stage)) == ([], [])

    assert not stage.blazingtext("audit", "--json").json()["left"]
