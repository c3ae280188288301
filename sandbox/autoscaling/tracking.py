"""Target tracking: how many instances there are to be, by the load of the last minutes.

Two alarms watch a metric minute by minute: three minutes above the target mean too little capacity, fifteen below nine tenths of it too
much. Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html, and the alarms
that it shows. The number of instances that AWS then chooses is proportional to the load; its formula is not published. Here it is the
number at which the present load would meet the target.

Minutes and cool-downs pass `SANDBOX_CLOCK` times faster than on AWS; the load is taken as it is: 1000 invocations in a real minute are
1000.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from .record import Parameters

MINUTE: Final = 60.0
HIGH_PERIODS: Final = 3
LOW_PERIODS: Final = 15
LOW_SHARE: Final = 0.9
#: Of the variants of endpoints, unless the policy says otherwise:
#: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
COOLDOWN: Final = 300.0


@dataclass
class Tracker:
    """What a policy has seen, and what it did last.

    Attributes:
        values: the load of the last periods, the latest first; None for a period without data.
        scaled_out: when it scaled out last, and to how many, as the clock of the machine has it.
        scaled_in: when it scaled in last.
    """

    values: deque[float | None] = field(default_factory=lambda: deque(maxlen=LOW_PERIODS))
    scaled_out: tuple[float, int] | None = None
    scaled_in: float | None = None

    def observe(self, value: float | None) -> None:
        """Add the load of another period."""
        self.values.appendleft(value)

    def is_high(self, target: float) -> bool:
        """Whether the load was above the target in each of the last periods that count."""
        last = list(self.values)[:HIGH_PERIODS]
        return len(last) == HIGH_PERIODS and all(value is not None and value > target for value in last)

    def is_low(self, target: float) -> bool:
        """Whether the load was clearly below the target all the time. No data is no load: nobody asks."""
        return len(self.values) == LOW_PERIODS and all((value or 0.0) < target * LOW_SHARE for value in self.values)

    def wanted(self, policy: Parameters, instances: int, time: float, clock: float) -> int:
        """How many instances there are to be.

        Args:
            policy: the TargetTrackingScalingPolicyConfiguration.
            instances: how many there are.
            time: now, in seconds.
            clock: how many times faster than on AWS cool-downs pass.
        """
        target = float(policy["TargetValue"])
        if self.is_high(target):
            wanted = max(instances + 1, math.ceil(instances * (self.values[0] or 0.0) / target))
            return wanted if self._may_grow(wanted, time, _cooldown(policy, "ScaleOutCooldown") / clock) else instances
        if self.is_low(target) and not policy.get("DisableScaleIn") and self._may_shrink(policy, time, clock):
            return min(instances, math.ceil(instances * max(value or 0.0 for value in self.values) / target))
        return instances

    def grew(self, instances: int, time: float) -> None:
        """There are more instances from now on."""
        self.scaled_out = (time, instances)
        self.values.clear()

    def shrank(self, time: float) -> None:
        """There are fewer instances from now on."""
        self.scaled_in = time
        self.values.clear()

    def _may_grow(self, wanted: int, time: float, cooldown: float) -> bool:
        """While it cools down, it grows only beyond what it grew to; a scale-in holds no growth up."""
        return self.scaled_out is None or time - self.scaled_out[0] >= cooldown or wanted > self.scaled_out[1]

    def _may_shrink(self, policy: Parameters, time: float, clock: float) -> bool:
        cooled_out = self.scaled_out is None or time - self.scaled_out[0] >= _cooldown(policy, "ScaleOutCooldown") / clock
        return cooled_out and (self.scaled_in is None or time - self.scaled_in >= _cooldown(policy, "ScaleInCooldown") / clock)


def _cooldown(policy: Parameters, member: str) -> float:
    given = policy.get(member)
    return COOLDOWN if given is None else float(given)
