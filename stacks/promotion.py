"""From the end of a training job to a new model in service: rule, queue, function."""

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_cloudwatch_actions as actions
import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming, promotion_events
from blazingtext_lifecycle.environments import AutoPromote, PromoteEnvironment

from . import arns
from .customer_key import SENDING, allow_key
from .encrypted_queue import encrypted_queue
from .python_function import PythonFunction
from .rolled_back import reached
from .serving_update import ServingUpdate, permissions

TIMEOUT = cdk.Duration.minutes(1)
# AWS's advice for queues that feed functions: six times the function's timeout.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_TIMEOUT = cdk.Duration.minutes(6)
# Up to 5 minutes lie between two deliveries while the serving stack is busy. An update of an endpoint may take 970 minutes, and as long
# again to be rolled back: 480 deliveries wait for 39 hours, and SQS keeps a message for 4 days.
MAX_RECEIVES = 480
_PERIOD = cdk.Duration.minutes(5)


class Promotion(Construct):
    """Ends of training and tuning jobs, and of updates of the serving stack, go through a queue to the function ``promote_model``.

    Attributes:
        promoter: the function with its role.
        function: the function alone.
        queue: the queue.
        serving_update: the state machine that it updates the serving stack with.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        bucket: s3.IBucket,
        topic: sns.ITopic,
        dead_letters: sqs.IQueue,
        policy: AutoPromote,
        minimum_mean_rho: float | None,
        minimum_accuracy: float | None,
        log_retention_days: int,
        key_arn: str = "",
        model_package_group: str = "",
    ) -> None:
        super().__init__(scope, id_)
        automatic = policy is not AutoPromote.NEVER
        self.queue = self._queue(dead_letters, key_arn)
        self._alarms(stage, topic)
        self._rules(stage, dead_letters, automatic)
        self.serving_update = ServingUpdate(self, "ServingUpdate", stage=stage)
        environment = PromoteEnvironment(
            stage=stage,
            bucket=bucket.bucket_name,
            topic_arn=topic.topic_arn,
            queue_url=self.queue.queue_url,
            dead_letter_queue_url=dead_letters.queue_url,
            serving_update_arn=self.serving_update.arn,
            minimum_mean_rho=minimum_mean_rho,
            minimum_accuracy=minimum_accuracy,
            auto_promote=policy,
            model_package_group=model_package_group,
            key_arn=key_arn if model_package_group else "",
        )
        promoter = self._promoter(environment, log_retention_days, key_arn)
        _allow(promoter, stage, bucket)
        # It reads artifacts and messages, and writes to topic and dead-letter queue.
        allow_key(promoter.role, key_arn, SENDING)
        topic.grant_publish(promoter.role)
        promoter.allow("sqs:SendMessage", on=dead_letters.queue_arn)
        # Lambda reads the queue with the role: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html; the function
        # itself hides a message that has to wait.
        reading = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility")
        promoter.allow(*reading, on=self.queue.queue_arn)
        self.promoter, self.function = promoter, promoter.function
        if automatic:
            self._feed()

    def _promoter(self, environment: PromoteEnvironment, log_retention_days: int, key_arn: str) -> PythonFunction:
        return PythonFunction(
            self,
            "PromoteModel",
            handler="promote_model.handler",
            description="Puts a finished training job's model into service",
            timeout=TIMEOUT,
            log_retention_days=log_retention_days,
            environment=environment.variables(),
            key_arn=key_arn,
        )

    def _feed(self) -> None:
        """Has Lambda hand each message of the queue to the function.

        `SqsEventSource` would do the same, and allow more than that needs. Its construct id is kept: under another one, an update would
        make a second mapping of the same queue before it deletes the first, which Lambda refuses.
        """
        self.function.add_event_source_mapping(
            f"SqsEventSource:{cdk.Names.node_unique_id(self.queue.node)}",
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            report_batch_item_failures=True,
        )

    def _queue(self, dead_letters: sqs.IQueue, key_arn: str) -> sqs.Queue:
        return encrypted_queue(
            self,
            "Queue",
            key_arn=key_arn,
            visibility_timeout=VISIBILITY_TIMEOUT,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=MAX_RECEIVES),
        )

    def _alarms(self, stage: str, topic: sns.ITopic) -> None:
        """Tells the topic about events that wait.

        Two alarms, since SQS leaves a message out of the age of the oldest one once it was received three times, as one is that waits for
        a busy stack: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        """
        look = f"Which run it is, and what the serving stack does: blazingtext status --stage {stage}"
        unread = self.queue.metric_approximate_age_of_oldest_message(period=_PERIOD, statistic="Maximum")
        unread_for = f"BlazingText {stage}: the end of a training job has waited for 15 minutes, unread by promote_model. {look}"
        self._alarm("Unread", unread, topic, unread_for, threshold=900, periods=1)
        waiting = self.queue.metric_approximate_number_of_messages_not_visible(period=_PERIOD, statistic="Minimum")
        waiting_for = f"BlazingText {stage}: a promotion has waited for an hour, mostly because the serving stack is busy. {look}"
        self._alarm("Waiting", waiting, topic, waiting_for, threshold=1, periods=12)

    def _alarm(self, id_: str, metric: cloudwatch.Metric, topic: sns.ITopic, description: str, *, threshold: int, periods: int) -> None:
        alarm = metric.create_alarm(
            self,
            id_,
            alarm_description=description,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))

    def _rules(self, stage: str, dead_letters: sqs.IQueue, automatic: bool) -> None:
        """The end of each of this stage's training and tuning jobs, and of each update of its serving stack, goes to the queue.

        The rules are disabled while promotion is manual: events left in a queue without a consumer would be promoted as soon as promotion
        is automatic again.
        """
        ends = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[promotion_events.TRAINING_JOB],
            detail={
                "TrainingJobName": [{"prefix": naming.job_prefix(stage)}],
                "TrainingJobStatus": ["Completed", "Failed", "Stopped"],
            },
        )
        tuned = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[promotion_events.TUNING_JOB],
            detail={
                "HyperParameterTuningJobName": [{"prefix": naming.job_prefix(stage)}],
                "HyperParameterTuningJobStatus": ["Completed", "Failed", "Stopped"],
            },
        )
        updated = reached(stage, "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
        for name, description, pattern in (
            ("Finished", "A training job of this stage ended", ends),
            ("Tuned", "A tuning job of this stage ended", tuned),
            ("Updated", "An update of this stage's serving stack ended", updated),
        ):
            target = targets.SqsQueue(self.queue, dead_letter_queue=dead_letters)
            events.Rule(self, name, description=description, enabled=automatic, event_pattern=pattern, targets=[target])


def _allow(promoter: PythonFunction, stage: str, bucket: s3.IBucket) -> None:
    """Lets it read jobs, artifacts, endpoint and serving stack, and have that stack's parameters set: it can update no stack itself."""
    for action, resource in permissions(stage):
        promoter.allow(action, on=resource)
    promoter.allow("sagemaker:DescribeTrainingJob", on=arns.training_jobs(stage))
    promoter.allow("sagemaker:DescribeHyperParameterTuningJob", on=arns.tuning_jobs(stage))
    promoter.allow("sagemaker:ListTags", on=[arns.training_jobs(stage), arns.tuning_jobs(stage)])
    # The tags that say whose a job is stay as they are.
    own_tag = {"ForAllValues:StringEquals": {"aws:TagKeys": [naming.PROMOTION_TAG]}, "Null": {"aws:TagKeys": "false"}}
    promoter.allow("sagemaker:AddTags", on=arns.training_jobs(stage), **own_tag)
    promoter.allow("sagemaker:DescribeEndpoint", on=arns.named("endpoint", naming.endpoint(stage)))
    promoter.allow("s3:GetObject", on=bucket.arn_for_objects(f"{naming.RUNS}*"))
    # Without it, S3 answers a missing artifact with 403, and the function could not tell it from a missing permission. Asking for one
    # object names no prefix, so the permission cannot be limited to one.
    promoter.allow("s3:ListBucket", on=bucket.bucket_arn)
