"""Who sent the request that one of ministack's own services is serving."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable

from .internals import Json, internal

_key: contextvars.ContextVar[str | None] = contextvars.ContextVar("sandbox_caller", default=None)
HttpAnswer = tuple[int, Json, bytes]
Handler = Callable[[str, str, Json, bytes, Json], Awaitable[HttpAnswer]]


def remember_caller(service: str) -> None:
    """Have `caller` answer while the service works on a request, and in the tasks and threads that it starts then."""
    handlers = internal("app").SERVICE_HANDLERS
    handlers[service] = _remembering(handlers[service])


def caller() -> str | None:
    """The access key of the request being served; None outside one."""
    return _key.get()


def _remembering(handler: Handler) -> Handler:
    async def remember(method: str, path: str, headers: Json, body: bytes, query: Json) -> HttpAnswer:
        token = _key.set(str(internal("core.router").extract_access_key_id(headers, query)))
        try:
            return await handler(method, path, headers, body, query)
        finally:
            _key.reset(token)

    return remember
