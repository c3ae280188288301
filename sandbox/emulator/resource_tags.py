"""The tags of a service of our own in the Resource Groups Tagging API: found by GetResources, changed by TagResources."""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from .identity import access_key_of_request, authorize
from .internals import Json, internal

Handler = Callable[[str, str, Json, bytes, Json], Awaitable[Any]]
# Every ARN of the present account and region, and its tags.
Collect = Callable[[], Iterable[tuple[str, Mapping[str, str]]]]


def _knowing_the_caller(handler: Handler) -> Handler:
    """The tagging API, with whoever asks known to `authorize`."""

    async def handle(method: str, path: str, headers: Json, body: bytes, query: Json) -> Any:
        token = access_key_of_request.set(str(internal("core.router").extract_access_key_id(headers, query)))
        try:
            return await handler(method, path, headers, body, query)
        finally:
            access_key_of_request.reset(token)

    return handle


def register_tags(
    service: str,
    collect: Collect,
    *,
    write: Callable[[str, Mapping[str, str]], None],
    remove: Callable[[str, Sequence[str]], None],
    actions: tuple[str, str] = ("TagResource", "UntagResource"),
) -> None:
    """Let the tagging API know a service's resources.

    On AWS a caller needs the service's own permission besides `tag:TagResources`
    (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html); so here.

    Args:
        service: the service's part of its ARNs.
        collect: what there is.
        write: adds tags to a resource, by ARN; LookupError when there is none.
        remove: removes tags of these keys, likewise.
        actions: the service's own two permissions for that.
    """
    tagging = internal("services.tagging")

    def collected() -> Iterable[tuple[str, list[Json]]]:
        return [(arn, [{"Key": key, "Value": value} for key, value in tags.items()]) for arn, tags in collect() if tags]

    def changing(action: str, change: Callable[[str, Any], None]) -> Callable[[Any, str, Any], None]:
        def changed(_: Any, arn: str, asked: Any) -> None:
            authorize(action, arn)
            try:
                change(arn, asked)
            except LookupError as missing:
                raise tagging._ResourceNotFound from missing

        return changed

    handlers = internal("app").SERVICE_HANDLERS
    if handlers["tagging"].__module__ != __name__:
        handlers["tagging"] = _knowing_the_caller(handlers["tagging"])
    tagging._COLLECTORS[service] = collected
    tagging._WRITERS[service] = changing(f"{service}:{actions[0]}", write)
    tagging._REMOVERS[service] = changing(f"{service}:{actions[1]}", remove)
