"""What SageMaker needs of the account it runs in: the caller's permissions, clients with a role, events and metrics.

`Cloud` is the interface the service is written against. The emulated account implements it (`emulated_cloud.py`), and so does a small
one in the tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .. import arns

PRINCIPAL = "sagemaker.amazonaws.com"


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
        """A boto3 client with the role's credentials; RoleError when SageMaker cannot assume it."""

    def role_environment(self, role_arn: str, *, seconds: int) -> dict[str, str]:
        """The variables by which a container calls AWS as a role, for so long; RoleError when SageMaker cannot assume it."""

    def publish(self, detail_type: str, resource_arn: str, detail: Mapping[str, Any]) -> None:
        """Put an event of SageMaker on the default bus."""

    def put_metric(self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str) -> None:
        """Store one value of a metric that SageMaker itself publishes."""

    def background(self, name: str, work: Callable[[], None]) -> threading.Thread:
        """Run work on a thread in this account and region, outside any request."""

    def child_environment(self) -> dict[str, str]:
        """The environment of a process the sandbox starts, without credentials."""


def arn(cloud: Cloud, kind: str, name: str) -> str:
    """The ARN of a resource of this account and region; SageMaker writes names in ARNs in lower case."""
    return arns.arn("sagemaker", cloud.region, cloud.account_id, f"{kind}/{name.lower()}")


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
