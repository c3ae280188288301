"""The alarms that make SageMaker roll a new model back: errors and latency of the endpoint."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_sns as sns
from constructs import Construct

from blazingtext_lifecycle import naming

_MINUTE = cdk.Duration.minutes(1)
# CloudWatch gives ModelLatency in microseconds. A look-up takes a few milliseconds; a second means that something is wrong.
_LATENCY_MICROSECONDS = 1_000_000


class RollbackAlarms(Construct):
    """Two alarms on an endpoint; they exist as long as it does.

    The endpoint is named by text, not by reference: its deployment refers to these alarms, and references in both directions are a cycle.

    Attributes:
        names: the alarms' names, for the endpoint's deployment configuration.
    """

    def __init__(self, scope: Construct, id_: str, *, endpoint_name: str, condition: cdk.CfnCondition, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        errors = _metric("Invocation5XXErrors", "Sum", endpoint_name)
        latency = _metric("ModelLatency", "p99", endpoint_name)
        alarms = [
            self._alarm("Errors", errors, threshold=1, minutes=1, description="The endpoint answered with 5xx"),
            self._alarm(
                "Latency",
                latency,
                threshold=_LATENCY_MICROSECONDS,
                minutes=3,
                description="One answer in a hundred takes the model over a second",
            ),
        ]
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(topic))
            resource = alarm.node.default_child
            assert isinstance(resource, cdk.CfnResource)  # noqa: S101 - tells mypy what CDK documents
            resource.cfn_options.condition = condition
        self.names = [alarm.alarm_name for alarm in alarms]

    def _alarm(self, id_: str, metric: cloudwatch.Metric, *, threshold: float, minutes: int, description: str) -> cloudwatch.Alarm:
        """An alarm that an endpoint without traffic does not set off: SageMaker refuses to deploy while one of its alarms is in ALARM."""
        return metric.create_alarm(
            self,
            id_,
            alarm_description=f"{description}; a deployment in progress is rolled back.",
            threshold=threshold,
            evaluation_periods=minutes,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _metric(name: str, statistic: str, endpoint_name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name=name,
        dimensions_map={"EndpointName": endpoint_name, "VariantName": naming.VARIANT},
        statistic=statistic,
        period=_MINUTE,
    )
