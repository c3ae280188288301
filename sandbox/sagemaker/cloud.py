"""What SageMaker needs of the account around it: who asks, what a role may do, where events and metrics go.

`Cloud` is the seam: the service is written against it, `MountedCloud` is the sandbox's account, tests bring a small one of their own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import boto3
from botocore.config import Config

from .. import assembly as mount
from .api.errors import AccessDeniedException

PRINCIPAL = "sagemaker.amazonaws.com"
_PUBLISHING_ATTEMPTS = 5

logger = logging.getLogger("sandbox.sagemaker")


class RoleError(Exception):
    """The role does not exist or does not trust SageMaker."""


class Cloud(Protocol):
    """The account a service lives in."""

    @property
    def account_id(self) -> str:
        """Twelve digits."""

    @property
    def region(self) -> str:
        """The region of the request, or of the background work started from one."""

    def authorize(self, action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None) -> None:
        """Raise AccessDeniedException unless the caller may do the action on the resource."""

    def client(self, service: str, role_arn: str) -> Any:
        """A boto3 client that acts as the role; RoleError when SageMaker cannot assume it."""

    def publish(self, detail_type: str, resource_arn: str, detail: Mapping[str, Any]) -> None:
        """Put an event of SageMaker on the default bus."""

    def put_metric(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        """Store one value of a metric that SageMaker itself publishes."""

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run work on a thread in this account and region, by nobody's request."""

    def child_environment(self) -> dict[str, str]:
        """The environment of a process the sandbox starts, without credentials."""


@dataclass
class MountedCloud:
    """The sandbox's account, through sandbox/mount.py."""

    _session: boto3.session.Session = field(default_factory=boto3.session.Session)
    # Clients are made from many threads; a session is not safe for that.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def account_id(self) -> str:
        """The account of the request being served."""
        return mount.account_id()

    @property
    def region(self) -> str:
        """The region of the request being served, or the one pinned by `background`."""
        return mount.region()

    def authorize(self, action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None) -> None:
        """Ask the caller's policies.

        Raises:
            AccessDeniedException: with AWS's message.
        """
        try:
            mount.authorize(action, resource_arn, conditions)
        except mount.AccessDeniedError as denied:
            raise AccessDeniedException(denied.message) from denied

    def client(self, service: str, role_arn: str) -> Any:
        """A client with fresh credentials of the role: its permissions are enforced on every call.

        Raises:
            RoleError: the role is missing or does not trust SageMaker.
        """
        try:
            given = mount.assume_role_credentials(role_arn, "SageMaker", PRINCIPAL)
        except mount.RoleNotAssumableError as problem:
            raise RoleError(str(problem)) from problem
        with self._lock:
            return self._session.client(
                service,  # type: ignore[call-overload]  # the stubs want a literal
                region_name=self.region,
                aws_access_key_id=given.access_key,
                aws_secret_access_key=given.secret_key,
                aws_session_token=given.session_token,
                config=Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=10, read_timeout=120),
            )

    def publish(self, detail_type: str, resource_arn: str, detail: Mapping[str, Any]) -> None:
        """Put the event on the default bus; rules and targets run before this returns.

        A rule that is made meanwhile on another thread upsets the emulator's walk over the rules: it walks again. Some targets may
        then hear twice, which AWS says of its own events too.
        """
        for _ in range(_PUBLISHING_ATTEMPTS):
            try:
                mount.publish_event("aws.sagemaker", detail_type, dict(detail), [resource_arn])
            except RuntimeError as problem:
                logger.warning("the event %s of %s is sent again: %s", detail_type, resource_arn, problem)
            else:
                return

    def put_metric(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        """Store the value; alarms are evaluated."""
        mount.put_metric(namespace, name, value, dimensions, unit)

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Start a thread pinned to this account and region; it acts as the service, not as the caller."""
        account, region = self.account_id, self.region

        def pinned() -> None:
            with mount.scope(account, region):
                work()

        thread = threading.Thread(target=pinned, name=name, daemon=True)
        thread.start()
        return thread

    def child_environment(self) -> dict[str, str]:
        """The server's environment without credentials."""
        return mount.child_environment()


def arn(cloud: Cloud, kind: str, name: str) -> str:
    """The ARN of a resource of this account and region; SageMaker writes names in ARNs in lower case."""
    return f"arn:aws:sagemaker:{cloud.region}:{cloud.account_id}:{kind}/{name.lower()}"


def pass_role(cloud: Cloud, role_arn: str) -> None:
    """Check that the caller may hand the role to SageMaker.

    Raises:
        AccessDeniedException: `iam:PassRole` is not allowed.
    """
    cloud.authorize("iam:PassRole", role_arn, {"iam:PassedToService": PRINCIPAL})


def authorize_tags(cloud: Cloud, resource_arn: str, tags: Sequence[Mapping[str, str]]) -> None:
    """Tags given while creating something need `sagemaker:AddTags` on it.

    Raises:
        AccessDeniedException: it is not allowed.
    """
    if tags:
        conditions: dict[str, Any] = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
        cloud.authorize("sagemaker:AddTags", resource_arn, {**conditions, "aws:TagKeys": [tag["Key"] for tag in tags]})
