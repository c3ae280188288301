"""A sandbox whose server is killed while it works: no process of it stays, the next command says what is gone, and all can begin anew."""

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from blazingtext_sandbox import state
from blazingtext_sandbox.account import Sandbox
from tests.parity.sagemaker_support import artifact
from tests.parity.support import allow, function, role, wait_until
from tests.parity.test_account import ROOT, sandbox_command
from tests.patience import PATIENCE

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine"
BUCKET = "what-is-lost"
ROLE = "arn:aws:iam::000000000000:role/all"


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder by which the containers are told what to do: see tests/faults/container.py."""
    return tmp_path_factory.mktemp("control")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, control: Path) -> Iterator[Sandbox]:
    """One that outlives this process, as that of a person does; killed and started again by each test."""
    container = ROOT / "tests" / "faults" / "container.py"
    made = Sandbox(home=tmp_path_factory.mktemp("killed"), images={IMAGE: [sys.executable, str(container), str(control)]})
    yield made
    made.stop()


@pytest.fixture
def killed(sandbox: Sandbox, control: Path) -> Iterator[Sandbox]:
    """The sandbox, up and empty, with a role and a bucket."""
    sandbox.start()
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    sandbox.boto3("iam").create_role(RoleName="all", AssumeRolePolicyDocument=json.dumps(document))
    everything = {"Version": "2012-10-17", "Statement": [allow("*")]}
    sandbox.boto3("iam").put_role_policy(RoleName="all", PolicyName="all", PolicyDocument=json.dumps(everything))
    sandbox.boto3("s3").create_bucket(Bucket=BUCKET)
    yield sandbox
    for mark in control.iterdir():
        mark.unlink()


def containers(sandbox: Sandbox) -> list[psutil.Process]:
    """The processes of the sandbox's containers."""
    return [each for each in state.processes_with(sandbox.record.marker) if str(ROOT / "tests" / "faults") in " ".join(each.cmdline())]


def trains(sandbox: Sandbox, control: Path) -> None:
    """A training job whose container runs, and has nothing to write: a line that nobody reads would end it."""
    (control / "hold-training").touch()
    sandbox.boto3("sagemaker").create_training_job(
        TrainingJobName="job",
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": f"{IMAGE}:1", "TrainingInputMode": "File"},
        HyperParameters={"epochs": "1"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/runs"},
        ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    wait_until((control / "trains").exists)
    assert containers(sandbox)


def variant(model: str) -> list[dict[str, Any]]:
    return [{"VariantName": "AllTraffic", "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m4.xlarge"}]


def updates_an_endpoint(sandbox: Sandbox, control: Path) -> None:
    """An endpoint between two fleets: the old one answers, the new one is not healthy yet."""
    sagemaker = sandbox.boto3("sagemaker")
    sandbox.boto3("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=artifact({"vectors.txt": "1"}))
    container = {"Image": f"{IMAGE}:1", "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    sagemaker.create_model(ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    for name in ("first", "second"):
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variant("model"))
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="first")
    wait_until(lambda: sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService")
    (control / "hang-ping").touch()
    sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="second")
    wait_until(lambda: len(containers(sandbox)) == 2)


SLOW = """
import boto3, time
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["ResourceProperties"]["Bucket"], Key="began", Body=b"")
    time.sleep(60)
"""


def deploys_a_stack(sandbox: Sandbox, _: Path) -> None:
    """A stack in the middle of its creation: it waits for a function of its own, which runs."""
    resource = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Bucket": BUCKET}
    resources = {"Role": role(allow("s3:PutObject")), "Function": function(SLOW, Timeout=60)}
    template = {"Resources": {**resources, "Waits": {"Type": "AWS::CloudFormation::CustomResource", "Properties": resource}}}
    sandbox.boto3("cloudformation").create_stack(
        StackName="stack", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    wait_until(lambda: sandbox.boto3("s3").list_objects_v2(Bucket=BUCKET).get("Contents"))


class Endless(io.RawIOBase):
    """A body of which one part is read, and then nothing comes until it is released."""

    def __init__(self) -> None:
        self.reached, self.released, self._left = threading.Event(), threading.Event(), 16 << 20

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._left <= 0:
            self.reached.set()
            self.released.wait()
            return b""
        self._left -= size
        return bytes(size)


def uploads(sandbox: Sandbox, _: Path) -> None:
    """A multipart upload of which two parts are there."""
    body = Endless()
    once = Config(retries={"total_max_attempts": 1})

    def send() -> None:
        try:
            sandbox.boto3("s3", config=once).upload_fileobj(body, BUCKET, "corpus")
        except (BotoCoreError, ClientError):
            return

    threading.Thread(target=send, daemon=True).start()
    assert body.reached.wait(PATIENCE)
    wait_until(lambda: sandbox.boto3("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads"))
    UPLOADS.append(body)


UPLOADS: list[Endless] = []


@pytest.mark.parametrize(
    ("work", "then", "code"), [(updates_an_endpoint, "status", 3), (deploys_a_stack, "down", 0), (uploads, "status", 3), (trains, "up", 0)]
)
def test_a_server_that_is_killed_while_it_works_leaves_no_process_and_can_begin_anew(
    killed: Sandbox, control: Path, work: Callable[[Sandbox, Path], None], then: str, code: int
) -> None:
    work(killed, control)
    before = killed.record
    family = psutil.Process(before.pid).children(recursive=True)

    os.kill(before.pid, signal.SIGKILL)
    wait_until(killed.stale)
    orphans = {each.pid for each in state.processes_with(before.marker)}
    assert {each.pid for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE} <= orphans
    assert orphans or work is uploads
    for body in UPLOADS:
        body.released.set()
    said = sandbox_command(killed.folder.path.parent, then)

    assert (said.returncode, state.processes_with(before.marker)) == (code, [])
    assert then == "down" or "had been killed; what it left was removed" in said.stderr
    assert then == "down" or "Its account was in its memory, and is gone: deploy again." in said.stderr
    assert then == "up" or killed.start()
    assert killed.record.marker != before.marker
    assert killed.boto3("s3").list_buckets()["Buckets"] == []
    assert killed.boto3("cloudformation").describe_stacks()["Stacks"] == []
    sagemaker = killed.boto3("sagemaker")
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == sagemaker.list_endpoints()["Endpoints"] == []
    if then == "up":
        # It has none of the images of the others.
        assert killed.stop()
