"""Processing jobs, which prepare corpora: started through a function of the stage, described, listed, followed, stopped; their reports."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.job_kinds import PROCESSING
from blazingtext_lifecycle.training_jobs import ACTIVE

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..html_tables import facts
from ..stages import blazingtext_command
from .following import followed
from .launch import JobLaunch, launch_job
from .stage_jobs import JobSummary, StageJobs


@dataclass(frozen=True)
class ProcessingOrder:
    """What to prepare, and on what; None means the stage's default.

    Attributes:
        corpus: the name that the corpus gets.
        sources: S3 URIs of raw text: keys, and prefixes that end in a slash.
        options: how it is prepared: `Preparing.words`.
        code: the SHA-256 of the code, as `processing_code.send` gives it.
        instance_type: such as ml.c5.xlarge.
        instance_count: how many of them.
        volume_gb: disk of each.
        max_runtime_seconds: when to stop at the latest.
        tags: on the job.
        retry: start another attempt when the same job failed or was stopped.
        replace: replace a corpus of that name.
        dry_run: check and price everything, start nothing.
    """

    corpus: str
    sources: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    instance_type: str | None = None
    instance_count: int | None = None
    volume_gb: int | None = None
    max_runtime_seconds: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    retry: bool = False
    replace: bool = False
    dry_run: bool = False

    def event(self) -> dict[str, Any]:
        """The function's event: only what was given."""
        instance = {"type": self.instance_type, "count": self.instance_count, "volumeGb": self.volume_gb}
        parameters = {
            "options": dict(self.options) or None,
            "instance": {name: value for name, value in instance.items() if value is not None} or None,
            "limits": None if self.max_runtime_seconds is None else {"maxRuntimeSeconds": self.max_runtime_seconds},
            "tags": dict(self.tags) or None,
            "retry": self.retry or None,
            "replace": self.replace or None,
            "dryRun": self.dry_run or None,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return {"corpus": self.corpus, "sources": list(self.sources), "code": self.code, **given}


@dataclass(frozen=True)
class Processing:
    """A processing job of the stage.

    Attributes:
        job: its name.
        status: ProcessingJobStatus.
        instance_type: of the instances.
        instance_count: how many of them.
        created: when it was requested.
        started: when its containers had started, or None.
        ended: when it ended, or None.
        failure: why it failed, or "".
        message: what the containers said at their end, or "".
        arn: its ARN.
    """

    job: str
    status: str
    instance_type: str
    instance_count: int
    created: datetime
    started: datetime | None
    ended: datetime | None
    failure: str
    message: str
    arn: str

    def __repr__(self) -> str:
        return f"Processing({self.job}: {self.status})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        instances = f"{self.instance_count} x {self.instance_type}"
        return facts(self.job, [("status", self.status), ("instances", instances), ("failure", self.failure)])

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status not in ACTIVE

    @property
    def seconds(self) -> float | None:
        """What is billed of its time, on each instance; None when it has not started, or not ended."""
        return None if self.started is None or self.ended is None else (self.ended - self.started).total_seconds()


def launch(cloud: Cloud, order: ProcessingOrder) -> JobLaunch:
    """Has the stage's function start a processing job; the same request over the same data gets the same job.

    Raises:
        UserError: the request is wrong; the message names every problem. Nothing was started.
        CloudError: the function or AWS failed.
    """
    naming.check_corpus(order.corpus)
    return launch_job(cloud, cloud.processor, order.event(), f"start a processing job for the corpus {order.corpus}")


def processing(cloud: Cloud, name: str) -> Processing:
    """One processing job, by its name or by a beginning that no other of the stage has, with or without the stage's own.

    Raises:
        RequestError: there is none, several begin so, or none can have that name.
    """
    return _processing(_jobs(cloud).described(name))


def exists(cloud: Cloud, name: str) -> bool:
    """Whether a processing job has exactly this name."""
    return _jobs(cloud).exists(name)


def processings(cloud: Cloud, *, limit: int) -> list[JobSummary]:
    """The stage's latest processing jobs, newest first."""
    return _jobs(cloud).summaries(limit)


def latest(cloud: Cloud) -> Processing:
    """The stage's newest processing job.

    Raises:
        RequestError: there is none.
    """
    for found in processings(cloud, limit=1):
        return processing(cloud, found.job)
    command = blazingtext_command("corpus prepare --on aws s3://<bucket>/<folder>/ --corpus <name>", cloud.stage)
    raise RequestError(f"There is no processing job in stage {cloud.stage}. Start one with: {command}")


def follow(cloud: Cloud, name: str, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[Processing]:
    """A processing job as it is now, and again whenever it has been looked at, until it has ended.

    Args:
        cloud: the stage.
        name: the processing job.
        sleep: called between two looks.
    """
    yield from followed(lambda: processing(cloud, name), sleep)


def stop(cloud: Cloud, name: str) -> Processing:
    """Asks SageMaker to stop a processing job, which then leaves no corpus.

    Raises:
        RequestError: there is no such processing job, or it has ended.
    """
    return _processing(_jobs(cloud).stop(name))


def report(cloud: Cloud, job: str) -> dict[str, Any]:
    """What a job left about its end: counts and losses, or ``error``; empty when it left nothing.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"read the report of {job}"):
        try:
            body = cloud.s3.get_object(Bucket=cloud.bucket, Key=naming.report_key(job))["Body"].read()
        except ClientError as error:
            if aws_errors.is_missing(error):
                return {}
            raise
    found: dict[str, Any] = json.loads(body)
    return found


def _jobs(cloud: Cloud) -> StageJobs:
    return StageJobs(cloud, PROCESSING)


def _processing(described: Mapping[str, Any]) -> Processing:
    cluster = described["ProcessingResources"]["ClusterConfig"]
    return Processing(
        job=described["ProcessingJobName"],
        status=described["ProcessingJobStatus"],
        instance_type=cluster["InstanceType"],
        instance_count=cluster["InstanceCount"],
        created=described["CreationTime"],
        started=described.get("ProcessingStartTime"),
        ended=described.get("ProcessingEndTime"),
        failure=described.get("FailureReason", ""),
        message=described.get("ExitMessage", ""),
        arn=described["ProcessingJobArn"],
    )
