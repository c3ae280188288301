"""A stage is being destroyed: its running jobs are stopped, its bucket is emptied, so that the stacks can be deleted whole.

Event: a CloudFormation custom resource request with ``Work`` = ``StopJobs`` (``Stage``, ``DeleteJobs``) or ``EmptyBucket``
(``Bucket``). Create and Update have nothing to do and succeed at once; Delete acts.
Answer: goes to the ResponseURL, in every case; a request without an answer would block the stack for an hour.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from blazingtext_lifecycle import custom_resources, emptying, naming, retirement
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.deadline import Context, Deadline
from blazingtext_lifecycle.errors import ConfigurationError, LifecycleError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
else:
    CloudWatchLogsClient = S3Client = SageMakerClient = Any

log = logging.getLogger(__name__)

# What a refused creation is called; deleting it again touches nothing.
_NOTHING = "nothing-to-retire"


@dataclass(frozen=True)
class Clients:
    """The AWS services that a retirement talks to."""

    sagemaker: SageMakerClient
    logs: CloudWatchLogsClient
    s3: S3Client


@dataclass(frozen=True)
class StopJobs:
    """Stop a stage's jobs, and perhaps delete their records."""

    stage: str
    delete: bool

    @property
    def physical_id(self) -> str:
        """The resource's name: another stage is another resource."""
        return f"stop-jobs-{self.stage}"

    def run(self, clients: Clients, deadline: Deadline) -> str:
        """Does it, and says what was done."""
        stopped = retirement.stop_jobs(clients.sagemaker, self.stage, deadline)
        deleted = retirement.delete_jobs(clients.sagemaker, clients.logs, self.stage, deadline) if self.delete else []
        return f"{len(stopped)} jobs stopped, {len(deleted)} deleted"


@dataclass(frozen=True)
class EmptyBucket:
    """Empty one bucket."""

    bucket: str

    @property
    def physical_id(self) -> str:
        """The resource's name: another bucket is another resource."""
        return f"empty-bucket-{self.bucket}"

    def run(self, clients: Clients, deadline: Deadline) -> str:
        """Does it, and says what was done."""
        return f"{emptying.empty_bucket(clients.s3, self.bucket, deadline)} objects deleted from {self.bucket}"


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry: translate, act, answer."""
    log.setLevel(logging.INFO)
    log.info("%s %s", event["RequestType"], event.get("ResourceProperties"))
    custom_resources.send(answer(event, Deadline(context.get_remaining_time_in_millis), connect), event)


def connect() -> Clients:
    """The AWS services, when there is something to do."""
    return Clients(boto3.client("sagemaker"), boto3.client("logs"), boto3.client("s3"))


def answer(event: Mapping[str, Any], deadline: Deadline, connected: Callable[[], Clients]) -> Answer:
    """What to tell CloudFormation, after doing what it asked.

    Args:
        event: the custom resource request.
        deadline: how long that may take.
        connected: gives the AWS services.
    """
    physical_id = str(event.get("PhysicalResourceId", _NOTHING))
    try:
        if physical_id == _NOTHING and event["RequestType"] == "Delete":
            return Answer("SUCCESS", physical_id)
        work = read(event["ResourceProperties"])
        if event["RequestType"] != "Delete":
            return Answer("SUCCESS", work.physical_id)
        log.info(work.run(connected(), deadline))
        return Answer("SUCCESS", physical_id)
    except LifecycleError as reason:
        log.exception("The retirement failed.")
        return Answer("FAILED", physical_id, str(reason))
    except Exception as error:  # whatever it is, CloudFormation must hear of it, or the stack hangs for an hour
        log.exception("The retirement broke.")
        return Answer(
            "FAILED", physical_id, f"The retirement broke. {type(error).__name__}: {error}. Read the function's log, then destroy again."
        )


def read(properties: Mapping[str, Any]) -> StopJobs | EmptyBucket:
    """The work that the resource's properties ask for.

    Raises:
        ConfigurationError: they ask for none that is known.
    """
    work = properties.get("Work")
    if work == "StopJobs" and properties.get("DeleteJobs") in ("true", "false"):
        return StopJobs(naming.check_stage(str(properties.get("Stage", ""))), properties["DeleteJobs"] == "true")
    if work == "EmptyBucket" and properties.get("Bucket"):
        return EmptyBucket(str(properties["Bucket"]))
    shown = {key: value for key, value in properties.items() if key != "ServiceToken"}
    raise ConfigurationError(
        f"The retirement cannot work with {shown}. Its Work is StopJobs (with Stage and DeleteJobs = true or false) or EmptyBucket "
        "(with Bucket). Correct the custom resource in the stack."
    )
