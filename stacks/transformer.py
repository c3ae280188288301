"""The function that starts transform jobs, and the rule by which the end of one removes its model."""

import dataclasses
from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_events as events
import aws_cdk.aws_events_targets as targets
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming, promotion_events
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.training_jobs import TERMINAL

from . import arns, limit_conditions
from .customer_key import READING, allow_key
from .python_function import PythonFunction


class Transformer(Construct):
    """A function that starts transform jobs: may read what they predict, make their models with one role, and remove these again.

    Attributes:
        function: the function.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: LaunchEnvironment,
        bucket: s3.IBucket,
        role: iam.Role,
        dead_letters: sqs.IQueue,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        launcher = PythonFunction(
            self,
            "LaunchTransform",
            handler="launch_transform.handler",
            description="Checks a transform request, starts its SageMaker job, and removes its model at its end",
            # It lists the data and reads the head of a few files; the rest is two calls to SageMaker.
            timeout=cdk.Duration.minutes(1),
            log_retention_days=log_retention_days,
            environment=dataclasses.replace(environment, role_arn=role.role_arn).variables(),
            key_arn=environment.protection.key_arn,
        )
        stage = environment.stage
        jobs, models = arns.transform_jobs(stage), arns.models(stage)
        launcher.allow("sagemaker:CreateTransformJob", on=jobs, **limit_conditions.of_endpoints(environment.limits))
        launcher.allow("sagemaker:DescribeTransformJob", on=jobs)
        launcher.allow("sagemaker:CreateModel", "sagemaker:DeleteModel", on=models)
        launcher.allow("sagemaker:AddTags", on=[jobs, models])
        launcher.allow("iam:PassRole", on=role.role_arn, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
        _allow_reading(launcher, bucket)
        allow_key(launcher.role, environment.protection.key_arn, READING)
        # A job started before its role has its policy would fail.
        launcher.function.node.add_dependency(role)
        self.function = launcher.function
        self._finish(stage, dead_letters)

    def _finish(self, stage: str, dead_letters: sqs.IQueue) -> None:
        """The end of each of this stage's transform jobs reaches the function, which removes the job's model."""
        ended: Sequence[str] = sorted(TERMINAL)
        pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[promotion_events.TRANSFORM_JOB],
            detail={"TransformJobName": [{"prefix": naming.job_prefix(stage)}], "TransformJobStatus": ended},
        )
        target = targets.LambdaFunction(self.function, dead_letter_queue=dead_letters)
        events.Rule(self, "Ended", description="A transform job of this stage ended", event_pattern=pattern, targets=[target])


def _allow_reading(launcher: PythonFunction, bucket: s3.IBucket) -> None:
    """Lets it list and read data, and see whether a run has a model: without listing, S3 answers a missing one with 403."""
    launcher.allow("s3:ListBucket", on=bucket.bucket_arn)
    launcher.allow("s3:GetObject", on=bucket.arn_for_objects(f"{naming.TRANSFORMS}*"))
    launcher.allow("s3:GetObject", on=bucket.arn_for_objects(f"{naming.RUNS}*"))
