"""Which artifact is live, which was before, and how to change that: always a CloudFormation update of the serving stack.

The functions here compute parameters from the described stack and are pure; `describe` alone talks to AWS. `stack_update` sets them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import code_of, message_of, translating_aws_errors
from .errors import NotReady, RequestError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
else:
    CloudFormationClient = Any


# How long CloudFormation may take for an update of an endpoint: timeoutInMinutes in the resource schema of AWS::SageMaker::Endpoint.
LONGEST_UPDATE_SECONDS = 970 * 60


class Parameter(StrEnum):
    """The parameters of the serving stack that say what is live."""

    MODEL_DATA_URL = "ModelDataUrl"
    PREVIOUS_MODEL_DATA_URL = "PreviousModelDataUrl"
    PROMOTED_THROUGH = "PromotedThrough"
    ENDPOINT_STATE = "EndpointState"
    AUTO_ROLLBACK = "AutoRollback"
    # In the template only where the stage allows a shadow.
    SHADOW_MODEL_DATA_URL = "ShadowModelDataUrl"


class EndpointState(StrEnum):
    """Whether a live model has an endpoint, and so a bill."""

    RUNNING = "running"
    PAUSED = "paused"


class AutoRollback(StrEnum):
    """Whether alarms that ring roll the deployment of a model back.

    SageMaker ends a deployment while one of its alarms rings, whichever fleet made it ring, so the way back from a bad model has to do
    without: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html
    """

    ON = "on"
    OFF = "off"


class StackState(StrEnum):
    """What can be done with a stack now."""

    READY = "ready"
    BUSY = "busy"
    BROKEN = "broken"
    ABSENT = "absent"


@dataclass(frozen=True)
class ServingStack:
    """The serving stack as CloudFormation describes it.

    Attributes:
        name: its name.
        status: CloudFormation's StackStatus; ``""`` when there is no such stack.
        parameters: all its parameters' present values, also those that promotion does not touch.
        updated: when it was created or last updated.
        configuration: the endpoint configuration that it says is served; ``""`` without a model, or by an older template.
    """

    name: str
    status: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    updated: str = ""
    configuration: str = ""

    @property
    def state(self) -> StackState:
        """What can be done with the stack now."""
        return classify(self.status)

    @property
    def live(self) -> str:
        """The artifact that is live, or ``""``."""
        return self.parameters.get(Parameter.MODEL_DATA_URL, "")

    @property
    def previous(self) -> str:
        """The artifact that was live before, or ``""``."""
        return self.parameters.get(Parameter.PREVIOUS_MODEL_DATA_URL, "")

    @property
    def shadow(self) -> str:
        """The artifact that is tried beside the live one, or ``""``."""
        return self.parameters.get(Parameter.SHADOW_MODEL_DATA_URL, "")

    @property
    def promoted_through(self) -> str:
        """The creation time of the newest job ever promoted, or ``""``."""
        return self.parameters.get(Parameter.PROMOTED_THROUGH, "")

    @property
    def endpoint_state(self) -> str:
        """``running`` or ``paused``."""
        return self.parameters.get(Parameter.ENDPOINT_STATE, EndpointState.RUNNING)


def classify(status: str) -> StackState:
    """What a CloudFormation status allows.

    ``ROLLBACK_COMPLETE`` is what a failed creation leaves, and takes no update; ``UPDATE_ROLLBACK_COMPLETE`` is a healthy stack
    that kept its former values.
    """
    if status in ("", "DELETE_COMPLETE"):
        return StackState.ABSENT
    if status.endswith("_IN_PROGRESS"):
        return StackState.BUSY
    return StackState.BROKEN if status.endswith("_FAILED") or status == "ROLLBACK_COMPLETE" else StackState.READY


def timestamp(moment: datetime) -> str:
    """A job's creation time as ``PromotedThrough`` holds it: ISO 8601, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_newer(stack: ServingStack, created: datetime) -> bool:
    """Whether a job created then is newer than every job ever promoted: only such a job is promoted by itself."""
    return not stack.promoted_through or datetime.fromisoformat(timestamp(created)) > datetime.fromisoformat(stack.promoted_through)


def promote(stack: ServingStack, artifact: str, created: datetime, auto_rollback: AutoRollback = AutoRollback.ON) -> dict[str, str]:
    """The parameters that make an artifact live, watched by the alarms or not; none when it is live already.

    A shadow that is promoted is none any more; any other goes on beside the new model.
    """
    if artifact == stack.live:
        return {}
    return {
        Parameter.MODEL_DATA_URL: artifact,
        Parameter.PREVIOUS_MODEL_DATA_URL: stack.live,
        Parameter.PROMOTED_THROUGH: timestamp(created) if is_newer(stack, created) else stack.promoted_through,
        **watched(stack, auto_rollback),
        **(without_shadow(stack) if artifact == stack.shadow else {}),
    }


def rollback(stack: ServingStack) -> dict[str, str]:
    """The parameters that put the previous artifact back; the two change places, so a second rollback undoes the first.

    No alarm watches this deployment: it has to work while the alarms ring. The next promotion is watched again.
    ``PromotedThrough`` stays: a late, repeated event of the model just rolled back must not bring it back.

    Raises:
        RequestError: there was no model before this one.
    """
    if not stack.previous:
        live = f"only {stack.live} was ever promoted" if stack.live else "no model was ever promoted"
        raise RequestError(f"There is nothing to roll back to. In {stack.name} {live}. Train and promote another model first.")
    return rollback_to(stack, stack.previous)


def rollback_to(stack: ServingStack, artifact: str) -> dict[str, str]:
    """The parameters that put any artifact back as `rollback` does the previous one; none when it is live already.

    A shadow ends: whoever goes back must not have to wait for a second model to start.
    """
    if artifact == stack.live:
        return {}
    return {
        Parameter.MODEL_DATA_URL: artifact,
        Parameter.PREVIOUS_MODEL_DATA_URL: stack.live,
        **watched(stack, AutoRollback.OFF),
        **without_shadow(stack),
    }


def without_shadow(stack: ServingStack) -> dict[str, str]:
    """The parameter that ends a shadow; none when there is none."""
    return {Parameter.SHADOW_MODEL_DATA_URL: ""} if stack.shadow else {}


def pause(stack: ServingStack) -> dict[str, str]:
    """The parameters that take the endpoint and its bill away and keep the model; none when it is paused already.

    Raises:
        RequestError: there is no model, so there is no endpoint to pause.
    """
    return _endpoint_state(stack, EndpointState.PAUSED, "pause")


def resume(stack: ServingStack) -> dict[str, str]:
    """The parameters that bring the endpoint back with the model that was live; none when it is running already.

    Raises:
        RequestError: there is no model to serve.
    """
    changes = _endpoint_state(stack, EndpointState.RUNNING, "resume")
    return {**changes, **watched(stack, AutoRollback.ON)} if changes else {}


def withdraw(stack: ServingStack, artifact: str) -> dict[str, str]:
    """The parameters that take the endpoint away with its configuration and its models; a rollback then brings an artifact back.

    To pause leaves configuration and model in the stack, and CloudFormation never looks whether somebody has deleted them.
    """
    if not stack.live:
        return {}
    return {Parameter.MODEL_DATA_URL: "", Parameter.PREVIOUS_MODEL_DATA_URL: artifact, **without_shadow(stack)}


def restore(stack: ServingStack, artifact: str, previous: str) -> dict[str, str]:
    """The parameters that bring an artifact back after `withdraw`, running or paused; none when something else has been promoted since."""
    if stack.live:
        return {}
    return {
        Parameter.MODEL_DATA_URL: artifact,
        Parameter.PREVIOUS_MODEL_DATA_URL: previous,
        **watched(stack, AutoRollback.ON),
    }


def watched(stack: ServingStack, wanted: AutoRollback) -> dict[str, str]:
    """The parameter that lets the alarms watch or not; none for a stack whose template is older than it."""
    return {Parameter.AUTO_ROLLBACK: wanted} if Parameter.AUTO_ROLLBACK in stack.parameters else {}


def _endpoint_state(stack: ServingStack, wanted: EndpointState, verb: str) -> dict[str, str]:
    if stack.endpoint_state == wanted:
        return {}
    if not stack.live:
        raise RequestError(
            f"There is nothing to {verb}. {stack.name} has no model, so no endpoint and no bill. Train and promote a model first."
        )
    return {Parameter.ENDPOINT_STATE: wanted}


def require_ready(stack: ServingStack) -> None:
    """Nothing when the stack can be updated now.

    Raises:
        NotReady: another update is running.
        UserError: there is no such stack, or it is in a failed state.
    """
    if stack.state is StackState.BUSY:
        raise NotReady(f"{stack.name} is busy. CloudFormation reports {stack.status}. Try again when it has finished.")
    deploy = naming.deploy_command(naming.stage_of(stack.name))
    if stack.state is StackState.ABSENT:
        raise RequestError(f"There is no stack {stack.name}. The stage was never deployed here, or was destroyed. Deploy it: {deploy}.")
    if stack.state is StackState.BROKEN:
        raise RequestError(
            f"{stack.name} takes no update. CloudFormation reports {stack.status}. "
            f"Read its events for the cause, then repair it with {deploy}, or delete the stack and deploy again."
        )


def describe(cloudformation: CloudFormationClient, stage: str) -> ServingStack:
    """The serving stack of a stage as it is now; a stack without a status when there is none.

    Raises:
        UserError: see `lifecycle.aws_errors`.
        CloudError: likewise.
    """
    name = naming.serving_stack(stage)
    with translating_aws_errors(f"read the stack {name}"):
        try:
            found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in message_of(error):
                return ServingStack(name)
            raise
    parameters = {each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", [])}
    updated = found["LastUpdatedTime"] if "LastUpdatedTime" in found else found["CreationTime"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return ServingStack(name, found["StackStatus"], parameters, timestamp(updated), outputs.get(naming.Output.ENDPOINT_CONFIG_NAME, ""))
