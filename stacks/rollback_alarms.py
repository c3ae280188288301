"""The alarms that make SageMaker roll a new model back: errors of the server and of the model, and the latency of the endpoint."""

from collections.abc import Mapping

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_sns as sns
from constructs import Construct

from blazingtext_lifecycle import naming

_MINUTE = cdk.Duration.minutes(1)
# A minute with fewer invocations says nothing. At 20, one error is 5 percent, which is not yet too many.
MINIMUM_INVOCATIONS = 20
MAXIMUM_ERROR_PERCENT = 5
# Callers' own mistakes are answered with 4xx and count as errors of the model, too, so it takes more of these; a canary of a quarter of
# the traffic that understands no request rings all the same.
MAXIMUM_MODEL_ERROR_PERCENT = 20
# CloudWatch gives ModelLatency in microseconds. A look-up takes a few milliseconds; a second means that something is wrong.
_LATENCY_MICROSECONDS = 1_000_000


class RollbackAlarms(Construct):
    """Three alarms on an endpoint; they exist as long as it does.

    They judge a minute only when enough was asked in it, so that neither a single error nor silence sets them off. They watch the variant
    that answers, not a shadow. What counts as an error: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    (InvocationModelErrors are all answers that are not 2xx, and none in time). SageMaker ends a
    deployment while one of its alarms rings, whichever fleet made it ring:
    https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html

    The endpoint is named by text, not by reference: its deployment refers to these alarms, and references in both directions are a cycle.

    Attributes:
        names: the alarms' names, for the endpoint's deployment configuration.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, condition: cdk.CfnCondition, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        self._stage, self._endpoint = stage, naming.endpoint(stage)
        invocations = _metric("Invocations", "Sum", self._endpoint)
        alarms = [
            self._alarm(
                "Errors",
                "100 * errors / invocations",
                {"errors": _metric("Invocation5XXErrors", "Sum", self._endpoint), "invocations": invocations},
                threshold=MAXIMUM_ERROR_PERCENT,
                minutes=1,
                description=f"the endpoint answered more than {MAXIMUM_ERROR_PERCENT} % of a minute's invocations with 5xx",
            ),
            self._alarm(
                "ModelErrors",
                "100 * errors / invocations",
                {"errors": _metric("InvocationModelErrors", "Sum", self._endpoint), "invocations": invocations},
                threshold=MAXIMUM_MODEL_ERROR_PERCENT,
                minutes=1,
                description=f"more than {MAXIMUM_MODEL_ERROR_PERCENT} % of a minute's invocations got an error from the model, or nothing",
            ),
            self._alarm(
                "Latency",
                "latency",
                {"latency": _metric("ModelLatency", "p99", self._endpoint), "invocations": invocations},
                threshold=_LATENCY_MICROSECONDS,
                minutes=3,
                description="for three minutes, one answer in a hundred took the model over a second",
            ),
        ]
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(topic))
            resource = alarm.node.default_child
            assert isinstance(resource, cdk.CfnResource)  # noqa: S101 - tells mypy what CDK documents
            resource.cfn_options.condition = condition
        self.names = [alarm.alarm_name for alarm in alarms]

    def _alarm(
        self, id_: str, value: str, metrics: Mapping[str, cloudwatch.Metric], *, threshold: float, minutes: int, description: str
    ) -> cloudwatch.Alarm:
        """An alarm on a value of a minute's metrics; it is 0 when there were too few invocations."""
        expression = cloudwatch.MathExpression(
            expression=f"IF(invocations >= {MINIMUM_INVOCATIONS}, {value}, 0)", using_metrics=dict(metrics), period=_MINUTE, label=id_
        )
        return expression.create_alarm(
            self,
            id_,
            alarm_description=(
                f"{self._endpoint}: {description}; a deployment in progress is rolled back. "
                f"What is live: {naming.command('status', self._stage)}"
            ),
            threshold=threshold,
            evaluation_periods=minutes,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
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
