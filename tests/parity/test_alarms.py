"""An alarm's state by its metric's values (source: CloudWatch user guide, 2026-11); no sandbox is needed for the rule itself."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.emulator import metric_math
from blazingtext_sandbox.patches import alarm_warm_up, queue_metrics
from blazingtext_sandbox.patches.alarm_evaluation import state_of
from tests.parity.support import Stacks, wait_until

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

    wait_until(lambda: cloudwatch.describe_alarms(AlarmNames=["aging"])["MetricAlarms"][0]["StateValue"] == "ALARM")


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


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 * e / n", 25.0),
        ("IF(n >= 20, 100 * e / n, 0)", 25.0),
        ("IF(n >= 21, 100 * e / n, 0)", 0.0),
        ("IF(n > 100, e)", None),
        ("e / zero", None),
        ("e + none", None),
        ("IF(none, 1, 2)", None),
        ("FILL(none, 7) - -e", 12.0),
        ("MAX(e, n, 3)", 20.0),
        ("MIN(e, none)", None),
        ("e == 5", 1.0),
    ],
)
def test_metric_mathematics_is_cloudwatchs(expression: str, value: float | None) -> None:
    known = {"e": 5.0, "n": 20.0, "zero": 0.0, "none": None}

    assert metric_math.names(expression) <= set(known)
    assert metric_math.evaluate(expression, known) == value


@pytest.mark.parametrize(
    "expression", ["ANOMALY_DETECTION_BAND(e, 2)", "e ** 2", "1 < e < 3", "IF(e)", "'text'", "e if n else 0", "e +", "e.n"]
)
def test_mathematics_that_is_not_emulated_is_refused(expression: str) -> None:
    with pytest.raises(metric_math.ExpressionError, match="is not emulated"):
        metric_math.names(expression)


def error_rate(endpoint: str, **changes: Any) -> dict[str, Any]:
    """An alarm on more than 5 % of errors among at least 20 invocations."""

    def query(id_: str, name: str) -> dict[str, Any]:
        metric = {"Namespace": "Own", "MetricName": name, "Dimensions": [{"Name": "EndpointName", "Value": endpoint}]}
        return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    rate = {"Id": "rate", "Expression": "IF(n >= 20, 100 * e / n, 0)", "ReturnData": True}
    return {
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Metrics": [rate, query("e", "Bad"), query("n", "All")],
        **changes,
    }


def publish(account: Sandbox, endpoint: str, **counts: float) -> None:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    data = [{"MetricName": name, "Value": value, "Dimensions": dimensions} for name, value in counts.items()]
    account.boto3("cloudwatch").put_metric_data(Namespace="Own", MetricData=data)


@pytest.mark.patch(name="metric_math_alarms")
def test_an_alarm_on_a_rate_of_a_template_rings_when_the_rate_is_too_high_and_enough_was_counted(account: Sandbox, stacks: Stacks) -> None:
    names = ("few", "rare", "many")
    resources = {name: {"Type": "AWS::CloudWatch::Alarm", "Properties": error_rate(name, AlarmName=f"rate-{name}")} for name in names}
    assert stacks.deploy("rates", {"Resources": resources}) == "CREATE_COMPLETE"
    cloudwatch = account.boto3("cloudwatch")

    def states() -> dict[str, str]:
        return {each["AlarmName"]: each["StateValue"] for each in cloudwatch.describe_alarms(AlarmNamePrefix="rate-")["MetricAlarms"]}

    wait_until(lambda: set(states().values()) == {"OK"})
    publish(account, "few", All=19, Bad=19)
    publish(account, "rare", All=20, Bad=1)
    publish(account, "many", All=20, Bad=2)

    wait_until(lambda: states() == {"rate-few": "OK", "rate-rare": "OK", "rate-many": "ALARM"})
    (described,) = cloudwatch.describe_alarms(AlarmNames=["rate-many"])["MetricAlarms"]
    assert [each["Id"] for each in described["Metrics"]] == ["rate", "e", "n"]
    assert "MetricName" not in described


@pytest.mark.patch(name="metric_math_alarms")
def test_an_alarm_on_a_rate_may_be_put_and_one_that_cannot_be_evaluated_is_refused(account: Sandbox) -> None:
    cloudwatch = account.boto3("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="put-rate", **error_rate("put"))

    publish(account, "put", All=40, Bad=3)

    wait_until(lambda: cloudwatch.describe_alarms(AlarmNames=["put-rate"])["MetricAlarms"][0]["StateValue"] == "ALARM")
    wrong = error_rate("put", Metrics=[{"Id": "a", "Expression": "e + n", "ReturnData": True}])
    with pytest.raises(ClientError, match="names e, n, which is no metric of this alarm"):
        cloudwatch.put_metric_alarm(AlarmName="put-wrong", **wrong)


# --- alarm_warm_up ----------------------------------------------------------------------------------------------------


def warming(minutes: int, *, whole: bool) -> dict[str, Any]:
    configuration = {"WarmUpPeriodDurationInMinutes": minutes, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": whole}
    return alarm(WarmUpConfiguration=configuration, AlarmName="warming", Namespace="Own", MetricName="None")


@pytest.mark.patch(name="alarm_warm_up")
def test_an_alarm_that_warms_up_waits_in_aws_s_minutes_by_the_sandbox_s_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {**warming(60, whole=True), "sandbox:made": NOW}

    monkeypatch.setenv("SANDBOX_CLOCK", "60")
    assert [alarm_warm_up.warms_up(made, NOW + seconds) for seconds in (0, 59, 60)] == [True, True, False]
    monkeypatch.setenv("SANDBOX_CLOCK", "1")
    assert [alarm_warm_up.warms_up(made, NOW + seconds) for seconds in (60, 3599, 3600)] == [True, True, False]
    assert not alarm_warm_up.warms_up(alarm(), NOW)


@pytest.mark.patch(name="alarm_warm_up")
@pytest.mark.parametrize("way", ["request", "stack"])
def test_missing_data_sets_an_alarm_off_only_when_it_has_warmed_up(account: Sandbox, stacks: Stacks, way: str) -> None:
    cloudwatch, name = account.boto3("cloudwatch"), f"warming-by-{way}"
    wanted: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": "Own",
        "MetricName": "None",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
        # Two seconds by the sandbox's clock.
        "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 2, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
    }
    if way == "stack":
        stacks.deploy("warming", {"Resources": {"One": {"Type": "AWS::CloudWatch::Alarm", "Properties": wanted}}})
    else:
        cloudwatch.put_metric_alarm(**wanted)

    def state() -> str:
        return str(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])

    assert state() == "INSUFFICIENT_DATA"
    wait_until(lambda: state() == "ALARM")
