"""The function that starts processing jobs, which prepare corpora of raw text."""

import dataclasses
from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
from constructs import Construct

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import LaunchEnvironment

from . import arns, limit_conditions
from .python_function import PythonFunction


class Processor(Construct):
    """A function that starts processing jobs: may list their sources, look for their code and corpora, and pass them one role.

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
        source_buckets: Sequence[str],
        role: iam.Role,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        launcher = PythonFunction(
            self,
            "LaunchProcessing",
            handler="launch_processing.handler",
            description="Checks a processing request and starts its SageMaker job",
            # It lists up to a hundred thousand objects, a thousand a call.
            timeout=cdk.Duration.minutes(1),
            log_retention_days=log_retention_days,
            environment=dataclasses.replace(environment, role_arn=role.role_arn).variables(),
            key_arn=environment.protection.key_arn,
        )
        jobs = arns.processing_jobs(environment.stage)
        launcher.allow("sagemaker:CreateProcessingJob", on=jobs, **limit_conditions.of_jobs(environment.limits))
        launcher.allow("sagemaker:DescribeProcessingJob", "sagemaker:AddTags", on=jobs)
        launcher.allow("iam:PassRole", on=role.role_arn, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
        listed = [f"{prefix}*" for prefix in (naming.RAW, naming.PROCESSING, naming.CORPORA)]
        launcher.allow("s3:ListBucket", on=bucket.bucket_arn, StringLike={"s3:prefix": listed})
        # Which request made a corpus is in its metadata.
        launcher.allow("s3:GetObject", on=bucket.arn_for_objects(f"{naming.CORPORA}*"))
        if source_buckets:
            launcher.allow("s3:ListBucket", on=[arns.bucket(name) for name in source_buckets])
        # A job started before its role has its policy would fail.
        launcher.function.node.add_dependency(role)
        self.function = launcher.function
