"""What has to happen before a stage can go: its jobs are stopped, its bucket is emptied."""

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_s3 as s3
from constructs import Construct

from . import arns
from .python_function import PythonFunction

# The longest that Lambda allows: a stopping job has two minutes of grace, a full bucket takes its time.
_FUNCTION_MAY_TAKE = cdk.Duration.minutes(15)


class Retirement(Construct):
    """The function ``retire``: may stop and delete this stage's jobs and, unless data is kept, empty the one bucket.

    Attributes:
        function: the function; custom resources name it as their service token.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: str, bucket: s3.IBucket, delete_data: bool, log_retention_days: int) -> None:
        super().__init__(scope, id_)
        retire = PythonFunction(
            self,
            "Retire",
            handler="retire.handler",
            description="Stops this stage's jobs and empties its bucket when the stacks are deleted",
            timeout=_FUNCTION_MAY_TAKE,
            log_retention_days=log_retention_days,
        )
        _allow_jobs(retire, stage)
        self._empty(retire, bucket, delete_data)
        self.function = retire.function

    def _empty(self, retire: PythonFunction, bucket: s3.IBucket, delete_data: bool) -> None:
        """Empties the bucket when the stack is deleted, just before the bucket goes.

        The resource is there even when data is kept, only that CloudFormation then forgets it instead of deleting it. If it were
        left out, turning `delete_data` off would delete it, and so empty the very bucket that is to be kept.
        """
        emptied = _custom_resource(self, "EmptyBucket", retire.function, "EmptyBucket", Bucket=bucket.bucket_name)
        # CloudFormation deletes in the opposite order: the permissions must outlive the work.
        emptied.node.add_dependency(retire.role)
        if delete_data:
            _allow_bucket(retire, bucket)
        else:
            emptied.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


def stop_jobs(
    scope: Construct, id_: str, *, retire: lambda_.IFunction, stage: str, delete: bool, execution_role: iam.Role, launcher: lambda_.Function
) -> cdk.CustomResource:
    """Stops a stage's running jobs when the stack is deleted: after the function that could start another, before the role they run with.

    Args:
        scope: the parent.
        id_: the construct id.
        retire: the function that does it.
        stage: whose jobs.
        delete: whether the jobs' records and logs go too.
        execution_role: what the jobs run with.
        launcher: what starts them.
    """
    stopped = _custom_resource(scope, id_, retire, "StopJobs", Stage=stage, DeleteJobs="true" if delete else "false")
    stopped.node.add_dependency(execution_role)
    launcher.node.add_dependency(stopped)
    return stopped


def _custom_resource(scope: Construct, id_: str, retire: lambda_.IFunction, work: str, **properties: str) -> cdk.CustomResource:
    return cdk.CustomResource(
        scope,
        id_,
        resource_type=f"Custom::{work}",
        service_token=retire.function_arn,
        service_timeout=_FUNCTION_MAY_TAKE,
        properties={"Work": work, **properties},
    )


def _allow_jobs(retire: PythonFunction, stage: str) -> None:
    # Listing jobs cannot be limited to some of them: IAM knows no resource for it.
    retire.allow("sagemaker:ListTrainingJobs", on="*")
    jobs = ["DescribeTrainingJob", "ListTags", "StopTrainingJob", "DeleteTrainingJob"]
    retire.allow(*(f"sagemaker:{action}" for action in jobs), on=arns.training_jobs(stage))
    retire.allow("logs:DescribeLogStreams", on=arns.training_log_group())
    retire.allow("logs:DeleteLogStream", on=arns.training_log_streams(stage))


def _allow_bucket(retire: PythonFunction, bucket: s3.IBucket) -> None:
    retire.allow("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", on=bucket.bucket_arn)
    retire.allow("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", on=bucket.arn_for_objects("*"))
