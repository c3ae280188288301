"""The endpoint's traffic, with every setting about it: what it was asked is kept in the bucket.

CloudFormation has the project's two policies and no more, as a company would give it.
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

STAGE = "busy"
ENDPOINT = f"blazingtext-{STAGE}"
ACCOUNT = "000000000000"
CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
SETTINGS = Settings(
    stage=STAGE, delete_data=True, endpoint_instance_type="ml.m5.xlarge", endpoint_bake_seconds=0, kms_key="make", data_capture_percent=100
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
        for name in ("execution", "company"):
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
    stage.deploy(replace(SETTINGS, data_capture_percent=0, data_capture_days=7))

    stage.blazingtext("predict", "music")

    described = stage.account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    assert "DataCaptureConfig" not in described
    bucket = stage.output("storage", "BucketName")
    rules = stage.account.boto3("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    (rule,) = (each for each in rules if each.get("ID") == "captured-requests")
    assert (rule["Expiration"]["Days"], rule["Filter"]["Prefix"]) == (7, "captured/")
    assert captured(stage) == before


def test_at_the_end_nothing_is_left(stage: Stage) -> None:
    stage.cdk("destroy", "--force")

    assert not stage.blazingtext("audit", "--json").json()["left"]
