"""Draws a CloudWatch dashboard: its widgets where its JSON puts them, with the data of the account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib.dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .data import Line, Reader

# A CloudWatch page is 24 columns wide; an inch for two of them, and for two rows.
_COLUMNS, _UNITS_PER_INCH = 24, 1.7
_MOST_IN_A_LEGEND = 6


def draw(cloudwatch: Any, logs: Any, name: str, file: Path, *, hours: float) -> None:
    """Writes a PNG of a dashboard.

    Args:
        cloudwatch: a client.
        logs: a client, for widgets that query logs.
        name: the dashboard's.
        file: where the picture goes.
        hours: how far back the graphs look.
    """
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    widgets, reader = body["widgets"], Reader(cloudwatch, hours)
    rows = max(each["y"] + each["height"] for each in widgets)
    figure = Figure(figsize=(_COLUMNS / _UNITS_PER_INCH, rows / _UNITS_PER_INCH), dpi=110, facecolor="#f2f3f3")
    for widget in widgets:
        axes = figure.add_axes(_place(widget, rows))
        properties = widget["properties"]
        axes.set_title(properties["title"], fontsize=9, loc="left", fontweight="bold")
        _VIEWS.get(properties.get("view", ""), _graph)(axes, properties, reader, logs)
    figure.savefig(file)


def _place(widget: Mapping[str, Any], rows: int) -> tuple[float, float, float, float]:
    """Left, bottom, width and height of what a widget draws, as shares of the page."""
    inner_left, inner_right, above, below = 1.0, 0.4, 1.1, 0.9
    return (
        (widget["x"] + inner_left) / _COLUMNS,
        1 - (widget["y"] + widget["height"] - below) / rows,
        (widget["width"] - inner_left - inner_right) / _COLUMNS,
        (widget["height"] - above - below) / rows,
    )


def _graph(axes: Axes, properties: Mapping[str, Any], reader: Reader, _logs: Any) -> None:
    lines = reader.lines(properties)
    for line in lines:
        times: list[Any] = [moment for moment, _ in line.points]
        axes.plot(times, [value for _, value in line.points], marker="o", markersize=3, linewidth=1.2, label=line.label)
    axes.tick_params(labelsize=7)
    if not lines:
        _say(axes, "no data")
        return
    # Its stubs have no types.
    locator = matplotlib.dates.AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    if len(lines) <= _MOST_IN_A_LEGEND:
        axes.legend(fontsize=7, loc="best", frameon=False)


def _values(axes: Axes, properties: Mapping[str, Any], reader: Reader, _logs: Any) -> None:
    axes.set_axis_off()
    lines: list[Line] = reader.lines(properties)
    for place, line in enumerate(lines):
        left = (place + 0.5) / len(lines)
        axes.text(left, 0.55, f"{line.points[-1][1]:.3f}", fontsize=22, ha="center", va="center")
        axes.text(left, 0.1, line.label, fontsize=9, ha="center", va="center", color="#555555")
    if not lines:
        _say(axes, "no data")


def _table(axes: Axes, properties: Mapping[str, Any], _reader: Reader, logs: Any) -> None:
    """What the widget's query of logs filters and parses, without the rest of that language."""
    axes.set_axis_off()
    query = properties["query"]
    groups, streams = re.findall(r"SOURCE '([^']+)'", query), re.findall(r"@logStream like /\^([^/]+)/", query)
    words = re.findall(r"@message like '([^']+)'", query)
    rows = []
    for group in groups:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNamePrefix=streams[0])
        found = [event for page in pages for event in page["events"] if words[0] in event["message"]]
        rows += [(each["logStreamName"].split("/")[0], each["message"].rpartition(":")[2].strip()) for each in found]
    for place, (stream, value) in enumerate(rows[-6:]):
        axes.text(0.02, 0.9 - place * 0.16, stream, fontsize=8, va="center")
        axes.text(0.98, 0.9 - place * 0.16, value, fontsize=8, va="center", ha="right")
    if not rows:
        _say(axes, "no data")


def _say(axes: Axes, what: str) -> None:
    axes.text(0.5, 0.5, what, transform=axes.transAxes, ha="center", va="center", fontsize=9, color="#888888")


_VIEWS: Mapping[str, Callable[[Axes, Mapping[str, Any], Reader, Any], None]] = {"singleValue": _values, "table": _table}
