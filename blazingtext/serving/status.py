"""A stage at a glance: its stacks, the live model, the endpoint and what it costs, the latest runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, costs, live_endpoint, live_model, naming
from blazingtext_lifecycle.errors import LifecycleError, NotReady
from blazingtext_lifecycle.live_endpoint import LiveEndpoint
from blazingtext_lifecycle.live_model import ServingStack

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud
from ..runs import training_jobs
from ..stages import blazingtext_command
from . import models, shadows
from .pause_schedule import Turn, turns
from .stage_status import MOST_DEAD_LETTERS, UNKNOWN, Endpoint, Stack, Status

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

_NO_REASON = "A message without a reason: its deliveries were used up, or it never reached its function. Its function's log says more."
_NO_VERSIONS: tuple[int | None, tuple[int, ...]] = (None, ())
_Seen = TypeVar("_Seen")

_OF_DELETED_CONFIGURATION = "instances of a deleted configuration"
# How often an endpoint is described whose configuration goes away meanwhile.
_LOOKS = 3


def describe(cloud: Cloud, *, runs: int = 3, complete: bool = False) -> Status:
    """The stage at a glance; a stage that is not deployed has stacks without status.

    Args:
        cloud: the stage.
        runs: how many of the latest training jobs.
        complete: whether everything has to be seen. Otherwise what cannot be looked at, for want of a permission or because it is gone,
            does not hide the rest; only the stacks have to be seen.
    """
    unknown: list[str] | None = None if complete else []
    names = (naming.storage_stack(cloud.stage), naming.training_stack(cloud.stage), naming.serving_stack(cloud.stage))
    stacks = []
    for name in names:
        found = cloud.find_stack(name)
        stacks.append(Stack(name, found["StackStatus"], found.get("LastUpdatedTime")) if found else Stack(name, "", None))
    serving = live_model.describe(cloud.cloudformation, cloud.stage)
    found_endpoint = _seen(lambda: endpoint(cloud), Endpoint(naming.endpoint(cloud.stage), UNKNOWN, hourly_dollars=None), unknown)
    none: tuple[training_jobs.Run, ...] = ()
    latest = _seen(lambda: tuple(training_jobs.runs(cloud, limit=runs)), none, unknown)
    latest = latest if complete else _seen(lambda: tuple(training_jobs.with_tags(cloud, latest)), latest, unknown)
    deployed = stacks[1].status and not complete
    no_turns: tuple[Turn, ...] = ()
    schedule = _seen(lambda: turns(cloud), no_turns, unknown) if deployed else no_turns
    served = {serving.live, serving.previous}
    live = naming.job_of_artifact(serving.live) or serving.live
    version, waiting = _seen(lambda: _versions(cloud, live), _NO_VERSIONS, unknown) if stacks[1].status and not complete else _NO_VERSIONS
    no_shadow: shadows.Shadow | None = None
    shadow = no_shadow if complete else _seen(lambda: shadows.describe(cloud, serving), no_shadow, unknown)
    return Status(
        stage=cloud.stage,
        region=cloud.region,
        stacks=tuple(stacks),
        live=live,
        live_artifact=serving.live,
        previous=naming.job_of_artifact(serving.previous) or serving.previous,
        state=str(serving.endpoint_state),
        endpoint=found_endpoint,
        runs=latest,
        not_promoted=training_jobs.not_promoted(latest, served),
        difference=_difference(serving, found_endpoint),
        dead_letters=_seen(lambda: _dead_letters(cloud), (), unknown) if deployed else (),
        schedule=schedule,
        unknown=tuple(unknown or ()),
        version=version,
        waiting=waiting,
        tried=naming.job_of_artifact(serving.shadow) or serving.shadow,
        shadow=shadow,
    )


def _versions(cloud: Cloud, live: str) -> tuple[int | None, tuple[int, ...]]:
    """The live version and those that wait for approval, in a stage with a model registry."""
    registry = models.registry(cloud)
    return models.waiting(registry, live) if registry is not None else _NO_VERSIONS


def _difference(stack: ServingStack, endpoint: Endpoint) -> str:
    """In what the endpoint differs from what the stack says; "" when it does not, or could not be looked at."""
    if endpoint.status == UNKNOWN:
        return ""
    compared = LiveEndpoint(endpoint.name, endpoint.status, endpoint.configuration)
    gone = live_endpoint.deleted_configuration(compared) if endpoint.instance_type == _OF_DELETED_CONFIGURATION else ""
    return live_endpoint.difference(stack, compared) or gone


def _seen(look: Callable[[], _Seen], otherwise: _Seen, unknown: list[str] | None) -> _Seen:
    """What a look shows; when AWS refuses or fails, the other value, and the reason is added to the list, if there is one."""
    try:
        return look()
    except LifecycleError as reason:
        if unknown is None:
            raise
        unknown.append(str(reason))
        return otherwise


def _dead_letters(cloud: Cloud) -> tuple[str, ...]:
    """Why messages lie in the dead-letter queue, as far as one look shows; they stay in it."""
    queue = cloud.outputs(naming.training_stack(cloud.stage)).get(naming.Output.DEAD_LETTER_QUEUE_URL, "")
    if not queue:
        return ()
    with translating_aws_errors("look into the dead-letter queue"):
        found = cloud.client("sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=MOST_DEAD_LETTERS, VisibilityTimeout=0, MessageAttributeNames=["Reason"]
        )
    messages = found.get("Messages", [])
    return tuple(each.get("MessageAttributes", {}).get("Reason", {}).get("StringValue", _NO_REASON) for each in messages)


def live_artifact(cloud: Cloud) -> str:
    """The artifact of the model that is live.

    Raises:
        NotReady: there is none.
    """
    live = live_model.describe(cloud.cloudformation, cloud.stage).live
    if not live:
        raise no_live_model(cloud)
    return live


def no_live_model(cloud: Cloud) -> NotReady:
    """What to do while no model is live."""
    promote = blazingtext_command("promote", cloud.stage)
    return NotReady(f"No model of stage {cloud.stage} is live. None has been promoted yet. Promote a completed run with: {promote}")


def update_failure(cloud: Cloud) -> str:
    """Why the last update of the serving stack failed, as CloudFormation gives it; "" when its events do not tell."""
    name = naming.serving_stack(cloud.stage)
    with translating_aws_errors(f"read the events of {name}"):
        pages = cloud.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        return _cause(name, (event for page in pages for event in page["StackEvents"]))


def _cause(stack: str, events: Iterable[StackEventTypeDef]) -> str:
    """The first failure of a stack's last update, so the last one before its start, since the newest event comes first."""
    reason = ""
    for event in events:
        status, message = event.get("ResourceStatus", ""), event.get("ResourceStatusReason", "")
        if event["LogicalResourceId"] == stack and status == "UPDATE_IN_PROGRESS":
            break
        if status.endswith("_FAILED") and message and "cancelled" not in message:
            reason = f"{event['LogicalResourceId']}: {message}"
    return reason


def endpoint(cloud: Cloud) -> Endpoint:
    """The stage's endpoint as SageMaker describes it."""
    name = naming.endpoint(cloud.stage)
    with translating_aws_errors(f"look at the endpoint {name}"):
        try:
            found, variant = _described(cloud, name)
        except ClientError as error:
            if aws_errors.is_missing(error):
                return Endpoint(name)
            raise
    kind, count = str(variant.get("InstanceType", costs.SERVERLESS)), int(variant.get("InitialInstanceCount", 0))
    live = next(iter(found.get("ProductionVariants", [])), None)
    count = count if live is None else int(live.get("CurrentInstanceCount", count))
    price = costs.of_endpoint(kind, count, cloud.region)
    return Endpoint(
        name,
        found["EndpointStatus"],
        kind,
        count,
        found["LastModifiedTime"],
        found.get("FailureReason", ""),
        None if price.dollars is None else round(price.dollars, 4),
        found["EndpointConfigName"],
        price.date,
    )


def _described(cloud: Cloud, name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The endpoint, and the variant of its configuration.

    An update that ends between the two looks deletes the configuration that the first one named: then both are taken again. A configuration
    that stays missing was deleted under its endpoint, which goes on serving; nobody can tell its instances any more.
    """
    for _ in range(_LOOKS):
        found = cloud.sagemaker.describe_endpoint(EndpointName=name)
        try:
            configuration = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
        except ClientError as error:
            if not aws_errors.is_missing(error):
                raise
        else:
            return found, configuration["ProductionVariants"][0]
    return found, {"InstanceType": _OF_DELETED_CONFIGURATION}
