"""A stage is being destroyed: its running jobs are stopped, before the roles that they run with go, and models of transform jobs removed.

Event: a CloudFormation custom resource request with the properties ``Stage`` and ``DeleteJobs`` (``"true"`` or ``"false"``). Create and
Update have nothing to do and succeed at once; Delete acts.
Answer: goes to the ResponseURL, in every case; without one, the stack would wait for the resource's ServiceTimeout.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blazingtext_lifecycle import aws_clients, custom_resources, job_cleanup, job_kinds, naming, transform_models
from blazingtext_lifecycle.custom_resources import Answer, Cleanup
from blazingtext_lifecycle.deadline import Context, Deadline
from blazingtext_lifecycle.plurals import count

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient
else:
    CloudWatchLogsClient = SageMakerClient = Any

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Clients:
    """The AWS services that hold jobs and their logs."""

    sagemaker: SageMakerClient
    logs: CloudWatchLogsClient


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry: translate, act, answer."""
    log.setLevel(logging.INFO)
    log.info("%s %s", event["RequestType"], event.get("ResourceProperties"))
    deadline = Deadline(context.get_remaining_time_in_millis)
    custom_resources.send(answer(event, deadline, lambda: connect(deadline)), event)


def connect(deadline: Deadline) -> Clients:
    """The AWS services, when there is something to do."""
    return Clients(*(aws_clients.connect(service, aws_clients.PATIENT, deadline) for service in ("sagemaker", "logs")))


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
    if not properties.get("Stage") or properties.get("DeleteJobs") not in ("true", "false"):
        raise custom_resources.invalid(properties, "They must be Stage, and DeleteJobs = true or false.")
    return naming.check_stage(str(properties["Stage"])), properties["DeleteJobs"] == "true"


def stop(stage: str, clients: Clients, deadline: Deadline, *, delete: bool) -> str:
    """Stops the jobs of a stage, deletes their records if asked to, and says what was done.

    Tuning jobs go first: one that runs would start further training jobs. The models of transform jobs go after the jobs.
    """
    order = (job_kinds.TUNING, job_kinds.TRANSFORM, job_kinds.PROCESSING, job_kinds.TRAINING)
    kinds = [job_cleanup.StageJobs(clients.sagemaker, stage, kind) for kind in order]
    stopped = [name for jobs in kinds for name in job_cleanup.stop_jobs(jobs, deadline)]
    transform_models.remove_all(clients.sagemaker, stage, deadline)
    deleted = [name for jobs in kinds for name in job_cleanup.delete_jobs(jobs, clients.logs, deadline)] if delete else []
    return f"{count(len(stopped), 'jobs')} stopped, {len(deleted)} deleted"
