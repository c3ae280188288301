"""A container's output, sent to CloudWatch Logs in batches."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore import exceptions
from botocore.exceptions import ClientError

logger = logging.getLogger("sandbox.sagemaker")

#: PutLogEvents takes 1,048,576 bytes counting 26 for each event, and 10,000 events.
_BATCH_BYTES: Final = 900_000
_BATCH_EVENTS: Final = 5_000
_EVENT_OVERHEAD: Final = 26


class LogStream:
    """One log stream: written from any thread, sent about twice a second with a role's client.

    Without the permissions its lines are lost, as on AWS: the job or endpoint goes on, and the sandbox's own log says why. Lines that
    meet an error that passes are sent again.

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
        # In the account and region of whoever opens the stream.
        run, name = contextvars.copy_context().run, f"logs-{stream}"
        self._thread = threading.Thread(target=run, args=(self._send_until_closed,), daemon=True, name=name)
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
            sending = True
            while sending and (batch := self._next_batch()):
                sending = self._send(batch)
        if self._pending:
            logger.warning("%s %s lost its last %d log lines", self._group, self._stream, len(self._pending))

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

    def _send(self, batch: list[dict[str, Any]]) -> bool:
        """Whether a batch is done with: sent, or refused for ever; one that is not is kept."""
        if self._refused:
            return True
        try:
            if self._client is None:
                self._client = self._open()
            self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=batch)
        except Exception as problem:
            # The end of a thread: whatever it is must not end the job's log without a word.
            if _passes(problem):
                logger.warning("%s %s gets its log lines later: %s", self._group, self._stream, problem)
                with self._lock:
                    self._pending[:0] = batch
                return False
            self._refused = True
            logger.warning("%s %s gets no log lines: %s", self._group, self._stream, problem, exc_info=not isinstance(problem, ClientError))
        return True

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


def _passes(problem: Exception) -> bool:
    """Whether the same request may succeed later: CloudWatch Logs failed, asked to slow down, or was not reached."""
    if not isinstance(problem, ClientError):
        return isinstance(problem, exceptions.HTTPClientError | exceptions.ConnectionError)
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return status >= 500 or problem.response["Error"]["Code"] == "ThrottlingException"
