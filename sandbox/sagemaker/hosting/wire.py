"""HTTP to a container on this machine: connections kept alive, timeouts as SageMaker has them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass

#: A connection is accepted within 250 ms on AWS; a loaded laptop is given more.
_CONNECT_SECONDS = 5.0


class ContainerTimeoutError(Exception):
    """The container did not answer in time."""


class ContainerUnreachableError(Exception):
    """The container does not answer at all."""


@dataclass(frozen=True)
class Answer:
    """A container's answer; header names as it wrote them."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str, default: str = "") -> str:
        """A header by name, whatever its case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), default)


class Pool:
    """Kept-alive connections to one container.

    Args:
        port: its port on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def ping(self, seconds: float) -> bool:
        """Whether `GET /ping` answers 200 in time."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def post(self, path: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
        """One request.

        Raises:
            ContainerTimeoutError: no answer in time.
            ContainerUnreachableError: no connection, or it broke.
        """
        connection = self._take()
        if connection is not None:
            try:
                return self._exchange(connection, path, body, headers, seconds)
            except ContainerUnreachableError:
                # The container closed an idle connection just as it was used again: nothing was answered on it, a new one decides.
                pass
        return self._exchange(http.client.HTTPConnection("127.0.0.1", self.port, timeout=_CONNECT_SECONDS), path, body, headers, seconds)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> Answer:
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(seconds)
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        except TimeoutError as problem:
            connection.close()
            raise ContainerTimeoutError(f"no answer within {seconds:g} s") from problem
        except (OSError, http.client.HTTPException) as problem:
            connection.close()
            raise ContainerUnreachableError(str(problem) or type(problem).__name__) from problem
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return answer

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None
