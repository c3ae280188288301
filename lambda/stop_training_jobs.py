"""A stage is being destroyed: its running training jobs are stopped, before the role that they run with goes.

Event: a CloudFormation custom resource request with the properties ``Stage`` and ``DeleteJobs`` (``"true"`` or ``"false"``). Create and
Update have nothing to do and succeed at once; Delete acts.
Answer: goes to the ResponseURL, in every case; without one, the stack would wait for the resource's ServiceTimeout.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from blazingtext_lifecycle import custom_resources, job_cleanup, naming
from blazingtext_lifecycle.custom_resources import Answer, Cleanup
from blazingtext_lifecycle.deadline import Context, Deadline

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient
else:
    CloudWatchLogsClient = SageMakerClient = Any

log = logging.getLogger(__name__)

# A busy account is throttled; giving up leaves the stack in DELETE_FAILED.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})


@dataclass(frozen=True)
class Clients:
    """The AWS services that hold jobs and their logs."""

    sagemaker: SageMakerClient
    logs: CloudWatchLogsClient


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry: translate, act, answer."""
    log.setLevel(logging.INFO)
    log.info("%s %s", event["RequestType"], event.get("ResourceProperties"))
    custom_resources.send(answer(event, Deadline(context.get_remaining_time_in_millis), connect), event)


def connect() -> Clients:
    """The AWS services, when there is something to do."""
    return Clients(boto3.client("sagemaker", config=_PATIENT), boto3.client("logs", config=_PATIENT))


def answer(event: Mapping[str, Any], deadline: Deadline, connected: Callable[[], Clients]) -> Answer:
    """What to tell CloudFormation, after stopping the jobs if the resource is being deleted.

    Args:
        event: the custom resource request.
        deadline: how long that may take.
        connected: gives the AWS services.
    """

    def cleanup(properties: Mapping[str, Any]) -> Cleanup:
        stage, delete = read(properties)
        return Cleanup(stage, lambda: stop(stage, connected(), deadline, delete=delete))

    return custom_resources.answer(event, "stop-training-jobs", cleanup)


def read(properties: Mapping[str, Any]) -> tuple[str, bool]:
    """The stage, and whether the records of its jobs are to be deleted, too.

    Raises:
        ConfigurationError: the properties do not say.
    """
    if properties.get("DeleteJobs") not in ("true", "false"):
        raise custom_resources.invalid(properties, "They must be Stage, and DeleteJobs = true or false.")
    return naming.check_stage(str(properties.get("Stage", ""))), properties["DeleteJobs"] == "true"


def stop(stage: str, clients: Clients, deadline: Deadline, *, delete: bool) -> str:
    """Stops the jobs of a stage, deletes their records if asked to, and says what was done."""
    jobs = job_cleanup.StageJobs(clients.sagemaker, stage)
    stopped = job_cleanup.stop_jobs(jobs, deadline)
    deleted = job_cleanup.delete_jobs(jobs, clients.logs, deadline) if delete else []
    return f"{len(stopped)} jobs stopped, {len(deleted)} deleted"
