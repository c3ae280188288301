"""CloudFormation's own events: every change of a stack's status is one on the default bus, which ministack leaves out.

Shape: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
"""

# ruff: noqa: SLF001 - see sandbox/internals.py: this file replaces one

from __future__ import annotations

from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.services import publish_event

_STACK: Final = "AWS::CloudFormation::Stack"


def repair() -> None:
    """Publish a stack's status whenever it is recorded, from now on, wherever ministack records it."""
    stacks = internal("services.cloudformation.stacks")
    record = stacks._add_event

    def record_and_publish(
        stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, *rest: Any, **named: Any
    ) -> None:
        record(stack_id, stack_name, logical_id, resource_type, status, *rest, **named)
        # A nested stack is recorded in its parent too, as one of its resources, under another name.
        if resource_type == _STACK and logical_id == stack_name:
            reason = rest[0] if rest else named.get("reason", "")
            token = stacks.CLIENT_REQUEST_TOKEN.get() or ""
            publish_event("aws.cloudformation", "CloudFormation Stack Status Change", detail(stack_id, status, reason, token), [stack_id])

    # Each of these modules has imported the function for itself.
    handlers, changesets = internal("services.cloudformation.handlers"), internal("services.cloudformation.changesets")
    stacks._add_event = handlers._add_event = changesets._add_event = record_and_publish


def detail(stack_id: str, status: str, reason: str, token: str) -> Json:
    """What the event says of a stack."""
    return {"stack-id": stack_id, "status-details": {"status": status, "status-reason": reason}, "client-request-token": token}
