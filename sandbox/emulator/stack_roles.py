"""With whose permissions CloudFormation works on a stack: the role the stack was given, else whoever asked last.

On AWS a stack made or updated with a RoleARN is worked on with that role from then on, also when a later update names none; a stack
that never got one is worked on with the permissions of the caller. The emulator does everything as itself; the resource types written
here ask `acting_for` first, so that a permission missing in the role fails the stack here as it does there.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from .identity import (
    AccessDeniedError,
    RoleNotAssumableError,
    access_key_of_request,
    account_id,
    assume_role_credentials,
    authorize,
    region,
)
from .internals import internal

SERVICE: Final = "cloudformation.amazonaws.com"
_STARTING: Final = frozenset({"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet", "RollbackStack"})

Serve = Callable[[str, str, dict[str, Any], bytes, dict[str, Any]], Awaitable[tuple[int, dict[str, Any], bytes]]]


@dataclass(frozen=True)
class _Principal:
    role_arn: str | None
    access_key: str


# Account, region and stack name -> who acts.
_principals: dict[tuple[str, str, str], _Principal] = {}


def remember_roles() -> None:
    """Note the role and caller of every stack operation, and check that the caller may pass the role to CloudFormation."""
    handlers = internal("app").SERVICE_HANDLERS
    handlers["cloudformation"] = _remembering(handlers["cloudformation"])


@contextmanager
def acting_for(stack_name: str) -> Iterator[None]:
    """Within the block, `authorize` asks the policies of whoever acts for the stack.

    Raises:
        RoleNotAssumableError: the stack's role is gone or does not trust CloudFormation; the text is AWS's.
    """
    principal = _principals.get((account_id(), region(), stack_name))
    token = access_key_of_request.set(None if principal is None else _key(principal))
    try:
        yield
    finally:
        access_key_of_request.reset(token)


def _key(principal: _Principal) -> str:
    if principal.role_arn is None:
        return principal.access_key
    try:
        return assume_role_credentials(principal.role_arn, "AWSCloudFormation", SERVICE).access_key
    except RoleNotAssumableError as problem:
        raise RoleNotAssumableError(f"Role {principal.role_arn} is invalid or cannot be assumed") from problem


def _remembering(serve: Serve) -> Serve:
    async def serve_and_remember(
        method: str, path: str, headers: dict[str, Any], body: bytes, query: dict[str, Any]
    ) -> tuple[int, dict[str, Any], bytes]:
        asked = {**query, **parse_qs(body.decode("utf-8", "replace"))}
        action, role = _first(asked, "Action"), _first(asked, "RoleARN")
        if action not in _STARTING:
            return await serve(method, path, headers, body, query)
        key = str(internal("core.router").extract_access_key_id(headers, query))
        try:
            if role:
                authorize("iam:PassRole", role, {"iam:PassedToService": SERVICE}, access_key=key)
        except AccessDeniedError as denied:
            return _refusal(denied.message)
        # Noted before: the emulator starts to work on the stack as soon as it has answered.
        undo = _note(asked, role, key)
        answer = await serve(method, path, headers, body, query)
        if answer[0] >= 400:
            undo()
        return answer

    return serve_and_remember


def _note(asked: Mapping[str, Any], role: str, key: str) -> Callable[[], None]:
    """Remember who acts; what takes it back."""
    # A stack is named by its name or its ARN, arn:aws:cloudformation:region:account:stack/NAME/id.
    place = (account_id(), region(), _first(asked, "StackName").rpartition(":stack/")[2].split("/")[0])
    before = _principals.get(place)
    new = _first(asked, "Action") == "CreateStack" or _first(asked, "ChangeSetType") == "CREATE"
    kept = before.role_arn if before is not None and not new else None
    _principals[place] = _Principal(role or kept, key)

    def undo() -> None:
        if before is None:
            _principals.pop(place, None)
        else:
            _principals[place] = before

    return undo


def _first(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name, "")
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _refusal(message: str) -> tuple[int, dict[str, Any], bytes]:
    """AccessDenied as the Query protocol writes it."""
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return 403, {"Content-Type": "text/xml"}, body.encode()
