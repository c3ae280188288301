"""What the end of a tuning job means for the live model: its best training job is judged, once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from . import naming
from .promotion import Decision, Outcome


@dataclass(frozen=True)
class TunedJob:
    """What is known about a tuning job.

    Attributes:
        name: its name.
        status: HyperParameterTuningJobStatus.
        failure: why it failed, or "".
        tags: its tags.
        best: its best training job; "" when none reported the objective.
    """

    name: str
    status: str
    failure: str
    tags: Mapping[str, str]
    best: str


def not_judged(job: TunedJob, stage: str) -> Decision | None:
    """What to do about a tuning job whose best training job is not judged; None when it is."""
    if not naming.is_tagged(job.tags, stage):
        return Decision(Outcome.IGNORE, f"{job.name} does not carry the tags of stage {stage}.")
    leaderboard = naming.command(f"tuning {job.name}", stage)
    if job.status == "Failed":
        return Decision(Outcome.FAILED, f"The tuning job {job.name} failed. {job.failure} What its training jobs reached: {leaderboard}")
    if job.status != "Completed":
        return Decision(Outcome.IGNORE, f"{job.name} is {job.status}: only the best of a completed tuning job is promoted. {leaderboard}")
    if not job.best:
        return Decision(Outcome.FAILED, f"The tuning job {job.name} has no best training job: none reported its objective. {leaderboard}")
    return None
