"""What a finished run becomes in the model registry, and what an approval does. Pure: what is known in, a request or a decision out."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import naming, promotion
from .combinations import SUPERVISED
from .environments import PromoteEnvironment
from .live_model import ServingStack, StackState
from .model_registry import ApprovalStatus, Version
from .promotion import Decision, Outcome, TrainedJob

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html#sagemaker-CreateModelPackage-request-CustomerMetadataProperties
_MOST_PROPERTIES = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256
# https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext.html#blazingtext-inference
_CONTENT_TYPES = ["application/json", "application/jsonlines"]


def offered(job: TrainedJob, stack: ServingStack, live: TrainedJob | None, environment: PromoteEnvironment) -> Decision:
    """What to do about a finished job where models are approved by a person: it becomes a version, and never goes live by itself.

    What the gate or `AutoPromote` refuses is registered as Rejected, with the reason; the rest waits for a person.

    Args:
        job: the job.
        stack: the serving stack.
        live: the job of the live model; None when there is none, or nothing is known of it.
        environment: the stack's settings.
    """
    problem = promotion.unusable(job, environment)
    if problem is not None:
        return problem
    if stack.state is StackState.BUSY:
        return Decision(Outcome.LATER, f"{stack.name} is busy ({stack.status}): what is live is not yet certain.")
    refusal = promotion.gate(job, environment)
    if refusal:
        return replace(promotion.refused(job, refusal, environment.stage, promotion.GATE_REMEDY), job=job)
    note = promotion.against_live(job, live, environment) if stack.live else ""
    if note:
        return replace(promotion.refused(job, note, environment.stage), job=job)
    return Decision(Outcome.REGISTER, f"{job.name} waits for approval ({promotion.shown_metrics(job)}).", job=job)


def approved(version: Version, job: TrainedJob | None, stack: ServingStack, environment: PromoteEnvironment) -> Decision:
    """What to do about a version of the stage's group after it was approved.

    Approvals are events, which come several times, late and in any order; as among jobs, an older one never replaces a newer one.

    Args:
        version: the version as it is now.
        job: its job; None when SageMaker knows none.
        stack: the serving stack.
        environment: the stack's settings.
    """
    named = f"Version {version.number} of {version.group}"
    if version.approval != ApprovalStatus.APPROVED:
        return Decision(Outcome.IGNORE, f"{named} is {version.approval}.")
    own = version.job.startswith(naming.job_prefix(environment.stage))
    if not own or version.artifact != naming.artifact_uri(environment.bucket, version.job):
        return Decision(
            Outcome.IMPOSSIBLE,
            f"{named} cannot go live. Its artifact {version.artifact or '(none)'} is no run's of stage {environment.stage}, "
            "and the stage's endpoint may read no other. Reject it, and train in this stage.",
        )
    if job is None or not job.artifact_exists:
        return Decision(Outcome.IMPOSSIBLE, f"{named} cannot go live. {version.job} or its artifact is gone. Reject it, and train again.")
    decision = promotion.promoted(job, stack)
    if decision.outcome is Outcome.IGNORE and stack.live != job.artifact:
        older = f"{named} ({job.name}) is approved and stays out of service: it is not newer than what was promoted already"
        serve = naming.command(f"rollback --to {version.number}", environment.stage)
        return Decision(Outcome.REFUSED, f"{older} ({stack.promoted_through}). To serve it: {serve}")
    return decision


def request(job: TrainedJob, environment: PromoteEnvironment, note: str) -> dict[str, Any]:
    """CreateModelPackage's request for a run, but for its group.

    A version has no tags of its own: it has those of its group
    (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html#sagemaker-CreateModelPackage-request-Tags).

    Args:
        job: the run.
        environment: the stack's settings.
        note: why it is not to go live; ``""``: a person decides.
    """
    revision = job.tags.get(naming.REVISION_TAG, "")
    statistics = {"ContentType": "application/json", "S3Uri": f"s3://{environment.bucket}/{naming.metrics_key(job.name)}"}
    return {
        "ModelPackageDescription": job.name,
        "InferenceSpecification": {
            "Containers": [{"Image": job.image, "ModelDataUrl": job.artifact}],
            "SupportedContentTypes": _CONTENT_TYPES,
            "SupportedResponseMIMETypes": _CONTENT_TYPES,
        },
        "ModelApprovalStatus": str(first_approval(note)),
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "MetadataProperties": {"GeneratedBy": job.arn, **({"CommitId": revision} if revision else {})},
        "CustomerMetadataProperties": _properties(job, note),
        **({"SecurityConfig": {"KmsKeyId": environment.key_arn}} if environment.key_arn else {}),
    }


def first_approval(note: str) -> ApprovalStatus:
    """What a new version is, before anybody has decided: Rejected when a note says why it is not to go live."""
    return ApprovalStatus.REJECTED if note else ApprovalStatus.PENDING


def quality(job: TrainedJob) -> bytes:
    """The document with a run's final metrics that its version refers to.

    A classifier's has the form in which SageMaker shows a classifier's metrics
    (https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html); for word vectors there is none.
    """
    kind = "multiclass_classification_metrics" if job.mode in SUPERVISED else "word_vector_metrics"
    measured = {
        name.rpartition(":")[2] if name == promotion.judged_by(job) else name: {"value": value} for name, value in job.metrics.items()
    }
    return json.dumps({kind: measured}, sort_keys=True).encode()


def _properties(job: TrainedJob, note: str) -> dict[str, str]:
    """What a version tells about its run, most important first: names and values in the characters and lengths that SageMaker allows."""
    told = {
        "job": job.name,
        "mode": job.mode,
        "corpus": job.tags.get(naming.CORPUS_TAG, ""),
        "corpus-hash": job.tags.get(naming.CORPUS_HASH_TAG, ""),
        "corpus-sha256": job.tags.get(naming.CORPUS_SHA256_TAG, ""),
        "recipe": job.tags.get(naming.RECIPE_TAG, ""),
        "request": job.tags.get(naming.REQUEST_TAG, ""),
        naming.REVISION_TAG: job.tags.get(naming.REVISION_TAG, ""),
        "not-promoted": note,
        **{f"metric/{name}": f"{value:g}" for name, value in sorted(job.metrics.items())},
        **{f"hyperparameter/{name}": value for name, value in sorted(job.hyperparameters.items())},
    }
    allowed = {_allowed(name)[:_LONGEST_KEY]: _allowed(value)[:_LONGEST_VALUE] for name, value in told.items()}
    return dict([(name, value) for name, value in allowed.items() if value][:_MOST_PROPERTIES])


def _allowed(text: str) -> str:
    return "".join(letter if letter in "_.:/=+-@" or unicodedata.category(letter)[0] in "LNZ" else "_" for letter in text)


def announcement(decision: Decision, version: Version, stage: str) -> str:
    """What people are told about a new version."""
    registered = f"It is version {version.number} of {version.group}, {version.approval}."
    if decision.note:
        return f"{decision.reason} {registered}"
    return f"{decision.reason} {registered} Approve it: {naming.command(f'models approve {version.number}', stage)}"


def request_event(job: str, request: str) -> dict[str, Any]:
    """A message for the promotion queue that asks for the registration of a run by name.

    Args:
        job: the run, which has completed.
        request: differs from one request to the next.
    """
    return {"source": naming.PROJECT, "detail": {"TrainingJobName": job, "TrainingJobStatus": "Completed", "RequestId": request}}


def requested(event: Mapping[str, Any]) -> str:
    """The request by name that an event is; ``""`` for the end of a job."""
    detail = event.get("detail")
    return str(detail.get("RequestId", "")) if event.get("source") == naming.PROJECT and isinstance(detail, dict) else ""


def approved_version(event: Mapping[str, Any]) -> str:
    """The ARN of the version that an event of the registry is about; ``""`` when it names none."""
    detail = event.get("detail")
    return str(detail.get("ModelPackageArn", "")) if isinstance(detail, dict) else ""
