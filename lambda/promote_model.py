"""A training job ended; when it is good and newer, its model is promoted: an update of the serving stack begins.

When an update of that stack has ended, the endpoint is compared with it, and people are told when it serves something else.

Where a person approves models, a finished job becomes a version in the model registry instead, and its approval promotes it.

Event: messages of the promotion queue, each with one of EventBridge's as its body: "SageMaker Training Job State Change", "SageMaker Model
Package State Change" of the stage's group, or "CloudFormation Stack Status Change" of the serving stack.
Answer: ``batchItemFailures``, the messages to deliver again. Environment: `lifecycle.environments.PromoteEnvironment`.

Events come several times, late and in any order: a repeat changes nothing, an older job never replaces a newer one, a busy stack is
tried again later, and what a person must fix goes to the dead-letter queue with its reason.
"""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import boto3

from blazingtext_lifecycle import job_lookup, live_endpoint, live_model, model_registry, naming, promotion, registration, values
from blazingtext_lifecycle.aws_errors import translating_aws_errors
from blazingtext_lifecycle.environments import PromoteEnvironment
from blazingtext_lifecycle.errors import LifecycleError, NotReady, UserError
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

_MAXIMUM_DELAY_SECONDS = 300
_MAXIMUM_REASON = 2000
# All but what SendMessage's page allows: tab, line feed, carriage return, U+0020 to U+D7FF, U+E000 to U+FFFD, U+10000 to U+10FFFF.
_REFUSED_BY_SQS = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Clients:
    """The AWS services that a promotion talks to."""

    sagemaker: SageMakerClient
    s3: S3Client
    cloudformation: CloudFormationClient
    stepfunctions: SFNClient
    sns: SNSClient
    sqs: SQSClient


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Lambda's entry: works on each message by itself and names those to deliver again."""
    log.setLevel(logging.INFO)
    environment = PromoteEnvironment.read(os.environ)
    clients = Clients(
        boto3.client("sagemaker"),
        boto3.client("s3"),
        boto3.client("cloudformation"),
        boto3.client("stepfunctions"),
        boto3.client("sns"),
        boto3.client("sqs"),
    )
    failed = [record["messageId"] for record in event["Records"] if not process(record, environment, clients)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def process(record: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> bool:
    """Whether a message is done with; False asks for another delivery: soon when the stack is busy, else after the visibility timeout."""
    try:
        decision = decide(record["body"], environment, clients)
        log.info("%s: %s", decision.outcome, decision.reason)
        act(decision, record, environment, clients)
    except NotReady as reason:
        log.info("%s: %s", Outcome.LATER, reason)
        _postpone(record, environment, clients.sqs)
        return False
    except UserError as refusal:
        log.exception("The message %s needs a person.", record["messageId"])
        return _give_up(record, str(refusal), environment, clients)
    except LifecycleError:
        log.exception("The message %s could not be processed; the queue delivers it again.", record["messageId"])
        return False
    return True


def _give_up(record: Mapping[str, Any], reason: str, environment: PromoteEnvironment, clients: Clients) -> bool:
    """Whether the dead-letter queue has a message that cannot be dealt with until a person has fixed its cause.

    A notification that fails does not bring the message back: the alarm on the dead-letter queue reports it as well.
    """
    try:
        _send_to_dead_letters(record, reason, environment, clients.sqs)
    except LifecycleError:
        log.exception("The message %s did not reach the dead-letter queue; the queue delivers it again.", record["messageId"])
        return False
    try:
        _notify(Decision(Outcome.IMPOSSIBLE, reason), environment, clients.sns)
    except LifecycleError:
        log.exception("The notification about the message %s failed.", record["messageId"])
    return True


def decide(body: str, environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about a message, after looking at its job, the serving stack and the endpoint.

    Raises:
        LifecycleError: AWS did not show them.
    """
    event = _event_in(body)
    kind = event.get("detail-type")
    if kind == "CloudFormation Stack Status Change":
        differs = _difference(live_model.describe(clients.cloudformation, environment.stage), environment, clients)
        return Decision(Outcome.NOT_LIVE if differs else Outcome.IGNORE, differs or "The endpoint serves what the stack says.")
    return _approved(event, environment, clients) if kind == model_registry.EVENT else _ended(event, environment, clients)


def _ended(event: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> Decision:
    """What to do about the end of a training job."""
    name, status = _job_in(event)
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


def _event_in(body: str) -> Mapping[str, Any]:
    """The event that a message holds; empty when it holds none."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        # No JSON, or JSON nested so deeply that Python does not read it; an event of AWS's has a few levels.
        return {}
    return event if isinstance(event, dict) else {}


def _job_in(event: Mapping[str, Any]) -> tuple[str, str]:
    """The job and its status that an event tells; empty when it tells none."""
    detail = event.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    return str(detail.get("TrainingJobName", "")), str(detail.get("TrainingJobStatus", ""))


def _look_up(name: str, clients: Clients) -> TrainedJob | None:
    return job_lookup.look_up(name, clients.sagemaker, clients.s3)


def _live_job(stack: live_model.ServingStack, environment: PromoteEnvironment, clients: Clients) -> TrainedJob | None:
    """The job of the live model; None when its record is gone, or it is no job of this stage."""
    name = naming.job_of_artifact(stack.live)
    return _look_up(name, clients) if name.startswith(naming.job_prefix(environment.stage)) else None


def act(decision: Decision, record: Mapping[str, Any], environment: PromoteEnvironment, clients: Clients) -> None:
    """Does what was decided.

    Raises:
        NotReady: the stack is busy, or became so meanwhile.
        LifecycleError: AWS refused or failed.
    """
    if decision.outcome is Outcome.IGNORE:
        return
    if decision.outcome is Outcome.LATER:
        raise NotReady(decision.reason)
    if decision.stack is not None:
        updater = StackUpdater(clients.stepfunctions, clients.cloudformation, environment.serving_update_arn)
        if not updater.update(decision.stack, decision.changes):
            return
    if decision.job is not None:
        version = _register(decision.job, decision, environment, clients)
        if version is None:
            return
        decision = replace(decision, reason=registration.announcement(decision, version, environment.stage))
    if decision.note:
        with translating_aws_errors("note why the job is not promoted"):
            clients.sagemaker.add_tags(ResourceArn=decision.job_arn, Tags=[{"Key": naming.PROMOTION_TAG, "Value": decision.note}])
    if decision.outcome is Outcome.IMPOSSIBLE:
        _send_to_dead_letters(record, decision.reason, environment, clients.sqs)
    _notify(decision, environment, clients.sns)


def _register(job: TrainedJob, decision: Decision, environment: PromoteEnvironment, clients: Clients) -> Version | None:
    """The version that a job has become; None when it was one already."""
    registry = Registry(clients.sagemaker, environment.model_package_group)
    if registry.of_run(job.name) is not None:
        log.info("%s is in %s already.", job.name, environment.model_package_group)
        return None
    with translating_aws_errors(f"write the metrics of {job.name}"):
        clients.s3.put_object(
            Bucket=environment.bucket,
            Key=naming.metrics_key(job.name),
            Body=registration.quality(job),
            ContentType="application/json",
        )
    return registry.register(registration.request(job, environment, decision.note), decision.request)


def delay_seconds(deliveries: int) -> int:
    """How long a message is hidden after so many deliveries, the first counted as 1: 10 s, 20 s, ... 5 minutes."""
    return min(_MAXIMUM_DELAY_SECONDS, 10 * (1 << min(deliveries - 1, 10)))


def _postpone(record: Mapping[str, Any], environment: PromoteEnvironment, sqs: SQSClient) -> None:
    """Hides the message for a while."""
    delay = delay_seconds(int(record["attributes"]["ApproximateReceiveCount"]))
    with translating_aws_errors("postpone the message"):
        sqs.change_message_visibility(QueueUrl=environment.queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=delay)


def _send_to_dead_letters(record: Mapping[str, Any], reason: str, environment: PromoteEnvironment, sqs: SQSClient) -> None:
    """Sends the message to the dead-letter queue, with the reason as an attribute."""
    # Attributes count towards a message's size, and SQS takes no control characters; reasons may hold words of AWS's.
    said = _REFUSED_BY_SQS.sub("?", reason)[:_MAXIMUM_REASON]
    attributes = {"Reason": {"DataType": "String", "StringValue": said}}
    with translating_aws_errors("write to the dead-letter queue"):
        sqs.send_message(QueueUrl=environment.dead_letter_queue_url, MessageBody=record["body"], MessageAttributes=attributes)  # type: ignore[arg-type] # plain dicts


# SNS takes 100 characters, with the stage: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_SUBJECTS = {
    Outcome.PROMOTE: "the promotion of a model has begun",
    Outcome.REFUSED: "a model was not promoted",
    Outcome.REGISTER: "a model waits for approval",
    Outcome.FAILED: "a training failed",
    Outcome.IMPOSSIBLE: "a promotion is impossible (dead-letter queue)",
    Outcome.NOT_LIVE: "the endpoint does not serve what its stack says",
}


def _notify(decision: Decision, environment: PromoteEnvironment, sns: SNSClient) -> None:
    subject = f"BlazingText {environment.stage}: {_SUBJECTS[decision.outcome]}"
    with translating_aws_errors("publish the notification"):
        sns.publish(TopicArn=environment.topic_arn, Subject=subject, Message=decision.reason)
