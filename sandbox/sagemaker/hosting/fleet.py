"""The containers behind an endpoint: started, pinged, invoked, drained, stopped. A fleet serves one endpoint configuration."""

from __future__ import annotations

import contextlib
import itertools
import random
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from urllib3 import BaseHTTPResponse

from .. import container, model_archive, s3
from ..api.contract import Parameters
from ..api.runtime import Invocation
from ..cloud import Cloud, RoleError
from ..container import Container
from ..images import deployed_image
from ..log_stream import LogStream
from ..model_archive import ArchiveError
from ..programs import Programs
from ..s3 import Location, TransferError
from ..store import EndpointConfig, Store
from .captures import Capture, Captured, Captures
from .container_client import ContainerClient
from .ports import reserve_port

LOG_GROUP: Final = "/aws/sagemaker/Endpoints/"
#: AWS's default for ContainerStartupHealthCheckTimeoutInSeconds is four minutes.
HEALTH_CHECK_SECONDS: Final = 240
#: AWS's longest ModelDataDownloadTimeoutInSeconds, for a variant that names none.
DOWNLOAD_SECONDS: Final = 3600
PING_SECONDS: Final = 2
STOP_GRACE: Final = 30
INVOCATION_SECONDS: Final = 60
RESTART_LOOK_SECONDS: Final = 0.2
MOST_SECONDS_BETWEEN_RESTARTS: Final = 60.0
#: A container finds here what ContainerClient sends in its ACCESS_HEADER; the engine answers nobody else.
ACCESS_VARIABLE: Final = "ENGINE_ACCESS_TOKEN"


class FleetError(Exception):
    """A fleet did not become healthy; the message is the endpoint's FailureReason."""


@dataclass
class Instance:
    """One instance of a variant: a container with a port, and how many requests it is answering."""

    id: str
    variant: str
    base: Path
    client: ContainerClient
    container: Container
    run: Callable[[], Container]
    logs: LogStream
    changed: threading.Condition
    captured: Captured | None
    restarts: int = 0
    in_flight: int = 0
    served: int = 0
    share: float = 1.0

    @property
    def stream(self) -> str:
        """The name of its log stream."""
        return f"{self.variant}/{self.id}"

    def invoke(self, body: bytes, headers: Mapping[str, str], seconds: float) -> BaseHTTPResponse:
        """The container's answer to `POST /invocations`.

        Raises:
            ContainerTimeoutError: no answer in time.
            ContainerUnreachableError: no connection, or it broke.
        """
        return self.client.post("/invocations", body, headers, seconds)

    def capture(self, invocation: Invocation, answer: BaseHTTPResponse) -> None:
        """Capture a request that was answered, if the endpoint's configuration asks for it."""
        if self.captured is not None:
            self.captured.add(invocation, answer)

    def restart(self) -> None:
        """Start its container again, which has ended by itself."""
        self.logs.write(f"The container ended with code {self.container.exit_code}. It is started again.")
        self.restarts += 1
        self.container = self.run()

    def release(self) -> None:
        """The request is over; a fleet that is stopping waits for this."""
        with self.changed:
            self.in_flight -= 1
            self.changed.notify_all()


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
    _stopping: threading.Event = field(default_factory=threading.Event)
    _restarting: threading.Lock = field(default_factory=threading.Lock)
    _ports: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(self, store: Store) -> None:
        """Fetch the models, start every container, and wait until all answer `/ping`.

        Raises:
            FleetError: a model or a container failed; the message is AWS's.
        """
        for variant in self.config.variants:
            self._launch_all(store, variant, variant["InitialInstanceCount"], self.instances)
        self._await_all(self.instances)
        threading.Thread(target=self._keep_running, daemon=True, name=f"fleet-{self.endpoint}").start()

    def _keep_running(self) -> None:
        """Restart containers that end by themselves; one that goes on ending, ever less often."""
        due: dict[str, float] = {}
        while not self._stopping.wait(RESTART_LOOK_SECONDS):
            for instance in list(self.instances):
                if instance.container.exit_code is None or time.monotonic() < due.get(instance.id, 0.0):
                    continue
                with self._restarting:
                    if self._stopping.is_set() or instance not in self.instances:
                        continue
                    instance.restart()
                due[instance.id] = time.monotonic() + min(MOST_SECONDS_BETWEEN_RESTARTS, 2.0 ** min(instance.restarts, 10))

    def resize(self, store: Store, config: EndpointConfig) -> None:
        """Serve with other weights and instance counts: new instances are healthy before they receive traffic, surplus ones finish first.

        Raises:
            FleetError: a new instance failed; everything is as before.
        """
        new: list[Instance] = []
        try:
            for variant in config.variants:
                running = sum(each.variant == variant["VariantName"] for each in self.instances)
                self._launch_all(store, variant, variant["InitialInstanceCount"] - running, new)
            self._await_all(new)
        except FleetError:
            self._end(new)
            raise
        with self._changed:
            kept: list[Instance] = []
            for variant in config.variants:
                same = [each for each in (*self.instances, *new) if each.variant == variant["VariantName"]]
                kept += same[: variant["InitialInstanceCount"]]
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
        limits = {
            variant["VariantName"]: variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_CHECK_SECONDS)
            for variant in self.config.variants
        }
        for instance in list(instances):
            self._await_ping(instance, limits[instance.variant])

    def acquire(self, variant: str | None) -> Instance:
        """The least busy instance, counted as busy from now on.

        Raises:
            LookupError: no instance of that variant.
        """
        with self._changed:
            chosen = variant if variant is not None else self._choose_variant()
            candidates = [each for each in self.instances if each.variant == chosen]
            if not candidates:
                raise LookupError(chosen)
            instance = min(candidates, key=lambda each: (each.in_flight, each.served))
            instance.in_flight += 1
            instance.served += 1
            instance.share = 1 / len(candidates)
            return instance

    def stop(self) -> None:
        """Let requests in flight finish, then stop every container and remove its files."""
        with self._restarting:
            self._stopping.set()
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
        shown = []
        for variant in self.config.variants:
            weight = float(variant.get("InitialVariantWeight", 1.0))
            shown.append(
                {
                    "VariantName": variant["VariantName"],
                    "DeployedImages": [self.images[variant["VariantName"]]] if variant["VariantName"] in self.images else None,
                    "RoutingConfig": variant.get("RoutingConfig"),
                    "CurrentWeight": weight,
                    "DesiredWeight": weight,
                    "CurrentInstanceCount": sum(each.variant == variant["VariantName"] for each in self.instances),
                    "DesiredInstanceCount": variant["InitialInstanceCount"],
                }
            )
        return shown

    def _choose_variant(self) -> str:
        weights = [float(variant.get("InitialVariantWeight", 1.0)) for variant in self.config.variants]
        names = [variant["VariantName"] for variant in self.config.variants]
        return str(names[0] if sum(weights) == 0 else random.choices(names, weights)[0])  # noqa: S311 - traffic shares, no secret

    def _download_model(self, model: Parameters, variant: Parameters) -> None:
        name = str(variant["VariantName"])
        limit = variant.get("ModelDataDownloadTimeoutInSeconds", DOWNLOAD_SECONDS)
        uri, began = model["PrimaryContainer"].get("ModelDataUrl"), time.monotonic()
        archive, unpacked = self.folder / f"{name}.tar.gz", self._artifact(name)
        unpacked.mkdir(parents=True)
        if uri is None:
            return
        location = Location.parse(uri)
        try:
            # CreateModel has checked the address.
            s3.download(self.cloud.client("s3", model["ExecutionRoleArn"]), location or Location("", ""), archive)
            model_archive.unpack(archive, unpacked)
            if time.monotonic() - began > limit:
                raise TransferError(f"it took more than {limit} seconds")  # noqa: TRY301 - reported like any other reason
        except (TransferError, ArchiveError, RoleError) as problem:
            raise FleetError(
                f"Failed to download model data for the production variant {name}. Please ensure that there is an object located at the"
                f' URL "{uri}" and that the role passed to CreateModel has permissions to download the object. ({problem})'
            ) from problem
        archive.unlink()

    def _launch(self, variant: str, model: Parameters, artifact: Path) -> Instance:
        name = f"i-{secrets.token_hex(9)[:17]}"
        base = self.folder / variant / name
        port, reservation = reserve_port()
        self._ports.enter_context(reservation)
        (base / "code").mkdir(parents=True)
        (base / "model").symlink_to(artifact, target_is_directory=True)
        logs = LogStream(partial(self.cloud.client, "logs", model["ExecutionRoleArn"]), LOG_GROUP + self.endpoint, f"{variant}/{name}")
        own = {
            "AWS_REGION": self.cloud.region,
            "AWS_DEFAULT_REGION": self.cloud.region,
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_BIND_TO_PORT": str(port),
            ACCESS_VARIABLE: (token := secrets.token_urlsafe(24)),
        }
        program = self.programs.serving(model["PrimaryContainer"]["Image"], port)
        run = partial(
            Container,
            program.command,
            environment=container.environment(
                self.cloud.child_environment(), requested=model["PrimaryContainer"].get("Environment", {}), own=own
            ),
            folder=program.folder or base / "code",
            on_line=logs.write,
        )
        capture = Capture.of(self.config, model["ExecutionRoleArn"])
        captured = None if capture is None else Captured(self.captures, self.endpoint, variant, capture, logs.write)
        return Instance(name, variant, base, ContainerClient(port, token), run(), run, logs, self._changed, captured)

    def _await_ping(self, instance: Instance, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for delay in itertools.chain((0.02, 0.05, 0.1), itertools.repeat(0.2)):
            if instance.client.ping(PING_SECONDS):
                return
            # On AWS a container that ended is restarted until the timeout; here it would only end again.
            if instance.container.exit_code is not None or time.monotonic() > deadline or self._stopping.wait(delay):
                break
        raise FleetError(
            f"The primary container for production variant {instance.variant} did not pass the ping health check. Please check CloudWatch"
            " logs for this endpoint."
        )
