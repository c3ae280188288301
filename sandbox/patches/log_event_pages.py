"""FilterLogEvents honours `logStreamNamePrefix`, comes in pages, and gives every event an id.

ministack reads all streams whatever the prefix, and has no `nextToken`: what is beyond the first page is out of reach
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import base64
import heapq
import itertools
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..emulator.internals import Json, internal

MOST_EVENTS: Final = 10_000
MOST_BYTES: Final = 1 << 20
# An event's time, the time it came in, its stream and itself.
Found = tuple[tuple[int, int], str, Json]
_ids = itertools.count()


def apply() -> None:
    """Replace the operation."""
    internal("services.cloudwatch_logs")._filter_log_events = _filter


@dataclass(frozen=True)
class _Token:
    """Where a page ended: the place of its last event, and how many at that very place have been given."""

    place: tuple[int, int] = (-1, -1)
    given: int = 0

    @classmethod
    def read(cls, text: str | None) -> _Token:
        """A token of this service's own.

        Raises:
            ValueError: it is not one.
        """
        if text is None:
            return cls()
        time, ingested, given = json.loads(base64.b64decode(text, validate=True))
        return cls((int(time), int(ingested)), int(given))

    def __str__(self) -> str:
        return base64.b64encode(json.dumps([*self.place, self.given]).encode()).decode()


def _filter(request: Json) -> Any:
    logs = internal("services.cloudwatch_logs")
    group = logs._resolve_log_group_name(request)
    if request.get("logStreamNames") and request.get("logStreamNamePrefix"):
        words = "Only one of logStreamNames and logStreamNamePrefix can be given."
        return logs.error_response_json("InvalidParameterException", words, 400)
    if group not in logs._log_groups:
        return logs.error_response_json("ResourceNotFoundException", f"The specified log group does not exist: {group}", 400)
    try:
        token = _Token.read(request.get("nextToken"))
    except (ValueError, TypeError):
        return logs.error_response_json("InvalidParameterException", "The specified nextToken is invalid.", 400)
    matches = logs._compile_filter_pattern(request.get("filterPattern", ""))
    found = (entry for entry in _in_order(group, request, token.place[0]) if matches(entry[2].get("message", "")))
    return logs.json_response(_page(found, min(request.get("limit", MOST_EVENTS), MOST_EVENTS), token))


def _in_order(group: str, request: Json, since: int) -> Iterator[Found]:
    """The events of the streams and the time asked for, oldest first."""
    logs = internal("services.cloudwatch_logs")
    streams, prefix = logs._log_groups[group]["streams"], request.get("logStreamNamePrefix", "")
    names = request.get("logStreamNames") or [name for name in list(streams) if name.startswith(prefix)]
    start, end = max(since, request.get("startTime", 0)), request.get("endTime")
    with logs._log_events_lock:
        parts = [_between(streams[name]["events"], name, start, end) for name in names if name in streams]
    return heapq.merge(*parts, key=lambda entry: entry[0])


def _between(history: list[Json], stream: str, start: int, end: int | None) -> list[Found]:
    time_of = internal("services.cloudwatch_logs")._event_timestamp
    last = len(history) if end is None else bisect_right(history, end, key=time_of)
    chosen = history[bisect_left(history, start, key=time_of) : last]
    return sorted((((event["timestamp"], event.get("ingestionTime", 0)), stream, event) for event in chosen), key=lambda entry: entry[0])


def _page(found: Iterable[Found], limit: int, token: _Token) -> Json:
    """At most so many events, and at most a megabyte, from behind the token's place on; a token when there are more."""
    events: list[Json] = []
    size, passed, at = 0, 0, token
    for place, stream, event in found:
        if place < token.place:
            continue
        if place == token.place and passed < token.given:
            passed += 1
            continue
        size += len(event.get("message", "").encode())
        if len(events) >= limit or (events and size > MOST_BYTES):
            return {"events": events, "searchedLogStreams": [], "nextToken": str(at)}
        event.setdefault("eventId", f"{event['timestamp']:020d}{next(_ids):036d}")
        events.append({**event, "logStreamName": stream})
        at = _Token(place, at.given + 1 if place == at.place else 1)
    return {"events": events, "searchedLogStreams": []}
