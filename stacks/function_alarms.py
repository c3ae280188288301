"""Alarms on the functions that work without anybody watching."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_sns as sns
from constructs import Construct


class FunctionAlarms(Construct):
    """Tells the topic when a launcher or the promoter fails.

    Lambda counts a refused request as an error, too (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html). Whoever
    asked is told at once, so one or two of them in a quarter of an hour are somebody's typing; three are a fault, or a program that goes on
    asking. The promoter refuses nothing: each of its errors is one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        launcher: lambda_.IFunction,
        tuner: lambda_.IFunction,
        transformer: lambda_.IFunction,
        processor: lambda_.IFunction,
        promoter: lambda_.IFunction,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        launchers = (
            ("Launcher", "launch_training", launcher),
            ("Tuner", "launch_tuning", tuner),
            ("Transformer", "launch_transform", transformer),
            ("Processor", "launch_processing", processor),
        )
        for name, handler, function in launchers:
            self._alarm(
                name,
                function,
                topic,
                f"BlazingText {stage}: {handler} refused or failed three requests within 15 minutes. No job was started by them. "
                f"The reasons are in its log: aws logs tail {_log_group(function)} --since 30m --filter-pattern ERROR",
                threshold=3,
            )
        self._alarm(
            "Promoter",
            promoter,
            topic,
            f"BlazingText {stage}: promote_model failed. The queue delivers the message again. The reason, with the run's name, is in its "
            f"log: aws logs tail {_log_group(promoter)} --since 30m. What is live, and which runs wait: blazingtext status --stage {stage}",
            threshold=1,
        )

    def _alarm(self, id_: str, function: lambda_.IFunction, topic: sns.ITopic, description: str, *, threshold: int) -> None:
        alarm = function.metric_errors(period=cdk.Duration.minutes(15), statistic="Sum").create_alarm(
            self,
            id_,
            alarm_description=description,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))


def _log_group(function: lambda_.IFunction) -> str:
    assert isinstance(function, lambda_.Function)  # noqa: S101 - tells mypy what CDK documents
    return function.log_group.log_group_name
