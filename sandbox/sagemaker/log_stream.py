"""A container's output, sent to CloudWatch Logs in batches."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("sandbox.sagemaker")

#: PutLogEvents takes 1,048,576 bytes counting 26 for each event, and 10,000 events.
_BATCH_BYTES: Final = 900_000
_BATCH_EVENTS: Final = 5_000
_EVENT_OVERHEAD: Final = 26


class LogStream:
    """One log stream: written from any thread, sent about twice a second with a role's client.

    Without the permissions its lines are lost, as on AWS: the job or endpoint goes on, and the sandbox's own log says why.

    Args:
        client: makes the CloudWatch Logs client; called on the sending thread.
        group: the log group, created when missing and allowed.
        stream: the log stream.
        interval: seconds between two batches.
    """

    def __init__(self, client: Callable[[], Any], group: str, stream: str, *, interval: float = 0.5) -> None:
        self._make_client, self._group, self._stream, self._interval = client, group, stream, interval
        self._pending: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._client: Any = None
        self._refused = False
        self._thread = threading.Thread(target=self._send_until_closed, daemon=True, name=f"logs-{stream}")
        self._thread.start()

    def write(self, line: str) -> None:
        """Add a line, stamped now. CloudWatch refuses empty events: an empty line becomes a space."""
        event = {"timestamp": int(time.time() * 1000), "message": line or " "}
        with self._lock:
            self._pending.append(event)

    def close(self) -> None:
        """Send what is left; returns when it is sent."""
        self._closed.set()
        self._thread.join(timeout=30)

    def _send_until_closed(self) -> None:
        closed = False
        while not closed:
            closed = self._closed.wait(self._interval)
            while batch := self._next_batch():
                self._send(batch)

    def _next_batch(self) -> list[dict[str, Any]]:
        with self._lock:
            size = count = 0
            for event in self._pending[:_BATCH_EVENTS]:
                size += len(event["message"].encode()) + _EVENT_OVERHEAD
                if count and size > _BATCH_BYTES:
                    break
                count += 1
            batch, self._pending = self._pending[:count], self._pending[count:]
            return batch

    def _send(self, batch: list[dict[str, Any]]) -> None:
        if self._refused:
            return
        try:
            if self._client is None:
                self._client = self._open()
            self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=batch)
        except (ClientError, BotoCoreError) as problem:
            self._refused = True
            logger.warning("%s %s gets no log lines: %s", self._group, self._stream, problem)

    def _open(self) -> Any:
        client = self._make_client()
        for create, names in (
            (client.create_log_group, {"logGroupName": self._group}),
            (client.create_log_stream, {"logGroupName": self._group, "logStreamName": self._stream}),
        ):
            _create(create, names)
        return client


def _create(create: Callable[..., Any], names: Mapping[str, str]) -> None:
    """Create a group or stream. It may exist already, and a role may write without the permission to create: the next call decides."""
    try:
        create(**names)
    except ClientError as problem:
        if problem.response["Error"]["Code"] not in ("ResourceAlreadyExistsException", "AccessDeniedException"):
            raise
