"""An alarm may watch an expression over several metrics (`Metrics`), from a template or by PutMetricAlarm.

ministack refuses such alarms in templates and takes no notice of `Metrics` in requests. Here the one query whose data is returned is
watched: an expression over the others, by `emulator.metric_math`, or a metric itself. Expressions over expressions, anomaly detection,
metrics of other accounts and the query protocol are refused.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.metric_math import ExpressionError, Value, evaluate, names
from . import alarm_evaluation

_OF_ONE_METRIC: Final = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
_QUERY: Final = frozenset({"Id", "Expression", "MetricStat", "ReturnData", "Label", "Period"})


def apply() -> None:
    """Take and evaluate alarms on expressions from now on."""
    cloudwatch, provisioners = internal("services.cloudwatch"), internal("services.cloudformation.provisioners")
    cloudwatch._evaluate_alarm = _evaluated(cloudwatch._evaluate_alarm)
    cloudwatch._put_metric_alarm = _put(cloudwatch._put_metric_alarm)
    provisioners._cw_metric_alarm_record = _recorded(provisioners._cw_metric_alarm_record)


def _recorded(of_one_metric: Callable[[str, Json], Json]) -> Callable[[str, Json], Json]:
    """The alarm that a template's properties describe."""

    def record(name: str, properties: Json) -> Json:
        if not properties.get("Metrics"):
            return of_one_metric(name, properties)
        queries = checked(properties["Metrics"], properties.get("ComparisonOperator"))
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        return _watching(of_one_metric(name, {**rest, "MetricName": "-", "Namespace": "-"}), queries)

    return record


def _put(of_one_metric: Callable[..., Any]) -> Callable[..., Any]:
    """PutMetricAlarm."""

    def put(parameters: Json, request: Json, is_cbor: bool, is_json: bool = False) -> Any:
        cloudwatch = internal("services.cloudwatch")
        if any(key.startswith("Metrics.member") for key in parameters):
            return cloudwatch._error("ValidationError", "The sandbox takes Metrics over JSON and CBOR only.", 400)
        if not request.get("Metrics"):
            return of_one_metric(parameters, request, is_cbor, is_json)
        try:
            queries = checked(request["Metrics"], request.get("ComparisonOperator"))
        except ExpressionError as problem:
            return cloudwatch._error("ValidationError", str(problem), 400, use_json=is_json, use_cbor=is_cbor)
        answer = of_one_metric(parameters, {key: value for key, value in request.items() if key != "Metrics"}, is_cbor, is_json)
        alarm = cloudwatch._alarms.get(request.get("AlarmName", ""))
        if answer[0] == 200 and alarm is not None:
            cloudwatch._alarms[alarm["AlarmName"]] = _watching(alarm, queries)
        return answer

    return put


def _watching(alarm: Json, queries: Sequence[Json]) -> Json:
    """An alarm on the queries in place of one metric."""
    return {**{key: value for key, value in alarm.items() if key not in _OF_ONE_METRIC}, "Metrics": list(queries)}


def checked(queries: Sequence[Mapping[str, Any]], comparison: object) -> list[Json]:
    """The queries as they are evaluated, numbers and flags as such: a template may write them as text.

    Raises:
        ExpressionError: they are wrong, or hold what is not emulated.
    """
    if comparison not in alarm_evaluation.COMPARISONS:
        raise ExpressionError(f"The ComparisonOperator {comparison} is not emulated.")
    found = [_query(each) for each in queries]
    returned = [each for each in found if each["ReturnData"]]
    metrics = {each["Id"] for each in found if "MetricStat" in each}
    if len(returned) != 1:
        raise ExpressionError("Exactly one of the metrics of an alarm must have ReturnData true.")
    for each in found:
        unknown = sorted(names(each["Expression"]) - metrics) if "Expression" in each else []
        if unknown:
            raise ExpressionError(f"The expression {each['Expression']!r} names {', '.join(unknown)}, which is no metric of this alarm.")
    return found


def _query(given: Mapping[str, Any]) -> Json:
    unknown = sorted(set(given) - _QUERY)
    if unknown or ("Expression" in given) == ("MetricStat" in given):
        what = f"{unknown[0]} is not emulated" if unknown else "it needs either Expression or MetricStat"
        raise ExpressionError(f"The metric {given.get('Id', '')} of an alarm is refused: {what}.")
    query = {"Id": str(given["Id"]), "ReturnData": str(given.get("ReturnData", True)).lower() == "true"}
    if "Label" in given:
        query["Label"] = given["Label"]
    if "Expression" in given:
        return {**query, "Expression": str(given["Expression"])}
    return {**query, "MetricStat": {**given["MetricStat"], "Period": int(given["MetricStat"]["Period"])}}


def _evaluated(of_one_metric: Callable[[Json], None]) -> Callable[[Json], None]:
    def evaluated(alarm: Json) -> None:
        if not alarm.get("Metrics"):
            of_one_metric(alarm)
            return
        new = alarm_evaluation.state_by_values(alarm, values(alarm, time.time()))
        alarm_evaluation.bring_up_to_date(alarm, new, "an expression")

    return evaluated


def values(alarm: Json, now: float) -> list[Value]:
    """What the alarm watches in its last periods, the latest first."""
    (watched,) = (each for each in alarm["Metrics"] if each["ReturnData"])
    stats = {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}
    found = []
    for number in range(int(alarm.get("EvaluationPeriods", 1))):
        known = {id_: _of_period(stat, now, number) for id_, stat in stats.items()}
        found.append(evaluate(watched["Expression"], known) if "Expression" in watched else known[watched["Id"]])
    return found


def _of_period(stat: Json, now: float, number: int) -> Value:
    """The value of one metric, so many of its periods ago."""
    metric, length = stat["Metric"], float(stat["Period"])
    points = alarm_evaluation.points_of({"Dimensions": metric.get("Dimensions"), **metric})
    return alarm_evaluation.value_of(
        alarm_evaluation.in_period(points, now, number, length), alarm_evaluation.statistic_named(stat["Stat"])
    )
