"""The serving stack's parameters: which model is live is a value of the stack, changed by an update with the same template."""

from enum import StrEnum
from typing import cast

import aws_cdk as cdk
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.live_model import AutoRollback, EndpointState, Parameter

_ARTIFACT = rf"(s3://[^/]+/{naming.RUNS}[^/]+/output/{naming.ARTIFACT})?".replace(".", r"\.")


class LiveModel(Construct):
    """Parameters that deployments keep and promotions change, and the conditions that follow from them.

    Attributes:
        model_data_url: the live artifact; empty before the first promotion.
        has_model: there is a live artifact.
        has_endpoint: there is one, and it is not paused.
        auto_rollback: the alarms watch the deployment of the next model.
        shadow_model_data_url: the artifact that is tried beside the live one; empty: none, or the stage allows none.
        has_shadow: there is one; None where the stage allows none.
    """

    def __init__(self, scope: Construct, id_: str, *, allows_shadow: bool = False) -> None:
        super().__init__(scope, id_)
        live = _artifact(self, Parameter.MODEL_DATA_URL, "The artifact that is served; empty: none")
        previous = _artifact(self, Parameter.PREVIOUS_MODEL_DATA_URL, "The artifact that was served before; a rollback goes there")
        promoted = _parameter(self, Parameter.PROMOTED_THROUGH, "Creation time of the newest training job ever promoted (ISO 8601, UTC)")
        state = _choice(self, Parameter.ENDPOINT_STATE, "Whether a live model has an endpoint, and so a bill", EndpointState)
        guard = _choice(self, Parameter.AUTO_ROLLBACK, "Whether ringing alarms roll the deployment of this model back", AutoRollback)
        self.model_data_url = live.value_as_string
        self.has_model = _not_empty(self, "HasModel", live)
        # A condition is an expression too, which its Python type does not say.
        has_model = cast(cdk.ICfnConditionExpression, self.has_model)
        running = cdk.Fn.condition_equals(state.value_as_string, str(EndpointState.RUNNING))
        self.has_endpoint = cdk.CfnCondition(self, "HasEndpoint", expression=cdk.Fn.condition_and(has_model, running))
        self.has_endpoint.override_logical_id("HasEndpoint")
        guarded = cdk.Fn.condition_equals(guard.value_as_string, str(AutoRollback.ON))
        self.auto_rollback = cdk.CfnCondition(self, "IsGuarded", expression=guarded)
        self.auto_rollback.override_logical_id("IsGuarded")
        self.shadow_model_data_url = ""
        self.has_shadow: cdk.CfnCondition | None = None
        if allows_shadow:
            self._allow_shadow()
        self._output(naming.Output.LIVE_MODEL_DATA_URL, live.value_as_string, self.has_model)
        self._output(naming.Output.PREVIOUS_MODEL_DATA_URL, previous.value_as_string, _not_empty(self, "HasPrevious", previous))
        self._output(naming.Output.PROMOTED_THROUGH, promoted.value_as_string, _not_empty(self, "WasPromoted", promoted))

    def publish_configuration(self, name: str) -> None:
        """Makes the name of the live model's endpoint configuration an output: what the endpoint serves is compared with it."""
        self._output(naming.Output.ENDPOINT_CONFIG_NAME, name, self.has_model)

    def _allow_shadow(self) -> None:
        """There is one only beside a live model."""
        shadow = _artifact(self, Parameter.SHADOW_MODEL_DATA_URL, "The artifact that gets a copy of the requests; empty: none")
        has_model = cast(cdk.ICfnConditionExpression, self.has_model)
        given = cdk.Fn.condition_not(cdk.Fn.condition_equals(shadow.value_as_string, ""))
        condition = cdk.CfnCondition(self, "HasShadow", expression=cdk.Fn.condition_and(has_model, given))
        condition.override_logical_id("HasShadow")
        self.shadow_model_data_url, self.has_shadow = shadow.value_as_string, condition

    def _output(self, name: naming.Output, value: str, condition: cdk.CfnCondition) -> None:
        output = cdk.CfnOutput(self, f"{name}Output", value=value, condition=condition)
        output.override_logical_id(str(name))


def _parameter(scope: Construct, name: Parameter, description: str) -> cdk.CfnParameter:
    parameter = cdk.CfnParameter(scope, str(name), type="String", default="", description=description)
    parameter.override_logical_id(str(name))
    return parameter


def _choice(scope: Construct, name: Parameter, description: str, values: type[StrEnum]) -> cdk.CfnParameter:
    """A parameter that has one of some values, by default the first."""
    parameter = _parameter(scope, name, description)
    parameter.allowed_values = [str(each) for each in values]
    parameter.default = parameter.allowed_values[0]
    return parameter


def _artifact(scope: Construct, name: Parameter, description: str) -> cdk.CfnParameter:
    parameter = _parameter(scope, name, description)
    parameter.allowed_pattern = _ARTIFACT
    parameter.constraint_description = f"must be empty or s3://<bucket>/{naming.RUNS}<job>/output/{naming.ARTIFACT}"
    return parameter


def _not_empty(scope: Construct, id_: str, parameter: cdk.CfnParameter) -> cdk.CfnCondition:
    expression = cdk.Fn.condition_not(cdk.Fn.condition_equals(parameter.value_as_string, ""))
    condition = cdk.CfnCondition(scope, id_, expression=expression)
    condition.override_logical_id(id_)
    return condition
