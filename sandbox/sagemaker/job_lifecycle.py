"""How a job of any kind ends: by itself, stopped, failed, or by a bug of the sandbox."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from .api.errors import ValidationException
from .cloud import Cloud
from .events import Event
from .job_record import TERMINAL, JobRecord

logger = logging.getLogger("sandbox.sagemaker")

#: Seconds between SIGTERM and SIGKILL.
GRACE_SECONDS: Final = 120
REASON_LENGTH: Final = 1024
INTERNAL_ERROR: Final = "InternalServerError: We encountered an internal error. Please try again."

Job = TypeVar("Job", bound=JobRecord)
#: Makes the event of a job's new status.
MakeEvent = Callable[[Job], Event]


class JobFailedError(Exception):
    """The job ends as Failed, and this is its FailureReason."""


def run(job: JobRecord, folder: Path, work: Callable[[Path], None], fail: Callable[[str], None]) -> None:
    """Run a job to its end: whatever happens, it reaches a final status.

    Args:
        job: the job.
        folder: where its files lie while it runs; it is emptied before and removed afterwards.
        work: does what the job is for, and ends it unless it raises.
        fail: ends it as Failed for a reason.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        work(folder)
    except JobFailedError as problem:
        fail(str(problem))
    except Exception:
        # The end of a thread: a bug must not leave the job InProgress for ever.
        logger.exception("the sandbox failed in %s %s", job.noun, job.name)
        fail(INTERNAL_ERROR)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finish(cloud: Cloud, job: Job, event_of: MakeEvent[Job], status: str, reason: str | None = None) -> None:
    """End a job that has not ended, and tell it.

    Args:
        cloud: where it is told.
        job: the job.
        event_of: makes the event.
        status: the final status; a job that was told to stop ends as Stopped instead of Completed, even when it was done first.
        reason: its FailureReason.
    """
    with job.lock:
        if job.status in TERMINAL:
            return
        job.failure = None if reason is None else reason[:REASON_LENGTH]
        job.enter("Stopped" if job.status == "Stopping" and status == "Completed" else status)
        event = event_of(job)
    cloud.publish(*event)


def request_stop(cloud: Cloud, job: Job, event_of: MakeEvent[Job]) -> None:
    """Tell a job to stop; one that stops already is let alone.

    Raises:
        ValidationException: it has ended.
    """
    with job.lock:
        if job.status in TERMINAL:
            raise ValidationException(f"The request was rejected because the {job.noun} is in status {job.status}.")
        if job.status == "Stopping":
            return
        job.enter("Stopping")
        event = event_of(job)
    # Before the runner is told, so that Stopping is published before Stopped.
    cloud.publish(*event)
    job.stop_requested.set()
