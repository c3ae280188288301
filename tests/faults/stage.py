"""A stage with every setting that adds a permission, and what tests do with its jobs, models and functions."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from blazingtext_lifecycle.environments import Approval, AutoPromote
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from tests.faults.deployed_stacks import DeployedStacks
from tests.parity.support import wait_until

# BlazingText's, in whose place `container.py` runs: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/ecr-us-east-1.html
REPOSITORY = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext"
IMAGE = f"{REPOSITORY}:1"
# The same container under a name that is not BlazingText's, whose jobs may define metrics of their own.
OWN_REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/own"
OWN_IMAGE = f"{OWN_REPOSITORY}:1"
# How such a job defines the metric that the container prints.
MEASURED = {
    "TrainingImage": OWN_IMAGE,
    "TrainingInputMode": "File",
    "MetricDefinitions": [{"Name": "train:mean_rho", "Regex": r"#mean_rho: (\S+)"}],
}
# The names of the two stages that have between them every permission of the matrix.
EVERYTHING, APPROVED = "all", "approval"
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
CORPUS = b"the quick brown fox jumps over the lazy dog\n" * 100
# The last years that a cron expression may name: the schedules fire when a test says so.
PAUSE, RESUME = "cron(0 0 1 1 ? 2198)", "cron(0 0 1 1 ? 2199)"
# A bucket with raw text that is not the stage's.
RAW_BUCKET = "company-raw"
LABELLED = b"__label__good a film of great warmth\n" * 100


def all_permissions(stage: str = EVERYTHING) -> Settings:
    """The settings that give roles permissions, all on but approval: a new one belongs here."""
    return Settings(
        stage=stage,
        delete_data=True,
        endpoint_bake_seconds=0,
        kms_key="make",
        vpc_subnets=("subnet-0a1b2c3d",),
        vpc_security_groups=("sg-0a1b2c3d",),
        notebook_role=True,
        people_policies=True,
        dashboard=True,
        train_on_upload=True,
        github_repository="company/search",
        pause_schedule=PAUSE,
        resume_schedule=RESUME,
        data_capture_percent=100,
        source_buckets=(RAW_BUCKET,),
        # What is live is then what a test promoted last.
        auto_promote=AutoPromote.ALWAYS,
    )


def approval_permissions(stage: str = APPROVED) -> Settings:
    """Those of a stage whose models a person approves: its promoter registers, and promotes what was approved."""
    return Settings(
        stage=stage,
        delete_data=True,
        endpoint_bake_seconds=0,
        kms_key="make",
        people_policies=True,
        approval=Approval.MANUAL,
        auto_promote=AutoPromote.ALWAYS,
    )


@dataclass(frozen=True)
class Answer:
    """What a function answered.

    Attributes:
        payload: its answer, or the error.
        error: whether it failed.
        log: the end of its log.
    """

    payload: Any
    error: bool
    log: str

    @property
    def said(self) -> str:
        """Answer and log as one text."""
        return f"{json.dumps(self.payload)}\n{self.log}"


class Stage(DeployedStacks):
    """The stacks of a stage in an account, and what a test does with them as the account's root.

    Args:
        account: where.
        settings: the stage's settings.
        assembly: the folder for the synthesis.
        control: the folder by which the container is told what to do.
    """

    def __init__(self, account: Sandbox, settings: Settings, assembly: Path, control: Path) -> None:
        super().__init__(account, settings, assembly)
        self.control = control
        self._newest: dict[str, Any] = {}
        self._epochs, self._numbers = itertools.count(10), itertools.count(1)

    @cached_property
    def bucket(self) -> str:
        return self.output("storage", "BucketName")

    # --- jobs ------------------------------------------------------------------------------------------------------------------------

    def upload(self) -> None:
        """A corpus for word vectors, and one for classifiers."""
        for corpus, text in (("wiki", CORPUS), ("labelled", LABELLED)):
            self.client("s3").put_object(Bucket=self.bucket, Key=f"corpora/{corpus}/train/{corpus}.txt", Body=text)

    def next_epochs(self) -> int:
        """More epochs than any job before: another request, and a better model."""
        return next(self._epochs)

    def job_request(self, name: str, role: str = "", **changes: Any) -> dict[str, Any]:
        """A training job like the launcher's."""
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/corpora/wiki/train/"}
        return {
            "TrainingJobName": name,
            "RoleArn": role or self.output("training", "TrainingRoleArn"),
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "HyperParameters": {"mode": "batch_skipgram", "epochs": str(self.next_epochs())},
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/runs"},
            "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "Tags": [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": self.name}],
            **changes,
        }  # fmt: skip

    def train(self, epochs: int | None = None, **request: Any) -> dict[str, Any]:
        """A job started by the launcher, as it ended."""
        job = self.ended(self.launch(epochs, **request)["jobName"])
        self._newest = {} if request else job
        return job

    def candidate(self, registered: bool = False) -> dict[str, Any]:
        """The newest job for word vectors when it is neither live nor, unless it may be, registered; else one that is trained for it."""
        job = self._newest
        if not job or self.is_live(job) or (not registered and self.is_registered(job)):
            return self.train()
        return job

    def forget_candidate(self) -> None:
        """Take another one the next time: what is live now was started later."""
        self._newest = {}

    def is_live(self, job: dict[str, Any]) -> bool:
        return bool(self.parameters()["ModelDataUrl"] == job["ModelArtifacts"]["S3ModelArtifacts"])

    def is_registered(self, job: dict[str, Any]) -> bool:
        return self.settings.approval is Approval.MANUAL and job["TrainingJobName"] in self.versions()

    def launch(self, epochs: int | None = None, **request: Any) -> dict[str, Any]:
        """The launcher's answer; an AssertionError with its words when it refuses."""
        wanted = {"corpus": "wiki", "hyperparameters": {"epochs": epochs or self.next_epochs()}, **request}
        answer = self.invoke("LauncherLaunchTrainingFunction", wanted)
        assert not answer.error, answer.said
        return dict(answer.payload)

    def promote(self, job: dict[str, Any]) -> None:
        """Make the model of a finished job the live one."""
        self.update(ModelDataUrl=job["ModelArtifacts"]["S3ModelArtifacts"])

    def ended(self, job: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.described(job)
            return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return wait_until(look, lambda: self.described(job))

    def described(self, job: str) -> dict[str, Any]:
        return dict(self.client("sagemaker").describe_training_job(TrainingJobName=job))

    def fresh(self) -> str:
        """A name that nothing has yet."""
        return f"blazingtext-{self.name}-n{next(self._numbers)}"

    @cached_property
    def group(self) -> str:
        """The name of the model package group, of a stage whose models a person approves."""
        return self.output("training", "ModelPackageGroupName")

    def versions(self) -> dict[str, str]:
        """The ARNs of the versions in that group, by their runs."""
        found = self.client("sagemaker").list_model_packages(ModelPackageGroupName=self.group)["ModelPackageSummaryList"]
        return {each["ModelPackageDescription"]: each["ModelPackageArn"] for each in found}

    def wait_for_log(self, job: str) -> None:
        """Return when a running job has written to its log; fails when it has ended instead."""

        def state() -> str:
            found = self.described(job)
            return f"{job} is {found['TrainingJobStatus']} ({found['SecondaryStatus']}): {found.get('FailureReason', 'no failure')}"

        def look() -> bool:
            assert self.described(job)["TrainingJobStatus"] == "InProgress", state()
            return self._has_log(job)

        wait_until(look, state)

    def _has_log(self, job: str) -> bool:
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=TRAINING_LOGS)["logGroups"]
        return bool(groups and self._log_streams(job))

    def log_stream(self, job: str) -> str:
        """The log stream of a job."""
        return str(self._log_streams(job)[0]["logStreamName"])

    def _log_streams(self, job: str) -> list[dict[str, Any]]:
        found = self.client("logs").describe_log_streams(logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{job}/")
        return list(found["logStreams"])

    # --- objects and messages --------------------------------------------------------------------------------------------------------

    def unfinished(self, **place: str) -> str:
        """The id of an unfinished upload."""
        return str(self.client("s3").create_multipart_upload(**place)["UploadId"])

    def stop_deliveries(self) -> None:
        """From now on messages reach the promoter only when a test hands them over."""
        function = self.function("PromotionPromoteModelFunction")
        (mapping,) = self.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        self.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def receipt(self, queue: str) -> str:
        """The handle of a message that was received."""
        sqs = self.client("sqs")
        sqs.send_message(QueueUrl=queue, MessageBody="m")
        return str(wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))[0]["ReceiptHandle"])

    def queue_arn(self, queue: str) -> str:
        got = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(got["Attributes"]["QueueArn"])

    # --- functions -------------------------------------------------------------------------------------------------------------------

    def function(self, construct: str) -> str:
        """The name of a function."""
        return self.physical(construct, "AWS::Lambda::Function")

    def invoke(self, construct: str, event: Any) -> Answer:
        """What a function makes of an event."""
        name = self.function(construct)
        before = self.log(name)
        got = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = json.loads(got["Payload"].read() or b"null")
        return Answer(payload, bool(got.get("FunctionError")), "\n".join(self.log(name)[len(before) :]))

    def log(self, function: str) -> list[str]:
        """The lines of a function's log."""
        group = self.client("lambda").get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    # --- the container ---------------------------------------------------------------------------------------------------------------

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """The container is told to do something for a while: see `container.py`."""
        mark = self.control / what
        mark.touch()
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
