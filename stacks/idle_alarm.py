"""An alarm for an endpoint that nobody calls: it costs as much as one in use."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_sns as sns
from constructs import Construct

from blazingtext_lifecycle import naming

# CloudWatch's longest warm-up period is 2880 minutes.
LONGEST_HOURS = 48


class IdleAlarm(Construct):
    """Rings when an endpoint was there for some hours and nobody called it in any of them; it exists as long as the endpoint does.

    SageMaker counts no zeros: an hour without calls has no data, which therefore breaches. That would ring at once for a new endpoint, as
    for one that is resumed, since no hour before it has data either
    (https://github.com/hashicorp/terraform-provider-aws/issues/49773). So the alarm looks only after these hours have passed from its own
    creation; one on an endpoint that its schedule pauses earlier never does.

    Sources: "Alarm warm-up periods" in the CloudWatch User Guide, as PutMetricAlarm describes WarmUpConfiguration, and
    https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, hours: int, condition: cdk.CfnCondition, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        name = naming.endpoint(stage)
        calls = cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name="Invocations",
            dimensions_map={"EndpointName": name, "VariantName": naming.VARIANT},
            statistic="Sum",
            period=cdk.Duration.hours(1),
        )
        alarm = calls.create_alarm(
            self,
            "Idle",
            alarm_description=(
                f"BlazingText {stage}: nobody has called the endpoint {name} for {hours} hours, and it goes on costing money. "
                f"Take it away until it is needed: blazingtext pause --stage {stage}. What it costs: blazingtext status --stage {stage}"
            ),
            threshold=1,
            evaluation_periods=hours,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)  # noqa: S101 - tells mypy what CDK documents
        resource.cfn_options.condition = condition
        resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=60 * hours, only_start_evaluating_after_warm_up_period_ends=True
        )
