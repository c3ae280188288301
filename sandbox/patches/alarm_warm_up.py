"""An alarm with a warm-up period is not evaluated before that has passed since it was made, by the clock of `SANDBOX_CLOCK`.

ministack does not know `WarmUpConfiguration`. With `OnlyStartEvaluatingAfterWarmUpPeriodEnds` the alarm waits to the end, otherwise until
each of its periods has data. Source: PutMetricAlarm in CloudWatch's service model.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

import contextvars
import time
from collections.abc import Mapping
from typing import Any, Final

from ..emulator.internals import Json, internal
from ..waits import clock
from . import alarm_evaluation, metric_math_alarms

_KEY: Final = "WarmUpConfiguration"
#: When an alarm that warms up was made, beside its configuration.
_MADE: Final = "sandbox:made"
#: Name and warm-up of the alarm that a request is about, which evaluates it already.
_put: contextvars.ContextVar[tuple[str, Json] | None] = contextvars.ContextVar("sandbox_alarm", default=None)


def apply() -> None:
    """Keep the configuration, and evaluate no alarm that warms up."""
    cloudwatch, provisioners = internal("services.cloudwatch"), internal("services.cloudformation.provisioners")
    record, put, evaluate = provisioners._cw_metric_alarm_record, cloudwatch._put_metric_alarm, cloudwatch._evaluate_alarm

    def recorded(name: str, properties: Json) -> Json:
        return _warming_up(record(name, properties), properties.get(_KEY), cloudwatch._alarms.get(name))

    def put_with_warm_up(parameters: Json, request: Json, is_cbor: bool, is_json: bool = False) -> Any:
        name, given = (request or {}).get("AlarmName", ""), (request or {}).get(_KEY)
        alarm = _warming_up({}, given, cloudwatch._alarms.get(name))
        token = _put.set((name, alarm))
        try:
            return put(parameters, request, is_cbor, is_json)
        finally:
            _put.reset(token)

    def evaluated(alarm: Json) -> None:
        asked = _put.get()
        if asked is not None and asked[0] == alarm["AlarmName"]:
            alarm.update(asked[1])
        if not warms_up(alarm, time.time()):
            evaluate(alarm)

    provisioners._cw_metric_alarm_record = recorded
    cloudwatch._put_metric_alarm = put_with_warm_up
    cloudwatch._evaluate_alarm = evaluated


def _warming_up(alarm: Json, given: Mapping[str, Any] | None, before: Json | None) -> Json:
    """An alarm with its warm-up, if it has one; a change of the alarm does not begin it anew."""
    if given is None:
        return alarm
    only = str(given.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False)).lower() == "true"
    minutes = int(given["WarmUpPeriodDurationInMinutes"])
    configuration = {"WarmUpPeriodDurationInMinutes": minutes, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": only}
    return {**alarm, _KEY: configuration, _MADE: (before or {}).get(_MADE, time.time())}


def warms_up(alarm: Json, now: float) -> bool:
    """Whether an alarm is not to be evaluated yet."""
    given = alarm.get(_KEY)
    if given is None or now >= alarm[_MADE] + 60 * given["WarmUpPeriodDurationInMinutes"] / clock():
        return False
    return bool(given["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] or None in _values(alarm, now))


def _values(alarm: Json, now: float) -> list[float | None]:
    """What the alarm watches in its last periods; None for one without data."""
    if alarm.get("Metrics"):
        return metric_math_alarms.values(alarm, now)
    points, length = alarm_evaluation.points_of(alarm), float(alarm["Period"])
    statistic = alarm_evaluation.statistic_named(alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average"))
    periods = range(int(alarm["EvaluationPeriods"]))
    return [alarm_evaluation.value_of(alarm_evaluation.in_period(points, now, number, length), statistic) for number in periods]
