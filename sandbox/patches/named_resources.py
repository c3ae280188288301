"""IAM is asked about the dashboard and the queue that a request names; ministack asks about everything.

A policy that allows `cloudwatch:GetDashboard` on one dashboard, or `sqs:StartMessageMoveTask` on one queue, would otherwise allow nothing.
Resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html and list_amazonsqs.html
"""

from __future__ import annotations

from typing import Any

from .. import arns
from ..emulator.identity import account_id
from ..emulator.internals import Json, internal
from ..emulator.services import request_fields


def apply() -> None:
    """Authorize requests that name a dashboard, or the source of a move, on it."""
    actions = internal("core.iam_actions")
    original = actions.extract_resource_arn

    def extract_resource_arn(service: str, method: str, path: str, headers: Json, body: bytes, *rest: Any) -> str:
        found = str(original(service, method, path, headers, body, *rest))
        return named_arn(service, body) or found if found == "*" else found

    actions.extract_resource_arn = extract_resource_arn


def named_arn(service: str, body: bytes) -> str:
    """The ARN of what a request names; empty when it names neither."""
    if service == "monitoring":
        name = request_fields(body).get("DashboardName")
        return arns.arn("cloudwatch", "", account_id(), f"dashboard/{name}") if name else ""
    return str(request_fields(body).get("SourceArn", "")) if service == "sqs" else ""
