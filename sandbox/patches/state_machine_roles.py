"""Whoever makes a state machine must be allowed to pass its role, and the role must trust Step Functions.

ministack takes any ARN. Sources: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html and, for the refusal's
words, https://repost.aws/knowledge-center/step-functions-iam-role-troubleshooting. What
CloudFormation may do is asked in stack_permissions; here it learns that the role does not trust.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import arns
from ..emulator.callers import caller, remember_caller
from ..emulator.identity import AccessDeniedError, RoleNotAssumableError, account_id, authorize, check_trust, region
from ..emulator.internals import Json, internal
from ..emulator.resource_types import physical_name
from .state_machine_tasks import SERVICE

_TYPE: Final = "AWS::StepFunctions::StateMachine"
_UNTRUSTING: Final = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."
)
Operation = Callable[[Json], tuple[int, Json, bytes]]


def apply() -> None:
    """Check the role in both APIs and in both operations of the resource type."""
    remember_caller("states")
    service = internal("services.stepfunctions")
    service._create_state_machine = _checked(service._create_state_machine)
    service._update_state_machine = _checked(service._update_state_machine)
    handler = internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS[_TYPE]
    create, update = handler["create"], handler["update"]

    def create_with_a_trusting_role(logical_id: str, properties: Json, stack_name: str) -> Any:
        _check_for_stack(logical_id, properties, stack_name)
        return create(logical_id, properties, stack_name)

    def update_with_a_trusting_role(physical_id: str, old: Json, new: Json, stack_name: str, logical_id: str = "") -> Any:
        _check_for_stack(logical_id, new, stack_name)
        return update(physical_id, old, new, stack_name, logical_id=logical_id)

    handler.update(create=create_with_a_trusting_role, update=update_with_a_trusting_role)


def _checked(operation: Operation) -> Operation:
    def check_and_do(request: Json) -> tuple[int, Json, bytes]:
        if role := request.get("roleArn"):
            try:
                authorize("iam:PassRole", role, {"iam:PassedToService": SERVICE}, access_key=caller())
                check_trust(role, SERVICE, request.get("stateMachineArn") or _arn(str(request.get("name"))))
            except (AccessDeniedError, RoleNotAssumableError) as problem:
                words = problem.message if isinstance(problem, AccessDeniedError) else _UNTRUSTING
                refusal: tuple[int, Json, bytes] = internal("services.stepfunctions").error_response_json(
                    "AccessDeniedException", words, 400
                )
                return refusal
        return operation(request)

    return check_and_do


def _check_for_stack(logical_id: str, properties: Json, stack_name: str) -> None:
    machine = _arn(properties.get("StateMachineName") or physical_name(stack_name, logical_id, 80))
    try:
        check_trust(str(properties.get("RoleArn", "")), SERVICE, machine)
    except RoleNotAssumableError as problem:
        raise ValueError(f'Resource handler returned message: "{_UNTRUSTING}" (HandlerErrorCode: AccessDenied)') from problem


def _arn(name: str) -> str:
    return arns.arn("states", region(), account_id(), f"stateMachine:{name}")
