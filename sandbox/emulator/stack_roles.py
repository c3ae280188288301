"""With whose permissions CloudFormation works on a stack: those of the stack's role, else those of the caller.

On AWS a stack that was created or updated with a RoleARN keeps that role for later operations that name none; a stack that never had
one is worked on with the permissions of the caller. The emulator does everything as itself; resource types written here, and
patches/stack_permissions.py for every other type, ask `acting_for` first, so that a permission the role lacks fails the stack.
patches/stack_roles.py records who acts.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from .identity import RoleNotAssumableError, access_key_of_request, account_id, assume_role_credentials, called_via, region

SERVICE: Final = "cloudformation.amazonaws.com"


@dataclass(frozen=True)
class _Principal:
    role_arn: str | None
    access_key: str


#: Account, region and stack name -> who acts for the stack.
_principals: dict[tuple[str, str, str], _Principal] = {}


@contextmanager
def acting_for(stack_name: str) -> Iterator[None]:
    """Within the block, `authorize` asks the policies of whoever acts for the stack; a nested stack has no role of its own.

    Raises:
        RoleNotAssumableError: the stack's role is gone or does not trust CloudFormation; the text is AWS's.
    """
    principal = _principals.get((account_id(), region(), stack_name))
    if principal is None:
        yield
        return
    token = access_key_of_request.set(_key(principal))
    # Only the caller's own credentials are forwarded; the role's session is CloudFormation's.
    chain = called_via.set((SERVICE,) if principal.role_arn is None else ())
    try:
        yield
    finally:
        called_via.reset(chain)
        access_key_of_request.reset(token)


def _key(principal: _Principal) -> str:
    if principal.role_arn is None:
        return principal.access_key
    try:
        return assume_role_credentials(principal.role_arn, "AWSCloudFormation", SERVICE).access_key
    except RoleNotAssumableError as problem:
        raise RoleNotAssumableError(f"Role {principal.role_arn} is invalid or cannot be assumed") from problem


def record(stack_name: str, role_arn: str, access_key: str, *, new: bool) -> Callable[[], None]:
    """Record who acts for a stack from now on.

    Args:
        stack_name: the stack.
        role_arn: the role given with the operation; empty when none was.
        access_key: the caller's.
        new: whether the operation creates the stack: it then has no earlier role.

    Returns:
        What takes the record back, for an operation that is refused.
    """
    key = (account_id(), region(), stack_name)
    before = _principals.get(key)
    kept = before.role_arn if before is not None and not new else None
    _principals[key] = _Principal(role_arn or kept, access_key)

    def undo() -> None:
        if before is None:
            _principals.pop(key, None)
        else:
            _principals[key] = before

    return undo
