"""Registering a service beside ministack's own; the events and metrics that such a service publishes."""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from .identity import ServiceError, access_key_of_request, account_id, authorize, region
from .internals import Json, internal


@dataclass(frozen=True)
class Request:
    """One authenticated and authorised call of a service's operation; header names are lower case."""

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, list[str]]


@dataclass(frozen=True)
class Response:
    """What a handler answers."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/x-amz-json-1.1"})


Handler = Callable[[Request], Response]
ResourceArns = Callable[[Request], Sequence[str]]
ResourceTags = Callable[[str], Mapping[str, str]]
ConditionKeys = Callable[[Request], Mapping[str, object]]


def register_service(
    name: str,
    handler: Handler,
    *,
    target_prefix: str,
    routes: Sequence[tuple[str, str, str]] = (),
    resource_arns: ResourceArns = lambda _: ("*",),
    resource_tags: ResourceTags = lambda _: {},
    condition_keys: ConditionKeys = lambda _: {},
) -> None:
    """Serve a service: requests signed for `name`, or with `X-Amz-Target: <target_prefix>.<Operation>`, reach `handler`.

    Before the handler runs, the signature is verified and the caller's policies have to allow
    `<name>:<Operation>` on every ARN of `resource_arns(request)`, with the condition keys `aws:RequestTag`,
    `aws:TagKeys`, `aws:ResourceTag` and the service's own. The handler runs on a worker thread, so it may block and may send
    requests to the sandbox.

    Args:
        name: the signing name and IAM namespace, for example `sagemaker`.
        handler: raises `ServiceError` for an error answer.
        target_prefix: the service model's `targetPrefix`, for example `SageMaker`.
        routes: for operations without a target header: (HTTP method, regular expression of the whole path, operation).
        resource_arns: the ARNs an operation acts on; `("*",)` for lists and the like.
        resource_tags: the tags of an existing resource.
        condition_keys: the service's own condition keys and their values.
    """

    async def serve(method: str, path: str, headers: Json, body: bytes, query: Json) -> tuple[int, Json, bytes]:
        request = Request(_operation(method, path, headers, routes), method, path, headers, body, query)
        access_key_of_request.set(str(internal("core.router").extract_access_key_id(headers, query)))

        def authorize_request() -> None:
            _authorize_operation(name, request, resource_arns, resource_tags, condition_keys(request))

        answer = await internal("core.concurrency").run_reentrant(_answer, request, handler, authorize_request)
        return answer.status, dict(answer.headers), answer.body

    internal("app").SERVICE_HANDLERS[name] = serve
    internal("core.router").SERVICE_PATTERNS[name] = {"host_patterns": [], "target_prefixes": [f"{target_prefix}."]}


def _operation(method: str, path: str, headers: Mapping[str, str], routes: Sequence[tuple[str, str, str]]) -> str:
    """The operation a request asks for; empty when it names none."""
    target = headers.get("x-amz-target", "")
    matching = (operation for verb, pattern, operation in routes if verb == method and re.fullmatch(pattern, path))
    return target.rpartition(".")[2] if target else next(matching, "")


def _answer(request: Request, handler: Handler, authorize_request: Callable[[], None]) -> Response:
    """The handler's answer, or the error in the shape AWS SDKs read."""
    try:
        authorize_request()
        return handler(request)
    except ServiceError as problem:
        content = json.dumps({"__type": problem.code, "message": problem.message}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": problem.code}
        return Response(content, problem.status, headers)


def _authorize_operation(
    name: str, request: Request, resource_arns: ResourceArns, resource_tags: ResourceTags, own_keys: Mapping[str, object]
) -> None:
    """Authorize the operation on every resource it acts on; a request without an operation is refused."""
    if not request.operation:
        raise ServiceError("UnknownOperationException", f"{request.method} {request.path} is not an operation of {name}.", 404)
    action = f"{name}:{request.operation}"
    asked = internal("core.iam_actions").request_tag_context(name, action, request.body, dict(request.query))
    for arn in resource_arns(request):
        authorize(action, arn, {**{f"aws:ResourceTag/{key}": value for key, value in resource_tags(arn).items()}, **asked, **own_keys})


def request_fields(body: bytes) -> Json:
    """The top-level fields of a request's body, JSON or form."""
    if body[:1] == b"{":
        found: Json = json.loads(body)
        return found
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def publish_event(source: str, detail_type: str, detail: Json, resources: Sequence[str] = ()) -> None:
    """Put an event of an AWS service (`aws.sagemaker`) on the default bus of this account and region; rules and targets run."""
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "EventBusName": "default",
        "Time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Resources": list(resources),
        "Account": account_id(),
        "Region": region(),
    }
    internal("services.eventbridge")._dispatch_event(event)


def put_metric(namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str = "None") -> None:
    """Store one value of a service's own metric (namespaces `AWS/*` take no `PutMetricData`); alarms are evaluated."""
    cloudwatch = internal("services.cloudwatch")
    cloudwatch._store_datum(namespace, name, dict(dimensions), time.time(), unit, value, None, None, None)
    cloudwatch._evaluate_all_alarms()
