"""Endpoint configurations: which models, on how many instances, with what share of the traffic."""

from __future__ import annotations

from typing import Final

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters, shown_by
from ..api.errors import QUOTA_INCREASE_HINT, ResourceLimitExceeded, ValidationException
from ..cloud import Cloud, arn, authorize_tags
from ..s3 import Location
from ..store import EndpointConfig, Store, taken
from . import serverless, shadows

#: AWS's quota "Number of instances for an endpoint" of a fresh account; each instance is a process here.
INSTANCES_PER_ENDPOINT: Final = 4


class EndpointConfigs:
    """The operations on endpoint configurations.

    Args:
        cloud: the account it runs in.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateEndpointConfig: the models must exist and the variant names be unique.

        Raises:
            AccessDeniedException: AddTags.
            ResourceLimitExceeded: more instances than an endpoint may have.
            ValidationException: variants, or a name that is taken.
        """
        name = parameters["EndpointConfigName"]
        config = EndpointConfig(name, arn(self._cloud, "endpoint-config", name), parameters, tagging.as_map(parameters.get("Tags", [])))
        authorize_tags(self._cloud, config.arn, parameters.get("Tags", []))
        self._check_variants(store, config.all_variants)
        serverless.check(config.variants, parameters, store.models)
        shadows.check(config.variants, config.shadows)
        _check_capture(parameters.get("DataCaptureConfig"))
        with store.lock:
            if taken(store.endpoint_configs, config):
                raise ValidationException(f'Cannot create already existing endpoint configuration "{config.arn}".')
            store.endpoint_configs[name] = config
        events.endpoint_config_changed(self._cloud, config)
        return {"EndpointConfigArn": config.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeEndpointConfig."""
        config = self.find(store, parameters["EndpointConfigName"])
        return {
            **shown_by("DescribeEndpointConfig", config.request),
            "EndpointConfigArn": config.arn,
            "CreationTime": config.created,
        }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListEndpointConfigs."""
        with store.lock:
            configs = list(store.endpoint_configs.values())
        found, token = listing.page(configs, parameters)
        shown = [{"EndpointConfigName": each.name, "EndpointConfigArn": each.arn, "CreationTime": each.created} for each in found]
        return {"EndpointConfigs": shown, "NextToken": token}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteEndpointConfig; an endpoint that uses it goes on."""
        with store.lock:
            config = self.find(store, parameters["EndpointConfigName"])
            del store.endpoint_configs[config.name]
        events.endpoint_config_changed(self._cloud, config)
        return {}

    def find(self, store: Store, name: str) -> EndpointConfig:
        """The configuration of this name.

        Raises:
            ValidationException: there is none.
        """
        config = store.endpoint_configs.get(name)
        if config is None:
            raise ValidationException(f'Could not find endpoint configuration "{arn(self._cloud, "endpoint-config", name)}".')
        return config

    def _check_variants(self, store: Store, variants: list[Parameters]) -> None:
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise ValidationException("Production variant names must be unique within an endpoint configuration.")
        for variant in variants:
            needed = ("ModelName",) if serverless.is_serverless(variant) else ("ModelName", "InstanceType", "InitialInstanceCount")
            missing = [member for member in needed if member not in variant]
            if missing:
                raise ValidationException(f"Production variant {variant['VariantName']} must name {', '.join(missing)}.")
            if variant["ModelName"] not in store.models:
                raise ValidationException(f'Could not find model "{arn(self._cloud, "model", variant["ModelName"])}".')
        check_quota(sum(serverless.instances(variant) for variant in variants))


def _check_capture(asked: Parameters | None) -> None:
    """Refuse a capture whose destination is no address in S3; the words are the sandbox's own."""
    if asked is not None and Location.parse(asked["DestinationS3Uri"]) is None:
        raise ValidationException(f"DataCaptureConfig.DestinationS3Uri {asked['DestinationS3Uri']} does not name a bucket in S3.")


def check_quota(asked: int) -> None:
    """Refuse more instances than an endpoint may have.

    Raises:
        ResourceLimitExceeded: with AWS's message.
    """
    if asked > INSTANCES_PER_ENDPOINT:
        raise ResourceLimitExceeded(
            f"The account-level service limit 'Number of instances for an endpoint' is {INSTANCES_PER_ENDPOINT} Instances, with"
            f" current utilization of 0 Instances and a request delta of {asked} Instances. {QUOTA_INCREASE_HINT}"
        )
