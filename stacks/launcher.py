"""The functions that start training jobs and tuning jobs, and the rule that may start the former."""

from collections.abc import Callable
from dataclasses import dataclass

import aws_cdk as cdk
import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sqs as sqs
import jsii
from constructs import Construct

from blazingtext_lifecycle import job_kinds, naming
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.job_kinds import JobKind

from . import arns, limit_conditions
from .customer_key import READING, SENDING, allow_key
from .python_function import PythonFunction


@jsii.implements(lambda_.IDestination)
class _Destination:
    """A queue for events that a function failed on; the CDK's own destination would allow the function more than to send to it."""

    def __init__(self, queue: sqs.IQueue) -> None:
        self._queue = queue

    def bind(
        self,
        _scope: Construct,
        _function: lambda_.IFunction,
        *,
        type: lambda_.DestinationType | None = None,  # noqa: A002 - the CDK's name
    ) -> lambda_.DestinationConfig:
        """What the CDK asks a destination for."""
        del type
        return lambda_.DestinationConfig(destination=self._queue.queue_arn)


@dataclass(frozen=True)
class Starts:
    """What a launcher starts; a further kind of job is a row of these.

    Attributes:
        kind: the kind of job.
        id: the construct id of its function.
        module: the function's file in ``lambda/``.
        description: what it does.
        jobs: the ARN of a stage's jobs of that kind.
        also: actions on them that it needs beside creating, describing and tagging.
    """

    kind: JobKind
    id: str
    module: str
    description: str
    jobs: Callable[[str], str]
    also: tuple[str, ...] = ()


# Each reads the tags of a job whose name somebody chose: they tell whose request it is.
TRAINING = Starts(
    job_kinds.TRAINING,
    "LaunchTraining",
    "launch_training",
    "Checks a training request and starts its SageMaker job",
    arns.training_jobs,
    ("sagemaker:ListTags",),
)
# It reads the tags of earlier tuning jobs that a new one is to learn from: they tell the corpus.
TUNING = Starts(
    job_kinds.TUNING,
    "LaunchTuning",
    "launch_tuning",
    "Checks a tuning request and starts its SageMaker job",
    arns.tuning_jobs,
    ("sagemaker:ListTags",),
)


class Launcher(Construct):
    """A function that starts jobs of one kind: may read corpora, start this stage's jobs and pass them the execution role.

    Attributes:
        function: the function.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        starts: Starts = TRAINING,
        environment: LaunchEnvironment,
        bucket: s3.IBucket,
        execution_role: iam.Role,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        launcher = PythonFunction(
            self,
            starts.id,
            handler=f"{starts.module}.handler",
            description=starts.description,
            # It lists a corpus and reads the head of a few files; the rest is one call to SageMaker.
            timeout=cdk.Duration.minutes(1),
            log_retention_days=log_retention_days,
            environment=environment.variables(),
            key_arn=environment.protection.key_arn,
        )
        jobs = starts.jobs(environment.stage)
        launcher.allow(f"sagemaker:Create{starts.kind.shape}", on=jobs, **limit_conditions.of_jobs(environment.limits))
        launcher.allow(f"sagemaker:Describe{starts.kind.shape}", "sagemaker:AddTags", *starts.also, on=jobs)
        launcher.allow("iam:PassRole", on=execution_role.role_arn, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
        launcher.allow("s3:ListBucket", on=bucket.bucket_arn, StringLike={"s3:prefix": [f"{naming.CORPORA}*"]})
        launcher.allow("s3:GetObject", on=bucket.arn_for_objects(f"{naming.CORPORA}*"))
        allow_key(launcher.role, environment.protection.key_arn, READING)
        # A job started before its role has its policy would fail.
        launcher.function.node.add_dependency(execution_role)
        self.function, self._launcher, self._key_arn = launcher.function, launcher, environment.protection.key_arn

    def start_on_upload(self, *, bucket: s3.IBucket, dead_letters: sqs.IQueue) -> events.Rule:
        """Starts a training job for every corpus that is complete: when its manifest is written, after all its files.

        One job a corpus, not one a file, and none for the empty objects that consoles make to show a folder
        (docs/decisions/0019-a-manifest-starts-the-training.md).
        A corpus that was refused once would be refused again, so there is no retry: its event goes to the dead-letter queue.

        Args:
            bucket: whose uploads count.
            dead_letters: where events go that did not reach the function or that it refused.
        """
        self.function.configure_async_invoke(retry_attempts=0, on_failure=_Destination(dead_letters))
        self._launcher.allow("sqs:SendMessage", on=dead_letters.queue_arn)
        allow_key(self._launcher.role, self._key_arn, SENDING)
        uploads = events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [bucket.bucket_name]},
                "object": {"key": [{"wildcard": f"{naming.CORPORA}*/{naming.MANIFEST}"}]},
            },
        )
        return events.Rule(
            self,
            "Uploads",
            description="A corpus is complete",
            event_pattern=uploads,
            targets=[targets.LambdaFunction(self.function, dead_letter_queue=dead_letters)],
        )
