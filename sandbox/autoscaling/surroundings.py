"""What Application Auto Scaling needs of the services around it: the variants that it scales, their load, alarms, its own role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Variant:
    """A variant of an endpoint, as it is.

    Attributes:
        instances: how many there are to be; None for one that has none, since it is serverless.
        instance_type: of which type.
        in_service: whether the endpoint can be changed now.
    """

    instances: int | None
    instance_type: str
    in_service: bool


class Variants(Protocol):
    """The variants of SageMaker's endpoints in this account and region."""

    def find(self, endpoint: str, variant: str) -> Variant | None:
        """The variant; None when there is none."""

    def resize(self, endpoint: str, variant: str, instances: int) -> str | None:
        """Give it so many instances, and wait for them; what went wrong, if anything did."""


class CloudWatch(Protocol):
    """Metrics and alarms of this account and region."""

    def put_alarm(self, name: str, alarm: Mapping[str, Any]) -> None:
        """Make or change an alarm that nobody but its maker evaluates, as PutMetricAlarm has it."""

    def delete_alarm(self, name: str) -> None:
        """Remove an alarm."""

    def alarm_arn(self, name: str) -> str:
        """The ARN of an alarm."""

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Give an alarm its state."""

    def value(self, metric: Mapping[str, Any], begin: float, end: float) -> float | None:
        """The statistic of a metric over a time, in seconds since 1970; None without data."""


class ServiceRole(Protocol):
    """The role that the service works with."""

    def find(self) -> str | None:
        """Its ARN; None before it is made."""

    def make(self) -> str:
        """Make it."""
