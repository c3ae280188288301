"""Stops and deletes the jobs of one kind of a stage: those with its name prefix and exactly its tags, and no others."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import code_of, is_missing, translating_aws_errors
from .deadline import Deadline
from .job_kinds import TRAINING, JobKind
from .resource_tags import tags_of
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
# The largest page of the operations that list jobs.
_PAGE = 100


@dataclass(frozen=True)
class Job:
    """A job of the stage."""

    name: str
    arn: str
    status: str
    created: datetime


class StageJobs:
    """The jobs of one kind of a stage; each is asked for its tags once, however often it is listed.

    Args:
        sagemaker: the client.
        stage: whose jobs.
        kind: which.
    """

    def __init__(self, sagemaker: SageMakerClient, stage: str, kind: JobKind = TRAINING) -> None:
        self.sagemaker = sagemaker
        self.stage = stage
        self.kind = kind
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
        kind = self.kind
        with translating_aws_errors(f"list the {kind.noun}s of stage {self.stage}"):
            pages = self.sagemaker.get_paginator(f"list_{kind.method}s").paginate(**wish)  # type: ignore[call-overload] # of each kind
            summaries = [each for page in pages for each in page[f"{kind.shape}Summaries"] if each[kind.name].startswith(prefix)]
        return [Job(each[kind.name], each[kind.arn], each[kind.status], each["CreationTime"]) for each in summaries]

    def _is_tagged(self, job: Job) -> bool:
        if job.arn not in self._tagged:
            self._tagged[job.arn] = naming.is_tagged(tags_of(self.sagemaker, job.arn), self.stage)
        return self._tagged[job.arn]


def stop_jobs(jobs: StageJobs, deadline: Deadline) -> list[str]:
    """Stops every running job of a kind and waits until none runs, including those started meanwhile.

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
                _stop(jobs, job.name)
                stopped.add(job.name)
        deadline.wait(pause, f"Stopping {', '.join(job.name for job in running)}")
        pause = min(pause * _POLL_GROWTH, _MAXIMUM_POLL_SECONDS)
        # What runs later is among these, or was started since.
        running = jobs.in_status(ACTIVE, min(job.created for job in running) - timedelta(seconds=1))
    return sorted(stopped)


def delete_jobs(jobs: StageJobs, logs: CloudWatchLogsClient, deadline: Deadline) -> list[str]:
    """Deletes the records and the log streams of ended jobs of a kind; the log group, which all projects share, stays.

    Returns:
        The names of the jobs deleted; AWS cannot delete the record of a transform job, which costs nothing.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed.
    """
    ended = [job.name for job in jobs.in_status(sorted(TERMINAL))]
    for name in ended if jobs.kind.log_group else ():
        deadline.check(f"Deleting {name}")
        _delete_streams(logs, jobs.kind.log_group, name)
    if not jobs.kind.is_deletable:
        return []
    if not hasattr(jobs.sagemaker, f"delete_{jobs.kind.method}"):
        log.warning("The records of %d jobs stay: this boto3 has no Delete%s. They cost nothing.", len(ended), jobs.kind.shape)
        return []
    for name in ended:
        deadline.check(f"Deleting {name}")
        _delete(jobs, name)
    return ended


def _stop(jobs: StageJobs, name: str) -> None:
    with translating_aws_errors(f"stop the {jobs.kind.noun} {name}"):
        try:
            getattr(jobs.sagemaker, f"stop_{jobs.kind.method}")(**{jobs.kind.name: name})
        except ClientError as error:
            # It ended by itself between the list and this call.
            if code_of(error) != "ValidationException":
                raise
            log.info("%s was not stopped: %s", name, error)


def _delete(jobs: StageJobs, name: str) -> None:
    with translating_aws_errors(f"delete the {jobs.kind.noun} {name}"):
        try:
            getattr(jobs.sagemaker, f"delete_{jobs.kind.method}")(**{jobs.kind.name: name})
        except ClientError as error:
            if not is_missing(error):
                raise


def _delete_streams(logs: CloudWatchLogsClient, group: str, job: str) -> None:
    """Deletes ``<job>/...``; the slash keeps the streams of ``<job>-2`` apart."""
    with translating_aws_errors(f"delete the log streams of {job}"):
        for stream in list(_streams(logs, group, f"{job}/")):
            try:
                logs.delete_log_stream(logGroupName=group, logStreamName=stream)
            except ClientError as error:
                # It was deleted, and the answer lost: boto3 asked again.
                if not is_missing(error):
                    raise


def _streams(logs: CloudWatchLogsClient, group: str, prefix: str) -> Iterator[str]:
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=prefix)
    try:
        for page in pages:
            yield from (each["logStreamName"] for each in page["logStreams"])
    except ClientError as error:
        # No job ever logged in this account.
        if not is_missing(error):
            raise
