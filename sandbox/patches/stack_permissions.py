"""CloudFormation makes, changes and deletes every resource with the permissions of the stack's role, or of the caller without one.

ministack calls its own services as nobody in particular, so a role without any policy deploys everything. Which permission which type
needs: `emulator/handler_permissions.py`. A refusal fails the resource in AWS's words, and the stack rolls back.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

import contextvars
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..emulator.handler_permissions import Need, needs, table
from ..emulator.identity import AccessDeniedError, RoleNotAssumableError, access_key_of_request, authorize, is_root
from ..emulator.internals import Json, internal
from ..emulator.resource_arns import Named
from ..emulator.resource_types import physical_name
from ..emulator.stack_roles import acting_for

_NESTED: Final = "AWS::CloudFormation::Stack"
_BUCKET: Final = "AWS::S3::Bucket"
_BUDGET: Final = "AWS::Budgets::Budget"
# How long a name that CloudFormation makes up may be.
_LENGTHS: Final[Mapping[str, int]] = {
    _BUCKET: 63,
    "AWS::CloudWatch::Alarm": 255,
    "AWS::Events::Rule": 64,
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::SNS::Topic": 256,
    "AWS::SQS::Queue": 80,
    "AWS::StepFunctions::StateMachine": 80,
}
# Set while an update has been asked about: a type without an update handler is updated by creating it again.
_asked: contextvars.ContextVar[bool] = contextvars.ContextVar("sandbox_update_asked", default=False)
Operation = Callable[..., Any]


class HandlerDeniedError(Exception):
    """IAM refuses what a resource needs; the text becomes the event's reason."""


def apply() -> None:
    """Ask before each of the three operations, wherever ministack calls them."""
    provisioners, stacks = internal("services.cloudformation.provisioners"), internal("services.cloudformation.stacks")
    provisioners._provision_resource = stacks._provision_resource = _asked_create(provisioners._provision_resource)
    provisioners._update_resource = stacks._update_resource = _asked_update(provisioners._update_resource)
    provisioners._delete_resource = stacks._delete_resource = _asked_delete(provisioners._delete_resource)


def _asked_create(operation: Operation) -> Operation:
    def create(resource_type: str, logical_id: str, properties: Json, stack_name: str) -> Any:
        if _asked.get():
            return operation(resource_type, logical_id, properties, stack_name)
        resource = Named(resource_type, properties, _name(resource_type, logical_id, properties, stack_name))
        return _as(stack_name, resource, "create", None, lambda: operation(resource_type, logical_id, properties, stack_name))

    return create


def _asked_update(operation: Operation) -> Operation:
    # Its arguments: type, physical id, old and new properties, the stack's name, and more that does not matter here.
    def update(*arguments: Any) -> Any:
        resource_type, physical_id, old, new, stack_name = arguments[:5]
        # A replacement creates the resource anew, which asks.
        if old == new or internal("services.cloudformation.provisioners")._replacing_change(resource_type, old, new):
            return operation(*arguments)
        resource, handler = Named(resource_type, new, physical_id=physical_id), "update"
        if _is_renamed(resource_type, old, new):
            # ministack's update handler replaces it.
            resource, handler, old = Named(resource_type, new, _name(resource_type, str(arguments[5]), new, stack_name)), "create", None
        token = _asked.set(True)
        try:
            return _as(stack_name, resource, handler, old, lambda: operation(*arguments))
        finally:
            _asked.reset(token)

    return update


def _is_renamed(resource_type: str, old: Json, new: Json) -> bool:
    name = table()["types"].get(resource_type, {}).get("name")
    return name is not None and old.get(name) != new.get(name)


def _asked_delete(operation: Operation) -> Operation:
    def delete(resource_type: str, physical_id: str, properties: Json, stack_name: str | None = None, logical_id: str | None = None) -> Any:
        resource = Named(resource_type, properties, physical_id=physical_id)
        return _as(
            stack_name or "", resource, "delete", None, lambda: operation(resource_type, physical_id, properties, stack_name, logical_id)
        )

    return delete


def _as(stack_name: str, resource: Named, handler: str, old: Json | None, do: Callable[[], Any]) -> Any:
    """Ask whoever acts for the stack, and do it; a nested stack is made within the block, so that its resources are asked about, too."""
    try:
        with acting_for(stack_name):
            key = access_key_of_request.get()
            if key is not None and not is_root(key):
                _ask(needs(handler, resource, old))
            if resource.type == _NESTED:
                token = _asked.set(False)
                try:
                    return do()
                finally:
                    _asked.reset(token)
    except RoleNotAssumableError as problem:
        raise HandlerDeniedError(str(problem)) from problem
    return do()


def _ask(wanted: list[Need]) -> None:
    for need in wanted:
        try:
            authorize(need.action, need.arn, need.conditions)
        except AccessDeniedError as denied:
            service = need.action.partition(":")[0].capitalize()
            raise HandlerDeniedError(
                f'Resource handler returned message: "{denied.message} (Service: {service}, Status Code: 403, Request ID: {uuid.uuid4()})"'
                f" (RequestToken: {uuid.uuid4()}, HandlerErrorCode: AccessDenied)"
            ) from denied


def _name(resource_type: str, logical_id: str, properties: Json, stack_name: str) -> str:
    """The name that a new resource will have; empty for a type without names."""
    if resource_type == _BUDGET:
        return str(properties["Budget"].get("BudgetName") or physical_name(stack_name, logical_id, 100))
    wanted = table()["types"].get(resource_type, {}).get("name")
    if wanted is None:
        return ""
    if properties.get(wanted):
        return str(properties[wanted])
    if resource_type.startswith("AWS::SageMaker::"):
        return f"{logical_id}-{physical_name(stack_name, logical_id)[-12:]}"
    seed = internal("services.cloudformation.provisioners")._NAME_SEED
    if resource_type == _BUCKET and not seed.get():
        # ministack draws it when it makes the bucket, unless it is drawn already.
        seed.set(uuid.uuid4().hex[:8])
    name = physical_name(stack_name, logical_id, _LENGTHS.get(resource_type, 128))
    return name.lower() if resource_type == _BUCKET else name
