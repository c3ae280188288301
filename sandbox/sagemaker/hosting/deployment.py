"""How an endpoint moves to a new fleet: blue/green, with baking, alarms and rollback.

The new (green) fleet is started and pinged while the old (blue) one goes on answering; traffic moves in the steps of the
deployment configuration; between steps the alarms are watched; then blue finishes its requests and stops. If green does not become
healthy, or an alarm fires, blue has all the traffic again and green is stopped.

AWS's waits take minutes. They are kept, divided by `SANDBOX_CLOCK` (default 60: a minute takes a second).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from ...waits import clock
from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..cloud import Cloud, RoleError
from ..store import Fleet, Router
from .model_data import FleetError

logger = logging.getLogger("sandbox.sagemaker")

#: The largest part of the capacity that meets the traffic first, or in one step.
_MOST: Final = 0.5
#: How often alarms are read while a deployment bakes.
_POLL_SECONDS: Final = 0.5


class RolledBackError(Exception):
    """The deployment was undone; the message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Step:
    """A share of the traffic for the new fleet, and how long it is watched before the next step."""

    share: float
    bake: float


def steps(config: Parameters | None, instances: int) -> list[Step]:
    """The traffic steps of a DeploymentConfig for a fleet of so many instances, waits in AWS's seconds; without one, all at once."""
    policy = (config or {}).get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0})
    wait, last = float(routing.get("WaitIntervalInSeconds", 0)), float(policy.get("TerminationWaitInSeconds", 0))
    shares: list[float] = []
    if routing["Type"] == "CANARY":
        shares = [_share(routing["CanarySize"], instances)]
    elif routing["Type"] == "LINEAR":
        shares = _linear(routing, instances)
    whole = wait + last if routing["Type"] == "ALL_AT_ONCE" else last
    return [*(Step(share, wait) for share in shares), Step(1.0, whole)]


def check(config: Parameters | None, instances: int) -> None:
    """Refuse a DeploymentConfig that AWS refuses for a fleet of so many instances.

    Raises:
        ValidationException: a step size that is missing or too large.
    """
    routing = (config or {}).get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    # Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
    for kind, member, least in (("CANARY", "CanarySize", 0.0), ("LINEAR", "LinearStepSize", 0.1)):
        if routing.get("Type") != kind:
            continue
        size = routing.get(member)
        if size is None:
            raise ValidationException(f"{member} must be specified for a TrafficRoutingConfiguration of type {kind}.")
        if _share(size, instances) > _MOST:
            raise ValidationException(f"{member} must be at most {_MOST:.0%} of the capacity.")
        if _share(size, instances) < least:
            raise ValidationException(f"{member} must be at least {least:.0%} of the capacity.")
    waits = sum(step.bake for step in steps(config, instances))
    if waits > execution_timeout(config):
        raise ValidationException(
            f"MaximumExecutionTimeoutInSeconds must be greater than the total waiting time of the deployment, {waits:g} seconds."
        )


def alarms(config: Parameters | None) -> list[str]:
    """The names of the alarms that roll a deployment back."""
    return [alarm["AlarmName"] for alarm in (config or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])]


def execution_timeout(config: Parameters | None) -> float:
    """How long a deployment may take, in AWS's seconds."""
    limit = (config or {}).get("BlueGreenUpdatePolicy", {}).get("MaximumExecutionTimeoutInSeconds")
    return math.inf if limit is None else float(limit)


@dataclass
class Rollout:
    """One move from a fleet to another.

    Attributes:
        cloud: the account it runs in.
        router: the endpoint's.
        blue: the fleet that answers now.
        green: the fleet that will.
        config: the DeploymentConfig.
        role_arn: the hosting role, with which the alarms are read.
        stage: called with the status and the message of each VariantStatus.
    """

    cloud: Cloud
    router: Router
    blue: Fleet
    green: Fleet
    config: Parameters | None
    role_arn: str
    stage: Callable[[str, str], None]

    def run(self, start: Callable[[], None]) -> None:
        """Start the green fleet, move the traffic in steps, and watch the alarms.

        Args:
            start: starts the green fleet and returns when it is healthy.

        Raises:
            RolledBackError: blue has all the traffic again and green is gone.
        """
        began = time.monotonic()
        instances = self.green.config.instances
        try:
            self.stage("Creating", f"Launching {instances} instance(s).")
            start()
            # The start counts in real seconds; waits and limit in AWS's.
            spent = time.monotonic() - began
            for step in steps(self.config, instances):
                spent += step.bake
                if spent > execution_timeout(self.config):
                    raise RolledBackError("The deployment did not complete within MaximumExecutionTimeoutInSeconds.")  # noqa: TRY301 - rolled back below like any other reason
                capacity = f"{'full' if step.share == 1 else 'canary'} capacity of {math.ceil(step.share * instances)} instance(s)."
                self.stage("ActivatingTraffic", f"Activating traffic on {capacity}")
                old = [(self.blue, 1 - step.share)] if step.share < 1 else []
                self.router.send_to(*old, (self.green, step.share))
                self.stage("Baking", f"Baking for {step.bake:g} seconds (TerminationWaitInSeconds) with traffic enabled on {capacity}")
                self._bake(step.bake / clock())
        except (FleetError, RolledBackError) as problem:
            self.router.send_to((self.blue, 1.0))
            raise RolledBackError(str(problem)) from problem

    def _bake(self, seconds: float) -> None:
        """Watch the alarms for so long, and at least once."""
        names, deadline = alarms(self.config), time.monotonic() + seconds
        while True:
            fired = self._in_alarm(names)
            if fired:
                raise RolledBackError(f"One or more configured alarm(s) have been activated: {', '.join(fired)}.")
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _POLL_SECONDS))

    def _in_alarm(self, names: Sequence[str]) -> list[str]:
        if not names:
            return []
        try:
            found: dict[str, Any] = self.cloud.client("cloudwatch", self.role_arn).describe_alarms(AlarmNames=list(names))
        except (ClientError, RoleError) as problem:
            raise RolledBackError(f"The configured alarms cannot be read with the role {self.role_arn}: {problem}") from problem
        known = {alarm["AlarmName"]: alarm["StateValue"] for alarm in found.get("MetricAlarms", []) + found.get("CompositeAlarms", [])}
        missing = [name for name in names if name not in known]
        if missing:
            raise RolledBackError(f"The configured alarm(s) do not exist: {', '.join(missing)}.")
        return [name for name in names if known[name] == "ALARM"]


def _share(size: Parameters, instances: int) -> float:
    """A step as a part of the whole; AWS counts it in percent or in instances."""
    return float(size["Value"]) / (instances if size["Type"] == "INSTANCE_COUNT" else 100)


def _linear(routing: Parameters, instances: int) -> list[float]:
    """Every step of a linear shift but the last, which is all of the traffic."""
    size = _share(routing["LinearStepSize"], instances)
    return [round(size * number, 6) for number in range(1, 200) if size * number < 1 - 1e-9]
