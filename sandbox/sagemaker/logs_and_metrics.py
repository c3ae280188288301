"""A container's output on its way to CloudWatch: log lines in small batches, metrics by regular expression."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("sandbox.sagemaker")

#: The metrics of the BlazingText image: SageMaker sets them for a built-in algorithm, a request may not.
METRIC_DEFINITIONS: Final = (
    {"Name": "train:mean_rho", "Regex": r"#mean_rho: (\S+)"},
    {"Name": "train:accuracy", "Regex": r"#train_accuracy: (\S+)"},
    {"Name": "validation:accuracy", "Regex": r"#validation_accuracy: (\S+)"},
)
METRICS_NAMESPACE: Final = "/aws/sagemaker/TrainingJobs"

_PATTERNS: Final = {definition["Name"]: re.compile(definition["Regex"]) for definition in METRIC_DEFINITIONS}
#: PutLogEvents takes 1,048,576 bytes counting 26 for each event, and 10,000 events.
_BATCH_BYTES: Final = 900_000
_BATCH_EVENTS: Final = 5_000
_EVENT_OVERHEAD: Final = 26


def metrics_in(line: str) -> dict[str, float]:
    """The metrics a log line reports; a value that is not a number is not one."""
    found = {}
    for name, pattern in _PATTERNS.items():
        match = pattern.search(line)
        if match is not None:
            try:
                found[name] = float(match[1])
            except ValueError:
                continue
    return found


class LogStream:
    """One log stream, filled from any thread, sent about twice a second with a role's own credentials.

    A role without the logs permissions loses its lines, as on AWS: the work goes on, and the sandbox's own log says why.

    Args:
        client: makes the CloudWatch Logs client; called on the sending thread.
        group: the log group, created when missing and allowed.
        stream: the log stream.
        interval: seconds between two sendings.
    """

    def __init__(self, client: Callable[[], Any], group: str, stream: str, *, interval: float = 0.5) -> None:
        self._make_client, self._group, self._stream, self._interval = client, group, stream, interval
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._client: Any = None
        self._refused = False
        self._thread = threading.Thread(target=self._send_until_closed, daemon=True, name=f"logs-{stream}")
        self._thread.start()

    def write(self, line: str) -> None:
        """Add a line, stamped now. CloudWatch takes no empty event: an empty line becomes a blank."""
        event = {"timestamp": int(time.time() * 1000), "message": line or " "}
        with self._lock:
            self._waiting.append(event)

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
            for event in self._waiting[:_BATCH_EVENTS]:
                size += len(event["message"].encode()) + _EVENT_OVERHEAD
                if count and size > _BATCH_BYTES:
                    break
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
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
    """Create a group or stream; one that exists, or a group one may not create, is left to the next call to judge."""
    try:
        create(**names)
    except ClientError as problem:
        if problem.response["Error"]["Code"] not in ("ResourceAlreadyExistsException", "AccessDeniedException"):
            raise


def put_training_metrics(client: Any, job_name: str, metrics: Mapping[str, float]) -> None:
    """Publish a job's metrics with its role; a refusal is reported in the sandbox's log and harms nothing."""
    dimensions = [{"Name": "TrainingJobName", "Value": job_name}]
    data = [{"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in metrics.items()]
    try:
        client.put_metric_data(Namespace=METRICS_NAMESPACE, MetricData=data)
    except (ClientError, BotoCoreError) as problem:
        logger.warning("the metrics of %s are not in CloudWatch: %s", job_name, problem)
