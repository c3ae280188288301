"""Metrics and alarms of ministack's CloudWatch, for a service that evaluates its own alarms."""

# ruff: noqa: SLF001 - see internals.py: this file uses some

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arns import arn
from .identity import account_id, region
from .internals import internal

#: The names of alarms that their maker evaluates; patches/alarm_evaluation.py passes them over.
evaluated_by_their_makers: set[str] = set()


class CloudWatch:
    """Metrics and alarms of the account and region of the request, or of the background work."""

    def put_alarm(self, name: str, alarm: Mapping[str, Any]) -> None:
        """Make or change an alarm that nobody but its maker evaluates, as PutMetricAlarm has it; one that exists keeps its state."""
        evaluated_by_their_makers.add(name)
        internal("services.cloudwatch").cloudformation_put_metric_alarm(
            internal("services.cloudformation.provisioners")._cw_metric_alarm_record(name, dict(alarm))
        )

    def delete_alarm(self, name: str) -> None:
        """Remove an alarm."""
        internal("services.cloudwatch").cloudformation_delete_metric_alarm(name)
        evaluated_by_their_makers.discard(name)

    def alarm_arn(self, name: str) -> str:
        """The ARN of an alarm."""
        return arn("cloudwatch", region(), account_id(), f"alarm:{name}")

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Give an alarm its state; a change is recorded."""
        cloudwatch = internal("services.cloudwatch")
        alarm = cloudwatch._alarms.get(name)
        if alarm is not None and alarm["StateValue"] != state:
            cloudwatch._record_history(name, alarm["StateValue"], state, reason)
            alarm.update(StateValue=state, StateReason=reason)

    def value(self, metric: Mapping[str, Any], begin: float, end: float) -> float | None:
        """The statistic of a metric over a time, in seconds since 1970; None without data."""
        cloudwatch = internal("services.cloudwatch")
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions") or ()}
        points = [
            point
            for (*name, _), stored in cloudwatch._metrics.items()
            if tuple(name) == (metric["Namespace"], metric["MetricName"])
            for point in list(stored)
            if point["Dimensions"] == dimensions and begin <= point["Timestamp"] < end
        ]
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), metric["Statistic"], points) if points else None
        return found
