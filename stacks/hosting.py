"""Model, endpoint configuration and endpoint: what serves, and how a new model takes over."""

from collections.abc import Mapping
from typing import cast

import aws_cdk as cdk
import aws_cdk.aws_sagemaker as sagemaker
from constructs import Construct

from blazingtext_lifecycle import instances, naming

from .data_capture import DataCapture
from .network import NO_NETWORK, Network

# How long a fleet may take to start, besides the bake time; AWS allows 10 minutes to 8 hours in all.
_FLEET_START_SECONDS = 1800


class Hosting(Construct):
    """A model and its endpoint; both exist only under their conditions.

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
        instance_type: str,
        instance_count: int,
        has_model: cdk.CfnCondition,
        key_arn: str = "",
        network: Network = NO_NETWORK,
        capture: DataCapture,
    ) -> None:
        super().__init__(scope, id_)
        self._model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(image=image, model_data_url=model_data_url),
            # The container only looks words up; it needs no network.
            enable_network_isolation=True,
            vpc_config=_vpc_config(network),
        )
        self._model.cfn_options.condition = has_model
        self._instances = instance_count
        self._config = sagemaker.CfnEndpointConfig(
            self,
            "EndpointConfig",
            production_variants=[self._variant(instance_type)],
            data_capture_config=capture.properties(),
            # SageMaker refuses a key for a disk that encrypts itself.
            kms_key_id=None if instances.encrypts_local_disk(instance_type) else key_arn or None,
        )
        self._config.cfn_options.condition = has_model
        self.configuration_name = self._config.attr_endpoint_config_name

    def _variant(self, instance_type: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=naming.VARIANT,
            model_name=self._model.attr_model_name,
            instance_type=instance_type,
            initial_instance_count=self._instances,
            initial_variant_weight=1,
        )

    def endpoint(
        self,
        *,
        name: str,
        alarm_names: list[str],
        bake_seconds: int,
        condition: cdk.CfnCondition,
        guarded: cdk.CfnCondition,
        scaled: bool = False,
    ) -> sagemaker.CfnEndpoint:
        """The endpoint.

        Args:
            name: its name, which never changes.
            alarm_names: the alarms that roll a deployment back.
            bake_seconds: how long they watch the new fleet before the old one goes.
            condition: when there is an endpoint.
            guarded: when the alarms watch a deployment; without them, the new fleet takes over at once.
            scaled: whether the number of instances follows the load: a new model then begins with as many as the one before had.
        """
        watched = deployment(instances=self._instances, bake_seconds=bake_seconds, alarm_names=alarm_names)
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=name,
            endpoint_config_name=self._config.attr_endpoint_config_name,
            retain_all_variant_properties=True if scaled else None,
            deployment_config=cast(cdk.IResolvable, cdk.Fn.condition_if(guarded.logical_id, watched, at_once())),
        )
        endpoint.cfn_options.condition = condition
        return endpoint


def _vpc_config(network: Network) -> sagemaker.CfnModel.VpcConfigProperty | None:
    if not network.subnets:
        return None
    return sagemaker.CfnModel.VpcConfigProperty(subnets=list(network.subnets), security_group_ids=list(network.security_groups))


def deployment(*, instances: int, bake_seconds: int, alarm_names: list[str]) -> dict[str, object]:
    """How a new model takes over, as CloudFormation has it.

    SageMaker's canary is half of the instances at most, so a single instance cannot have one: it moves all at once. From two on, one
    instance is the canary. In both cases the old fleet stays up while the alarms watch.
    """
    return {
        "BlueGreenUpdatePolicy": _policy(_ALL_AT_ONCE if instances == 1 else _canary(bake_seconds), bake_seconds),
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarm_names]},
    }


def at_once() -> dict[str, object]:
    """How a model takes over that nobody can wait for, such as the previous one while the alarms ring: no alarm, no canary, no bake."""
    return {"BlueGreenUpdatePolicy": _policy(_ALL_AT_ONCE, 0)}


# SageMaker's API requires the interval even where there is nothing to wait for.
_ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def _canary(bake_seconds: int) -> dict[str, object]:
    return {"Type": "CANARY", "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": bake_seconds}


def _policy(routing: Mapping[str, object], bake_seconds: int) -> dict[str, object]:
    return {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": bake_seconds,
        "MaximumExecutionTimeoutInSeconds": _FLEET_START_SECONDS + 2 * bake_seconds,
    }
