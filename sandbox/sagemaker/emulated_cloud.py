"""The emulated account as SageMaker sees it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from ..emulator import identity, services
from .api.errors import AccessDeniedException
from .cloud import PRINCIPAL, RoleError

_PUBLISHING_ATTEMPTS = 5
#: Where an SDK finds the sandbox.
_PLACE = ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_EC2_METADATA_DISABLED")

logger = logging.getLogger("sandbox.sagemaker")


@dataclass
class EmulatedCloud:
    """The account of one sandbox."""

    _session: boto3.session.Session = field(default_factory=boto3.session.Session)
    # Clients are made from many threads; a session is not safe for that.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def account_id(self) -> str:
        """The account of the request being served."""
        return identity.account_id()

    @property
    def region(self) -> str:
        """The region of the request being served, or the one pinned by `background`."""
        return identity.region()

    def authorize(self, action: str, resource_arn: str, conditions: Mapping[str, Any] | None = None) -> None:
        """Check the caller's policies.

        Raises:
            AccessDeniedException: with AWS's message.
        """
        try:
            identity.authorize(action, resource_arn, conditions)
        except identity.AccessDeniedError as denied:
            raise AccessDeniedException(denied.message) from denied

    def client(self, service: str, role_arn: str) -> Any:
        """A client with new credentials of the role: its permissions are enforced on every call.

        Raises:
            RoleError: the role is missing or does not trust SageMaker.
        """
        given = _credentials(role_arn)
        with self._lock:
            return self._session.client(
                service,  # type: ignore[call-overload]  # the stubs want a literal
                region_name=self.region,
                aws_access_key_id=given.access_key,
                aws_secret_access_key=given.secret_key,
                aws_session_token=given.session_token,
                config=Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=10, read_timeout=120),
            )

    def role_environment(self, role_arn: str, *, seconds: int) -> dict[str, str]:
        """New credentials of the role, and where the account answers.

        Raises:
            RoleError: the role is missing or does not trust SageMaker.
        """
        outer = self.child_environment()
        place = {name: outer[name] for name in _PLACE if name in outer}
        return place | _credentials(role_arn, seconds=seconds).environment()

    def publish(self, detail_type: str, resource_arn: str, detail: Mapping[str, Any]) -> None:
        """Put the event on the default bus; rules and targets run before this returns.

        A rule created meanwhile on another thread breaks the emulator's iteration over the rules; the event is then published again.
        Some targets may receive it twice, as on AWS, where events are delivered at least once.
        """
        for _ in range(_PUBLISHING_ATTEMPTS):
            try:
                services.publish_event("aws.sagemaker", detail_type, dict(detail), [resource_arn])
            except RuntimeError as problem:
                logger.warning("the event %s of %s is published again: %s", detail_type, resource_arn, problem)
            else:
                return

    def put_metric(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        """Store the value; alarms are evaluated."""
        services.put_metric(namespace, name, value, dimensions, unit)

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Start a thread pinned to this account and region; it acts as the service, not as the caller."""
        account, region = self.account_id, self.region

        def pinned() -> None:
            with identity.scope(account, region):
                work()

        thread = threading.Thread(target=pinned, name=name, daemon=True)
        thread.start()
        return thread

    def child_environment(self) -> dict[str, str]:
        """The server's environment without credentials."""
        return identity.child_environment()


def _credentials(role_arn: str, *, seconds: int = 12 * 3600) -> identity.Credentials:
    try:
        return identity.assume_role_credentials(role_arn, "SageMaker", PRINCIPAL, seconds=seconds)
    except identity.RoleNotAssumableError as problem:
        raise RoleError(str(problem)) from problem
