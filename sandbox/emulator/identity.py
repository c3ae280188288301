"""IAM for the services written here: who calls, what the caller may do, and credentials of a role."""

# ruff: noqa: SLF001 - see internals.py

from __future__ import annotations

import contextvars
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

from .. import arns
from .internals import Json, internal

# The access key of the request being served; None inside CloudFormation's own resource operations and in background work.
access_key_of_request: contextvars.ContextVar[str | None] = contextvars.ContextVar("sandbox_access_key", default=None)
# The services through which the caller's own credentials came here, in order: the condition key aws:CalledVia.
called_via: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("sandbox_called_via", default=())
_CREDENTIALS: Final = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"})


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
    """IAM denies the action; the message is AWS's."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class RoleNotAssumableError(Exception):
    """The role does not exist, or its trust policy does not allow the service. The text names the role and the service."""


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


def child_environment() -> dict[str, str]:
    """The environment of a process the sandbox starts: address, certificates and marker of the sandbox, and no credentials."""
    return {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}


def _principal(access_key: str) -> Any:
    """The principal and its policies behind an access key."""
    evaluator = internal("core.iam_evaluator")
    principal = evaluator.resolve_principal(access_key, account_id())
    if isinstance(principal, evaluator.AuthError):
        raise ServiceError(principal.code, principal.message)
    return principal


def authorize(action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None, *, access_key: str | None = None) -> None:
    """Check one action of the caller's (or of the key given) against every policy that applies to it.

    The operation being served has been checked already; this is for the further permissions it needs (`iam:PassRole`,
    `sagemaker:AddTags` when tags come with a create). Without a caller (background work) everything is allowed.

    Args:
        action: for example `sagemaker:AddTags`.
        resource_arn: the resource acted on, or `*`.
        conditions: condition keys and values, for example `{"iam:PassedToService": "sagemaker.amazonaws.com"}`.
        access_key: the key of temporary credentials from `assume_role_credentials`, to check that role instead.

    Raises:
        AccessDeniedError: with AWS's message.
    """
    key = access_key if access_key is not None else access_key_of_request.get()
    if key is None:
        return
    principal = _principal(key)
    if principal.policies is None:  # the account's root
        return
    result = _decide(_context(action, resource_arn, conditions, principal), principal)
    if result.decision != "Allow":
        message = internal("core.iam_actions").identity_denial_message(action, principal.arn, resource_arn, result.decision == "Deny")
        raise AccessDeniedError(message)


def is_root(access_key: str) -> bool:
    """Whether the key is the account's root, whom no policy bounds."""
    return _principal(access_key).policies is None


def _decide(context: Any, principal: Any) -> Any:
    """What the caller's policies, their limits and the resource's own policy decide together."""
    evaluator, service = internal("core.iam_evaluator"), context.action.partition(":")[0]
    result = evaluator.evaluate(context, principal.policies, *principal.limits)
    found = evaluator._resource_policy(service, context.resource_arn)
    if found is None:
        return result
    required = service in evaluator._POLICY_REQUIRED
    return evaluator.combine_resource_policy(result, context, *found, required=required, limits=principal.limits)


def _context(action: str, resource_arn: str, conditions: Mapping[str, Any] | None, principal: Any) -> Any:
    """Ministack's evaluation context; condition keys are compared in lower case."""
    tags = internal("services.tagging").resource_tags(resource_arn) or {}
    keys = {
        "aws:tagkeys": None,
        **{f"aws:resourcetag/{name}".lower(): value for name, value in tags.items()},
        **_chain(),
        **{name.lower(): value for name, value in (conditions or {}).items()},
    }
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


def _chain() -> dict[str, Any]:
    """The keys that say whether a service forwards the caller's credentials.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
    """
    chain = called_via.get()
    if not chain:
        return {"aws:viaawsservice": "false"}
    first_and_last = {"aws:calledviafirst": chain[0], "aws:calledvialast": chain[-1]}
    return {"aws:viaawsservice": "true", "aws:calledvia": list(chain), **first_and_last}


def check_trust(role_arn: str, service: str, source_arn: str = "") -> None:
    """Check that a service may assume a role.

    Args:
        role_arn: the role's ARN, of this account.
        service: the service principal.
        source_arn: the resource on whose behalf it does, for the condition key `aws:SourceArn`.

    Raises:
        RoleNotAssumableError: the role does not exist or does not trust the service.
    """
    role = _role(role_arn)
    if role is None or not _trusts(role, role_arn, service, source_arn):
        reason = "it does not exist" if role is None else "its trust policy does not allow the service"
        raise RoleNotAssumableError(f"{service} cannot assume {role_arn}: {reason}.")


def assume_role_credentials(
    role_arn: str, session_name: str, service: str, *, source_arn: str = "", seconds: int = 12 * 3600
) -> Credentials:
    """Credentials of a role for a service, if the role's trust policy allows the service.

    Requests made with them are authorized as the role, so a missing permission is denied.

    Args:
        role_arn: the role's ARN, of this account.
        session_name: `SageMaker` on AWS for training jobs and endpoints.
        service: the service principal, for example `sagemaker.amazonaws.com`.
        source_arn: the resource on whose behalf the service assumes it.
        seconds: how long they are valid.

    Raises:
        RoleNotAssumableError: the role does not exist or does not trust the service.
    """
    check_trust(role_arn, service, source_arn)
    role = _role(role_arn) or {}
    name = role_arn.rsplit("/", 1)[-1]
    given = Credentials(f"ASIA{uuid.uuid4().hex[:16].upper()}", uuid.uuid4().hex + uuid.uuid4().hex[:8], uuid.uuid4().hex * 4)
    session = {
        "Arn": arns.arn("sts", "", account_id(), f"assumed-role/{name}/{session_name}"),
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
    role = cast("Json | None", internal("services.iam")._roles.get(role_arn.rsplit("/", 1)[-1]))
    return role if role is not None and role.get("Arn") == role_arn else None


def arn_with_path(kind: str, name: str) -> str | None:
    """The ARN, path included, of a role or user that exists; None for anything else.

    Args:
        kind: `Role` or `User`.
        name: its name.
    """
    stored = {"Role": "_roles", "User": "_users"}.get(kind)
    found = getattr(internal("services.iam"), stored).get(name) if stored else None
    return None if found is None else str(found["Arn"])


def _trusts(role: Json, role_arn: str, service: str, source_arn: str) -> bool:
    """Whether the role's trust policy lets the service assume it (aws:SourceAccount is this account)."""
    source = {"aws:sourcearn": source_arn} if source_arn else {}
    evaluator = internal("core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region(),
        service_context={"aws:sourceaccount": account_id(), "aws:tagkeys": None, **source},
    )
    decision = evaluator.evaluate_resource_policy(role.get("AssumeRolePolicyDocument"), context, service=service).decision
    return bool(decision == "Allow")
