"""The running jobs of a stage are stopped when its stack is deleted, before the role that they run with goes."""

import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
from constructs import Construct

from . import arns
from .deletion import TIMEOUT, on_delete
from .python_function import PythonFunction


class JobCleanup(Construct):
    """The function ``stop_training_jobs``, and the custom resource that calls it.

    It is called after the function that could start another job is gone, and before the role that jobs run with goes.

    Attributes:
        function: the function; it may delete the jobs' records and logs only when it is to delete them.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        delete_jobs: bool,
        execution_role: iam.Role,
        launcher: lambda_.Function,
        log_retention_days: int,
        key_arn: str = "",
    ) -> None:
        super().__init__(scope, id_)
        stopper = PythonFunction(
            self,
            "Function",
            handler="stop_training_jobs.handler",
            description="Stops this stage's training jobs when the stack is deleted",
            timeout=TIMEOUT,
            log_retention_days=log_retention_days,
            key_arn=key_arn,
        )
        _allow(stopper, stage, delete_jobs)
        stopped = on_delete(self, "StopTrainingJobs", stopper, Stage=stage, DeleteJobs="true" if delete_jobs else "false")
        stopped.node.add_dependency(execution_role)
        launcher.node.add_dependency(stopped)
        self.function = stopper.function


def _allow(stopper: PythonFunction, stage: str, delete_jobs: bool) -> None:
    # Listing jobs cannot be limited to some of them: IAM knows no resource for it.
    stopper.allow("sagemaker:ListTrainingJobs", on="*")
    stopper.allow("sagemaker:ListTags", "sagemaker:StopTrainingJob", on=arns.training_jobs(stage))
    if delete_jobs:
        stopper.allow("sagemaker:DeleteTrainingJob", on=arns.training_jobs(stage))
        stopper.allow("logs:DescribeLogStreams", on=arns.training_log_group())
        stopper.allow("logs:DeleteLogStream", on=arns.training_log_streams(stage))
