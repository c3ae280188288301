"""A training job ended; when it is good and newer, its model is promoted: an update of the serving stack begins.

Of a tuning job, the best training job is judged so, once, when all have ended.

When an update of that stack has ended, the endpoint is compared with it, and people are told when it serves something else.

Where a person approves models, a finished job becomes a version in the model registry instead, and its approval promotes it.

Event: messages of the promotion queue, each with one of EventBridge's as its body: "SageMaker Training Job State Change", "SageMaker
HyperParameter Tuning Job State Change", "SageMaker Model Package State Change" of the stage's group, or "CloudFormation Stack Status
Change" of the serving stack.
Answer: ``batchItemFailures``, the messages to deliver again. Environment: `lifecycle.environments.PromoteEnvironment`.

Events come several times, late and in any order: a repeat changes nothing, an older job never replaces a newer one, a busy stack is
tried again later, and what a person must fix goes to the dead-letter queue with its reason.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from blazingtext_lifecycle import (
    aws_clients,
    job_lookup,
    live_endpoint,
    live_model,
    model_registry,
    naming,
    promotion,
    promotion_events,
    registration,
    tuning_lookup,
    tuning_result,
    values,
)
from blazingtext_lifecycle.aws_errors import translating_aws_errors
from blazingtext_lifecycle.deadline import Context, Deadline
from blazingtext_lifecycle.deliveries import Delivery
from blazingtext_lifecycle.environments import PromoteEnvironment
from blazingtext_lifecycle.errors import LifecycleError, NotReady, UserError
from blazingtext_lifecycle.job_kinds import TRAINING, TUNING
from blazingtext_lifecycle.model_registry import Registry, Version
from blazingtext_lifecycle.promotion import Decision, Outcome, TrainedJob
from blazingtext_lifecycle.stack_update import StackUpdater
from blazingtext_lifecycle.training_jobs import TERMINAL

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient
else:
    CloudFormationClient = S3Client = SageMakerClient = SFNClient = SNSClient = SQSClient = Any

log = logging.getLogger(__name__)

# Kept of the function's time to hide the message and to answer.
_MARGIN_MS = 3_000


@dataclass(frozen=True)
class Clients:
    """The AWS services that a promotion talks to."""

    sagemaker: SageMakerClient
    s3: S3Client
    cloudformation: CloudFormationClient
    stepfunctions: SFNClient
    sns: SNSClient
    sqs: SQSClient


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Lambda's entry: works on each message by itself and names those to deliver again."""
    log.setLevel(logging.INFO)
    environment = PromoteEnvironment.read(os.environ)
    deadline = Deadline(context.get_remaining_time_in_millis, _MARGIN_MS)
    services = ("sagemaker", "s3", "cloudformation", "stepfunctions", "sns", "sqs")
    clients = Clients(*(aws_clients.connect(service, aws_clients.PROMPT, deadline) for service in services))
    failed = [record["messageId"] for record in event["Records"] if not process(record, environment, clients)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def process(record: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> bool:
    """Whether a message is done with; False asks for another delivery: soon when the stack is busy, else after the visibility timeout."""
    delivery = Delivery(record, environment, clients.sqs, clients.sns)
    try:
        decision = decide(record["body"], environment, clients)
        log.info("%s: %s", decision.outcome, decision.reason)
        if decision.outcome is Outcome.IMPOSSIBLE:
            return delivery.give_up(decision.reason)
        act(decision, delivery, clients)
    except NotReady as reason:
        log.info("%s: %s", Outcome.LATER, reason)
        delivery.postpone()
        return False
    except UserError as refusal:
        log.exception("The message %s needs a person.", record["messageId"])
        return delivery.give_up(str(refusal))
    except LifecycleError:
        log.exception("The message %s could not be processed; the queue delivers it again.", record["messageId"])
        return False
    return True


def decide(body: str, environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about a message, after looking at its job, the serving stack and the endpoint.

    Raises:
        LifecycleError: AWS did not show them.
    """
    event = promotion_events.read(body)
    kind = event.get("detail-type")
    if kind == promotion_events.STACK:
        differs = _difference(live_model.describe(clients.cloudformation, environment.stage), environment, clients)
        return Decision(Outcome.NOT_LIVE if differs else Outcome.IGNORE, differs or "The endpoint serves what the stack says.")
    if kind == promotion_events.TUNING_JOB:
        return _tuned(event, environment, clients)
    return _approved(event, environment, clients) if kind == model_registry.EVENT else _ended(event, environment, clients)


def _ended(event: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about the end of a training job."""
    name, status = promotion_events.job_in(event, TRAINING)
    if not naming.TRAINING_JOB_PATTERN.fullmatch(name):
        why = f"SageMaker gives no job the name {values.cut(name)!a}" if name else "It names no TrainingJobName"
        return Decision(Outcome.IMPOSSIBLE, f"The message is no training job event. {why}. Look who writes to the queue.")
    if not name.startswith(naming.job_prefix(environment.stage)):
        return Decision(Outcome.IGNORE, f"{name} is no job of stage {environment.stage}.")
    if status not in TERMINAL:
        return Decision(Outcome.IGNORE, f"{name} is still {status}; its end has an event of its own.")
    job = _look_up(name, clients)
    if job is not None and environment.model_package_group and registration.requested(event):
        # Its tuning job has many, of which this one was chosen.
        job = replace(job, tuning_job="")
    if job is None:
        return Decision(Outcome.IMPOSSIBLE, f"{name} is gone. It was deleted before its event was worked on. Train it again.")
    decision = _judged(job, live_model.describe(clients.cloudformation, environment.stage), environment, clients)
    return replace(decision, request=registration.requested(event))


def _tuned(event: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about the end of a tuning job: its best training job is judged as one that was trained by itself."""
    name, status = promotion_events.job_in(event, TUNING)
    if not name.startswith(naming.job_prefix(environment.stage)) or status not in TERMINAL:
        return Decision(Outcome.IGNORE, f"{values.cut(name)} is no tuning job of stage {environment.stage} that has ended.")
    tuning = tuning_lookup.tuned(name, clients.sagemaker)
    if tuning is None:
        return Decision(Outcome.IMPOSSIBLE, f"{name} is gone. It was deleted before its event was worked on. Tune again.")
    unjudged = tuning_result.not_judged(tuning, environment.stage)
    if unjudged is not None:
        return unjudged
    best = _look_up(tuning.best, clients)
    if best is None:
        return Decision(Outcome.IMPOSSIBLE, f"{tuning.best}, the best of {name}, is gone. Promote another of it, or tune again.")
    stack = live_model.describe(clients.cloudformation, environment.stage)
    return _judged(replace(best, tuning_job=""), stack, environment, clients)


def _judged(job: TrainedJob, stack: live_model.ServingStack, environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about an ended job of the stage."""
    if environment.model_package_group:
        live = _live_job(stack, environment, clients) if stack.live else None
        return registration.offered(job, stack, live, environment)
    decision = promotion.decide(job, stack, environment)
    if decision.outcome is Outcome.PROMOTE and stack.live:
        note = promotion.against_live(job, _live_job(stack, environment, clients), environment)
        decision = promotion.refused(job, note, environment.stage) if note else decision
    return _unless_different(decision, job.name, stack, environment, clients)


def _approved(event: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about a version of the model registry whose approval was set."""
    group, arn = environment.model_package_group, registration.approved_version(event)
    version = Registry(clients.sagemaker, group).version(arn) if group and arn else None
    if version is None or version.group != group:
        return Decision(
            Outcome.IGNORE, f"{values.cut(arn) or 'The event'} is no version of {group or 'any group: models need no approval'}."
        )
    job = _look_up(version.job, clients) if version.job.startswith(naming.job_prefix(environment.stage)) else None
    stack = live_model.describe(clients.cloudformation, environment.stage)
    decision = registration.approved(version, job, stack, environment)
    return _unless_different(decision, version.job, stack, environment, clients)


def _unless_different(
    decision: Decision, name: str, stack: live_model.ServingStack, environment: PromoteEnvironment, clients: Clients
) -> Decision:
    """The decision; another one when it is a promotion that SageMaker would refuse.

    It takes no update of an endpoint whose configuration is gone, and CloudFormation could not roll that back.
    """
    differs = _difference(stack, environment, clients) if decision.outcome is Outcome.PROMOTE else ""
    return Decision(Outcome.IMPOSSIBLE, f"{name} cannot go live. {differs}") if differs else decision


def _difference(stack: live_model.ServingStack, environment: PromoteEnvironment, clients: Clients) -> str:
    """In what the endpoint differs from what the stack says, and what to do about it; empty when it does not."""
    differs = live_endpoint.difference(stack, live_endpoint.describe(clients.sagemaker, environment.stage))
    return f"{differs} Make them agree again with: {live_endpoint.repair_command(environment.stage)}" if differs else ""


def _look_up(name: str, clients: Clients) -> TrainedJob | None:
    return job_lookup.look_up(name, clients.sagemaker, clients.s3)


def _live_job(stack: live_model.ServingStack, environment: PromoteEnvironment, clients: Clients) -> TrainedJob | None:
    """The job of the live model; None when its record is gone, or it is no job of this stage."""
    name = naming.job_of_artifact(stack.live)
    return _look_up(name, clients) if name.startswith(naming.job_prefix(environment.stage)) else None


def act(decision: Decision, delivery: Delivery, clients: Clients) -> None:
    """Does what was decided, unless it is impossible.

    Raises:
        NotReady: the stack is busy, or became so meanwhile.
        LifecycleError: AWS refused or failed.
    """
    if decision.outcome is Outcome.IGNORE:
        if decision.news and delivery.again:
            # An earlier delivery began it, and may have ended before it told anybody.
            delivery.notify(replace(decision, outcome=Outcome.PROMOTE, reason=decision.news))
        return
    if decision.outcome is Outcome.LATER:
        raise NotReady(decision.reason)
    if decision.stack is not None:
        updater = StackUpdater(clients.stepfunctions, clients.cloudformation, delivery.environment.serving_update_arn)
        if not updater.update(decision.stack, decision.changes):
            return
    if decision.job is not None:
        version = _register(decision.job, decision, delivery, clients)
        if version is None:
            return
        decision = replace(decision, reason=registration.announcement(decision, version, delivery.environment.stage))
    if decision.note:
        with translating_aws_errors("note why the job is not promoted"):
            clients.sagemaker.add_tags(ResourceArn=decision.job_arn, Tags=[{"Key": naming.PROMOTION_TAG, "Value": decision.note}])
    delivery.notify(decision)


def _register(job: TrainedJob, decision: Decision, delivery: Delivery, clients: Clients) -> Version | None:
    """The version that a job has become; None when people know of it."""
    environment = delivery.environment
    registry = Registry(clients.sagemaker, environment.model_package_group)
    known = registry.of_run(job.name)
    if known is not None:
        log.info("%s is in %s already.", job.name, environment.model_package_group)
        # As after its registration: an earlier delivery may have ended before it told anybody.
        return known if delivery.again and known.approval == registration.first_approval(decision.note) else None
    with translating_aws_errors(f"write the metrics of {job.name}"):
        clients.s3.put_object(
            Bucket=environment.bucket,
            Key=naming.metrics_key(job.name),
            Body=registration.quality(job),
            ContentType="application/json",
        )
    return registry.register(registration.request(job, environment, decision.note), decision.request)
