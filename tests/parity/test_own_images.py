"""A container image of one's own, run as a command: SageMaker for people who do not use BlazingText."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox import own_images
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.errors import SandboxError
from blazingtext_sandbox.sagemaker.programs import Program, Programs
from tests.parity.sagemaker_support import IMAGE, training_request
from tests.parity.support import wait_until

REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mine"
OWN = f"{REPOSITORY}/mean:2"
BUCKET = "numbers-of-mine"
CONTAINER = Path(__file__).with_name("own_container.py")


class Mine:
    """A sandbox that was told about the image, a role, and numbers to train on."""

    def __init__(self, account: Sandbox) -> None:
        self.sagemaker, self.s3 = account.boto3("sagemaker"), account.boto3("s3")
        self.runtime, self.logs = account.boto3("sagemaker-runtime"), account.boto3("logs")
        iam = account.boto3("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.role = iam.create_role(RoleName="mine", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        iam.attach_role_policy(RoleName="mine", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
        iam.attach_role_policy(RoleName="mine", PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key="numbers/one", Body=b"1\n2\n")
        self.s3.put_object(Bucket=BUCKET, Key="numbers/two", Body=b"6\n")

    def train(self, name: str, *, image: str = OWN, metrics: list[dict[str, str]] | None = None, **settings: str) -> Any:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/numbers/"}
        specification = {"TrainingImage": image, "TrainingInputMode": "File", **({"MetricDefinitions": metrics} if metrics else {})}
        request = training_request(
            name,
            RoleArn=self.role,
            AlgorithmSpecification=specification,
            HyperParameters=settings,
            InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        )
        self.sagemaker.create_training_job(**request)
        return self.ended(name)

    def ended(self, name: str) -> Any:
        def look() -> Any:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)
            return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return wait_until(look)

    def serve(self, name: str, **container: Any) -> None:
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer={"Image": OWN, **container})
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        look = self.sagemaker.describe_endpoint
        assert wait_until(lambda: (s := look(EndpointName=name)["EndpointStatus"]) != "Creating" and s) == "InService"

    def ask(self, name: str) -> Any:
        return json.loads(self.runtime.invoke_endpoint(EndpointName=name, Body=b"how much?")["Body"].read())


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mine]:
    images = {REPOSITORY: (sys.executable, str(CONTAINER))}
    with Sandbox(home=tmp_path_factory.mktemp("mine"), images=images) as account:
        yield Mine(account)


def test_a_command_trains_under_its_opt_ml_folder_and_reports_its_own_metrics(mine: Mine) -> None:
    metrics = [{"Name": "mean", "Regex": "mean=([0-9.]+)"}]

    job = mine.train("trained", bias="0.5", metrics=metrics)

    assert (job["TrainingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == metrics
    assert [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]] == [("mean", 3.5)]
    archive = mine.s3.get_object(Bucket=BUCKET, Key="out/trained/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["mean.json"]


def test_a_command_runs_where_the_sandbox_was_started_and_its_output_is_the_jobs_log(mine: Mine) -> None:
    mine.train("logged")

    (stream,) = mine.logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="logged/")["logStreams"]
    found = mine.logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"])
    assert [event["message"] for event in found["events"]] == [f"mean=3.0; in {Path.cwd().name}"]


def test_what_a_command_writes_about_its_failure_is_the_jobs_failure_reason(mine: Mine) -> None:
    job = mine.train("failed", fail="yes")

    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "AlgorithmError: the numbers do not add up, exit code: 3")


def test_a_command_serves_the_artifact_on_the_port_it_is_told(mine: Mine) -> None:
    mine.train("to-serve")

    mine.serve("served", ModelDataUrl=f"s3://{BUCKET}/out/to-serve/output/model.tar.gz", Environment={"GREETING": "hello"})

    assert mine.ask("served") == {"mean": 3.0, "asked": "how much?", "greeting": "hello", "inherits": []}


def test_an_image_of_ones_own_needs_neither_data_nor_a_model(mine: Mine) -> None:
    request = training_request("no-data", RoleArn=mine.role, OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"})
    request["AlgorithmSpecification"]["TrainingImage"] = OWN
    del request["InputDataConfig"]
    mine.sagemaker.create_training_job(**request)
    assert mine.ended("no-data")["TrainingJobStatus"] == "Completed"

    mine.serve("no-model")

    assert mine.ask("no-model")["mean"] is None


@pytest.mark.parametrize("image", ["111122223333.dkr.ecr.us-east-1.amazonaws.com/mine-too:1", "mine:1"])
def test_an_image_that_no_command_stands_for_is_refused(mine: Mine, image: str) -> None:
    with pytest.raises(ClientError, match="the image") as refused:
        mine.train("refused", image=image)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_blazingtexts_metrics_cannot_be_redefined(mine: Mine) -> None:
    with pytest.raises(ClientError, match="can't override the metric definitions for Amazon SageMaker algorithms"):
        mine.train("overridden", image=IMAGE, metrics=[{"Name": "mean", "Regex": "x"}])


def test_a_metric_that_is_no_regular_expression_is_refused(mine: Mine) -> None:
    with pytest.raises(ClientError, match="is not a regular expression"):
        mine.train("unreadable", metrics=[{"Name": "mean", "Regex": "("}])


def test_the_longest_beginning_of_an_image_counts() -> None:
    programs = Programs(
        train=(), serve=(), own={"mine": Program(("short",)), "mine/special": Program(("long",)), "all/": Program(("any",))}
    )

    found = {image: programs.training(image).command for image in ("mine:1", "mine/special@sha256:0", "mine/specials:1", "all/of/them")}

    assert found == {
        "mine:1": ("short", "train"),
        "mine/special@sha256:0": ("long", "train"),
        "mine/specials:1": ("short", "train"),
        "all/of/them": ("any", "train"),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["mine:1"], "names no image or no command"),
        (["=python x.py"], "names no image or no command"),
        (["mine:1=python 'x.py"], "cannot be read: No closing quotation"),
        (["mine:1=a", "mine:1=b"], "names mine:1 twice"),
    ],
)
def test_an_image_option_that_cannot_be_read_says_why(options: list[str], message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        own_images.parse(options)


def test_the_command_line_maps_images_and_a_running_sandbox_refuses_others(elsewhere: Path) -> None:
    environment = {**os.environ, "BLAZINGTEXT_SANDBOX_HOME": str(elsewhere), "BLAZINGTEXT_SANDBOX": "images"}

    def sandbox(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "blazingtext_sandbox", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    try:
        assert sandbox("up", "--image", "mine:1=python 'my own.py'").returncode == 0
        assert own_images.read(elsewhere / "images")["mine:1"].command == ("python", "my own.py")
        assert sandbox("up").returncode == 0
        refused = sandbox("up", "--image", "mine:1=python other.py")
        assert (refused.returncode, "is up with other images" in refused.stderr) == (2, True)
    finally:
        sandbox("down")
