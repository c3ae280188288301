"""A log group that exists already fails the stack that would create it, and one without a name gets CloudFormation's.

ministack takes it over, with what is in it thrown away. On AWS the resource fails with `AlreadyExists`, whoever made the group
(https://github.com/aws/aws-cdk/issues/13652). A group without a name is called `<stack>-<logical id>-<suffix>`, as other resources are
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html), not `/aws/cloudformation/...`: permissions
for `<stack>-*` must hold.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

import json
from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.resource_types import physical_name

_TYPE: Final = "AWS::Logs::LogGroup"


def apply() -> None:
    """Look for the name first; a replacement goes the same way."""
    provisioners = internal("services.cloudformation.provisioners")
    handler = provisioners._RESOURCE_HANDLERS[_TYPE]
    create, update = provisioners._cwlogs_create, handler["update"]

    def create_under_a_free_name(logical_id: str, properties: Json, stack_name: str) -> Any:
        name = properties.get("LogGroupName") or physical_name(stack_name, logical_id, 512)
        if name in internal("services.cloudwatch_logs")._log_groups:
            identifier = json.dumps({"/properties/LogGroupName": name}, separators=(",", ":"))
            raise ValueError(f"Resource of type '{_TYPE}' with identifier '{identifier}' already exists. (HandlerErrorCode: AlreadyExists)")
        return create(logical_id, {**properties, "LogGroupName": name}, stack_name)

    def update_under_its_name(physical_id: str, old: Json, new: Json, stack_name: str, logical_id: str = "") -> Any:
        kept = {} if old.get("LogGroupName") else {"LogGroupName": physical_id}
        named = {"LogGroupName": physical_name(stack_name, logical_id, 512), **kept, **new}
        return update(physical_id, {**old, **kept}, named, stack_name, logical_id=logical_id)

    provisioners._cwlogs_create = create_under_a_free_name
    handler.update(create=create_under_a_free_name, update=update_under_its_name)
