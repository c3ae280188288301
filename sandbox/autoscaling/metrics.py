"""The metric that a target tracking policy watches, and the alarms on it."""

from __future__ import annotations

from typing import Any, Final

from ..sagemaker.api.errors import ValidationException
from .record import Parameters, ScalableTarget, ScalingPolicy
from .surroundings import CloudWatch
from .tracking import HIGH_PERIODS, LOW_PERIODS, LOW_SHARE, MINUTE

PREDEFINED: Final = "SageMakerVariantInvocationsPerInstance"
_SUMS: Final = ("Sum", "SampleCount")


def check(configuration: Parameters) -> None:
    """Refuse a metric that the sandbox does not watch.

    Raises:
        ValidationException: no metric, two of them, or one that is not emulated.
    """
    predefined, custom = configuration.get("PredefinedMetricSpecification"), configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (custom is None):
        raise ValidationException("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified")
    if predefined is not None and predefined["PredefinedMetricType"] != PREDEFINED:
        raise ValidationException(
            f"the sandbox does not emulate the metric {predefined['PredefinedMetricType']}: only {PREDEFINED} and metrics of your own"
        )
    if custom is not None and ("Metrics" in custom or not {"MetricName", "Namespace", "Statistic"} <= custom.keys()):
        raise ValidationException("the sandbox does not emulate metric math in a scaling policy: name MetricName, Namespace and Statistic")


def watched(configuration: Parameters, target: ScalableTarget) -> Parameters:
    """The metric, as an alarm names it."""
    custom = configuration.get("CustomizedMetricSpecification")
    if custom is not None:
        return {member: custom[member] for member in ("MetricName", "Namespace", "Dimensions", "Statistic", "Unit") if member in custom}
    # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
    return {
        "MetricName": "InvocationsPerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": target.endpoint}, {"Name": "VariantName", "Value": target.variant}],
        "Statistic": "Sum",
    }


def load(cloudwatch: CloudWatch, metric: Parameters, begin: float, end: float) -> float | None:
    """The metric over a time, as it would be over a whole minute of such load; None without data."""
    value = cloudwatch.value(metric, begin, end)
    if value is None or metric["Statistic"] not in _SUMS:
        return value
    return value * MINUTE / (end - begin)


def put_alarms(cloudwatch: CloudWatch, policy: ScalingPolicy, target: ScalableTarget) -> None:
    """Make the two alarms of a policy, or change them."""
    high, low = policy.alarms
    common: dict[str, Any] = {
        **watched(policy.configuration, target),
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
        "AlarmActions": [policy.arn],
        "Period": int(MINUTE),
    }
    much = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": policy.target_value, "EvaluationPeriods": HIGH_PERIODS}
    little = {"ComparisonOperator": "LessThanThreshold", "Threshold": policy.target_value * LOW_SHARE, "EvaluationPeriods": LOW_PERIODS}
    cloudwatch.put_alarm(high, {**common, **much})
    cloudwatch.put_alarm(low, {**common, **little})
