"""What is to be told of an ended run to whoever keeps books of experiments: settings, figures over time, and where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import NotReady

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..stages import blazingtext_command
from . import job_events, training_jobs
from .table import Row
from .training_jobs import Run

# When a run has ended, it is at 100 %.
_END = 100
_RATE = re.compile(r"Alpha: (-?\d+\.\d+)")
_VALIDATION = re.compile(r"Validation accuracy: (\d+\.\d+)")


@dataclass(frozen=True)
class Point:
    """A figure at a time.

    Attributes:
        name: as in ``train/mean_rho``.
        value: the figure.
        time: when.
        percent: how far the training was, 0 to 100.
    """

    name: str
    value: float
    time: datetime
    percent: int


@dataclass(frozen=True)
class Record:
    """An ended run.

    Attributes:
        run: the run.
        params: what it was told: hyperparameters and instances, as text.
        points: its figures, over time as far as its log has them.
        tags: where it came from and what became of it, as text.
    """

    run: Run
    params: Mapping[str, str]
    points: tuple[Point, ...]
    tags: Mapping[str, str]


def chosen(cloud: Cloud, jobs: Sequence[str], limit: int) -> list[Run]:
    """The runs of some names, or the latest that have ended.

    Args:
        cloud: the stage.
        jobs: names of training jobs, or their beginnings; none means the latest.
        limit: how many of the latest are looked at.

    Raises:
        RequestError: there is no such job.
        NotReady: one of those named has not ended.
    """
    if not jobs:
        return [run for run in training_jobs.runs(cloud, limit=limit) if run.over]
    found = [training_jobs.run(cloud, job) for job in dict.fromkeys(jobs)]
    for run in found:
        if not run.over:
            wait = blazingtext_command(f"logs {run.job} --follow", cloud.stage)
            raise NotReady(f"{run.job} has not ended. It is {run.status} ({run.phase}), and what it reaches is not known. Wait: {wait}")
    return found


def record(cloud: Cloud, run: Run) -> Record:
    """What is to be told of an ended run.

    Args:
        cloud: the stage.
        run: the run.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    params = {**run.hyperparameters, "instance_type": run.instance_type, "instance_count": str(run.instance_count)}
    ended = run.created if run.ended is None else run.ended
    seconds = {"training_seconds": run.training_seconds, "billable_seconds": run.billable_seconds}
    final = {**run.metrics, **{name: float(value) for name, value in seconds.items() if value is not None}}
    with translating_aws_errors(f"read the log of {run.job}"):
        points = [*over_time(job_events.job_logs(cloud, run.job).new_lines())]
    points += [Point(name.replace(":", "/"), value, ended, _END) for name, value in final.items()]
    return Record(run, params, tuple(points), _tags(cloud, run))


def over_time(lines: Iterable[tuple[str, datetime, str]]) -> Iterator[Point]:
    """The figures that a training's log holds: learning rate and speed, and a classifier's accuracy of each epoch.

    Args:
        lines: log stream, time and text of each line; of several hosts the first one counts, for they go the same way.
    """
    first: str | None = None
    percent = 0
    for stream, time, text in lines:
        first = stream if first is None else first
        if stream != first:
            continue
        progress, rate, accuracy = job_events.progress_of(text), _RATE.search(text), _VALIDATION.search(text)
        if progress is not None and rate is not None:
            percent = round(progress[0])
            yield Point("learning_rate", abs(float(rate[1])), time, percent)
            yield Point("million_words_per_second", progress[1], time, percent)
        elif accuracy is not None:
            yield Point("validation/accuracy", float(accuracy[1]), time, percent)


def _tags(cloud: Cloud, run: Run) -> dict[str, str]:
    """Where a run came from; what nobody knows is left out."""
    own = training_jobs.tags(cloud, run)
    cost = Row(run, cloud.region, None).cost
    found = {
        "stage": cloud.stage,
        "job_arn": run.arn,
        "corpus": run.corpus,
        "corpus_hash": own.get(naming.CORPUS_HASH_TAG, ""),
        "corpus_sha256": own.get(naming.CORPUS_SHA256_TAG, ""),
        "recipe": own.get(naming.RECIPE_TAG, ""),
        "git_revision": own.get(naming.REVISION_TAG, ""),
        "tuning_job": run.tuning_job,
        "image": run.image,
        "cost_dollars": "" if cost is None else f"{cost:.6f}",
        "artifact": run.artifact,
    }
    return {name: value for name, value in found.items() if value}
