"""IAM is asked about the dashboard, the queue and the event rule that a request names; ministack asks about everything, or another.

A policy that allows `cloudwatch:GetDashboard` on one dashboard, `sqs:StartMessageMoveTask` on one queue, or `events:DescribeRule` on one
rule would otherwise allow nothing. Only a rule of a bus that is not the default one has the bus in its ARN. Resource types:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html, list_amazonsqs.html and
list_amazoneventbridge.html
"""

from __future__ import annotations

from typing import Any

from .. import arns
from ..emulator.identity import account_id, region
from ..emulator.internals import Json, internal
from ..emulator.services import request_fields


def apply() -> None:
    """Authorize requests that name a dashboard, the source of a move, or a rule, on it."""
    actions = internal("core.iam_actions")
    original = actions.extract_resource_arn

    def extract_resource_arn(service: str, method: str, path: str, headers: Json, body: bytes, *rest: Any) -> str:
        found = str(original(service, method, path, headers, body, *rest))
        if found == "*":
            return named_arn(service, body) or found
        return found.replace(":rule/default/", ":rule/", 1) if service == "events" else found

    actions.extract_resource_arn = extract_resource_arn


def named_arn(service: str, body: bytes) -> str:
    """The ARN of what a request names; empty when it names nothing of these."""
    if service == "events":
        name = request_fields(body).get("Rule")
        return arns.arn("events", region(), account_id(), f"rule/{name}") if name else ""
    if service == "monitoring":
        name = request_fields(body).get("DashboardName")
        return arns.arn("cloudwatch", "", account_id(), f"dashboard/{name}") if name else ""
    return str(request_fields(body).get("SourceArn", "")) if service == "sqs" else ""
