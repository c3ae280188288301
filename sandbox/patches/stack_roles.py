"""CloudFormation works on a stack with the stack's role, which must trust it, and only a caller who may pass the role can name it.

ministack ignores RoleARN. Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ..emulator import stack_roles
from ..emulator.identity import AccessDeniedError, RoleNotAssumableError, authorize, check_trust
from ..emulator.internals import Json, internal

_OPERATIONS: Final = frozenset({"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet", "RollbackStack"})

HttpAnswer = tuple[int, Json, bytes]
Handler = Callable[[str, str, Json, bytes, Json], Awaitable[HttpAnswer]]


def apply() -> None:
    """Check and record the role and the caller of every stack operation."""
    handlers = internal("app").SERVICE_HANDLERS
    handlers["cloudformation"] = _recording(handlers["cloudformation"])


def _recording(handler: Handler) -> Handler:
    async def check_and_record(method: str, path: str, headers: Json, body: bytes, query: Json) -> HttpAnswer:
        parameters = {**query, **parse_qs(body.decode("utf-8", "replace"))}
        action, role = _first(parameters, "Action"), _first(parameters, "RoleARN")
        if action not in _OPERATIONS:
            return await handler(method, path, headers, body, query)
        key = str(internal("core.router").extract_access_key_id(headers, query))
        try:
            if role:
                authorize("iam:PassRole", role, {"iam:PassedToService": stack_roles.SERVICE}, access_key=key)
                check_trust(role, stack_roles.SERVICE)
        except AccessDeniedError as denied:
            return _refused(403, "AccessDenied", denied.message)
        except RoleNotAssumableError:
            return _refused(400, "ValidationError", f"Role {role} is invalid or cannot be assumed")
        # Before the operation: the emulator may work on the stack before it has answered.
        new = action == "CreateStack" or _first(parameters, "ChangeSetType") == "CREATE"
        undo = stack_roles.record(_stack_name(parameters), role, key, new=new)
        answer = await handler(method, path, headers, body, query)
        if answer[0] >= 400:
            undo()
        return answer

    return check_and_record


def _stack_name(parameters: Mapping[str, Any]) -> str:
    """The stack's name; a request has it, or the ARN arn:aws:cloudformation:region:account:stack/NAME/id."""
    return _first(parameters, "StackName").rpartition(":stack/")[2].split("/")[0]


def _first(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _refused(status: int, code: str, message: str) -> HttpAnswer:
    """An error in the Query protocol."""
    body = (
        f'<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return status, {"Content-Type": "text/xml"}, body.encode()
