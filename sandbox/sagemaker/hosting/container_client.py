"""HTTP to a container on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

#: A container must accept a connection within 250 ms on AWS; a loaded laptop is given more time.
_CONNECT_SECONDS: Final = 5.0
#: Connections kept for reuse; under more concurrent requests than this, the rest are closed after one.
_KEPT_CONNECTIONS: Final = 128


class ContainerTimeoutError(Exception):
    """The container did not answer in time."""


class ContainerUnreachableError(Exception):
    """The container accepts no connection, or closed it without an answer."""


class ContainerClient:
    """A client of one container: connections are reused, and nothing is retried.

    Args:
        port: the container's port on 127.0.0.1.
        token: sent with every request: every user of the machine reaches the port, and the container need not answer who does not know it.
    """

    ACCESS_HEADER: Final = "X-Engine-Access-Token"

    def __init__(self, port: int, token: str = "") -> None:
        self._own = {self.ACCESS_HEADER: token} if token else {}
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=_KEPT_CONNECTIONS, retries=False)

    def ping(self, seconds: float) -> bool:
        """Whether `GET /ping` answers 200 in time."""
        answer = self.get("/ping", seconds)
        return answer is not None and answer.status == 200

    def get(self, path: str, seconds: float) -> urllib3.BaseHTTPResponse | None:
        """The container's answer to a GET; None when it gives none in time."""
        try:
            return self._pool.request("GET", path, headers=self._own, timeout=seconds, redirect=False)
        except HTTPError:
            return None

    def post(self, path: str, body: bytes, headers: Mapping[str, str], seconds: float) -> urllib3.BaseHTTPResponse:
        """The container's answer to one request, whatever its status; the body is passed on as it came.

        Raises:
            ContainerTimeoutError: no answer in time.
            ContainerUnreachableError: no connection, or it was closed before the answer was complete.
        """
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=seconds)
        try:
            return self._pool.request(
                "POST", path, body=body, headers={**headers, **self._own}, timeout=timeout, redirect=False, decode_content=False
            )
        except ReadTimeoutError as problem:
            raise ContainerTimeoutError(f"no answer within {seconds:g} s") from problem
        except HTTPError as problem:
            raise ContainerUnreachableError(str(problem)) from problem

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.close()
