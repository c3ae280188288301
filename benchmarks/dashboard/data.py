"""The lines of a dashboard's widget, read from CloudWatch: metrics, searches for metrics, and arithmetic on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_SEARCH = re.compile(r"SEARCH\('\{(?P<space>[^,}]+),(?P<dimension>[^}]+)\} MetricName=\"(?P<name>[^\"]+)\" \w+=\((?P<words>[^)]*)\)', "
                     r"'(?P<stat>\w+)', (?P<period>\d+)\)")  # fmt: skip
_SECONDS = 60
_COST = re.compile(r"(?P<minutes>.+) / 60 \* (?P<price>[\d.]+)")
Point = tuple[datetime, float]


@dataclass(frozen=True)
class Line:
    """One line of a graph, or one value.

    Attributes:
        label: what it is called.
        points: its times and values, in order.
    """

    label: str
    points: list[Point]


class Reader:
    """Reads the lines of widgets for the last hours.

    Args:
        cloudwatch: a client.
        hours: how far back.
    """

    def __init__(self, cloudwatch: Any, hours: float) -> None:
        self._cloudwatch = cloudwatch
        self._end = datetime.now(UTC) + timedelta(minutes=1)
        self._start = self._end - timedelta(hours=hours)

    def lines(self, widget: Mapping[str, Any]) -> list[Line]:
        """What a widget of metrics shows.

        Raises:
            ValueError: it holds an expression that is not known here.
        """
        rows = [(row[:-1], row[-1]) if isinstance(row[-1], dict) else (row, {}) for row in widget.get("metrics", [])]
        named = {options["id"]: list(self._metric(names, options)) for names, options in rows if options.get("id") and names}
        found: list[Line] = []
        for names, options in rows:
            if "expression" in options:
                found += self._expression(options["expression"], options.get("label", ""), named)
            elif options.get("visible", True):
                found += self._metric(names, options)
        return [line for line in found if line.points]

    def _metric(self, names: list[str], options: Mapping[str, Any]) -> Iterator[Line]:
        space, name, *pairs = names
        dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
        yield self._read(space, name, dimensions, options.get("stat", "Average"), options.get("label", name))

    def _expression(self, expression: str, label: str, named: Mapping[str, list[Line]]) -> list[Line]:
        search, cost = _SEARCH.fullmatch(expression), _COST.fullmatch(expression)
        if search:
            return list(self._found(search))
        if not cost:
            raise ValueError(f"{expression} is an expression that this tool does not know. Teach it, in {__file__}.")
        minutes = cost["minutes"]
        inner = _SEARCH.search(minutes)
        lines = list(self._found(inner)) if inner else named.get(minutes, [])
        total = sum(value for line in lines for _, value in line.points)
        return [Line(label, [(self._end, total / 60 * float(cost["price"]))])]

    def _found(self, search: re.Match[str]) -> Iterator[Line]:
        listed = self._cloudwatch.get_paginator("list_metrics").paginate(Namespace=search["space"], MetricName=search["name"])
        words = set(search["words"].split(" AND "))
        for metric in (each for page in listed for each in page["Metrics"]):
            dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            value = dimensions.get(search["dimension"], "")
            if set(dimensions) == {search["dimension"]} and words <= set(re.split(r"\W", value)):
                yield self._read(search["space"], search["name"], dimensions, search["stat"], value)

    def _read(self, space: str, name: str, dimensions: Mapping[str, str], stat: str, label: str) -> Line:
        extended = stat.startswith("p")
        answer = self._cloudwatch.get_metric_statistics(
            Namespace=space,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=self._start,
            EndTime=self._end,
            Period=_SECONDS,
            **({"ExtendedStatistics": [stat]} if extended else {"Statistics": [stat]}),
        )
        values = [(each["Timestamp"], each["ExtendedStatistics"][stat] if extended else each[stat]) for each in answer["Datapoints"]]
        return Line(label, sorted(values))
