"""The one file that touches ministack's internals: everything the sandbox adds goes through the typed functions here.

ministack has no plug-in interface, so services and resource types are put into its tables, and a few of its functions are
wrapped. These are internals: the version is pinned exactly, and `check_names` refuses to start when a name is gone.

For a service written here (see `register_service` and `register_cloudformation_type`):
    who is asking           `caller()`, `account_id()`, `region()`
    may they                the service's own operation is checked before its handler is called; `authorize`, `pass_role` for the rest
    act as a role           `assume_role_credentials`, then a plain boto3 client on the sandbox's own address, so that IAM bites
    tell the world          `publish_event`, `put_metric`
    start a process         `child_environment()`: the sandbox's addresses and certificates, nobody's credentials
"""

from __future__ import annotations

import contextvars
import importlib
import importlib.metadata
import json
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

MINISTACK_VERSION: Final = "1.5.33"

# Every name of ministack used in this file and in sandbox/gaps.py, by module: checked at start.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "app": ("app", "SERVICE_HANDLERS", "_collect_scripts"),
    "core.concurrency": ("run_reentrant",),
    "core.iam_actions": ("request_tag_context", "identity_denial_message"),
    "core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "_is_root_key",
        "evaluate",
        "evaluate_resource_policy",
        "is_root_access_key",
        "resolve_principal",
    ),
    "core.responses": ("get_account_id", "get_region", "request_scope"),
    "core.router": ("SERVICE_PATTERNS", "extract_access_key_id"),
    "services.cloudformation.provisioners": (
        "_CUSTOM_NAME_REPLACEMENT",
        "_REPLACING_PROPERTIES",
        "_RESOURCE_HANDLERS",
        "_STACK_TAG_PROPERTY",
        "_physical_name",
    ),
    "services.cloudformation.stacks": ("_runs_on_worker_thread",),
    "services.cloudwatch": ("_evaluate_all_alarms", "_store_datum"),
    "services.eventbridge": ("_dispatch_event",),
    "services.iam": ("_roles",),
    "services.s3": ("_bucket_has_versions", "_bucket_tags", "_buckets", "_put_bucket_encryption", "_put_bucket_lifecycle"),
    "services.sts": ("is_root_access_key", "register_session"),
}

Json = dict[str, Any]


class IncompatibleMinistackError(Exception):
    """The installed ministack is not the one this file was written for."""


class ServiceError(Exception):
    """An answer in AWS's JSON error shape: raise it anywhere in a service's handler.

    Args:
        code: the exception's name in the service model, for example `ResourceNotFound`.
        message: AWS's own words.
        status: the HTTP status; 400 for a JSON service.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class AccessDeniedError(ServiceError):
    """IAM says no; the message is AWS's."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class RoleNotAssumableError(Exception):
    """The role does not exist, or its trust policy does not let the service in. The text names the role and the service."""


@dataclass(frozen=True)
class Request:
    """One authenticated and authorised call of a service's operation; header names are lower case."""

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, list[str]]

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object.

        Raises:
            ServiceError: `SerializationException`, when the body is no JSON object.
        """
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as problem:
            raise ServiceError("SerializationException", f"The request body is not JSON: {problem}") from problem
        if not isinstance(value, dict):
            raise ServiceError("SerializationException", "The request body is not a JSON object.")
        return value


@dataclass(frozen=True)
class Response:
    """What a handler answers."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/x-amz-json-1.1"})


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a role, as `AssumeRole` gives them."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The three variables every AWS SDK reads."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


Handler = Callable[[Request], Response]
ResourceArns = Callable[[Request], Sequence[str]]
ResourceTags = Callable[[str], Mapping[str, str]]
# (logical id, properties, stack name) -> (physical id = what Ref gives, attributes for Fn::GetAtt)
Create = Callable[[str, Json, str], tuple[str, Json]]
# (physical id, old properties, new properties, stack name) -> likewise; another physical id means: replaced, delete the old one
Update = Callable[[str, Json, Json, str], tuple[str, Json]]
# (physical id, properties); deleting what is already gone is a success
Delete = Callable[[str, Json], None]

# The access key of the request being served; None inside CloudFormation's own resource operations and background work.
_access_key: contextvars.ContextVar[str | None] = contextvars.ContextVar("sandbox_access_key", default=None)
_slow_types: set[str] = set()


def internal(name: str) -> ModuleType:
    """A module of ministack by its short name, imported on first use."""
    return importlib.import_module(f"ministack.{name}")


def check_names() -> None:
    """Refuse a ministack other than the pinned one, or one whose names are not the ones used here.

    Raises:
        IncompatibleMinistackError: with the version found and every missing name.
    """
    found = importlib.metadata.version("ministack")
    missing = [f"ministack.{module}.{name}" for module, names in NAMES.items() for name in names if not hasattr(internal(module), name)]
    if found == MINISTACK_VERSION and not missing:
        return
    gone = f" These names are gone: {', '.join(missing)}." if missing else ""
    raise IncompatibleMinistackError(
        f"The sandbox cannot use ministack {found}. It reaches into internals of exactly {MINISTACK_VERSION}.{gone}"
        f" Install ministack=={MINISTACK_VERSION}, or carry sandbox/mount.py over to the new version."
    )


# --- who and where ---------------------------------------------------------------------------------------------------


def account_id() -> str:
    """The account of the request being served; the sandbox has one, 000000000000."""
    return str(internal("core.responses").get_account_id())


def region() -> str:
    """The region the request being served was signed for; in background work, inside `scope`, the one pinned there."""
    return str(internal("core.responses").get_region())


@contextmanager
def scope(account: str, region_name: str) -> Iterator[None]:
    """Pin account and region for background work (a thread of a training job) that no request is around."""
    with internal("core.responses").request_scope(account, region_name):
        yield


def caller() -> str:
    """The ARN of the principal whose request is being served; the account's root in background work."""
    key = _access_key.get()
    return f"arn:aws:iam::{account_id()}:root" if key is None else str(_principal(key).arn)


def child_environment() -> dict[str, str]:
    """The environment for a process the sandbox starts: its address and certificates, its mark, and nobody's credentials."""
    return {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}


_CREDENTIALS: Final = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"})


# --- IAM -------------------------------------------------------------------------------------------------------------


def _principal(access_key: str) -> Any:
    """The principal and its policies behind an access key."""
    evaluator = internal("core.iam_evaluator")
    principal = evaluator.resolve_principal(access_key, account_id())
    if isinstance(principal, evaluator.AuthError):
        raise ServiceError(principal.code, principal.message)
    return principal


def authorize(action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None, *, access_key: str | None = None) -> None:
    """Check one action of the caller's (or of the key given) against every policy that applies to it.

    The operation being served has been checked already; this is for what an operation does besides (`iam:PassRole`,
    `sagemaker:AddTags` when tags come with a create). Inside CloudFormation's resource operations nobody is asked.

    Args:
        action: for example `sagemaker:AddTags`.
        resource_arn: the resource acted on, or `*`.
        conditions: condition keys and values, for example `{"iam:PassedToService": "sagemaker.amazonaws.com"}`.
        access_key: the key of temporary credentials from `assume_role_credentials`, to ask on that role's behalf.

    Raises:
        AccessDeniedError: with AWS's message.
    """
    key = access_key if access_key is not None else _access_key.get()
    if key is None:
        return
    principal = _principal(key)
    if principal.policies is None:  # the account's root
        return
    evaluator, context = internal("core.iam_evaluator"), _context(action, resource_arn, conditions, principal)
    result = evaluator.evaluate(context, principal.policies, *principal.limits)
    if result.decision != "Allow":
        message = internal("core.iam_actions").identity_denial_message(action, principal.arn, resource_arn, result.decision == "Deny")
        raise AccessDeniedError(message)


def _context(action: str, resource_arn: str, conditions: Mapping[str, Any] | None, principal: Any) -> Any:
    """ministack's evaluation context; condition keys are compared in lower case."""
    keys = {"aws:tagkeys": None, **{name.lower(): value for name, value in (conditions or {}).items()}}
    return internal("core.iam_evaluator").EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource_arn,
        region=region(),
        secure_transport=True,
        service_context=keys,
        principal_keys=principal.keys,
    )


def pass_role(role_arn: str, service: str) -> None:
    """Check that the caller may hand the role to the service (`iam:PassRole`).

    Args:
        role_arn: the role.
        service: for example `sagemaker.amazonaws.com`.

    Raises:
        AccessDeniedError: when a policy does not allow it.
    """
    authorize("iam:PassRole", role_arn, {"iam:PassedToService": service})


def assume_role_credentials(role_arn: str, session_name: str, service: str, *, seconds: int = 12 * 3600) -> Credentials:
    """Credentials of a role for a service, as the service itself gets them: the role's trust policy is asked first.

    Requests made with them are authenticated and authorised like anybody's, so a permission the role lacks fails.

    Args:
        role_arn: the role's ARN, of this account.
        session_name: `SageMaker` on AWS for training jobs and endpoints.
        service: the service principal, for example `sagemaker.amazonaws.com`.
        seconds: how long they are good.

    Raises:
        RoleNotAssumableError: the role does not exist or does not trust the service.
    """
    role = _role(role_arn)
    if role is None or not _trusts(role, role_arn, service):
        reason = "it does not exist" if role is None else "its trust policy does not allow the service"
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: {reason}.")
    name = role_arn.rsplit("/", 1)[-1]
    given = Credentials(f"ASIA{uuid.uuid4().hex[:16].upper()}", uuid.uuid4().hex + uuid.uuid4().hex[:8], uuid.uuid4().hex * 4)
    session = {
        "Arn": f"arn:aws:sts::{account_id()}:assumed-role/{name}/{session_name}",
        "UserId": f"{role.get('RoleId', name)}:{session_name}",
        "SecretAccessKey": given.secret_key,
        "SessionToken": given.session_token,
        "Expiration": time.time() + seconds,
        "AccountId": account_id(),
        "PrincipalType": "AssumedRole",
    }
    internal("services.sts").register_session(given.access_key, session)
    return given


def _role(role_arn: str) -> Json | None:
    """The stored role with exactly this ARN, path included."""
    role = cast("Json | None", internal("services.iam")._roles.get(role_arn.rsplit("/", 1)[-1]))  # noqa: SLF001 - see the module's text
    return role if role is not None and role.get("Arn") == role_arn else None


def _trusts(role: Json, role_arn: str, service: str) -> bool:
    """Whether the role's trust policy lets the service assume it (aws:SourceAccount is this account)."""
    evaluator = internal("core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region(),
        service_context={"aws:sourceaccount": account_id(), "aws:tagkeys": None},
    )
    decision = evaluator.evaluate_resource_policy(role.get("AssumeRolePolicyDocument"), context, service=service).decision
    return bool(decision == "Allow")


# --- what a service adds ---------------------------------------------------------------------------------------------


def register_service(  # one registration is one decision of the service, so they stand together
    name: str,
    handler: Handler,
    *,
    target_prefix: str,
    routes: Sequence[tuple[str, str, str]] = (),
    resource_arns: ResourceArns = lambda _: ("*",),
    resource_tags: ResourceTags = lambda _: {},
) -> None:
    """Serve a service: requests signed for `name`, or with `X-Amz-Target: <target_prefix>.<Operation>`, reach `handler`.

    Before the handler runs, the signature has been verified and the caller's policies have allowed
    `<name>:<Operation>` on every ARN of `resource_arns(request)`, with `aws:RequestTag`, `aws:TagKeys` and
    `aws:ResourceTag` known. The handler runs on a thread of its own, so it may block and may call the sandbox.

    Args:
        name: the signing name and IAM namespace, for example `sagemaker`.
        handler: raises `ServiceError` for an error answer.
        target_prefix: the service model's `targetPrefix`, for example `SageMaker`.
        routes: for operations without a target header: (HTTP method, regular expression of the whole path, operation).
        resource_arns: the ARNs an operation acts on; `("*",)` for lists and the like.
        resource_tags: the tags of an existing resource.
    """

    async def serve(method: str, path: str, headers: Json, body: bytes, query: Json) -> tuple[int, Json, bytes]:
        request = Request(_operation(method, path, headers, routes), method, path, headers, body, query)
        _access_key.set(str(internal("core.router").extract_access_key_id(headers, query)))
        answer = await internal("core.concurrency").run_reentrant(_answer, name, handler, request, resource_arns, resource_tags)
        return answer.status, dict(answer.headers), answer.body

    internal("app").SERVICE_HANDLERS[name] = serve
    internal("core.router").SERVICE_PATTERNS[name] = {"host_patterns": [], "target_prefixes": [f"{target_prefix}."]}


def _operation(method: str, path: str, headers: Mapping[str, str], routes: Sequence[tuple[str, str, str]]) -> str:
    """The operation a request asks for; empty when it names none."""
    target = headers.get("x-amz-target", "")
    matching = (operation for verb, pattern, operation in routes if verb == method and re.fullmatch(pattern, path))
    return target.rpartition(".")[2] if target else next(matching, "")


def _answer(name: str, handler: Handler, request: Request, resource_arns: ResourceArns, resource_tags: ResourceTags) -> Response:
    """The handler's answer, or the error in the shape AWS SDKs read."""
    try:
        if not request.operation:
            raise ServiceError("UnknownOperationException", f"{request.method} {request.path} is no operation of {name}.", 404)
        _authorize_operation(name, request, resource_arns, resource_tags)
        return handler(request)
    except ServiceError as problem:
        content = json.dumps({"__type": problem.code, "message": problem.message}).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": problem.code}
        return Response(content, problem.status, headers)


def _authorize_operation(name: str, request: Request, resource_arns: ResourceArns, resource_tags: ResourceTags) -> None:
    """Check the operation on every resource it acts on."""
    action = f"{name}:{request.operation}"
    asked = internal("core.iam_actions").request_tag_context(name, action, request.body, dict(request.query))
    for arn in resource_arns(request):
        authorize(action, arn, {**{f"aws:ResourceTag/{key}": value for key, value in resource_tags(arn).items()}, **asked})


def register_cloudformation_type(
    type_name: str,
    *,
    create: Create,
    update: Update | None,
    delete: Delete,
    replacement: Sequence[str] = (),
    name_property: str | None = None,
    tags: bool = True,
    slow: bool = False,
) -> None:
    """Teach CloudFormation a resource type.

    A changed property of `replacement` replaces the resource: `create` is called again (`physical_name` then gives a new
    name), and the old one is deleted after the update, or the new one when it rolls back. Any other change calls `update`.
    An exception's text becomes the event's reason and rolls the stack back.

    Args:
        type_name: for example `AWS::SageMaker::Model`.
        create: makes the resource; its attributes are what `Fn::GetAtt` may ask for.
        update: changes it in place; None when every change replaces it.
        delete: removes it; called for roll-backs too.
        replacement: the properties documented as "Update requires: Replacement".
        name_property: the property with the physical name; a resource named by the template cannot be replaced under that name.
        tags: whether `Tags` (stack tags and `aws:cloudformation:*` included) reach the properties.
        slow: whether an operation waits for something: it then runs on a thread, and may call the sandbox.
    """
    provisioners = internal("services.cloudformation.provisioners")
    handlers: Json = {"create": create, "delete": delete}
    if update is not None:
        handlers["update"] = update
    provisioners._RESOURCE_HANDLERS[type_name] = handlers  # noqa: SLF001 - see the module's text
    provisioners._REPLACING_PROPERTIES[type_name] = tuple(replacement)  # noqa: SLF001 - likewise
    if name_property is not None:
        rule = {"name": name_property, "requires_replacement": _changed(replacement, name_property)}
        provisioners._CUSTOM_NAME_REPLACEMENT[type_name] = rule  # noqa: SLF001 - likewise
    if tags:
        provisioners._STACK_TAG_PROPERTY[type_name] = ("Tags", "list")  # noqa: SLF001 - likewise
    if slow:
        _slow_types.add(type_name)


def _changed(replacement: Sequence[str], name_property: str) -> Callable[[Json, Json], bool]:
    """Whether an update replaces a resource for another reason than a new name."""
    names = [name for name in replacement if name != name_property]
    return lambda old, new: any(old.get(name) != new.get(name) for name in names)


def physical_name(stack_name: str, logical_id: str, max_length: int = 63) -> str:
    """The name CloudFormation generates for a resource without one: the same on every update, a new one on replacement."""
    provisioners = internal("services.cloudformation.provisioners")
    return str(provisioners._physical_name(stack_name, logical_id, max_len=max_length))  # noqa: SLF001 - see the module's text


def publish_event(source: str, detail_type: str, detail: Json, resources: Sequence[str] = ()) -> None:
    """Put an event of an AWS service (`aws.sagemaker`) on the default bus of this account and region; rules and targets run."""
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "EventBusName": "default",
        "Time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Resources": list(resources),
        "Account": account_id(),
        "Region": region(),
    }
    internal("services.eventbridge")._dispatch_event(event)  # noqa: SLF001 - see the module's text


def put_metric(namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str = "None") -> None:
    """Store one value of a service's own metric (namespaces `AWS/*` take no `PutMetricData`); alarms are evaluated."""
    cloudwatch = internal("services.cloudwatch")
    cloudwatch._store_datum(namespace, name, dict(dimensions), time.time(), unit, value, None, None, None)  # noqa: SLF001 - likewise
    cloudwatch._evaluate_all_alarms()  # noqa: SLF001 - likewise


# --- start -----------------------------------------------------------------------------------------------------------


Application = Callable[[Any, Any, Any], Awaitable[None]]


def mount(state_folder: Path) -> Application:
    """Import ministack, repair its gaps, add the sandbox's services, and give the ASGI application to serve.

    The environment must be set before (`sandbox.server`): ministack reads it while it is imported.

    Args:
        state_folder: the sandbox's own folder; each service keeps its files in one below.

    Raises:
        IncompatibleMinistackError: see `check_names`.
    """
    from sandbox import gaps, sagemaker  # noqa: PLC0415 - both import this module

    check_names()
    _run_slow_types_on_threads()
    gaps.repair()
    sagemaker.mount(state_folder)
    return cast("Application", internal("app").app)


def _run_slow_types_on_threads() -> None:
    """Let the types registered as slow run as custom resources do: off the event loop."""
    stacks = internal("services.cloudformation.stacks")
    original = stacks._runs_on_worker_thread  # noqa: SLF001 - see the module's text
    stacks._runs_on_worker_thread = lambda type_name: type_name in _slow_types or original(type_name)  # noqa: SLF001 - likewise
