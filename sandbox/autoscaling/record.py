"""What is known of scalable targets, their policies and what was done for them: in memory, by account and region."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

Parameters = dict[str, Any]

NAMESPACE: Final = "sagemaker"
DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"


def now() -> dt.datetime:
    """The present moment, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass
class ScalableTarget:
    """A variant of an endpoint, and within which bounds its instances are counted."""

    resource_id: str
    arn: str
    minimum: int
    maximum: int
    role_arn: str
    suspended: Parameters
    tags: dict[str, str]
    created: dt.datetime = field(default_factory=now)

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.resource_id.split("/")[1]

    @property
    def variant(self) -> str:
        """The variant's name."""
        return self.resource_id.split("/")[3]


@dataclass
class ScalingPolicy:
    """A target tracking policy.

    Attributes:
        name: unique among the policies of its target.
        arn: what its alarms call.
        resource_id: its target's.
        configuration: as PutScalingPolicy has it.
        alarms: the names of the alarm on too much load, and of that on too little.
    """

    name: str
    arn: str
    resource_id: str
    configuration: Parameters
    alarms: tuple[str, str]
    created: dt.datetime = field(default_factory=now)

    @property
    def target_value(self) -> float:
        """The load that each instance is to have."""
        return float(self.configuration["TargetValue"])


@dataclass
class Activity:
    """One change of a number of instances."""

    resource_id: str
    description: str
    cause: str
    status: str = "InProgress"
    message: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: dt.datetime = field(default_factory=now)
    ended: dt.datetime | None = None

    def end(self, status: str, message: str) -> None:
        """The change was made, or was not."""
        self.status, self.message, self.ended = status, message, now()


@dataclass
class Store:
    """Everything of one account and region; policies by resource and name."""

    targets: dict[str, ScalableTarget] = field(default_factory=dict)
    policies: dict[tuple[str, str], ScalingPolicy] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def policies_of(self, resource_id: str) -> list[ScalingPolicy]:
        """The policies of a target."""
        with self.lock:
            return [policy for (resource, _), policy in self.policies.items() if resource == resource_id]
