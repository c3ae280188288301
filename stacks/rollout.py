"""How a new model takes over from the one before it, as CloudFormation has it: blue/green, watched, in one step or in several."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# How long a fleet may take to start, besides the times in which it is watched; AWS allows 10 minutes to 8 hours in all.
_FLEET_START_SECONDS = 1800
LONGEST_SECONDS = 28_800
_LINEAR_PERCENT = 25

# SageMaker's API requires the interval even where there is nothing to wait for.
_ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


class Shift(StrEnum):
    """How traffic moves to several new instances."""

    CANARY = "canary"
    LINEAR = "linear"


@dataclass(frozen=True)
class Rollout:
    """How traffic moves, and how long each step is watched.

    SageMaker's canary is half of the instances at most, so a single instance has none: it moves all at once. From two on, some of them
    meet the traffic first, or the traffic moves step by step. The old fleet stays up while the alarms watch.

    Attributes:
        shift: what happens from two instances on.
        percent: of the instances that meet the traffic first, or in each step, from 10 to 50; None: one instance, or a quarter of them.
        bake_seconds: how long the alarms watch each step, and the whole new fleet before the old one goes.
    """

    shift: Shift
    percent: int | None
    bake_seconds: int

    @property
    def steps(self) -> int:
        """After how many steps all of the traffic has moved, where there are several instances."""
        return 2 if self.shift is Shift.CANARY else math.ceil(100 / (self.percent or _LINEAR_PERCENT))

    @property
    def seconds(self) -> int:
        """The longest that a deployment may take."""
        return _FLEET_START_SECONDS + self.steps * self.bake_seconds

    def watched(self, instances: int, alarm_names: Sequence[str]) -> dict[str, object]:
        """A deployment that alarms watch, and that goes back when one rings.

        Args:
            instances: how many the endpoint begins with.
            alarm_names: the alarms.
        """
        routing = _ALL_AT_ONCE if instances == 1 else self._routing()
        return {
            "BlueGreenUpdatePolicy": _policy(routing, self.bake_seconds, self.seconds),
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarm_names]},
        }

    def _routing(self) -> Mapping[str, object]:
        """How the traffic moves to several instances.

        Source of the sizes: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html
        """
        if self.shift is Shift.LINEAR:
            step = {"Type": "CAPACITY_PERCENT", "Value": self.percent or _LINEAR_PERCENT}
            return {"Type": "LINEAR", "LinearStepSize": step, "WaitIntervalInSeconds": self.bake_seconds}
        one = {"Type": "INSTANCE_COUNT", "Value": 1}
        size = one if self.percent is None else {"Type": "CAPACITY_PERCENT", "Value": self.percent}
        return {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": self.bake_seconds}


def at_once() -> dict[str, object]:
    """How a model takes over that nobody can wait for, such as the previous one while the alarms ring: no alarm, no canary, no bake."""
    return {"BlueGreenUpdatePolicy": _policy(_ALL_AT_ONCE, 0, _FLEET_START_SECONDS)}


def _policy(routing: Mapping[str, object], bake_seconds: int, seconds: int) -> dict[str, object]:
    return {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": bake_seconds,
        "MaximumExecutionTimeoutInSeconds": seconds,
    }
