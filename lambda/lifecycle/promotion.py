"""Whether a finished training job becomes the live model. Pure: what is known about job and stack in, one decision out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from . import live_model, naming
from .combinations import SUPERVISED
from .environments import PromoteEnvironment
from .live_model import ServingStack, StackState

# A job that runs into its own limits ends as Stopped; nobody asked for that, so people are told.
_LIMITS = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})


class Outcome(StrEnum):
    """What to do about a job."""

    IGNORE = "ignore"
    FAILED = "training failed"
    REFUSED = "refused by the quality gate"
    LATER = "later"
    IMPOSSIBLE = "impossible"
    PROMOTE = "promote"
    NOT_LIVE = "the endpoint differs from its stack"


@dataclass(frozen=True)
class Decision:
    """What to do about a job, why and, for a promotion, the parameters to change and the stack as it was then."""

    outcome: Outcome
    reason: str
    changes: Mapping[str, str] = field(default_factory=dict)
    stack: ServingStack | None = None


@dataclass(frozen=True)
class TrainedJob:
    """What is known about a training job.

    Attributes:
        name: its name.
        status: SageMaker's TrainingJobStatus.
        secondary_status: SageMaker's SecondaryStatus.
        failure: why it failed.
        created: when it was created.
        mode: its training mode.
        metrics: its final metrics.
        tags: its tags.
        artifact: the S3 URI of what it made.
        artifact_exists: whether that object is there.
        tuning_job: the ARN of the tuning job that started it; empty for any other job.
    """

    name: str
    status: str
    secondary_status: str
    failure: str
    created: datetime
    mode: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    artifact: str
    artifact_exists: bool
    tuning_job: str = ""


def decide(job: TrainedJob, stack: ServingStack, environment: PromoteEnvironment) -> Decision:
    """What to do about a job, the serving stack being as it is."""
    if not naming.is_tagged(job.tags, environment.stage):
        return Decision(Outcome.IGNORE, f"{job.name} does not carry the tags of stage {environment.stage}.")
    if job.tuning_job:
        tuning = job.tuning_job.rpartition("/")[2]
        return Decision(
            Outcome.IGNORE,
            f"{job.name} is one of many of the tuning job {tuning}. Promote the best one by hand: blazingtext promote {job.name}",
        )
    if job.status != "Completed":
        return _unfinished(job)
    expected = naming.artifact_uri(environment.bucket, job.name)
    if job.artifact != expected or not job.artifact_exists:
        return Decision(Outcome.IMPOSSIBLE, f"{job.name} has no artifact. It should be {expected}. Train it again with retry.")
    refusal = gate(job, environment)
    return Decision(Outcome.REFUSED, refusal) if refusal else _promotion(job, stack)


def _unfinished(job: TrainedJob) -> Decision:
    if job.status == "Failed":
        return Decision(Outcome.FAILED, f"{job.name} failed. {job.failure} Correct the cause, then train again with retry.")
    if job.secondary_status in _LIMITS:
        return Decision(
            Outcome.FAILED,
            f"{job.name} was stopped by its own limit. SageMaker reports {job.secondary_status}. "
            f"Raise limits.maxRuntimeSeconds and train again; what it had learnt is kept in {job.artifact or 'no artifact'}.",
        )
    return Decision(Outcome.IGNORE, f"{job.name} is {job.status}: only a completed job is promoted.")


def gate(job: TrainedJob, environment: PromoteEnvironment) -> str:
    """Why the quality gate refuses a job; ``""`` when it does not, or is off for the job's mode."""
    metric, minimum = (
        ("validation:accuracy", environment.minimum_accuracy)
        if job.mode in SUPERVISED
        else ("train:mean_rho", environment.minimum_mean_rho)
    )
    if minimum is None:
        return ""
    value = job.metrics.get(metric)
    if value is None:
        source = "a validation part of the corpus" if job.mode in SUPERVISED else "the hyperparameter evaluation"
        why = f"It has no {metric}, and the gate asks for {minimum:g}"
        return f"{job.name} is not promoted. {why}. Train with {source}, or promote it by hand."
    if value < minimum:
        why = f"Its {metric} is {value:.4f}, and the gate asks for {minimum:g}"
        return f"{job.name} is not promoted. {why}. Train on more or better text, or promote it by hand."
    return ""


def _promotion(job: TrainedJob, stack: ServingStack) -> Decision:
    """The decision on a good job.

    A busy stack is looked at before its parameters: until an update has ended they are not yet true.
    """
    if stack.state is StackState.BUSY:
        return Decision(Outcome.LATER, f"{stack.name} is busy ({stack.status}).")
    if stack.state is not StackState.READY:
        status = stack.status or "no such stack"
        return Decision(
            Outcome.IMPOSSIBLE, f"{job.name} cannot go live. {stack.name} takes no update ({status}). Repair it with cdk deploy."
        )
    if not live_model.is_newer(stack, job.created):
        return Decision(Outcome.IGNORE, f"{job.name} is not newer than what was promoted already ({stack.promoted_through}).")
    changes = live_model.promote(stack, job.artifact, job.created)
    if not changes:
        return Decision(Outcome.IGNORE, f"{job.name} is live already.")
    begun = f"The promotion of {job.name} has begun ({_metrics(job)}). {stack.name} is being updated; if that is rolled back, you are told."
    return Decision(Outcome.PROMOTE, begun, changes, stack)


def _metrics(job: TrainedJob) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in sorted(job.metrics.items())) or "no metrics"
