"""A log group that exists already fails the stack that would create it.

ministack takes it over, with what is in it thrown away. On AWS the resource fails with `AlreadyExists`, whoever made the group
(https://github.com/aws/aws-cdk/issues/13652).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps one

from __future__ import annotations

import json

from ..emulator.internals import Json, internal

_TYPE = "AWS::Logs::LogGroup"


def apply() -> None:
    """Look for the name first; a replacement goes the same way."""
    provisioners = internal("services.cloudformation.provisioners")
    create = provisioners._cwlogs_create

    def create_under_a_free_name(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
        name = properties.get("LogGroupName")
        if name in internal("services.cloudwatch_logs")._log_groups:
            identifier = json.dumps({"/properties/LogGroupName": name}, separators=(",", ":"))
            raise ValueError(f"Resource of type '{_TYPE}' with identifier '{identifier}' already exists. (HandlerErrorCode: AlreadyExists)")
        made: tuple[str, Json] = create(logical_id, properties, stack_name)
        return made

    provisioners._cwlogs_create = provisioners._RESOURCE_HANDLERS[_TYPE]["create"] = create_under_a_free_name
