"""The containers behind an endpoint: started, pinged, invoked, drained, stopped. A fleet serves one endpoint configuration."""

from __future__ import annotations

import contextlib
import itertools
import random
import secrets
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from ..api.contract import Parameters
from ..cloud import Cloud
from ..images import deployed_image
from ..log_stream import LogStream
from ..programs import Programs
from ..store import EndpointConfig, Store
from . import instance_metrics, serverless, serving_container, shadows
from .captures import Capture, Captured, Captures
from .health import PING_SECONDS, Caretaker
from .instance import Instance, hold
from .model_data import FleetError, fetch

LOG_GROUP: Final = "/aws/sagemaker/Endpoints/"
#: AWS's default for ContainerStartupHealthCheckTimeoutInSeconds is four minutes.
HEALTH_CHECK_SECONDS: Final = 240
STOP_GRACE: Final = 30
INVOCATION_SECONDS: Final = 60


@dataclass
class Fleet:
    """The instances of one endpoint configuration.

    Args:
        cloud: the account it runs in.
        endpoint: the endpoint's name.
        config: what it serves.
        folder: where its containers live.
        programs: what runs for an image.
        captures: where captured requests go.
    """

    cloud: Cloud
    endpoint: str
    config: EndpointConfig
    folder: Path
    programs: Programs
    captures: Captures
    instances: list[Instance] = field(default_factory=list)
    images: dict[str, Parameters] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ports: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @cached_property
    def caretaker(self) -> Caretaker:
        """Who looks after the containers in service."""
        return Caretaker(lambda: self.instances, self._startup_seconds)

    def start(self, store: Store) -> None:
        """Fetch the models, start every container, and wait until all answer `/ping`.

        Raises:
            FleetError: a model or a container failed; the message is AWS's.
        """
        for variant in self.config.all_variants:
            self._launch_all(store, variant, serverless.containers(variant), self.instances)
        self._await_all(self.instances)
        self.caretaker.start(self.endpoint)
        metrics = partial(instance_metrics.publish, self.cloud, self.endpoint, lambda: list(self.instances), self.caretaker.stopping)
        self.cloud.background(f"instances-{self.endpoint}", metrics)

    def resize(self, store: Store, config: EndpointConfig) -> None:
        """Serve with other weights and instance counts: new instances are healthy before they receive traffic, surplus ones finish first.

        Raises:
            FleetError: a new instance failed; everything is as before.
        """
        new: list[Instance] = []
        try:
            for variant in config.all_variants:
                running = sum(each.variant == variant["VariantName"] for each in self.instances)
                self._launch_all(store, variant, serverless.containers(variant) - running, new)
            self._await_all(new)
        except FleetError:
            self._end(new)
            raise
        with self._changed:
            kept: list[Instance] = []
            for variant in config.all_variants:
                same = [each for each in (*self.instances, *new) if each.variant == variant["VariantName"]]
                kept += same[: serverless.containers(variant)]
            surplus = [each for each in self.instances if each not in kept]
            self.config, self.instances = config, kept
        self._drain(surplus)
        self._end(surplus)

    def _launch_all(self, store: Store, variant: Parameters, count: int, into: list[Instance]) -> None:
        """Start so many instances of a variant; they are not yet healthy."""
        if count <= 0:
            return
        name, model = str(variant["VariantName"]), store.models.get(variant["ModelName"])
        if model is None:
            raise FleetError(f"The model {variant['ModelName']} of production variant {name} no longer exists.")
        self.images[name] = deployed_image(model.request["PrimaryContainer"]["Image"])
        artifact = self._artifact(name)
        if not artifact.is_dir():
            self._download_model(model.request, variant)
        into.extend(self._launch(name, model.request, artifact) for _ in range(count))

    def _artifact(self, variant: str) -> Path:
        """Where the unpacked model of a variant lies; its instances share it."""
        return self.folder / variant / "model"

    def _await_all(self, instances: Sequence[Instance]) -> None:
        for instance in list(instances):
            self._await_ping(instance, self._startup_seconds(instance.variant))

    def _startup_seconds(self, variant: str) -> float:
        """How long a container of a variant has to become healthy."""
        given = {each["VariantName"]: each.get("ContainerStartupHealthCheckTimeoutInSeconds") for each in self.config.all_variants}
        return float(given.get(variant) or HEALTH_CHECK_SECONDS)

    def acquire(self, variant: str | None) -> Instance:
        """The least busy instance that is healthy, counted as busy from now on.

        Raises:
            LookupError: no production variant of that name, or no instance of it.
            ThrottlingException: a serverless variant answers as many requests as it may already.
        """
        with self._changed:
            chosen = variant if variant is not None else self._choose_variant()
            candidates = [each for each in self.instances if each.variant == chosen]
            if not candidates or chosen not in {each["VariantName"] for each in self.config.variants}:
                raise LookupError(chosen)
            serverless.check_concurrency(self.config, str(chosen), sum(each.in_flight for each in candidates))
            return hold(candidates)

    def acquire_shadow(self) -> Instance | None:
        """The least busy instance of the shadow variant for a copy of a request, counted as busy; None when it gets no copy of this one."""
        with self._changed:
            names = {each["VariantName"] for each in self.config.shadows}
            candidates = [each for each in self.instances if each.variant in names]
            copied = candidates and shadows.gets_a_copy(self.config, sum(each.in_flight for each in candidates))
            return hold(candidates) if copied else None

    def stop(self) -> None:
        """Let requests in flight finish, then stop every container and remove its files."""
        self.caretaker.stop()
        self._drain(self.instances)
        self._end(self.instances)
        self._ports.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _drain(self, instances: Sequence[Instance]) -> None:
        """Wait until the instances have answered what they were asked."""
        deadline = time.monotonic() + INVOCATION_SECONDS
        with self._changed:
            while any(each.in_flight for each in instances) and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def _end(self, instances: Sequence[Instance]) -> None:
        for instance in instances:
            instance.client.close()
        for instance in instances:
            instance.container.terminate(STOP_GRACE)
            instance.logs.close()

    def describe_variants(self) -> list[Parameters]:
        """The production variants as DescribeEndpoint shows them."""
        return self._shown(self.config.variants)

    def describe_shadows(self) -> list[Parameters]:
        """Likewise the shadow variants."""
        return self._shown(self.config.shadows)

    def _shown(self, variants: Sequence[Parameters]) -> list[Parameters]:
        shown = []
        for variant in variants:
            weight = float(variant.get("InitialVariantWeight", 1.0))
            shown.append(
                {
                    "VariantName": variant["VariantName"],
                    "DeployedImages": [self.images[variant["VariantName"]]] if variant["VariantName"] in self.images else None,
                    "RoutingConfig": variant.get("RoutingConfig"),
                    "CurrentWeight": weight,
                    "DesiredWeight": weight,
                    **serverless.capacity(variant, sum(each.variant == variant["VariantName"] for each in self.instances)),
                }
            )
        return shown

    def _choose_variant(self) -> str:
        weights = [float(variant.get("InitialVariantWeight", 1.0)) for variant in self.config.variants]
        names = [variant["VariantName"] for variant in self.config.variants]
        return str(names[0] if sum(weights) == 0 else random.choices(names, weights)[0])  # noqa: S311 - traffic shares, no secret

    def _download_model(self, model: Parameters, variant: Parameters) -> None:
        unpacked = self._artifact(variant["VariantName"])
        unpacked.mkdir(parents=True)
        if "ModelDataUrl" in model["PrimaryContainer"]:
            fetch(self.cloud, model, variant, unpacked)

    def _launch(self, variant: str, model: Parameters, artifact: Path) -> Instance:
        name = f"i-{secrets.token_hex(9)[:17]}"
        base = self.folder / variant / name
        logs = LogStream(partial(self.cloud.client, "logs", model["ExecutionRoleArn"]), LOG_GROUP + self.endpoint, f"{variant}/{name}")
        serving = serving_container.prepare(self.cloud, self.programs, model, base, artifact=artifact, on_line=logs.write)
        self._ports.enter_context(serving.reservation)
        capture = Capture.of(self.config, model["ExecutionRoleArn"])
        captured = None if capture is None else Captured(self.captures, self.endpoint, variant, capture, logs.write)
        run = serving.run
        return Instance(name, variant, base, serving.client, run(), run, logs, self._changed, captured, self.acquire_shadow)

    def _await_ping(self, instance: Instance, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for delay in itertools.chain((0.02, 0.05, 0.1), itertools.repeat(0.2)):
            if instance.client.ping(PING_SECONDS):
                instance.starting = False
                return
            # On AWS a container that ended is restarted until the timeout; here it would only end again.
            if instance.container.exit_code is not None or time.monotonic() > deadline or self.caretaker.stopping.wait(delay):
                break
        raise FleetError(
            f"The primary container for production variant {instance.variant} did not pass the ping health check. Please check CloudWatch"
            " logs for this endpoint."
        )
