"""Stops and deletes the training jobs of a stage: those with its name prefix and exactly its tags, and no others."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import code_of, is_missing, translating_aws_errors
from .deadline import Deadline
from .training_jobs import ACTIVE, TERMINAL

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient
else:
    CloudWatchLogsClient = SageMakerClient = Any

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """A training job of the stage."""

    name: str
    arn: str
    status: str


def stop_jobs(sagemaker: SageMakerClient, stage: str, deadline: Deadline) -> list[str]:
    """Stops every running job of a stage and waits until none runs, including those started meanwhile.

    Returns:
        The names of the jobs that were told to stop.

    Raises:
        NotReady: they did not end in time.
        LifecycleError: AWS refused or failed.
    """
    stopped: set[str] = set()
    while running := [job for job in own_jobs(sagemaker, stage) if job.status in ACTIVE]:
        for job in running:
            if job.status == "InProgress" and job.name not in stopped:
                _stop(sagemaker, job.name)
                stopped.add(job.name)
        deadline.wait(_POLL_SECONDS, f"Stopping {', '.join(job.name for job in running)}")
    return sorted(stopped)


def delete_jobs(sagemaker: SageMakerClient, logs: CloudWatchLogsClient, stage: str, deadline: Deadline) -> list[str]:
    """Deletes the records and the log streams of a stage's ended jobs; the log group, which all projects share, stays.

    Returns:
        The names of the jobs deleted.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed.
    """
    ended = [job.name for job in own_jobs(sagemaker, stage) if job.status in TERMINAL]
    for name in ended:
        deadline.check(f"Deleting {name}")
        _delete_streams(logs, name)
    if not hasattr(sagemaker, "delete_training_job"):
        log.warning("The records of %d jobs stay: this boto3 has no DeleteTrainingJob. They cost nothing.", len(ended))
        return []
    for name in ended:
        deadline.check(f"Deleting {name}")
        _delete(sagemaker, name)
    return ended


def own_jobs(sagemaker: SageMakerClient, stage: str) -> list[Job]:
    """The training jobs whose name and tags are the stage's.

    NameContains finds the prefix anywhere, and names can be imitated: prefix and both tags must fit exactly.
    """
    prefix = naming.job_prefix(stage)
    with translating_aws_errors(f"list the training jobs of stage {stage}"):
        pages = sagemaker.get_paginator("list_training_jobs").paginate(NameContains=prefix)
        listed = [
            Job(each["TrainingJobName"], each["TrainingJobArn"], each["TrainingJobStatus"])
            for page in pages
            for each in page["TrainingJobSummaries"]
        ]
    return [job for job in listed if job.name.startswith(prefix) and naming.is_tagged(_tags(sagemaker, job.arn), stage)]


def _tags(sagemaker: SageMakerClient, arn: str) -> Mapping[str, str]:
    with translating_aws_errors(f"read the tags of {arn}"):
        try:
            pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
            return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        except ClientError as error:
            # The job was deleted after it was listed.
            if is_missing(error):
                return {}
            raise


def _stop(sagemaker: SageMakerClient, name: str) -> None:
    with translating_aws_errors(f"stop the training job {name}"):
        try:
            sagemaker.stop_training_job(TrainingJobName=name)
        except ClientError as error:
            # It ended by itself between the list and this call.
            if code_of(error) != "ValidationException":
                raise
            log.info("%s was not stopped: %s", name, error)


def _delete(sagemaker: SageMakerClient, name: str) -> None:
    with translating_aws_errors(f"delete the training job {name}"):
        try:
            sagemaker.delete_training_job(TrainingJobName=name)
        except ClientError as error:
            if not is_missing(error):
                raise


def _delete_streams(logs: CloudWatchLogsClient, job: str) -> None:
    """Deletes ``<job>/...``; the slash keeps the streams of ``<job>-2`` apart."""
    with translating_aws_errors(f"delete the log streams of {job}"):
        for stream in list(_streams(logs, f"{job}/")):
            logs.delete_log_stream(logGroupName=naming.TRAINING_LOG_GROUP, logStreamName=stream)


def _streams(logs: CloudWatchLogsClient, prefix: str) -> Iterator[str]:
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=naming.TRAINING_LOG_GROUP, logStreamNamePrefix=prefix)
    try:
        for page in pages:
            yield from (each["logStreamName"] for each in page["logStreams"])
    except ClientError as error:
        # No job ever logged in this account.
        if not is_missing(error):
            raise
