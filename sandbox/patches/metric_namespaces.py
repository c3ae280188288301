"""The condition key `cloudwatch:namespace` of `PutMetricData`, which ministack leaves out.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
"""

from __future__ import annotations

from ..emulator.internals import Json, internal
from ..emulator.services import request_fields


def apply() -> None:
    """Give the key to the policies."""
    actions = internal("core.iam_actions")
    original = actions.request_tag_context

    def request_context(service: str, iam_action: str, body: bytes, params: Json) -> Json:
        found: Json = original(service, iam_action, body, params)
        return {**found, **namespace_key(body)} if iam_action == "cloudwatch:PutMetricData" else found

    actions.request_tag_context = request_context


def namespace_key(body: bytes) -> Json:
    """The condition key and the namespace a request names."""
    namespace = request_fields(body).get("Namespace")
    return {} if namespace is None else {"cloudwatch:namespace": namespace}
