"""CloudFormation makes a schedule with all that its template says, and fails where EventBridge Scheduler refuses it.

ministack loses time zone, dates, key and what comes after the last time, keeps what an update leaves out, and takes no notice of refusals.
Besides, IAM is asked about a schedule in its own group, not in `default`
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridgescheduler.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file calls some

from __future__ import annotations

import json
from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.resource_types import physical_name, register_cloudformation_type
from ..emulator.services import request_fields

_TYPE: Final = "AWS::Scheduler::Schedule"
_NAME_LENGTH: Final = 64


class ScheduleRefusedError(Exception):
    """EventBridge Scheduler refuses a request; the text becomes the event's reason."""


def apply() -> None:
    """Register the type, and authorize requests on the schedule that they name."""
    register_cloudformation_type(_TYPE, create=_create, update=_update, delete=_delete, replacement=("GroupName",), tags=False)
    actions = internal("core.iam_actions")
    original = actions.extract_resource_arn

    # Its arguments: service, method, path, headers, body, query, region, account.
    def extract_resource_arn(service: str, *request: Any) -> str:
        found = str(original(service, *request))
        return _in_its_group(found, request[3], request[4]) if service == "scheduler" else found

    actions.extract_resource_arn = extract_resource_arn


def _in_its_group(arn: str, body: bytes, query: Json) -> str:
    """The ARN of a schedule with the group that a request names: a body has it, or the query."""
    given = query.get("groupName")
    named = given[0] if isinstance(given, list) else given
    group = named or (request_fields(body).get("GroupName") if body else None)
    return arn.replace(":schedule/default/", f":schedule/{group}/", 1) if group else arn


def _create(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
    name = str(properties.get("Name") or physical_name(stack_name, logical_id, _NAME_LENGTH))
    arn = _answered(internal("services.scheduler")._create_schedule(name, properties))["ScheduleArn"]
    return name, {"Arn": arn}


def _update(name: str, _old: Json, properties: Json, stack_name: str) -> tuple[str, Json]:
    if properties.get("Name") not in {None, name}:
        return _create(name, properties, stack_name)
    arn = _answered(internal("services.scheduler")._update_schedule(name, properties))["ScheduleArn"]
    return name, {"Arn": arn}


def _delete(name: str, properties: Json) -> None:
    """Removes a schedule; one that went with its group is gone already."""
    internal("services.scheduler")._delete_schedule(name, {"groupName": properties.get("GroupName", "default")})


def _answered(answer: Any) -> Json:
    status, _, body = answer
    found: Json = json.loads(body)
    if status >= 400:
        raise ScheduleRefusedError(found.get("Message") or found["__type"])
    return found
