"""Alarms are evaluated as CloudWatch documents: by metric and dimensions, period by period, with missing data treated as configured.

ministack matches a metric by its name only and ignores `TreatMissingData`, `DatapointsToAlarm` and `Dimensions`, so that one endpoint's
errors would set off another endpoint's alarm. Here the last `EvaluationPeriods` periods, the latest ending now, are evaluated on
every value and every two seconds; AWS waits for whole periods, and changes state up to a period later.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ..emulator.background import regions_of, run_periodically
from ..emulator.cloudwatch import evaluated_by_their_makers
from ..emulator.identity import scope
from ..emulator.internals import Json, internal

COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_INTERVAL_SECONDS: Final = 2.0
Statistic = Callable[[list[Json]], float | None]


def apply() -> None:
    """Evaluate alarms so from now on."""
    internal("services.cloudwatch")._evaluate_alarm = _evaluate
    run_periodically("alarms", _INTERVAL_SECONDS, _evaluate_everywhere)


def state_of(alarm: Json, points: Sequence[Json], now: float, statistic: Statistic) -> str | None:
    """The state of an alarm by its metric's data points; None when it keeps the state it has.

    Args:
        alarm: as `PutMetricAlarm` has it.
        points: of exactly the alarm's metric and dimensions, each with its `Timestamp` in seconds.
        now: the end of the last period.
        statistic: the value of a period's points.
    """
    periods, length = int(alarm.get("EvaluationPeriods", 1)), float(alarm.get("Period", 60))
    return state_by_values(alarm, [value_of(in_period(points, now, number, length), statistic) for number in range(periods)])


def in_period(points: Sequence[Json], now: float, number: int, length: float) -> list[Json]:
    """The points of one period of so many seconds: the one that ends now, or so many periods before it."""
    return [point for point in points if 0 <= now - number * length - point["Timestamp"] < length]


def value_of(points: list[Json], statistic: Statistic) -> float | None:
    """The value of a period; None without points."""
    return statistic(points) if points else None


def state_by_values(alarm: Json, values: Sequence[float | None]) -> str | None:
    """The state of an alarm by the values of its last periods, None for one without; None when it keeps the state it has."""
    breaches = [None if value is None else _breaches(alarm, value) for value in values]
    needed = alarm.get("DatapointsToAlarm")
    needed = len(values) if needed is None else int(needed)
    if all(breach is None for breach in breaches):
        return {"breaching": "ALARM", "notBreaching": "OK", "ignore": None}.get(
            alarm.get("TreatMissingData", "missing"), "INSUFFICIENT_DATA"
        )
    missing_counts = alarm.get("TreatMissingData") == "breaching"
    bad = sum(missing_counts if breach is None else breach for breach in breaches)
    return "ALARM" if bad >= needed else "OK"


def _breaches(alarm: Json, value: float) -> bool:
    return COMPARISONS[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def _evaluate(alarm: Json) -> None:
    """Bring the state of an alarm on one metric up to date, unless its maker does."""
    if alarm.get("AlarmName") in evaluated_by_their_makers:
        return
    if not alarm.get("MetricName") or alarm.get("ComparisonOperator") not in COMPARISONS:
        return
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    bring_up_to_date(alarm, state_of(alarm, points_of(alarm), time.time(), statistic_named(name)), f"{name} of {alarm['MetricName']}")


def bring_up_to_date(alarm: Json, new: str | None, what: str) -> None:
    """Give an alarm its state; a change is recorded, with what was watched, and runs its actions."""
    cloudwatch, old = internal("services.cloudwatch"), alarm["StateValue"]
    if new is None or new == old:
        return
    periods = alarm.get("EvaluationPeriods", 1)
    reason = f"Threshold Crossed: {what} {alarm['ComparisonOperator']} {alarm['Threshold']} over {periods} period(s)"
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def points_of(alarm: Json) -> list[Json]:
    """The points of exactly the metric that an alarm, or a query, names: same namespace, name and dimensions."""
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or ()}
    metrics = internal("services.cloudwatch")._metrics
    wanted = (alarm["Namespace"], alarm["MetricName"])
    return [p for (*name, _), points in metrics.items() if tuple(name) == wanted for p in list(points) if p["Dimensions"] == dimensions]


def statistic_named(name: str) -> Statistic:
    """A statistic or percentile by its name, by ministack's own arithmetic."""
    cloudwatch = internal("services.cloudwatch")

    def value(points: list[Json]) -> float | None:
        found: float | None = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)
        return found

    return value


def _evaluate_everywhere() -> None:
    """Evaluate every alarm of every region: values grow old, and missing data changes a state too."""
    cloudwatch = internal("services.cloudwatch")
    for account, region in regions_of(cloudwatch._alarms):
        with scope(account, region):
            cloudwatch._evaluate_all_alarms()
