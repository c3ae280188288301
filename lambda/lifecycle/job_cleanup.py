"""Stops and deletes the training jobs of a stage: those with its name prefix and exactly its tags, and no others."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

# A stopped job has 120 seconds to save what it has, so its end is looked for less and less often
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html).
_FIRST_POLL_SECONDS = 1.0
_POLL_GROWTH = 1.5
_MAXIMUM_POLL_SECONDS = 20.0
# The largest page of ListTrainingJobs.
_PAGE = 100


@dataclass(frozen=True)
class Job:
    """A training job of the stage."""

    name: str
    arn: str
    status: str
    created: datetime


class StageJobs:
    """The training jobs of a stage; each is asked for its tags once, however often it is listed.

    Args:
        sagemaker: the client.
        stage: whose jobs.
    """

    def __init__(self, sagemaker: SageMakerClient, stage: str) -> None:
        self.sagemaker = sagemaker
        self.stage = stage
        self._tagged: dict[str, bool] = {}

    def in_status(self, statuses: Sequence[str], created_after: datetime | None = None) -> list[Job]:
        """The jobs in some states whose name and tags are the stage's.

        NameContains finds the prefix anywhere, and names can be imitated: prefix and both tags must fit exactly.

        Args:
            statuses: the states, each listed by itself; in the order in which a job goes through them, so that one which changes
                meanwhile is found all the same.
            created_after: leaves out jobs that are older.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        found = {job.name: job for status in statuses for job in self._listed(status, created_after)}
        return [job for job in found.values() if self._is_tagged(job)]

    def _listed(self, status: str, created_after: datetime | None) -> list[Job]:
        prefix = naming.job_prefix(self.stage)
        wish: dict[str, Any] = {"NameContains": prefix, "StatusEquals": status, "MaxResults": _PAGE}
        if created_after is not None:
            wish["CreationTimeAfter"] = created_after
        with translating_aws_errors(f"list the training jobs of stage {self.stage}"):
            pages = self.sagemaker.get_paginator("list_training_jobs").paginate(**wish)
            summaries = [each for page in pages for each in page["TrainingJobSummaries"] if each["TrainingJobName"].startswith(prefix)]
        return [Job(each["TrainingJobName"], each["TrainingJobArn"], each["TrainingJobStatus"], each["CreationTime"]) for each in summaries]

    def _is_tagged(self, job: Job) -> bool:
        if job.arn not in self._tagged:
            self._tagged[job.arn] = naming.is_tagged(_tags(self.sagemaker, job.arn), self.stage)
        return self._tagged[job.arn]


def stop_jobs(jobs: StageJobs, deadline: Deadline) -> list[str]:
    """Stops every running job of a stage and waits until none runs, including those started meanwhile.

    Returns:
        The names of the jobs that were told to stop.

    Raises:
        NotReady: they did not end in time.
        LifecycleError: AWS refused or failed.
    """
    stopped: set[str] = set()
    pause = _FIRST_POLL_SECONDS
    running = jobs.in_status(ACTIVE)
    while running:
        for job in running:
            if job.status == "InProgress" and job.name not in stopped:
                _stop(jobs.sagemaker, job.name)
                stopped.add(job.name)
        deadline.wait(pause, f"Stopping {', '.join(job.name for job in running)}")
        pause = min(pause * _POLL_GROWTH, _MAXIMUM_POLL_SECONDS)
        # What runs later is among these, or was started since.
        running = jobs.in_status(ACTIVE, min(job.created for job in running) - timedelta(seconds=1))
    return sorted(stopped)


def delete_jobs(jobs: StageJobs, logs: CloudWatchLogsClient, deadline: Deadline) -> list[str]:
    """Deletes the records and the log streams of a stage's ended jobs; the log group, which all projects share, stays.

    Returns:
        The names of the jobs deleted.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed.
    """
    ended = [job.name for job in jobs.in_status(sorted(TERMINAL))]
    for name in ended:
        deadline.check(f"Deleting {name}")
        _delete_streams(logs, name)
    if not hasattr(jobs.sagemaker, "delete_training_job"):
        log.warning("The records of %d jobs stay: this boto3 has no DeleteTrainingJob. They cost nothing.", len(ended))
        return []
    for name in ended:
        deadline.check(f"Deleting {name}")
        _delete(jobs.sagemaker, name)
    return ended


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
