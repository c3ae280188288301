"""Model, endpoint configuration and endpoint: what serves, and how a new model takes over."""

from typing import cast

import aws_cdk as cdk
import aws_cdk.aws_sagemaker as sagemaker
from constructs import Construct

from .capacity import Capacity, Instances
from .data_capture import DataCapture
from .network import NO_NETWORK, Network
from .rollout import Rollout, at_once
from .shadow import Shadow


class Hosting(Construct):
    """A model and its endpoint, and a second model that may be tried beside it; all exist only under their conditions.

    Model and configuration have no names, so a new artifact replaces them. The endpoint and its variant keep theirs, so the endpoint is
    updated in place, blue/green, and callers notice nothing.

    Attributes:
        configuration_name: the name that CloudFormation gave the configuration.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        image: str,
        model_data_url: str,
        role_arn: str,
        capacity: Capacity,
        has_model: cdk.CfnCondition,
        key_arn: str = "",
        network: Network = NO_NETWORK,
        capture: DataCapture,
        shadow: Shadow | None = None,
    ) -> None:
        super().__init__(scope, id_)

        def model(id_: str, artifact: str, condition: cdk.CfnCondition) -> str:
            made = sagemaker.CfnModel(
                self,
                id_,
                execution_role_arn=role_arn,
                primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(image=image, model_data_url=artifact),
                enable_network_isolation=capacity.network_isolation,
                vpc_config=_vpc_config(network),
            )
            made.cfn_options.condition = condition
            return made.attr_model_name

        self._instances, self._shadow = capacity.count, shadow
        tried = None
        if shadow is not None and isinstance(capacity, Instances):
            tried = shadow.variants(model("ShadowModel", shadow.model_data_url, shadow.condition), capacity.type)
        self._config = sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            production_variants=[capacity.variant(model("Model", model_data_url, has_model))],
            shadow_production_variants=tried,
            data_capture_config=capture.properties(),
            kms_key_id=(key_arn or None) if capacity.has_volume else None,
        )
        self._config.cfn_options.condition = has_model
        self.configuration_name = self._config.attr_endpoint_config_name

    def endpoint(
        self,
        *,
        name: str,
        alarm_names: list[str],
        rollout: Rollout,
        condition: cdk.CfnCondition,
        guarded: cdk.CfnCondition,
        scaled: bool = False,
    ) -> sagemaker.CfnEndpoint:
        """The endpoint.

        Args:
            name: its name, which never changes.
            alarm_names: the alarms that roll a deployment back.
            rollout: how the traffic moves, and how long they watch it.
            condition: when there is an endpoint.
            guarded: when the alarms watch a deployment; without them, the new fleet takes over at once.
            scaled: whether the number of instances follows the load: a new model then begins with as many as the one before had.
        """
        watched = rollout.watched(self._instances, alarm_names)
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=name,
            endpoint_config_name=self._config.attr_endpoint_config_name,
            retain_all_variant_properties=True if scaled else None,
            exclude_retained_variant_properties=_WEIGHT if scaled and self._shadow else None,
            deployment_config=cast(cdk.IResolvable, cdk.Fn.condition_if(guarded.logical_id, watched, at_once())),
        )
        endpoint.cfn_options.condition = condition
        return endpoint


# How much is copied to a shadow is the configuration's to say, whatever is retained: a production variant's weight never changes.
_WEIGHT = [sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type="DesiredWeight")]


def _vpc_config(network: Network) -> sagemaker.CfnModel.VpcConfigProperty | None:
    if not network.subnets:
        return None
    return sagemaker.CfnModel.VpcConfigProperty(subnets=list(network.subnets), security_group_ids=list(network.security_groups))
