"""Whether a finished training job becomes the live model. Pure: what is known about job and stack in, one decision out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from . import live_model, naming
from .combinations import SUPERVISED
from .environments import AutoPromote, PromoteEnvironment
from .live_model import ServingStack, StackState

GATE_REMEDY = "Train on more or better text, and with the part of the corpus or the hyperparameter that gives the metric."
# A job that runs into its own limits ends as Stopped; nobody asked for that, so people are told.
_LIMITS = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})


class Outcome(StrEnum):
    """What to do about a job."""

    IGNORE = "ignore"
    FAILED = "training failed"
    REFUSED = "not promoted"
    REGISTER = "registered"
    LATER = "later"
    IMPOSSIBLE = "impossible"
    PROMOTE = "promote"
    NOT_LIVE = "the endpoint differs from its stack"


@dataclass(frozen=True)
class Decision:
    """What to do about a job, why and, for a promotion, the parameters to change and the stack as it was then.

    Attributes:
        outcome: what to do.
        reason: why, for people.
        changes: the parameters to change.
        stack: as it was then.
        note: why a job is not promoted, to be kept as its tag; ``""`` when nothing is.
        job_arn: the job whose tag that is.
        job: a job that becomes a version in the model registry; None when none does.
        request: who asked for that by name; ``""`` when its end did.
        news: what there is to tell if an earlier delivery of the message did the work; ``""`` when that is nothing.
    """

    outcome: Outcome
    reason: str
    changes: Mapping[str, str] = field(default_factory=dict)
    stack: ServingStack | None = None
    note: str = ""
    job_arn: str = ""
    job: "TrainedJob | None" = None
    request: str = ""
    news: str = ""


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
        arn: its own ARN.
        hyperparameters: all of them, as text.
        image: the image that it trained with, which serves its model, too.
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
    arn: str = ""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    image: str = ""


def decide(job: TrainedJob, stack: ServingStack, environment: PromoteEnvironment) -> Decision:
    """What to do about a job, the serving stack being as it is."""
    problem = unusable(job, environment)
    if problem is not None:
        return problem
    if job.tags.get(naming.PROMOTION_TAG) == naming.HELD_BACK:
        return Decision(Outcome.IGNORE, f"{job.name} was {naming.HELD_BACK}.")
    refusal = gate(job, environment)
    return refused(job, refusal, environment.stage, GATE_REMEDY) if refusal else promoted(job, stack)


def unusable(job: TrainedJob, environment: PromoteEnvironment) -> Decision | None:
    """What to do about a job that has no model for this stage to judge; None when it has one."""
    if not naming.is_tagged(job.tags, environment.stage):
        return Decision(Outcome.IGNORE, f"{job.name} does not carry the tags of stage {environment.stage}.")
    if job.tuning_job:
        tuning = job.tuning_job.rpartition("/")[2]
        return Decision(
            Outcome.IGNORE,
            f"{job.name} is one of many of the tuning job {tuning}, whose best is judged at its end. To promote this one all the same: "
            + naming.command(f"promote {job.name}", environment.stage),
        )
    if job.status != "Completed":
        return _unfinished(job)
    expected = naming.artifact_uri(environment.bucket, job.name)
    if job.artifact != expected or not job.artifact_exists:
        return Decision(Outcome.IMPOSSIBLE, f"{job.name} has no artifact. It should be {expected}. Train it again with retry.")
    return None


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
    """Why the quality gate refuses a job, in a tag's characters; ``""`` when it does not, or is off for the job's mode."""
    metric = judged_by(job)
    minimum, setting = (
        (environment.minimum_accuracy, "minimumAccuracy") if job.mode in SUPERVISED else (environment.minimum_mean_rho, "minimumMeanRho")
    )
    if minimum is None:
        return ""
    value = job.metrics.get(metric)
    if value is None:
        return f"it has no {metric} and the setting {setting} asks for {minimum:g}"
    return f"{metric} {value:g} is below {minimum:g}: minimum of the setting {setting}" if value < minimum else ""


def against_live(job: TrainedJob, live: TrainedJob | None, environment: PromoteEnvironment) -> str:
    """Why a good job does not replace the live model by itself, in a tag's characters; ``""`` when it does.

    Args:
        job: the job.
        live: the job of the live model; None when nothing is known of it.
        environment: the stack's settings.
    """
    if live is not None and _kind(job) != _kind(live):
        return f"{_kind(job)} do not replace {_kind(live)}: they answer other requests"
    if environment.auto_promote is not AutoPromote.BETTER:
        return ""
    if live is None:
        return "nothing is known of the live model to compare it with: autoPromote is better"
    metric = judged_by(job)
    mine, its = job.metrics.get(metric), live.metrics.get(metric)
    if mine is None or its is None:
        return f"{'it' if mine is None else 'the live model'} has no {metric} to compare: autoPromote is better"
    return f"{metric} {mine:g} is not above {its:g} of the live model: autoPromote is better" if mine <= its else ""


def refused(job: TrainedJob, note: str, stage: str, remedy: str = "") -> Decision:
    """The decision on a job that does not go live by itself, for a reason in a tag's characters."""
    by_name = f"If it shall go live all the same, promote it by name: {naming.command(f'promote {job.name}', stage)}"
    return Decision(Outcome.REFUSED, f"{job.name} is not promoted: {note}. {remedy or by_name}", note=note, job_arn=job.arn)


def judged_by(job: TrainedJob) -> str:
    """The metric by which a job is judged."""
    return "validation:accuracy" if job.mode in SUPERVISED else "train:mean_rho"


def _kind(job: TrainedJob) -> str:
    return "classifiers" if job.mode in SUPERVISED else "word vectors"


def promoted(job: TrainedJob, stack: ServingStack) -> Decision:
    """The decision on a good job.

    A busy stack is looked at before its parameters: until an update has ended they are not yet true.
    """
    if stack.state is StackState.BUSY:
        return Decision(Outcome.LATER, f"{stack.name} is busy ({stack.status}).")
    if stack.state is not StackState.READY:
        status = stack.status or "no such stack"
        return Decision(
            Outcome.IMPOSSIBLE,
            f"{job.name} cannot go live. {stack.name} takes no update ({status}). "
            f"Repair it with {naming.deploy_command(naming.stage_of(stack.name))}.",
        )
    if job.artifact == stack.live:
        return Decision(Outcome.IGNORE, f"{job.name} is live already.", news=f"{job.name} is live ({shown_metrics(job)}).")
    if not live_model.is_newer(stack, job.created):
        return Decision(Outcome.IGNORE, f"{job.name} is not newer than what was promoted already ({stack.promoted_through}).")
    changes = live_model.promote(stack, job.artifact, job.created)
    begun = f"The promotion of {job.name} has begun ({shown_metrics(job)})."
    return Decision(Outcome.PROMOTE, f"{begun} {stack.name} is being updated; if that is rolled back, you are told.", changes, stack)


def shown_metrics(job: TrainedJob) -> str:
    """A job's metrics, for people."""
    return ", ".join(f"{name} {value:.4f}" for name, value in sorted(job.metrics.items())) or "no metrics"
