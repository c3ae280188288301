"""Endpoints as the API knows them: create, describe, list, update, delete."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from .. import events
from ..api import listing, tagging
from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..cloud import Cloud, arn, authorize_tags
from ..scaling import NoScaling, Scaling
from ..store import Endpoint, EndpointConfig, Store, now, taken
from ..store import Fleet as LiveFleet
from . import captures, deployment, scaled_variants, serverless
from .deployment import RolledBackError, Rollout
from .endpoint_configs import EndpointConfigs, check_quota
from .fleet import Fleet
from .model_data import FleetError
from .router import WeightedRouter
from .variants import resized, with_retained_properties

logger = logging.getLogger("sandbox.sagemaker")

_STABLE = ("InService", "Failed", "OutOfService")

MakeFleet = Callable[[str, EndpointConfig], Fleet]


class Endpoints:
    """The operations on endpoints.

    Args:
        cloud: the account it runs in.
        configs: the endpoint configurations.
        make_fleet: a fleet, not yet started, for an endpoint's name and configuration.

    Attributes:
        scaling: what scales the variants.
    """

    def __init__(self, cloud: Cloud, configs: EndpointConfigs, make_fleet: MakeFleet) -> None:
        self._cloud, self._configs, self._make_fleet = cloud, configs, make_fleet
        self.scaling: Scaling = NoScaling()

    def create(self, store: Store, parameters: Parameters) -> Parameters:
        """CreateEndpoint: returns at once; the endpoint is InService when every container has answered `/ping`.

        Raises:
            AccessDeniedException: AddTags.
            ValidationException: no such configuration, or a name that is taken.
        """
        name = parameters["EndpointName"]
        tags = tagging.as_map(parameters.get("Tags", []))
        endpoint = Endpoint(name, arn(self._cloud, "endpoint", name), parameters["EndpointConfigName"], WeightedRouter(), tags)
        endpoint.deployment = parameters.get("DeploymentConfig")
        authorize_tags(self._cloud, endpoint.arn, parameters.get("Tags", []))
        config = self._configs.find(store, endpoint.config_name)
        deployment.check(endpoint.deployment, config.instances)
        with store.lock:
            if taken(store.endpoints, endpoint):
                raise ValidationException(f'Cannot create already existing endpoint "{endpoint.arn}".')
            store.endpoints[name] = endpoint
        self._publish_state(endpoint, config)
        self._cloud.background(f"endpoint-{name}", partial(self._run, endpoint, partial(self._create, store, endpoint, config)))
        return {"EndpointArn": endpoint.arn}

    def describe(self, store: Store, parameters: Parameters) -> Parameters:
        """DescribeEndpoint."""
        endpoint = self.find(store, parameters["EndpointName"])
        fleets = endpoint.router.fleets()
        pending = None
        if endpoint.pending_config is not None:
            pending = {"EndpointConfigName": endpoint.pending_config, "StartTime": endpoint.pending_since}
        return {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.config_name,
            "ProductionVariants": fleets[0].describe_variants() if fleets else None,
            "ShadowProductionVariants": (fleets[0].describe_shadows() or None) if fleets else None,
            "EndpointStatus": endpoint.status,
            "DataCaptureConfig": captures.summary(fleets[0].config) if fleets else None,
            "MetricsConfig": fleets[0].config.request.get("MetricsConfig") if fleets else None,
            "FailureReason": endpoint.failure,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
            "LastDeploymentConfig": endpoint.deployment,
            "PendingDeploymentSummary": pending,
        }

    def list_(self, store: Store, parameters: Parameters) -> Parameters:
        """ListEndpoints."""
        with store.lock:
            endpoints = list(store.endpoints.values())
        found, token = listing.page(endpoints, parameters)
        return {"Endpoints": [_summary(endpoint) for endpoint in found], "NextToken": token}

    def update(self, store: Store, parameters: Parameters) -> Parameters:
        """UpdateEndpoint: returns at once; blue/green follows.

        Raises:
            ValidationException: no such endpoint or configuration, the endpoint is being created, updated or deleted, or the
                configuration that it serves was deleted (seen on AWS: https://github.com/hashicorp/terraform-provider-aws/issues/48997);
                or a variant that is scaled would be gone, or have another instance type; or one with instances would be serverless.
        """
        endpoint = self.find(store, parameters["EndpointName"])
        config = self._configs.find(store, parameters["EndpointConfigName"])
        self._configs.find(store, endpoint.config_name)
        retained = endpoint.deployment if parameters.get("RetainDeploymentConfig") else None
        plan = parameters.get("DeploymentConfig", retained)
        deployment.check(plan, config.instances)
        for fleet in endpoint.router.fleets()[:1]:
            serverless.check_update(fleet.config, config)
        scaled_variants.check_update(self.scaling, endpoint, config)
        with store.lock:
            if endpoint.status not in _STABLE:
                raise ValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            if not endpoint.router.fleets():
                raise ValidationException(f'Cannot update endpoint "{endpoint.arn}" in status {endpoint.status}.')
            endpoint.pending_config, endpoint.pending_since, endpoint.deployment = config.name, now(), plan
            endpoint.set_status("Updating")
        retain = bool(parameters.get("RetainAllVariantProperties"))
        excluded = {each["VariantPropertyType"] for each in parameters.get("ExcludeRetainedVariantProperties", [])}
        live = with_retained_properties(config, endpoint.router.fleets()[0], excluded) if retain else config
        self._publish_state(endpoint, live)
        self._cloud.background(f"update-{endpoint.name}", partial(self._run, endpoint, partial(self._update, store, endpoint, live)))
        return {"EndpointArn": endpoint.arn}

    def resize(self, store: Store, parameters: Parameters) -> Parameters:
        """UpdateEndpointWeightsAndCapacities: returns at once; the live fleet grows or shrinks, then the weights change.

        Raises:
            ResourceLimitExceeded: more instances than an endpoint may have.
            ValidationException: no such endpoint or variant, or the endpoint does not serve.
        """
        endpoint = self.find(store, parameters["EndpointName"])
        with store.lock:
            if endpoint.status != "InService":
                raise ValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            (fleet,) = endpoint.router.fleets()
            config = resized(fleet.config, parameters["DesiredWeightsAndCapacities"])
            check_quota(sum(serverless.instances(variant) for variant in config.all_variants))
            endpoint.set_status("Updating")
        self._publish_state(endpoint, config)
        self._cloud.background(f"resize-{endpoint.name}", partial(self._run, endpoint, partial(self._resize, store, endpoint, config)))
        return {"EndpointArn": endpoint.arn}

    def delete(self, store: Store, parameters: Parameters) -> Parameters:
        """DeleteEndpoint: the containers finish their requests and end; then the name is free.

        Raises:
            AccessDeniedException: a variant is scaled, and the caller may not end that.
            ValidationException: no such endpoint, or it is being created, updated or deleted.
        """
        endpoint = self.find(store, parameters["EndpointName"])
        with store.lock:
            if endpoint.status not in _STABLE:
                raise ValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            scaled_variants.end(self.scaling, endpoint, self._cloud)
            endpoint.set_status("Deleting")
        self._cloud.background(f"delete-{endpoint.name}", partial(self._delete, store, endpoint))
        return {}

    def find(self, store: Store, name: str) -> Endpoint:
        """The endpoint of this name.

        Raises:
            ValidationException: there is none.
        """
        endpoint = store.endpoints.get(name)
        if endpoint is None:
            raise ValidationException(f'Could not find endpoint "{arn(self._cloud, "endpoint", name)}".')
        return endpoint

    def wait(self, endpoint: Endpoint, seconds: float) -> str:
        """Wait until an endpoint is neither being created, updated nor deleted; its status then."""
        deadline = time.monotonic() + seconds
        with endpoint.changed:
            while endpoint.status not in (*_STABLE, "Deleted") and (left := deadline - time.monotonic()) > 0:
                endpoint.changed.wait(left)
        return endpoint.status

    def _create(self, store: Store, endpoint: Endpoint, config: EndpointConfig) -> None:
        fleet = self._make_fleet(endpoint.name, config)
        try:
            fleet.start(store)
        except FleetError as problem:
            fleet.stop()
            endpoint.set_status("Failed", failure=str(problem))
        else:
            endpoint.router.send_to((fleet, 1.0))
            endpoint.set_status("InService")
        self._publish_state(endpoint, config)

    def _update(self, store: Store, endpoint: Endpoint, config: EndpointConfig) -> None:
        blue, green = endpoint.router.fleets()[0], self._make_fleet(endpoint.name, config)
        rollout = Rollout(
            cloud=self._cloud,
            router=endpoint.router,
            blue=blue,
            green=green,
            config=endpoint.deployment,
            role_arn=_role(store, config),
            stage=partial(self._stage, endpoint, blue, green),
        )
        try:
            rollout.run(lambda: green.start(store))
        except RolledBackError as problem:
            endpoint.set_status("RollingBack", failure=str(problem))
            self._publish_state(endpoint, blue.config)
            self._stage(endpoint, blue, green, "Deleting", f"Terminating {len(green.instances)} instance(s).")
            green.stop()
            self._finish_update(endpoint, blue.config, failure=str(problem))
        else:
            blue.stop()
            self._finish_update(endpoint, config)

    def _resize(self, store: Store, endpoint: Endpoint, config: EndpointConfig) -> None:
        (fleet,) = endpoint.router.fleets()
        failure = None
        try:
            fleet.resize(store, config)
        except FleetError as problem:
            failure = str(problem)
        endpoint.set_status("InService", failure=failure)
        self._publish_state(endpoint, fleet.config)

    def _finish_update(self, endpoint: Endpoint, config: EndpointConfig, *, failure: str | None = None) -> None:
        endpoint.config_name, endpoint.pending_config, endpoint.pending_since = config.name, None, None
        endpoint.set_status("InService", failure=failure)
        self._publish_state(endpoint, config)

    def _delete(self, store: Store, endpoint: Endpoint) -> None:
        fleets = endpoint.router.fleets()
        endpoint.router.send_to()
        for fleet in fleets:
            fleet.stop()
        with store.lock:
            store.endpoints.pop(endpoint.name, None)
        endpoint.set_status("Deleted")
        events.endpoint_changed(self._cloud, endpoint, [])

    def _run(self, endpoint: Endpoint, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            # The end of a thread: a bug must not leave the endpoint Creating or Updating for ever.
            logger.exception("the sandbox failed with endpoint %s", endpoint.name)
            healthy = bool(endpoint.router.fleets())
            endpoint.pending_config = endpoint.pending_since = None
            endpoint.set_status("InService" if healthy else "Failed", failure="InternalServerError: We encountered an internal error.")

    def _stage(self, endpoint: Endpoint, blue: LiveFleet, green: Fleet, status: str, message: str) -> None:
        stage = {"Status": status, "StatusMessage": message, "StartTime": now()}
        pending = [{**variant, "VariantStatus": [stage]} for variant in green.describe_variants()]
        events.endpoint_deployment_changed(self._cloud, endpoint, blue.describe_variants(), pending)

    def _publish_state(self, endpoint: Endpoint, config: EndpointConfig) -> None:
        variants = [
            {
                "VariantName": each["VariantName"],
                "Weight": each.get("InitialVariantWeight", 1.0),
                "Count": serverless.instances(each),
            }
            for each in config.request["ProductionVariants"]
        ]
        events.endpoint_changed(self._cloud, endpoint, variants)


def _role(store: Store, config: EndpointConfig) -> str:
    model = store.models.get(config.request["ProductionVariants"][0]["ModelName"])
    return "" if model is None else str(model.request["ExecutionRoleArn"])


def _summary(endpoint: Endpoint) -> Parameters:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status,
    }
