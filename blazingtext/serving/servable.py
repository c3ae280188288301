"""Whether a run's model can be served in a stage."""

from __future__ import annotations

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import NotReady

from ..cloud import Cloud
from ..errors import RunError
from ..runs import training_jobs
from ..stages import blazingtext_command


def servable(cloud: Cloud, found: training_jobs.Run) -> training_jobs.Run:
    """The run itself, when its model can be served here.

    Raises:
        RequestError: it has no complete model, or belongs to another stage.
        NotReady: it has not ended.
    """
    if not found.over:
        wait = blazingtext_command(f"logs {found.job} --follow", cloud.stage)
        raise NotReady(f"{found.job} cannot be promoted yet. It is {found.status} ({found.phase}). Wait for it with: {wait}")
    if found.status != "Completed" or not found.artifact:
        why = f": {found.failure}" if found.failure else ""
        raise RunError(f"{found.job} cannot be promoted. It is {found.status}{why} and has no complete model.", cloud.stage)
    if found.artifact != naming.artifact_uri(cloud.bucket, found.job) or not found.job.startswith(naming.job_prefix(cloud.stage)):
        raise _foreign(cloud, found)
    return found


def _foreign(cloud: Cloud, found: training_jobs.Run) -> RunError:
    """A run whose artifact the stage's endpoint could not read: the update would fail after minutes, and be rolled back."""
    train = blazingtext_command(f"train --corpus {found.corpus or '<name>'} --mode {found.mode or '<mode>'}", cloud.stage)
    return RunError(
        f"{found.job} cannot be promoted in stage {cloud.stage}. Its artifact {found.artifact} is not one of the stage's own "
        f"(s3://{cloud.bucket}/{naming.RUNS}), and the stage's endpoint may read no other. "
        f"Upload its corpus to stage {cloud.stage} and train there: {train}.",
        cloud.stage,
    )
