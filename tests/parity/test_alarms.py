"""An alarm's state by its metric's values (source: CloudWatch user guide, 2026-11); no sandbox is needed for the rule itself."""

from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.patches import queue_metrics
from blazingtext_sandbox.patches.alarm_evaluation import state_of
from tests.parity.support import wait_until

NOW = 1_000_000.0


def alarm(**changes: Any) -> dict[str, Any]:
    base = {"Period": 60, "EvaluationPeriods": 3, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    return {**base, **changes}


def points(*values: float | None) -> list[dict[str, Any]]:
    """One value a period, the latest first; None is a period without one."""
    return [{"Timestamp": NOW - 60 * i - 1, "Value": value} for i, value in enumerate(values) if value is not None]


def total(found: list[dict[str, Any]]) -> float:
    return float(sum(point["Value"] for point in found))


@pytest.mark.parametrize(
    ("values", "changes", "state"),
    [
        ((9, 9, 9), {}, "ALARM"),
        ((9, 9, 1), {}, "OK"),
        ((9, 9, 1), {"DatapointsToAlarm": 2}, "ALARM"),
        ((9, None, None), {}, "OK"),
        ((9, None, None), {"TreatMissingData": "breaching"}, "ALARM"),
        ((None, None, None), {}, "INSUFFICIENT_DATA"),
        ((None, None, None), {"TreatMissingData": "notBreaching"}, "OK"),
        ((None, None, None), {"TreatMissingData": "breaching"}, "ALARM"),
        ((None, None, None), {"TreatMissingData": "ignore"}, None),
        ((None, None, None, 9), {"EvaluationPeriods": 1}, "INSUFFICIENT_DATA"),
        ((5, 5, 5), {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, "ALARM"),
    ],
)
def test_an_alarm_s_state_follows_its_last_periods(values: tuple[float | None, ...], changes: dict[str, Any], state: str | None) -> None:
    assert state_of(alarm(**changes), points(*values), NOW, total) == state


@pytest.mark.patch(name="alarm_evaluation")
def test_an_alarm_rings_for_its_own_dimensions_only(account: Sandbox) -> None:
    cloudwatch = account.boto3("cloudwatch")
    for name in ("one", "two"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"errors-{name}",
            Namespace="Own",
            MetricName="Errors",
            Dimensions=[{"Name": "EndpointName", "Value": name}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )

    cloudwatch.put_metric_data(
        Namespace="Own", MetricData=[{"MetricName": "Errors", "Value": 1, "Dimensions": [{"Name": "EndpointName", "Value": "one"}]}]
    )

    def states() -> dict[str, str]:
        return {a["AlarmName"]: a["StateValue"] for a in cloudwatch.describe_alarms(AlarmNamePrefix="errors-")["MetricAlarms"]}

    wait_until(lambda: states() == {"errors-one": "ALARM", "errors-two": "OK"})


@pytest.mark.patch(name="queue_metrics")
def test_a_message_in_a_queue_rings_the_alarm_that_watches_the_queue(account: Sandbox) -> None:
    sqs, cloudwatch = account.boto3("sqs"), account.boto3("cloudwatch")
    url = sqs.create_queue(QueueName="watched")["QueueUrl"]
    cloudwatch.put_metric_alarm(
        AlarmName="watched",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "watched"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )

    sqs.send_message(QueueUrl=url, MessageBody="dead")

    wait_until(lambda: cloudwatch.describe_alarms(AlarmNames=["watched"])["MetricAlarms"][0]["StateValue"] == "ALARM")


@pytest.mark.patch(name="queue_metrics")
def test_the_age_of_a_waiting_message_rings_the_alarm_that_watches_it(account: Sandbox) -> None:
    sqs, cloudwatch = account.boto3("sqs"), account.boto3("cloudwatch")
    url = sqs.create_queue(QueueName="aging")["QueueUrl"]
    cloudwatch.put_metric_alarm(
        AlarmName="aging",
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": "aging"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )

    sqs.send_message(QueueUrl=url, MessageBody="waits")

    wait_until(lambda: cloudwatch.describe_alarms(AlarmNames=["aging"])["MetricAlarms"][0]["StateValue"] == "ALARM", 40)


def test_the_age_leaves_out_a_message_received_three_times() -> None:
    def message(sent: float, visible: float, received: int) -> dict[str, float]:
        return {"sent_at": sent, "visible_at": visible, "receive_count": received}

    found = queue_metrics.values([message(0, 200, 3), message(60, 90, 2), message(90, 90, 0)], now=100)

    assert found == {
        "ApproximateNumberOfMessagesVisible": 2,
        "ApproximateNumberOfMessagesNotVisible": 1,
        "ApproximateAgeOfOldestMessage": 40,
    }
    assert "ApproximateAgeOfOldestMessage" not in queue_metrics.values([message(0, 200, 3)], now=100)
