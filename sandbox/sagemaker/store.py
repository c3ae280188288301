"""The state of one account and region: what has been created, and its tags. In memory, gone with the server."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from urllib3 import BaseHTTPResponse

from .api.contract import Parameters
from .api.runtime import Invocation
from .job_record import TERMINAL, now
from .processing.record import ProcessingJob
from .training.record import TrainingJob
from .transform.record import TransformJob
from .tuning.record import TuningJob

__all__ = [
    "TERMINAL",
    "Endpoint",
    "EndpointConfig",
    "Fleet",
    "Instance",
    "Model",
    "ModelPackage",
    "ModelPackageGroup",
    "ProcessingJob",
    "Resource",
    "Router",
    "Store",
    "Stores",
    "TrainingJob",
    "TransformJob",
    "TuningJob",
    "now",
    "taken",
]


class Resource(Protocol):
    """What every stored resource has."""

    name: str
    arn: str
    created: dt.datetime
    modified: dt.datetime
    tags: dict[str, str]


def taken(existing: Mapping[str, Resource], new: Resource) -> bool:
    """Whether there is a resource of this name. Two names that differ in case have one ARN, so they are one name.

    Source: CreateEndpoint, "EndpointName": case-insensitive in CreateEndpoint, preserved, and to be matched in InvokeEndpoint.
    """
    return any(each.arn == new.arn for each in existing.values())


@dataclass
class Model:
    """A model: an image and an artifact."""

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)


@dataclass
class EndpointConfig:
    """An endpoint configuration: variants of models on instances."""

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)

    @property
    def variants(self) -> list[Parameters]:
        """The production variants."""
        variants: list[Parameters] = self.request["ProductionVariants"]
        return variants

    @property
    def shadows(self) -> list[Parameters]:
        """The shadow variants: one at most."""
        shadows: list[Parameters] = self.request.get("ShadowProductionVariants", [])
        return shadows

    @property
    def all_variants(self) -> list[Parameters]:
        """The production variants, and the shadow variants."""
        return [*self.variants, *self.shadows]

    @property
    def instances(self) -> int:
        """The instances of a fleet of this configuration that answer callers, all variants together; a serverless variant counts as one."""
        return sum(int(variant.get("InitialInstanceCount", 1)) for variant in self.variants)


@dataclass
class ModelPackageGroup:
    """A group of model packages, and how many it has ever had."""

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    versions: int = 0
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)


@dataclass
class ModelPackage:
    """A model package: a version of a group, then its name is `group/version`; or one with a name of its own."""

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    group: str | None = None
    version: int | None = None
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)


class Instance(Protocol):
    """One container behind an endpoint, held for one request.

    Attributes:
        variant: the name of its variant.
        share: one, divided by the instances of the variant.
    """

    variant: str
    share: float

    @property
    def stream(self) -> str:
        """The name of its log stream."""

    def invoke(self, body: bytes, headers: Mapping[str, str], seconds: float) -> BaseHTTPResponse:
        """The container's answer to `POST /invocations`."""

    def shadow(self) -> Instance | None:
        """An instance of the shadow variant for a copy of the request, held until it is released; None when it gets no copy of this one."""

    def capture(self, invocation: Invocation, answer: BaseHTTPResponse) -> None:
        """Capture a request that was answered, if the endpoint's configuration asks for it."""

    def release(self) -> None:
        """The request is over."""


class Fleet(Protocol):
    """The running instances of one endpoint configuration."""

    config: EndpointConfig

    def acquire(self, variant: str | None) -> Instance:
        """An instance, held until it is released; LookupError when the variant has none."""

    def describe_variants(self) -> list[Parameters]:
        """The production variants as DescribeEndpoint shows them."""

    def describe_shadows(self) -> list[Parameters]:
        """Likewise the shadow variants."""

    def resize(self, store: Store, config: EndpointConfig) -> None:
        """Serve the same configuration with other weights and instance counts."""

    def stop(self) -> None:
        """Finish the requests in flight, then end every container."""


class Router(Protocol):
    """Which fleets receive an endpoint's traffic, and how much of it each."""

    def send_to(self, *routes: tuple[Fleet, float]) -> None:
        """Replace the fleets and their weights."""

    def fleets(self) -> list[Fleet]:
        """The fleets that receive traffic."""

    def acquire(self, variant: str | None) -> Instance:
        """An instance for one request; LookupError when there is none."""


@dataclass
class Endpoint:
    """An endpoint and where its traffic goes.

    Attributes:
        config_name: the configuration that is live.
        pending_config: the one being created or rolled out, else None.
        status: as DescribeEndpoint says it.
        router: where invocations go.
        deployment: the DeploymentConfig last used.
    """

    name: str
    arn: str
    config_name: str
    router: Router
    tags: dict[str, str]
    deployment: Parameters | None = None
    pending_config: str | None = None
    pending_since: dt.datetime | None = None
    status: str = "Creating"
    failure: str | None = None
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def set_status(self, status: str, *, failure: str | None = None) -> None:
        """Change the status and wake the threads that wait for it."""
        with self.changed:
            self.status, self.failure, self.modified = status, failure, now()
            self.changed.notify_all()


@dataclass
class Store:
    """Everything of one account and region, by name; model packages by ARN."""

    training_jobs: dict[str, TrainingJob] = field(default_factory=dict)
    tuning_jobs: dict[str, TuningJob] = field(default_factory=dict)
    processing_jobs: dict[str, ProcessingJob] = field(default_factory=dict)
    transform_jobs: dict[str, TransformJob] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    endpoint_configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    model_package_groups: dict[str, ModelPackageGroup] = field(default_factory=dict)
    model_packages: dict[str, ModelPackage] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def resources(self) -> Iterator[Resource]:
        """Everything that has an ARN and tags."""
        with self.lock:
            kinds: tuple[dict[str, Any], ...] = (*self._kinds().values(), self.endpoint_configs, self.processing_jobs, self.transform_jobs)
            yield from [resource for kind in kinds for resource in kind.values()]

    def of_kind(self, kind: str) -> list[Resource]:
        """The resources of one of the types that Search knows; none of the others."""
        with self.lock:
            return list(self._kinds().get(kind, {}).values())

    def _kinds(self) -> dict[str, dict[str, Any]]:
        return {
            "TrainingJob": self.training_jobs,
            "HyperParameterTuningJob": self.tuning_jobs,
            "Model": self.models,
            "Endpoint": self.endpoints,
            "ModelPackageGroup": self.model_package_groups,
            "ModelPackage": self.model_packages,
        }

    def by_arn(self, resource_arn: str) -> Resource | None:
        """The resource with this ARN."""
        return next((resource for resource in self.resources() if resource.arn == resource_arn.lower()), None)


@dataclass
class Stores:
    """One store per account and region."""

    _stores: dict[tuple[str, str], Store] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, account_id: str, region: str) -> Store:
        """The store of an account and region, made on first use."""
        with self._lock:
            return self._stores.setdefault((account_id, region), Store())

    def all(self) -> list[Store]:
        """Every store there is."""
        with self._lock:
            return list(self._stores.values())
