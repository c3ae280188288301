"""CloudFormation reads parameters of SSM types with the caller's rights, before it begins to work on a stack.

ministack reads them as itself. On AWS a caller without `ssm:GetParameters` is refused by CreateStack, UpdateStack and CreateChangeSet,
whatever role the stack has (https://github.com/aws/aws-cdk/issues/20959; CDK's deployment role has the permission for that reason).
The value is read anew at every update, so `UsePreviousValue` does not help
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps one

from __future__ import annotations

from typing import Any, Final

from .. import arns
from ..emulator.callers import caller, remember_caller
from ..emulator.identity import AccessDeniedError, account_id, authorize, region
from ..emulator.internals import Json, internal

_SSM_TYPE: Final = "AWS::SSM::Parameter::Value<"
_REFUSAL: Final = "AccessDenied. User doesn't have permission to call ssm:GetParameters"


def apply() -> None:
    """Ask for the caller's permission wherever ministack resolves parameters."""
    remember_caller("cloudformation")
    engine = internal("services.cloudformation.engine")
    resolve = engine._resolve_parameters

    def resolve_as_the_caller(template: Json, provided: list[Json], previous: Json | None = None) -> Json:
        resolved: Json = resolve(template, provided, previous)
        _authorize([str(value["SsmName"]) for value in resolved.values() if _is_read(value)])
        return resolved

    # Each of these modules has imported the function by name.
    handlers, changesets = internal("services.cloudformation.handlers"), internal("services.cloudformation.changesets")
    engine._resolve_parameters = handlers._resolve_parameters = changesets._resolve_parameters = resolve_as_the_caller


def _is_read(value: Any) -> bool:
    return isinstance(value, dict) and str(value.get("Type", "")).startswith(_SSM_TYPE) and "SsmName" in value


def _authorize(names: list[str]) -> None:
    key = caller()
    for name in names if key else ():
        try:
            parameter = arns.arn("ssm", region(), account_id(), f"parameter/{name.lstrip('/')}")
            authorize("ssm:GetParameters", parameter, access_key=key)
        except AccessDeniedError as denied:
            # What ministack raises here becomes the ValidationError that AWS answers, too.
            raise ValueError(_REFUSAL) from denied
