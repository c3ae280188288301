"""One delivery of a message of the promotion queue: hidden for a while, given up for good, and what people are told about it."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .aws_errors import translating_aws_errors
from .environments import PromoteEnvironment
from .errors import LifecycleError
from .promotion import Decision, Outcome

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
else:
    SNSClient = SQSClient = Any

log = logging.getLogger(__name__)

_MAXIMUM_DELAY_SECONDS = 300
_MAXIMUM_REASON = 2000
# All but what SendMessage's page allows: tab, line feed, carriage return, U+0020 to U+D7FF, U+E000 to U+FFFD, U+10000 to U+10FFFF.
_REFUSED_BY_SQS = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# SNS takes 100 characters, with the stage: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECTS = {
    Outcome.PROMOTE: "the promotion of a model has begun",
    Outcome.REFUSED: "a model was not promoted",
    Outcome.REGISTER: "a model waits for approval",
    Outcome.FAILED: "a training failed",
    Outcome.IMPOSSIBLE: "a promotion is impossible (dead-letter queue)",
    Outcome.NOT_LIVE: "the endpoint does not serve what its stack says",
}


def delay_seconds(deliveries: int) -> int:
    """How long a message is hidden after so many deliveries, the first counted as 1: 10 s, 20 s, ... 5 minutes."""
    return min(_MAXIMUM_DELAY_SECONDS, 10 * (1 << min(deliveries - 1, 10)))


@dataclass(frozen=True)
class Delivery:
    """A message as Lambda hands it over.

    Attributes:
        record: the message.
        environment: the stack's settings.
        sqs: the client of its queue and of the dead-letter queue.
        sns: the client of the topic.
    """

    record: Mapping[str, Any]
    environment: PromoteEnvironment
    sqs: SQSClient
    sns: SNSClient

    @property
    def count(self) -> int:
        """How often the message was delivered, with this time."""
        return int(self.record["attributes"]["ApproximateReceiveCount"])

    @property
    def again(self) -> bool:
        """Whether it was delivered before: what that began may be done, and nobody told."""
        return self.count > 1

    def postpone(self) -> None:
        """Hides the message for a while; one that cannot be hidden comes back after its visibility timeout."""
        try:
            with translating_aws_errors("postpone the message"):
                self.sqs.change_message_visibility(
                    QueueUrl=self.environment.queue_url,
                    ReceiptHandle=self.record["receiptHandle"],
                    VisibilityTimeout=delay_seconds(self.count),
                )
        except LifecycleError:
            log.exception("The message %s comes back later than it should.", self.record["messageId"])

    def give_up(self, reason: str) -> bool:
        """Whether the dead-letter queue has a message that cannot be dealt with until a person has fixed its cause.

        A notification that fails does not bring the message back: the alarm on the dead-letter queue reports it as well.
        """
        try:
            self._bury(reason)
        except LifecycleError:
            log.exception("The message %s did not reach the dead-letter queue; the queue delivers it again.", self.record["messageId"])
            return False
        try:
            self.notify(Decision(Outcome.IMPOSSIBLE, reason))
        except LifecycleError:
            log.exception("The notification about the message %s failed.", self.record["messageId"])
        return True

    def _bury(self, reason: str) -> None:
        """Sends the message to the dead-letter queue, with the reason as an attribute."""
        # Attributes count towards a message's size, and SQS takes no control characters; reasons may hold words of AWS's.
        said = _REFUSED_BY_SQS.sub("?", reason)[:_MAXIMUM_REASON]
        attributes = {"Reason": {"DataType": "String", "StringValue": said}}
        with translating_aws_errors("write to the dead-letter queue"):
            self.sqs.send_message(
                QueueUrl=self.environment.dead_letter_queue_url,
                MessageBody=self.record["body"],
                MessageAttributes=attributes,  # type: ignore[arg-type] # plain dicts
            )

    def notify(self, decision: Decision) -> None:
        """Tells people what was decided.

        Raises:
            LifecycleError: AWS refused or failed.
        """
        subject = f"BlazingText {self.environment.stage}: {SUBJECTS[decision.outcome]}"
        with translating_aws_errors("publish the notification"):
            self.sns.publish(TopicArn=self.environment.topic_arn, Subject=subject, Message=decision.reason)
