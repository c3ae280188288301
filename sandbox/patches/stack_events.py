"""Every change of a stack's status is an event on the default bus; ministack publishes none.

Shape: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.services import publish_event

_STACK: Final = "AWS::CloudFormation::Stack"


def apply() -> None:
    """Publish a stack's status wherever ministack records it."""
    stacks = internal("services.cloudformation.stacks")
    record = stacks._add_event

    def record_and_publish(
        stack_id: str, stack_name: str, logical_id: str, resource_type: str, status: str, *rest: Any, **named: Any
    ) -> None:
        record(stack_id, stack_name, logical_id, resource_type, status, *rest, **named)
        # A nested stack is also a resource of its parent, recorded there under its logical id.
        if resource_type == _STACK and logical_id == stack_name:
            reason = rest[0] if rest else named.get("reason", "")
            token = stacks.CLIENT_REQUEST_TOKEN.get() or ""
            publish_event("aws.cloudformation", "CloudFormation Stack Status Change", detail(stack_id, status, reason, token), [stack_id])

    # Each of these modules has imported the function by name.
    handlers, changesets = internal("services.cloudformation.handlers"), internal("services.cloudformation.changesets")
    stacks._add_event = handlers._add_event = changesets._add_event = record_and_publish


def detail(stack_id: str, status: str, reason: str, token: str) -> Json:
    """The event's detail."""
    return {"stack-id": stack_id, "status-details": {"status": status, "status-reason": reason}, "client-request-token": token}
