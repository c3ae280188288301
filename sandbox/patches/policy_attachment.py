"""A managed policy that does not exist cannot be attached: `NoSuchEntity`, and a CloudFormation resource that names it fails.

ministack attaches any ARN (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..emulator.internals import Json, internal

_OPERATIONS: Final = ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy")
_TYPES: Final = ("AWS::IAM::Role", "AWS::IAM::User")
Handler = Callable[[Json], Any]


def apply() -> None:
    """Look for the policy before it is attached."""
    iam, types = internal("services.iam"), internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for operation in _OPERATIONS:
        iam._IAM_HANDLERS[operation] = _checked(iam._IAM_HANDLERS[operation])
    for type_name in _TYPES:
        # create(logical id, properties, stack) and update(physical id, old, new, stack, and perhaps the logical id).
        for verb, wanted in (("create", 1), ("update", 2)):
            types[type_name][verb] = _checked_properties(types[type_name][verb], wanted)


def _checked(attach: Handler) -> Handler:
    def attach_what_exists(parameters: Json) -> Any:
        iam = internal("services.iam")
        arn = str(iam._p(parameters, "PolicyArn"))
        return attach(parameters) if iam._policy_exists(arn) else iam._error(404, "NoSuchEntity", _words(arn), ns="iam")

    return attach_what_exists


def _checked_properties(handler: Callable[..., Any], wanted: int) -> Callable[..., Any]:
    def handle(*arguments: Any) -> Any:
        properties: Json = arguments[wanted]
        named = [*(properties.get("ManagedPolicyArns") or []), *filter(None, [properties.get("PermissionsBoundary")])]
        for arn in named:
            if not internal("services.iam")._policy_exists(arn):
                raise ValueError(f"{_words(arn)} (Service: Iam, Status Code: 404, HandlerErrorCode: NotFound)")
        return handler(*arguments)

    return handle


def _words(arn: str) -> str:
    return f"Policy {arn} does not exist or is not attachable."
