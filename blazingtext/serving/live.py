"""What is live, and changing that: through the one promotion of `lifecycle`, which updates the serving stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming, promotion
from blazingtext_lifecycle.errors import NotReady, RequestError

from ..cloud import Cloud
from ..errors import translating_aws_errors
from ..runs import training

# Public list prices per hour in us-east-1, August 2026; ml.m4.xlarge is derived from EC2's. Other regions differ.
HOURLY_DOLLARS = {
    "ml.m4.xlarge": 0.24,
    "ml.m5.xlarge": 0.23,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.p3.2xlarge": 3.825,
    "ml.g4dn.xlarge": 0.736,
}


@dataclass(frozen=True)
class Stack:
    """One of the stage's stacks.

    Attributes:
        name: its name.
        status: CloudFormation's word, "" when it does not exist.
        updated: when an update last began, or None.
    """

    name: str
    status: str
    updated: datetime | None = None


@dataclass(frozen=True)
class Endpoint:
    """The stage's endpoint.

    Attributes:
        name: its name.
        status: SageMaker's EndpointStatus, "" when there is none.
        instance_type: what it runs on.
        instance_count: on how many.
        changed: when it last changed.
        failure: why it failed, or "".
        hourly_dollars: what it costs by the public list; 0 without an endpoint, None when the list does not say.
    """

    name: str
    status: str = ""
    instance_type: str = ""
    instance_count: int = 0
    changed: datetime | None = None
    failure: str = ""
    hourly_dollars: float | None = 0.0


@dataclass(frozen=True)
class Status:
    """A stage at a glance.

    Attributes:
        stage: which.
        region: where.
        stacks: what is deployed.
        live: the job whose model is live, or "".
        live_artifact: its artifact.
        previous: the job whose model was live before, or "".
        state: running or paused.
        endpoint: what answers.
        runs: the latest training jobs.
    """

    stage: str
    region: str
    stacks: tuple[Stack, ...]
    live: str
    live_artifact: str
    previous: str
    state: str
    endpoint: Endpoint
    runs: tuple[training.Run, ...]


@dataclass(frozen=True)
class Change:
    """What promote, rollback, pause or resume did.

    Attributes:
        changed: False when everything stood so already.
        live: the job whose model is live afterwards.
        previous: the job to roll back to.
        state: running or paused.
        endpoint: the endpoint's name.
    """

    changed: bool
    live: str
    previous: str
    state: str
    endpoint: str


def status(cloud: Cloud, *, runs: int = 3) -> Status:
    """The stage at a glance; a stage that is not deployed has stacks without status."""
    names = (naming.storage_stack(cloud.stage), naming.training_stack(cloud.stage), naming.serving_stack(cloud.stage))
    stacks = []
    for name in names:
        found = cloud.find_stack(name)
        stacks.append(Stack(name, found["StackStatus"], found.get("LastUpdatedTime")) if found else Stack(name, ""))
    serving = promotion.describe(cloud.cloudformation, cloud.stage)
    return Status(
        stage=cloud.stage,
        region=cloud.region,
        stacks=tuple(stacks),
        live=naming.job_of_artifact(serving.live) or serving.live,
        live_artifact=serving.live,
        previous=naming.job_of_artifact(serving.previous) or serving.previous,
        state=str(serving.endpoint_state),
        endpoint=endpoint(cloud),
        runs=tuple(training.runs(cloud, limit=runs)),
    )


def live_artifact(cloud: Cloud) -> str:
    """The artifact of the model that is live.

    Raises:
        NotReady: there is none.
    """
    live = promotion.describe(cloud.cloudformation, cloud.stage).live
    if not live:
        raise NotReady(f"No model of stage {cloud.stage} is live. None was promoted yet. Train one, or promote one: blazingtext promote")
    return live


def update_failure(cloud: Cloud) -> str:
    """Why the last update of the serving stack failed, in CloudFormation's words; "" when its events do not say."""
    name = naming.serving_stack(cloud.stage)
    with translating_aws_errors(f"read the events of {name}"):
        events = cloud.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reason = ""
    for event in events:
        status, said = event.get("ResourceStatus", ""), event.get("ResourceStatusReason", "")
        # Newest first: the first failure, the cause, is the last before the update's own beginning.
        if event["LogicalResourceId"] == name and status == "UPDATE_IN_PROGRESS":
            break
        if status.endswith("_FAILED") and said and "cancelled" not in said:
            reason = f"{event['LogicalResourceId']}: {said}"
    return reason


def endpoint(cloud: Cloud) -> Endpoint:
    """The stage's endpoint as SageMaker describes it."""
    name = naming.endpoint(cloud.stage)
    with translating_aws_errors(f"look at the endpoint {name}"):
        try:
            found = cloud.sagemaker.describe_endpoint(EndpointName=name)
        except ClientError as error:
            if aws_errors.is_missing(error):
                return Endpoint(name)
            raise
        config = cloud.sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    variant = config["ProductionVariants"][0]
    kind, count = str(variant.get("InstanceType", "serverless")), int(variant.get("InitialInstanceCount", 0))
    live = next(iter(found.get("ProductionVariants", [])), None)
    count = count if live is None else int(live.get("CurrentInstanceCount", count))
    price = HOURLY_DOLLARS.get(kind)
    return Endpoint(
        name,
        found["EndpointStatus"],
        kind,
        count,
        found["LastModifiedTime"],
        found.get("FailureReason", ""),
        None if price is None else round(price * count, 4),
    )


def promote(cloud: Cloud, job: str | None = None) -> Change:
    """Makes a run's model live.

    Args:
        cloud: the stage.
        job: the run; None means the newest finished one.

    Raises:
        RequestError: the run has no model, or the stack takes no update.
        NotReady: the run is not finished, or the stack is busy.
    """
    found = training.latest(cloud, completed=True) if job is None else training.run(cloud, job)
    if not found.over:
        raise NotReady(
            f"{found.job} cannot be promoted yet. It is {found.status} ({found.phase}). Wait with: blazingtext logs {found.job} --follow"
        )
    if found.status != "Completed" or not found.artifact:
        why = f": {found.failure}" if found.failure else ""
        raise RequestError(
            f"{found.job} cannot be promoted. It is {found.status}{why} and has no whole model. Choose a completed one: blazingtext runs"
        )
    return _change(cloud, lambda stack: promotion.promote(stack, found.artifact, found.created))


def rollback(cloud: Cloud) -> Change:
    """Makes the previous model live again; a second rollback undoes the first."""
    return _change(cloud, promotion.rollback)


def pause(cloud: Cloud) -> Change:
    """Takes the endpoint and its bill away; the model stays chosen."""
    return _change(cloud, promotion.pause)


def resume(cloud: Cloud) -> Change:
    """Brings the endpoint back with the model that was live."""
    return _change(cloud, promotion.resume)


def _change(cloud: Cloud, wish: Callable[[promotion.ServingStack], Mapping[str, str]]) -> Change:
    """Changes parameters of the serving stack; returns while CloudFormation works."""
    stack = promotion.describe(cloud.cloudformation, cloud.stage)
    promotion.require_ready(stack)
    wanted = wish(stack)
    with translating_aws_errors(f"update {stack.name}"):
        changed = bool(wanted) and promotion.update(cloud.cloudformation, stack, wanted)
    after = promotion.ServingStack(stack.name, stack.status, {**stack.parameters, **wanted})
    return Change(
        changed,
        naming.job_of_artifact(after.live) or after.live,
        naming.job_of_artifact(after.previous) or after.previous,
        str(after.endpoint_state),
        naming.endpoint(cloud.stage),
    )
