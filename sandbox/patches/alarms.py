"""CloudWatch alarms as CloudWatch evaluates them, and the queue metrics that alarms watch.

ministack matches a metric by name only and forgets what `TreatMissingData`, `DatapointsToAlarm` and `Dimensions` say; an alarm of
one endpoint would ring for another. Here the last `EvaluationPeriods` periods are looked at one by one, ending now (AWS looks at
whole periods, so it rings up to a period later), whenever a value comes and every two seconds besides.
"""

# ruff: noqa: SLF001 - see sandbox/internals.py: this file replaces some

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..emulator.identity import scope
from ..emulator.internals import Json, internal
from ..emulator.services import put_metric

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_TICK_SECONDS = 2.0
_QUEUE_TICKS = 5
Statistic = Callable[[list[Json]], float | None]


def repair() -> None:
    """Evaluate alarms as above from now on."""
    internal("services.cloudwatch")._evaluate_alarm = _evaluate
    threading.Thread(target=_tick, name="sandbox-alarms", daemon=True).start()


def verdict(alarm: Json, points: Sequence[Json], now: float, statistic: Statistic) -> str | None:
    """The state an alarm is in, by its metric's points; None when it stays as it is.

    Args:
        alarm: as `PutMetricAlarm` has it.
        points: of exactly the alarm's metric and dimensions, each with its `Timestamp` in seconds.
        now: the end of the last period.
        statistic: what a period's points come to; None when nothing.

    Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
    """
    periods, length = int(alarm.get("EvaluationPeriods", 1)), float(alarm.get("Period", 60))
    breaches = [_breach(alarm, [p for p in points if 0 <= now - i * length - p["Timestamp"] < length], statistic) for i in range(periods)]
    needed = alarm.get("DatapointsToAlarm")
    needed = periods if needed is None else int(needed)
    if all(breach is None for breach in breaches):
        return {"breaching": "ALARM", "notBreaching": "OK", "ignore": None}.get(
            alarm.get("TreatMissingData", "missing"), "INSUFFICIENT_DATA"
        )
    missing_counts = alarm.get("TreatMissingData") == "breaching"
    bad = sum(missing_counts if breach is None else breach for breach in breaches)
    return "ALARM" if bad >= needed else "OK"


def _breach(alarm: Json, points: list[Json], statistic: Statistic) -> bool | None:
    """Whether one period's value breaches the threshold; None without a value."""
    value = statistic(points) if points else None
    return None if value is None else _COMPARISONS[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def _evaluate(alarm: Json) -> None:
    """Bring one alarm's state up to date; a change runs its actions."""
    cloudwatch = internal("services.cloudwatch")
    if not alarm.get("MetricName") or alarm.get("ComparisonOperator") not in _COMPARISONS:
        return
    new = verdict(alarm, _points_of(alarm), time.time(), _statistic_of(alarm))
    old = alarm["StateValue"]
    if new is None or new == old:
        return
    periods = alarm.get("EvaluationPeriods", 1)
    reason = (
        f"Threshold Crossed: {alarm['ComparisonOperator']} {alarm['Threshold']} over {periods} period(s) of {alarm.get('Period', 60)} s"
    )
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _points_of(alarm: Json) -> list[Json]:
    """The points of exactly the alarm's metric: same namespace, name and dimensions."""
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or ()}
    metrics = internal("services.cloudwatch")._metrics
    wanted = (alarm["Namespace"], alarm["MetricName"])
    return [p for (*name, _), points in metrics.items() if tuple(name) == wanted for p in list(points) if p["Dimensions"] == dimensions]


def _statistic_of(alarm: Json) -> Statistic:
    """The alarm's `Statistic` or percentile, by ministack's own arithmetic."""
    cloudwatch, name = internal("services.cloudwatch"), alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")

    def value(points: list[Json]) -> float | None:
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)
        return found

    return value


def _tick() -> None:
    """Evaluate every alarm of every region again and again: values grow old, and a missing one is a verdict too."""
    ticks = 0
    while True:
        time.sleep(_TICK_SECONDS)
        if ticks % _QUEUE_TICKS == 0:
            _measure_queues()
        for account, region in _scopes(internal("services.cloudwatch")._alarms):
            with scope(account, region):
                internal("services.cloudwatch")._evaluate_all_alarms()
        ticks += 1


def _measure_queues() -> None:
    """`AWS/SQS` `ApproximateNumberOfMessagesVisible` of every queue, which ministack does not publish."""
    for account, region in _scopes(internal("services.sqs")._queues):
        with scope(account, region):
            for queue in internal("services.sqs")._queues.values():
                now = time.time()
                visible = sum(message["visible_at"] <= now for message in list(queue["messages"]))
                put_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, {"QueueName": queue["name"]}, "Count")


def _scopes(store: Any) -> set[tuple[str, str]]:
    """The accounts and regions in which a store of ministack holds anything."""
    keys: list[tuple[Any, ...]] = list(store._data)
    return {(str(account), str(region)) for account, region, *_ in keys}
