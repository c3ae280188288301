"""One instance of a variant: a container with a port, and how many requests it is answering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from urllib3 import BaseHTTPResponse

from ..api.runtime import Invocation
from ..container import Container
from ..log_stream import LogStream
from .captures import Captured
from .container_client import ContainerClient


@dataclass(eq=False)
class Instance:
    """One instance of a variant: a container with a port, and how many requests it is answering.

    Attributes:
        healthy: whether its last `/ping` was answered.
        starting: whether its process has never been healthy.
        failures: how many of the last answers are missing.
        began: when its process was started.
        share: its part of its variant when it was last chosen; `hold` sets it.
    """

    id: str
    variant: str
    base: Path
    client: ContainerClient
    container: Container
    run: Callable[[], Container]
    logs: LogStream
    changed: threading.Condition
    captured: Captured | None
    acquire_shadow: Callable[[], Instance | None]
    restarts: int = 0
    healthy: bool = True
    starting: bool = True
    failures: int = 0
    began: float = field(default_factory=time.monotonic)
    in_flight: int = 0
    served: int = 0
    share: float = field(init=False, repr=False)

    @property
    def pid(self) -> int:
        """The process of its container."""
        return self.container.pid

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

    def shadow(self) -> Instance | None:
        """An instance of the shadow variant for a copy of the request, held until it is released; None when it gets no copy of this one."""
        return self.acquire_shadow()

    def capture(self, invocation: Invocation, answer: BaseHTTPResponse) -> None:
        """Capture a request that was answered, if the endpoint's configuration asks for it."""
        if self.captured is not None:
            self.captured.add(invocation, answer)

    def restart(self) -> None:
        """Start its container again, which has ended by itself."""
        self.logs.write(f"The container ended with code {self.container.exit_code}. It is started again.")
        self.restarts += 1
        self.healthy, self.starting, self.failures, self.began = False, True, 0, time.monotonic()
        self.container = self.run()

    def release(self) -> None:
        """The request is over; a fleet that is stopping waits for this."""
        with self.changed:
            self.in_flight -= 1
            self.changed.notify_all()


def hold(candidates: Sequence[Instance]) -> Instance:
    """The least busy of some instances of a variant that is healthy, counted as busy from now on."""
    # When none is healthy, the requests meet what there is: a container that may answer, or 503.
    instance = min(candidates, key=lambda each: (not each.healthy, each.in_flight, each.served))
    instance.in_flight += 1
    instance.served += 1
    instance.share = 1 / len(candidates)
    return instance
