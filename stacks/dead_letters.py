"""The dead-letter queue, with an alarm on its first message."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_sns as sns
from constructs import Construct

from .encrypted_queue import encrypted_queue


class DeadLetters(Construct):
    """A queue for events that could not be processed, with an alarm on the first of them.

    Attributes:
        queue: the queue; it keeps messages as long as SQS allows.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, topic: sns.ITopic, key_arn: str = "") -> None:
        super().__init__(scope, id_)
        self.queue = encrypted_queue(self, "Queue", key_arn=key_arn, retention_period=cdk.Duration.days(14))
        depth = self.queue.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(1), statistic="Maximum")
        alarm = depth.create_alarm(
            self,
            "Alarm",
            alarm_description=(
                f"BlazingText {stage}: an event could not be processed, such as the end of a run that was to go live. It lies in the "
                "dead-letter queue, with the run's name in its body and why in its attribute Reason: aws sqs receive-message --queue-url "
                f"{self.queue.queue_url} --message-attribute-names Reason. Correct the cause, then promote the run: "
                f"blazingtext promote RUN --stage {stage}"
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
