"""Transform jobs: started through a function of the stage, described, listed, followed, stopped; and their results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.job_kinds import TRANSFORM
from blazingtext_lifecycle.training_jobs import ACTIVE

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..errors import JobError
from ..files import atomic_file
from ..html_tables import facts
from ..stages import blazingtext_command
from .following import followed
from .launch import JobLaunch, launch_job
from .stage_jobs import JobSummary, StageJobs

_PREVIEW_LINES = 3


@dataclass(frozen=True)
class TransformOrder:
    """What to transform; None means the default.

    Attributes:
        data: the name of data that was sent.
        run: the training job whose model predicts.
        instance_type: such as ml.c5.xlarge.
        instance_count: how many of them.
        tags: on the job.
        retry: start another attempt when the same job failed or was stopped.
        dry_run: check and price everything, start nothing.
    """

    data: str
    run: str
    instance_type: str | None = None
    instance_count: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    retry: bool = False
    dry_run: bool = False

    def event(self) -> dict[str, Any]:
        """The function's event: only what was given."""
        instance = {"type": self.instance_type, "count": self.instance_count}
        parameters = {
            "instance": {name: value for name, value in instance.items() if value is not None} or None,
            "tags": dict(self.tags) or None,
            "retry": self.retry or None,
            "dryRun": self.dry_run or None,
        }
        return {"data": self.data, "run": self.run, **{name: value for name, value in parameters.items() if value is not None}}


@dataclass(frozen=True)
class Transform:
    """A transform job of the stage.

    Attributes:
        job: its name.
        status: TransformJobStatus.
        data: the S3 URI of what is predicted.
        output: the S3 URI under which its results are.
        instance_type: of the instances.
        instance_count: how many of them.
        created: when it was requested.
        started: when its instances had started, or None.
        ended: when it ended, or None.
        failure: why it failed, or "".
        arn: its ARN.
    """

    job: str
    status: str
    data: str
    output: str
    instance_type: str
    instance_count: int
    created: datetime
    started: datetime | None
    ended: datetime | None
    failure: str
    arn: str

    def __repr__(self) -> str:
        return f"Transform({self.job}: {self.status}, results in {self.output})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        instances = f"{self.instance_count} x {self.instance_type}"
        told = [("status", self.status), ("data", self.data), ("results", self.output), ("instances", instances), ("failure", self.failure)]
        return facts(self.job, told)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status not in ACTIVE

    @property
    def seconds(self) -> float | None:
        """What is billed of its time, on each instance; None when it has not started, or not ended."""
        return None if self.started is None or self.ended is None else (self.ended - self.started).total_seconds()


@dataclass(frozen=True)
class Results:
    """What a transform job predicted.

    Attributes:
        uri: where it is.
        files: how many there are.
        size: their bytes.
        lines: their lines: one for each line of the data.
        first: the first of them.
    """

    uri: str
    files: int
    size: int
    lines: int
    first: tuple[str, ...]


def launch(cloud: Cloud, order: TransformOrder) -> JobLaunch:
    """Has the stage's function start a transform job; the same request with the same data gets the same job.

    Raises:
        UserError: the request is wrong; the message names every problem. Nothing was started.
        CloudError: the function or AWS failed.
    """
    return launch_job(cloud, cloud.transformer, order.event(), f"start a transform job of {order.data}")


def transform(cloud: Cloud, name: str) -> Transform:
    """One transform job, by its name or by a beginning that no other of the stage has, with or without the stage's own.

    Raises:
        RequestError: there is none, several begin so, or none can have that name.
    """
    return _transform(_jobs(cloud).described(name))


def exists(cloud: Cloud, name: str) -> bool:
    """Whether a transform job has exactly this name."""
    return _jobs(cloud).exists(name)


def transforms(cloud: Cloud, *, limit: int) -> list[JobSummary]:
    """The stage's latest transform jobs, newest first."""
    return _jobs(cloud).summaries(limit)


def latest(cloud: Cloud) -> Transform:
    """The stage's newest transform job.

    Raises:
        RequestError: there is none.
    """
    for found in transforms(cloud, limit=1):
        return transform(cloud, found.job)
    raise RequestError(
        f"There is no transform job in stage {cloud.stage}. Start one with: {blazingtext_command('transform <file>', cloud.stage)}"
    )


def follow(cloud: Cloud, name: str, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[Transform]:
    """A transform job as it is now, and again whenever it has been looked at, until it has ended.

    Args:
        cloud: the stage.
        name: the transform job.
        sleep: called between two looks.
    """
    return followed(lambda: transform(cloud, name), sleep)


def stop(cloud: Cloud, name: str) -> Transform:
    """Asks SageMaker to stop a transform job, which then stores no results.

    Raises:
        RequestError: there is no such transform job, or it has ended.
    """
    return _transform(_jobs(cloud).stop(name))


def results(cloud: Cloud, found: Transform, output: Path | None = None) -> Results:
    """What a transform job predicted, read through; the order of its lines is that of the data.

    Args:
        cloud: the stage.
        found: the transform job.
        output: a file that gets all lines; None: none.

    Raises:
        JobError: there are no results.
        LifecycleError: AWS refused or failed, or the file cannot be written.
    """
    bucket, prefix = naming.split_s3_uri(f"{found.output.rstrip('/')}/")
    with translating_aws_errors(f"list the results of {found.job}"):
        pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        objects = [(each["Key"], each["Size"]) for page in pages for each in page.get("Contents", [])]
    if not objects:
        raise JobError(f"{found.job} has no results. It is {found.status}, and nothing is under {found.output}.", TRANSFORM, cloud.stage)
    lines, first = 0, list[str]()
    with translating_aws_errors(f"read the results of {found.job}"):
        for line in _copied(_lines(cloud, bucket, [key for key, _ in objects]), output):
            lines += 1
            if len(first) < _PREVIEW_LINES:
                first.append(line.decode(errors="replace").rstrip("\n"))
    return Results(found.output, len(objects), sum(size for _, size in objects), lines, tuple(first))


def _lines(cloud: Cloud, bucket: str, keys: list[str]) -> Iterator[bytes]:
    for key in sorted(keys):
        for line in cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines():
            yield bytes(line) + b"\n"


def _copied(lines: Iterator[bytes], output: Path | None) -> Iterator[bytes]:
    """The lines, each written on the way."""
    if output is None:
        yield from lines
        return
    with atomic_file(output) as stream:
        for line in lines:
            stream.write(line)
            yield line


def _jobs(cloud: Cloud) -> StageJobs:
    return StageJobs(cloud, TRANSFORM)


def _transform(described: Mapping[str, Any]) -> Transform:
    return Transform(
        job=described["TransformJobName"],
        status=described["TransformJobStatus"],
        data=described["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"],
        output=described["TransformOutput"]["S3OutputPath"],
        instance_type=described["TransformResources"]["InstanceType"],
        instance_count=described["TransformResources"]["InstanceCount"],
        created=described["CreationTime"],
        started=described.get("TransformStartTime"),
        ended=described.get("TransformEndTime"),
        failure=described.get("FailureReason", ""),
        arn=described["TransformJobArn"],
    )
