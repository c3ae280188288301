"""Looks at the load of every scalable target, period by period, and changes the number of its instances."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ..sagemaker.cloud import Cloud
from . import metrics
from .record import Activity, ScalableTarget, ScalingPolicy, Store
from .surroundings import CloudWatch, Variants
from .tracking import MINUTE, Tracker

logger = logging.getLogger("sandbox.autoscaling")

#: SageMaker publishes its metrics once a second here: a shorter period would now and then have none.
SHORTEST_PERIOD: Final = 2.0
_MOST_ACTIVITIES: Final = 1000


@dataclass
class Scaler:
    """Scales the targets of one account and region while they have policies.

    Args:
        cloud: where it runs.
        variants: what it scales.
        cloudwatch: where it reads the load and shows the state of its alarms.
        clock: how many times faster than on AWS minutes pass.
    """

    cloud: Cloud
    variants: Variants
    cloudwatch: CloudWatch
    clock: Callable[[], float]
    _running: set[tuple[str, str]] = field(default_factory=set)
    _trackers: dict[str, Tracker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def period(self) -> float:
        """How long a minute of AWS's takes here, in seconds."""
        return max(MINUTE / self.clock(), SHORTEST_PERIOD)

    def watch(self, store: Store) -> None:
        """Start, unless it runs already."""
        place = (self.cloud.account_id, self.cloud.region)
        with self._lock:
            if place in self._running:
                return
            self._running.add(place)
        self.cloud.background("autoscaling", lambda: self._run(store, place))

    def _run(self, store: Store, place: tuple[str, str]) -> None:
        while True:
            begin = time.time()
            time.sleep(self.period)
            with self._lock, store.lock:
                if not store.policies:
                    self._running.discard(place)
                    return
            for policy in list(store.policies.values()):
                try:
                    self.look(store, policy, begin, time.time())
                except Exception:
                    # The thread scales every other target, too; the next period comes all the same.
                    logger.exception("the sandbox failed to scale %s", policy.resource_id)

    def look(self, store: Store, policy: ScalingPolicy, begin: float, end: float) -> None:
        """Take in the load of one period, and act on it."""
        target = store.targets.get(policy.resource_id)
        variant = None if target is None else self.variants.find(target.endpoint, target.variant)
        if target is None or variant is None or variant.instances is None or not variant.in_service:
            return
        tracker = self._trackers.setdefault(policy.arn, Tracker())
        tracker.observe(metrics.load(self.cloudwatch, metrics.watched(policy.configuration, target), begin, end))
        cause = self._show_alarms(policy, tracker)
        wanted = tracker.wanted(policy.configuration, variant.instances, end, self.clock())
        bounded = min(max(wanted, target.minimum), target.maximum)
        if not _may(target, variant.instances, bounded):
            return
        if wanted == variant.instances:
            grows = bounded > wanted
            cause = f"{'minimum' if grows else 'maximum'} capacity was set to {bounded}"
        self._resize(store, target, bounded, cause)
        if bounded > variant.instances:
            tracker.grew(bounded, end)
        else:
            tracker.shrank(end)

    def _show_alarms(self, policy: ScalingPolicy, tracker: Tracker) -> str:
        """Give the alarms their states; why instances are changed now, if they are."""
        cause, target = "", policy.target_value
        for name, rings in zip(policy.alarms, (tracker.is_high(target), tracker.is_low(target)), strict=True):
            reason = f"Threshold Crossed: the load of an instance is {tracker.values[0]}, and is to be {target:g}"
            self.cloudwatch.set_state(name, "ALARM" if rings else "OK", reason)
            if rings:
                cause = f"monitor alarm {name} in state ALARM triggered policy {policy.name}"
        return cause

    def _resize(self, store: Store, target: ScalableTarget, instances: int, cause: str) -> None:
        # Words: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
        activity = Activity(target.resource_id, f"Setting desired instance count to {instances}.", cause)
        with store.lock:
            store.activities = [activity, *store.activities][:_MOST_ACTIVITIES]
        problem = self.variants.resize(target.endpoint, target.variant, instances)
        if problem is None:
            words = f"Successfully set desired instance count to {instances}. Change successfully fulfilled by sagemaker."
            activity.end("Successful", words)
        else:
            activity.end("Failed", f"Failed to set desired instance count to {instances}. Reason: {problem}")


def _may(target: ScalableTarget, instances: int, wanted: int) -> bool:
    """Whether a number of instances may become another one: it differs, and that direction is not suspended."""
    if wanted == instances:
        return False
    return not target.suspended.get("DynamicScalingOutSuspended" if wanted > instances else "DynamicScalingInSuspended")
