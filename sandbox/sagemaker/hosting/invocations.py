"""InvokeEndpoint: a request to a container, with AWS's errors and metrics."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from urllib3 import BaseHTTPResponse

from ... import arns
from ..api.errors import ModelError, ServiceUnavailable, ValidationError
from ..api.runtime import Invocation, event_stream
from ..cloud import Cloud
from ..store import Instance, Store
from .container_client import ContainerTimeoutError, ContainerUnreachableError
from .fleet import INVOCATION_SECONDS, LOG_GROUP

MAX_BODY_BYTES: Final = 6_291_456
NAMESPACE: Final = "AWS/SageMaker"
_MAX_LATENCIES: Final = 50
_ATTRIBUTES: Final = "X-Amzn-SageMaker-Custom-Attributes"


class Invocations:
    """The operations InvokeEndpoint and InvokeEndpointWithResponseStream.

    Args:
        cloud: the account it runs in.
        metrics: where invocations are counted.
        timeout: seconds a container may take.
    """

    def __init__(self, cloud: Cloud, metrics: InvocationMetrics, *, timeout: float = INVOCATION_SECONDS) -> None:
        self._cloud, self._metrics, self._timeout = cloud, metrics, timeout

    def invoke(self, store: Store, invocation: Invocation) -> tuple[int, dict[str, str], bytes]:
        """Send it to the least busy container, and perhaps a copy to the shadow; status, headers and body of the answer.

        Raises:
            ModelError: the container answered with an error or not in time.
            ServiceUnavailable: the container cannot be reached.
            ValidationError: no such endpoint or variant, or a body too large.
        """
        instance = self._choose(store, invocation)
        shadow = instance.shadow()
        if shadow is not None:
            self._cloud.background(f"shadow-{invocation.endpoint}", partial(self._copy, invocation, shadow))
        answer = self._ask(invocation, instance)
        kind, attributes = answer.headers.get("content-type", "application/octet-stream"), answer.headers.get(_ATTRIBUTES)
        headers = {"x-Amzn-Invoked-Production-Variant": instance.variant, **({_ATTRIBUTES: attributes} if attributes else {})}
        # In lower case: the emulator rewrites "Content-Type: application/json" for JSON 1.1 services, and this is the container's own.
        if invocation.operation == "InvokeEndpointWithResponseStream":
            headers |= {"content-type": "application/vnd.amazon.eventstream", "X-Amzn-SageMaker-Content-Type": kind}
            return 200, headers, event_stream(answer.data)
        return 200, headers | {"content-type": kind}, answer.data

    def _ask(self, invocation: Invocation, instance: Instance) -> BaseHTTPResponse:
        """The answer of an instance that is held, which is released; counted and captured under its variant."""
        started = time.perf_counter()
        status = 500
        try:
            answer = self._send(invocation, instance)
            status = answer.status
            self._check(invocation, instance, answer)
            instance.capture(invocation, answer)
        finally:
            instance.release()
            self._metrics.add(Call(invocation.endpoint, instance.variant, status, time.perf_counter() - started, instance.share))
        return answer

    def _copy(self, invocation: Invocation, shadow: Instance) -> None:
        """Send a copy of a request to the shadow: of its answer, its error and its time, only metrics and captures tell."""
        with suppress(ModelError, ServiceUnavailable):
            self._ask(invocation, shadow)

    def _choose(self, store: Store, invocation: Invocation) -> Instance:
        endpoint = store.endpoints.get(invocation.endpoint)
        if endpoint is None:
            raise ValidationError(f"Endpoint {invocation.endpoint} of account {self._cloud.account_id} not found.")
        variant = invocation.members.get("TargetVariant")
        try:
            return endpoint.router.acquire(variant)
        except LookupError as problem:
            if not endpoint.router.fleets():
                raise ValidationError(f"Endpoint {invocation.endpoint} of account {self._cloud.account_id} not found.") from problem
            raise ValidationError(f"Variant {variant} not found for endpoint {invocation.endpoint}.") from problem

    def _send(self, invocation: Invocation, instance: Instance) -> BaseHTTPResponse:
        headers = {
            "Content-Type": invocation.get("ContentType", "application/octet-stream"),
            "Accept": invocation.get("Accept", "*/*"),
        }
        for header, member in ((_ATTRIBUTES, "CustomAttributes"), ("X-Amzn-SageMaker-Inference-Id", "InferenceId")):
            if member in invocation.members:
                headers[header] = invocation.get(member)
        try:
            return instance.invoke(invocation.body, headers, self._timeout)
        except ContainerTimeoutError as problem:
            message = (
                "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each"
                " container in Amazon CloudWatch, resolve the issue, and try again."
            )
            raise self._model_error(invocation, instance, 0, message) from problem
        except ContainerUnreachableError as problem:
            raise ServiceUnavailable(f"The container of {invocation.endpoint} does not answer: {problem}") from problem

    def _check(self, invocation: Invocation, instance: Instance, answer: BaseHTTPResponse) -> None:
        if answer.status >= 400:
            raise self._model_error(invocation, instance, answer.status, answer.data.decode("utf-8", "replace"))
        if len(answer.data) > MAX_BODY_BYTES:
            raise self._model_error(invocation, instance, 500, f"the response is larger than {MAX_BODY_BYTES} bytes")

    def _model_error(self, invocation: Invocation, instance: Instance, status: int, message: str) -> ModelError:
        region, account, group = self._cloud.region, self._cloud.account_id, LOG_GROUP + invocation.endpoint
        whose = "client" if 400 <= status < 500 else "server"
        return ModelError(
            f'Received {whose} error ({status}) from primary with message "{message}". See log group {group} in account {account} for more'
            " information.",
            OriginalStatusCode=status,
            OriginalMessage=message,
            LogStreamArn=arns.arn("logs", region, account, f"log-group:{group}:log-stream:{instance.stream}"),
        )


@dataclass(frozen=True)
class Call:
    """One invocation, as the metrics count it.

    Attributes:
        endpoint: the endpoint's name.
        variant: the variant's.
        status: what the container answered.
        seconds: how long it took.
        share: one, divided by the instances of the variant.
    """

    endpoint: str
    variant: str
    status: int
    seconds: float
    share: float


class InvocationMetrics:
    """The invocation metrics of `AWS/SageMaker`, published once a second.

    Counts are summed over the second; of the latencies at most 50 are kept, evenly spread over the sorted ones with both ends,
    so that average, percentiles and maximum stay about the same.

    Args:
        cloud: the account it runs in.
        interval: seconds between two publications.
    """

    def __init__(self, cloud: Cloud, *, interval: float = 1.0) -> None:
        self._cloud, self._interval = cloud, interval
        self._calls: dict[tuple[str, str], list[Call]] = defaultdict(list)
        self._lock = threading.Lock()
        self._running = False

    def add(self, call: Call) -> None:
        """Count one invocation."""
        with self._lock:
            self._calls[call.endpoint, call.variant].append(call)
            start, self._running = not self._running, True
        if start:
            self._cloud.background("invocation-metrics", self._publish_until_idle)

    def _publish_until_idle(self) -> None:
        """Publish every second; the thread ends when a second passes without a call."""
        while True:
            time.sleep(self._interval)
            with self._lock:
                calls, self._calls = self._calls, defaultdict(list)
                self._running = bool(calls)
            if not calls:
                return
            for (endpoint, variant), measured in calls.items():
                self._publish({"EndpointName": endpoint, "VariantName": variant}, measured)

    def _publish(self, dimensions: Mapping[str, str], calls: list[Call]) -> None:
        counts = {
            "Invocations": len(calls),
            "InvocationsPerInstance": sum(call.share for call in calls),
            "Invocation4XXErrors": sum(400 <= call.status < 500 for call in calls),
            "Invocation5XXErrors": sum(call.status >= 500 for call in calls),
            "InvocationModelErrors": sum(call.status >= 400 for call in calls),
        }
        for name, value in counts.items():
            self._cloud.put_metric(NAMESPACE, name, float(value), dimensions, "None")
        for seconds in _sample_evenly(sorted(call.seconds for call in calls), _MAX_LATENCIES):
            self._cloud.put_metric(NAMESPACE, "ModelLatency", seconds * 1e6, dimensions, "Microseconds")


def _sample_evenly(ordered: list[float], most: int) -> list[float]:
    """At most so many of the ordered values, evenly spread, first and last included."""
    if len(ordered) <= most:
        return ordered
    return [ordered[round(place * (len(ordered) - 1) / (most - 1))] for place in range(most)]
