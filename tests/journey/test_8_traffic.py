"""The endpoint's traffic, with every setting about it: what it was asked is kept in the bucket, and its instances follow the load.

CloudFormation has the project's policies and no more, as a company would give it.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.journey.story import ROOT, Shell, wait_until
from tests.journey.traffic import traffic

STAGE = "busy"
ENDPOINT = f"blazingtext-{STAGE}"
ACCOUNT = "000000000000"
CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
SETTINGS = Settings(
    stage=STAGE, delete_data=True, endpoint_instance_type="ml.m5.xlarge", endpoint_bake_seconds=0, kms_key="make", data_capture_percent=100
)
# Three instances at most; a caller that waits a twentieth of a second asks far more than they are to be asked.
SCALED = replace(SETTINGS, data_capture_percent=0, data_capture_days=7, endpoint_maximum_instances=3, endpoint_target_invocations=60)


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

        def live() -> bool:
            status = self.blazingtext("status", "--json").json()
            return bool(status["live"] == run["job"] and status["endpoint"] and status["endpoint"]["status"] == "InService")

        wait_until(live, what=f"the promotion of {run['job']}")
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


@pytest.mark.usefixtures("live")
def test_the_capture_is_switched_off_and_what_was_captured_stays_as_long_as_set(stage: Stage) -> None:
    before = captured(stage)
    stage.deploy(SCALED)

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
        wait_until(lambda: instances(stage) == 3, what="three instances")
        stage.promoted(2)
        assert instances(stage) == 3

    wait_until(lambda: instances(stage) == 1, what="one instance again", deadline=180)
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


def test_at_the_end_nothing_is_left(stage: Stage) -> None:
    stage.cdk("destroy", "--force")

    assert (targets(stage), scaling_alarms(stage)) == ([], [])

    assert not stage.blazingtext("audit", "--json").json()["left"]
