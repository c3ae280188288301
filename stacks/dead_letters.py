"""The dead-letter queue, with an alarm on its first message."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct


class DeadLetters(Construct):
    """A queue for events that could not be processed, with an alarm on the first of them.

    Attributes:
        queue: the queue; it keeps messages as long as SQS allows.
    """

    def __init__(self, scope: Construct, id_: str, *, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        depth = self.queue.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(1), statistic="Maximum")
        alarm = depth.create_alarm(
            self,
            "Alarm",
            alarm_description="An event could not be processed. Its message, with the reason, is in the dead-letter queue.",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
