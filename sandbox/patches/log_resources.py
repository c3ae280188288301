"""The resource of a CloudWatch Logs request is a stream of the group, an empty one when the request names none.

That is why a policy on `log-group:NAME` allows nothing inside the group and one on `log-group:NAME:*` does; ministack compares the
group's own ARN (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html).
"""

from __future__ import annotations

from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.services import request_fields

_TAGGING: Final = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def apply() -> None:
    """Authorize log requests on streams."""
    actions = internal("core.iam_actions")
    original = actions.extract_resource_arn

    def extract_resource_arn(service: str, method: str, path: str, headers: Json, body: bytes, *rest: Any) -> str:
        found = str(original(service, method, path, headers, body, *rest))
        return log_stream_arn(found, headers, body) if service == "logs" else found

    actions.extract_resource_arn = extract_resource_arn


def log_stream_arn(group: str, headers: Json, body: bytes) -> str:
    """The ARN a request on a log group is authorized on; only the tagging operations act on the group itself."""
    if ":log-group:" not in group or str(headers.get("x-amz-target", "")).rpartition(".")[2] in _TAGGING:
        return group
    return f"{group}:log-stream:{request_fields(body).get('logStreamName', '')}"
