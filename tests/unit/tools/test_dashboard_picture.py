"""What the picture of a dashboard shows, from a dashboard and metrics of the test's own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dashboard.data import Line, Reader
from benchmarks.dashboard.picture import draw
from tests.unit.aws_requests import CheckedClient
from tests.unit.blazingtext.cloud_fakes import FakeClient, FakePaginator

NOW = datetime.now(UTC)
SEARCH = "SEARCH('{/aws/sagemaker/TrainingJobs,Host} MetricName=\"CPUUtilization\" Host=(blazingtext AND dev)', 'SampleCount', 60)"


class Metrics(FakeClient):
    """Three hosts, of which one is another stage's; each metric has two points, the later one first."""

    def __init__(self, dashboard: dict[str, Any] | None = None) -> None:
        super().__init__(
            get_dashboard=lambda **_: {"DashboardBody": json.dumps(dashboard)},
            list_metrics=lambda **_: {"Metrics": [self._host(f"blazingtext-{name}/algo-1") for name in ("dev-a", "dev-b", "devel-c")]},
            get_metric_statistics=self._statistics,
        )

    @staticmethod
    def _host(value: str) -> dict[str, Any]:
        return {"MetricName": "CPUUtilization", "Dimensions": [{"Name": "Host", "Value": value}]}

    @staticmethod
    def _statistics(**wish: Any) -> dict[str, Any]:
        points: list[dict[str, Any]] = [{"Timestamp": NOW, "Value": 4.0}, {"Timestamp": NOW - timedelta(minutes=1), "Value": 2.0}]
        if "ExtendedStatistics" in wish:
            return {"Datapoints": [{**each, "ExtendedStatistics": {wish["ExtendedStatistics"][0]: each["Value"]}} for each in points]}
        return {"Datapoints": [{**each, wish["Statistics"][0]: each["Value"]} for each in points]}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def lines(*metrics: Any) -> list[Line]:
    return Reader(CheckedClient("cloudwatch", Metrics()), 1).lines({"metrics": list(metrics)})


def test_a_metric_is_a_line_of_its_statistic_in_order() -> None:
    (found,) = lines(["AWS/SageMaker", "ModelLatency", "EndpointName", "e", {"stat": "p99", "label": "latency"}])

    assert (found.label, [value for _, value in found.points]) == ("latency", [2.0, 4.0])


def test_a_search_is_a_line_for_each_metric_with_its_words_and_no_other_stage() -> None:
    assert [line.label for line in lines([{"expression": SEARCH}])] == ["blazingtext-dev-a/algo-1", "blazingtext-dev-b/algo-1"]


def test_costs_are_minutes_at_a_price_and_what_they_count_is_not_shown() -> None:
    minutes = ["/aws/sagemaker/Endpoints", "CPUUtilization", {"id": "minutes", "stat": "SampleCount", "visible": False}]

    endpoint, training = lines(
        [{"expression": "minutes / 60 * 0.23", "label": "endpoint"}], minutes, [{"expression": f"SUM({SEARCH}) / 60 * 0.204", "label": "t"}]
    )

    assert endpoint.points[0][1] == pytest.approx(6 / 60 * 0.23)
    assert training.points[0][1] == pytest.approx(12 / 60 * 0.204)


def test_an_expression_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match=r"RATE\(x\) is an expression that this tool does not know"):
        lines([{"expression": "RATE(x)"}])


def test_a_dashboard_becomes_a_picture_with_all_its_kinds_of_widgets(tmp_path: Path) -> None:
    query = "SOURCE '/logs' | filter @logStream like /^blazingtext-dev-/ and @message like 'Average throughput'"
    widgets = [
        {"title": "costs", "view": "singleValue", "metrics": [["S", "N", {"stat": "Sum"}]]},
        {"title": "graph", "view": "timeSeries", "metrics": [["S", "N", {"stat": "Sum"}]]},
        {"title": "nothing", "view": "timeSeries", "metrics": []},
        {"title": "table", "view": "table", "query": query},
    ]
    body = {"widgets": [{"x": 0, "y": 6 * place, "width": 12, "height": 6, "properties": each} for place, each in enumerate(widgets)]}
    events = [{"logStreamName": "blazingtext-dev-a/algo-1", "message": "Average throughput in Million words/sec: 1.5"}]
    logs = FakeClient(filter_log_events=lambda **_: {"events": events})

    draw(CheckedClient("cloudwatch", Metrics(body)), CheckedClient("logs", logs), "page", tmp_path / "page.png", hours=1)

    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
