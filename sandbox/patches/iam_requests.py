"""What IAM compares a request with, where ministack tells it less than AWS does: the resource of a log call, the namespace of a metric."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qs

from ..emulator.internals import Json, internal

_ABOUT_TAGS: Final = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def repair() -> None:
    """Describe requests to IAM as AWS does, from now on."""
    actions = internal("core.iam_actions")
    resource_of, context_of = actions.extract_resource_arn, actions.request_tag_context

    def resource(service: str, method: str, path: str, headers: Json, body: bytes, *rest: Any) -> str:
        found = str(resource_of(service, method, path, headers, body, *rest))
        return log_stream_arn(found, headers, body) if service == "logs" else found

    def context(service: str, iam_action: str, body: bytes, params: Json) -> Json:
        found: Json = context_of(service, iam_action, body, params)
        return {**found, **metric_namespace(body)} if iam_action == "cloudwatch:PutMetricData" else found

    actions.extract_resource_arn, actions.request_tag_context = resource, context


def log_stream_arn(group: str, headers: Json, body: bytes) -> str:
    """The resource CloudWatch Logs asks IAM about: always a stream of the group, an empty one when the request names none.

    That is why a policy on `log-group:NAME` allows nothing and one on `log-group:NAME:*` does
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html).
    """
    if ":log-group:" not in group or str(headers.get("x-amz-target", "")).rpartition(".")[2] in _ABOUT_TAGS:
        return group
    return f"{group}:log-stream:{_fields(body).get('logStreamName', '')}"


def metric_namespace(body: bytes) -> Json:
    """The condition key `cloudwatch:namespace` of a PutMetricData request."""
    namespace = _fields(body).get("Namespace")
    return {} if namespace is None else {"cloudwatch:namespace": namespace}


def _fields(body: bytes) -> Json:
    """The request's top-level fields, from JSON or from a form."""
    if body[:1] == b"{":
        found: Json = json.loads(body)
        return found
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
