"""Every alarm, written out: what it watches, when it rings, who hears it."""

from typing import Any

from tests.template.matrix import Synthesis
from tests.template.references import named

HEARD = {"TreatMissingData": "notBreaching", "AlarmActions": ["<NotificationsTopic>"]}


def of_a_queue(queue: str, metric: str, statistic: str, *, threshold: int, seconds: int, periods: int) -> dict[str, Any]:
    return HEARD | {
        "Namespace": "AWS/SQS",
        "MetricName": metric,
        "Dimensions": [{"Name": "QueueName", "Value": f"<{queue}.QueueName>"}],
        "Statistic": statistic,
        "Period": seconds,
        "EvaluationPeriods": periods,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }


def of_the_endpoint(endpoint: str, expression: str, metrics: dict[str, tuple[str, str]], *, threshold: int, minutes: int) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}]
    return HEARD | {
        "Metrics": [{"Id": "expr_1", "Expression": expression, "ReturnData": True}]
        + [
            {
                "Id": id_,
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": statistic,
                },
                "ReturnData": False,
            }
            for id_, (metric, statistic) in metrics.items()
        ],
        "EvaluationPeriods": minutes,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def of_an_idle_endpoint(endpoint: str, *, hours: int) -> dict[str, Any]:
    return HEARD | {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}],
        "Statistic": "Sum",
        "Period": 3600,
        "EvaluationPeriods": hours,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
        "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 60 * hours, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
    }


def of_schedules(stage: str) -> dict[str, Any]:
    return HEARD | {
        "Namespace": "AWS/Scheduler",
        "MetricName": "InvocationDroppedCount",
        "Dimensions": [{"Name": "ScheduleGroup", "Value": f"blazingtext-{stage}-schedules"}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }


def of_a_function(function: str, *, threshold: int) -> dict[str, Any]:
    return HEARD | {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": f"<{function}Function>"}],
        "Statistic": "Sum",
        "Period": 900,
        "EvaluationPeriods": 1,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }


def without_words(value: Any) -> Any:
    """Without what only people read."""
    if isinstance(value, list):
        return [without_words(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: without_words(part) for key, part in value.items() if key not in {"AlarmDescription", "Label", "Tags"}}


def test_each_alarm_watches_this_of_this_resource_and_tells_the_topic(each: Synthesis) -> None:
    endpoint, invocations = f"blazingtext-{each.settings.stage}", ("Invocations", "Sum")
    enough = "IF(invocations >= 20, {}, 0)"

    found = without_words(named(each, "AWS::CloudWatch::Alarm"))
    scheduled = each.settings.pause_schedule or each.settings.resume_schedule
    hours = each.settings.idle_alarm_hours

    assert found == {
        **({"ScheduleDropped": of_schedules(each.settings.stage)} if scheduled else {}),
        **({"UseIdle": of_an_idle_endpoint(endpoint, hours=hours)} if hours else {}),
        "PromotionUnread": of_a_queue("PromotionQueue", "ApproximateAgeOfOldestMessage", "Maximum", threshold=900, seconds=300, periods=1),
        "PromotionWaiting": of_a_queue(
            "PromotionQueue", "ApproximateNumberOfMessagesNotVisible", "Minimum", threshold=1, seconds=300, periods=12
        ),
        "DeadLettersAlarm": of_a_queue(
            "DeadLettersQueue", "ApproximateNumberOfMessagesVisible", "Maximum", threshold=1, seconds=60, periods=1
        ),
        "FunctionsLauncher": of_a_function("LauncherLaunchTraining", threshold=3),
        "FunctionsTuner": of_a_function("TunerLaunchTuning", threshold=3),
        "FunctionsTransformer": of_a_function("TransformerLaunchTransform", threshold=3),
        "FunctionsProcessor": of_a_function("ProcessorLaunchProcessing", threshold=3),
        "FunctionsPromoter": of_a_function("PromotionPromoteModel", threshold=1),
        "RollbackErrors": of_the_endpoint(
            endpoint,
            enough.format("100 * errors / invocations"),
            {"errors": ("Invocation5XXErrors", "Sum"), "invocations": invocations},
            threshold=5,
            minutes=1,
        ),
        "RollbackModelErrors": of_the_endpoint(
            endpoint,
            enough.format("100 * errors / invocations"),
            {"errors": ("InvocationModelErrors", "Sum"), "invocations": invocations},
            threshold=20,
            minutes=1,
        ),
        "RollbackLatency": of_the_endpoint(
            endpoint,
            enough.format("latency"),
            {"latency": ("ModelLatency", "p99"), "invocations": invocations},
            threshold=1_000_000,
            minutes=3,
        ),
    }


def test_each_alarm_says_whose_it_is_what_happened_and_which_command_comes_next(each: Synthesis) -> None:
    stage = each.settings.stage

    for name, alarm in named(each, "AWS::CloudWatch::Alarm").items():
        said = alarm["AlarmDescription"]
        assert said.startswith((f"BlazingText {stage}: ", f"blazingtext-{stage}: ")), name
        assert "blazingtext status" in said or "aws logs tail" in said or "aws sqs receive-message" in said, name
        # The most that CloudWatch takes.
        assert len(said) <= 1024, name


def test_an_alarm_of_a_function_names_the_log_of_that_function(each: Synthesis) -> None:
    logs = {
        "FunctionsLauncher": "LauncherLaunchTraining",
        "FunctionsTuner": "TunerLaunchTuning",
        "FunctionsTransformer": "TransformerLaunchTransform",
        "FunctionsProcessor": "ProcessorLaunchProcessing",
        "FunctionsPromoter": "PromotionPromoteModel",
    }
    alarms, functions = named(each, "AWS::CloudWatch::Alarm"), named(each, "AWS::Lambda::Function")

    for alarm, function in logs.items():
        group = functions[f"{function}Function"]["LoggingConfig"]["LogGroup"]
        assert group.startswith(f"<{function}")
        assert f" aws logs tail {group} --since 30m" in alarms[alarm]["AlarmDescription"], alarm
