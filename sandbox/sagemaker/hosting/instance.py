"""One instance of a variant: a container with a port, and how many requests it is answering."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from urllib3 import BaseHTTPResponse

from ..api.runtime import Invocation
from ..container import Container
from ..log_stream import LogStream
from .captures import Captured
from .container_client import ContainerClient


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
