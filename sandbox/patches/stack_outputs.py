"""`Fn::GetStackOutput` is read with the permissions of whoever acts for the stack that reads.

ministack resolves it as nobody in particular. On AWS the stack's role, or the caller without one, needs `cloudformation:DescribeStacks`
on the stack that is read: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps one

from __future__ import annotations

from typing import Any

from .. import arns
from ..emulator.identity import AccessDeniedError, account_id, authorize, region
from ..emulator.internals import internal
from ..emulator.stack_roles import acting_for


def apply() -> None:
    """Ask before the function is resolved; ministack meets it while it descends into the properties of a resource."""
    engine = internal("services.cloudformation.engine")
    resolve = engine._resolve_refs

    # Its arguments: the value, resources, parameters, conditions, mappings, the stack's name and id.
    def resolve_if_allowed(value: Any, *context: Any) -> Any:
        stack_name = str(context[4])
        if isinstance(value, dict) and "Fn::GetStackOutput" in value and stack_name:
            _authorize(str(resolve(value["Fn::GetStackOutput"].get("StackName", ""), *context)), stack_name)
        return resolve(value, *context)

    engine._resolve_refs = resolve_if_allowed


def _authorize(name: str, reader: str) -> None:
    stack = internal("services.cloudformation")._stacks.get(name) or {}
    stack_arn = stack.get("StackId") or arns.arn("cloudformation", region(), account_id(), f"stack/{name}/*")
    with acting_for(reader):
        try:
            authorize("cloudformation:DescribeStacks", stack_arn)
        except AccessDeniedError as denied:
            raise ValueError(denied.message) from denied
