"""A training job as it happens: its phases from SageMaker and its lines from CloudWatch Logs, in one stream."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from blazingtext_lifecycle import naming

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..log_reader import LogReader
from . import training_jobs

# Short for runs of seconds in the sandbox, and within AWS's rate limits in runs of hours.
_FIRST_POLL_SECONDS = 0.5
_MAX_POLL_SECONDS = 5.0
# Log lines may arrive after the job's end: the stream ends after this many polls without a new one.
_QUIET_POLLS = 2
_PROGRESS = re.compile(r"Progress: (\d+\.\d+)%.*Million Words/sec: (\d+\.\d+)")


@dataclass(frozen=True)
class Event:
    """A change of phase or a log line of a job.

    Attributes:
        job: which.
        time: when.
        phase: SageMaker's secondary status, for a change of phase; "" for a log line.
        text: the phase's message or the container's line.
        stream: the log stream, which names the host.
    """

    job: str
    time: datetime
    phase: str
    text: str
    stream: str


def progress_of(line: str) -> tuple[float, float] | None:
    """Percent done and million words a second, when a log line holds them."""
    found = _PROGRESS.search(line)
    return (float(found.group(1)), float(found.group(2))) if found else None


def job_logs(cloud: Cloud, job: str) -> LogReader:
    """The reader of a training job's lines."""
    return LogReader(cloud, naming.TRAINING_LOG_GROUP, f"{job}/")


def events(cloud: Cloud, job: str, *, follow: bool = True, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event]:
    """A job's phases and log lines, from its beginning; with `follow` until it has ended.

    Args:
        cloud: the stage.
        job: the training job.
        follow: wait for more while the job runs.
        sleep: called between two polls.

    Raises:
        RequestError: there is no such job.
    """
    reader = job_logs(cloud, job)
    seen: set[tuple[str, datetime]] = set()
    pause, quiet = _FIRST_POLL_SECONDS, 0
    while True:
        over = training_jobs.run(cloud, job).over
        found = [*_phases(cloud, job, seen), *_lines(reader, job)]
        yield from sorted(found, key=lambda event: event.time)
        quiet = 0 if found else quiet + 1
        if not follow or (over and quiet >= _QUIET_POLLS):
            return
        sleep(_FIRST_POLL_SECONDS if over else pause)
        pause = min(pause * 1.1, _MAX_POLL_SECONDS)


def _phases(cloud: Cloud, job: str, seen: set[tuple[str, datetime]]) -> list[Event]:
    with translating_aws_errors(f"look at the training job {job}"):
        described = cloud.sagemaker.describe_training_job(TrainingJobName=job)
    found = []
    for change in described.get("SecondaryStatusTransitions", []):
        key = (change["Status"], change["StartTime"])
        if key not in seen:
            seen.add(key)
            found.append(Event(job, change["StartTime"], change["Status"], change.get("StatusMessage", ""), ""))
    return found


def _lines(reader: LogReader, job: str) -> list[Event]:
    with translating_aws_errors(f"read the log of {job}"):
        return [Event(job, time, "", text, stream) for stream, time, text in reader.new_lines()]
