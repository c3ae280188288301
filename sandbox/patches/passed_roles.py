"""Whoever hands a role to a service must be allowed to pass it; Lambda, EventBridge and Scheduler refuse one that does not trust them.

ministack takes any role. Which requests hand one over: `emulator/passed_roles.py`.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html and, for `aws:SourceArn`,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html. Lambda gives none
(https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qs

from ..arns import arn
from ..emulator.handler_permissions import roles_in
from ..emulator.identity import AccessDeniedError, RoleNotAssumableError, account_id, authorize, check_trust, region
from ..emulator.internals import Json, internal
from ..emulator.passed_roles import ELSEWHERE, TRUST, Trust, passing_actions, principal
from ..emulator.resource_types import physical_name

_MARK: Final = re.compile(rb":role(/|%2[fF])")
# The types of resources whose role is looked at, and the service that looks.
_TYPES: Final = {"AWS::Lambda::Function": "lambda", "AWS::Events::Rule": "events", "AWS::Scheduler::Schedule": "scheduler"}
HttpAnswer = tuple[int, Json, bytes]
Handler = Callable[[str, str, Json, bytes, Json], Awaitable[HttpAnswer]]


def apply() -> None:
    """Look into every request that names a role, and into the three resource types."""
    namespaces = internal("core.iam_actions").SERVICE_TO_IAM_NAMESPACE
    handlers = internal("app").SERVICE_HANDLERS
    for service, handler in list(handlers.items()):
        if namespaces.get(service, service) not in ELSEWHERE:
            handlers[service] = _checked(service, namespaces.get(service, service), handler)
    for type_name, service in _TYPES.items():
        entry = internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS[type_name]  # noqa: SLF001 - listed in internals.py
        entry["create"], entry["update"] = _trusted_create(service, entry["create"]), _trusted_update(service, entry["update"])


def _checked(service: str, namespace: str, handler: Handler) -> Handler:
    async def check_and_do(method: str, path: str, headers: Json, body: bytes, query: Json) -> HttpAnswer:
        if not _MARK.search(body):
            return await handler(method, path, headers, body, query)
        parameters = {**query, **_form(body)}
        action = str(internal("core.iam_actions").extract_iam_action(service, method, path, headers, body, parameters))
        if action not in passing_actions():
            return await handler(method, path, headers, body, query)
        fields = _fields(body)
        key = str(internal("core.router").extract_access_key_id(headers, query))
        try:
            for role in dict.fromkeys(roles_in(fields)):
                authorize("iam:PassRole", role, {"iam:PassedToService": principal(namespace)}, access_key=key)
                _check_trust(namespace, role, _source(namespace, fields))
        except AccessDeniedError as denied:
            answer: HttpAnswer = internal("core.iam_actions").access_denied_response(
                service, "iam:PassRole", "", str(uuid.uuid4()), message=denied.message, headers=headers
            )
            return answer
        except UntrustingError as problem:
            return _refusal(problem.trust, str(problem))
        return await handler(method, path, headers, body, query)

    return check_and_do


class UntrustingError(Exception):
    """A service refuses a role that does not trust it; the text is the service's."""

    def __init__(self, trust: Trust, role: str) -> None:
        super().__init__(trust.words.format(role=role))
        self.trust = trust


def _form(body: bytes) -> dict[str, list[str]]:
    """The fields of a body that is a form; none of one that is JSON."""
    return {} if body.lstrip()[:1] in (b"{", b"<") else parse_qs(body.decode("utf-8", "replace"))


def _fields(body: bytes) -> Json:
    """What a body holds; a form's `Targets.member.1.RoleArn` is named after its last part."""
    if body.lstrip()[:1] != b"{":
        return {name.rpartition(".")[2]: values for name, values in _form(body).items()}
    try:
        found: Json = json.loads(body)
    except ValueError:
        return {}
    return found


def _source(namespace: str, fields: Json) -> str:
    """The ARN of the resource on whose behalf the service assumes the role."""
    if namespace == "events":
        bus = str(fields.get("EventBusName") or "default").rsplit("/", 1)[-1]
        name = fields.get("Rule") or fields.get("Name")
        return arn("events", region(), account_id(), f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")
    if namespace == "scheduler":
        return arn("scheduler", region(), account_id(), f"schedule-group/{fields.get('GroupName') or 'default'}")
    return ""


def _check_trust(namespace: str, role: str, source: str) -> None:
    if namespace not in TRUST:
        return
    try:
        check_trust(role, principal(namespace), source)
    except RoleNotAssumableError as problem:
        raise UntrustingError(TRUST[namespace], role) from problem


def _refusal(trust: Trust, words: str) -> HttpAnswer:
    content = json.dumps({"__type": trust.code, "Message": words, "message": words, "Type": "User"}).encode()
    return 400, {"Content-Type": "application/json", "x-amzn-errortype": trust.code}, content


def _trusted_create(service: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: Json, stack_name: str) -> Any:
        _look(service, properties, {"Name": physical_name(stack_name, logical_id, 64), **properties})
        return operation(logical_id, properties, stack_name)

    return create


def _trusted_update(service: str, operation: Callable[..., Any]) -> Callable[..., Any]:
    # Its arguments: physical id, old and new properties, the stack's name and, for some types, the logical id.
    def update(physical_id: str, old: Json, new: Json, *more: Any, **named: Any) -> Any:
        _look(service, new, {**new, "Name": physical_id.rsplit("/", 1)[-1]})
        return operation(physical_id, old, new, *more, **named)

    return update


def _look(service: str, properties: Json, named: Json) -> None:
    for role in dict.fromkeys(roles_in(properties)):
        try:
            _check_trust(service, role, _source(service, named))
        except UntrustingError as problem:
            raise ValueError(f'Resource handler returned message: "{problem}" (HandlerErrorCode: InvalidRequest)') from problem
