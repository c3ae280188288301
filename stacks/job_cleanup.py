"""The running jobs of a stage are stopped when its stack is deleted, before the roles that they run with go."""

from collections.abc import Sequence

import aws_cdk.aws_iam as iam
import aws_cdk.aws_lambda as lambda_
from constructs import Construct

from . import arns
from .deletion import TIMEOUT, on_delete
from .python_function import PythonFunction


class JobCleanup(Construct):
    """The function ``stop_training_jobs``, and the custom resource that calls it.

    It is called after the functions that could start another job are gone, and before the roles that jobs run with go.

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
        roles: Sequence[iam.Role],
        launchers: Sequence[lambda_.Function],
        log_retention_days: int,
        key_arn: str = "",
    ) -> None:
        super().__init__(scope, id_)
        stopper = PythonFunction(
            self,
            "Function",
            handler="stop_training_jobs.handler",
            description="Stops this stage's jobs when the stack is deleted",
            timeout=TIMEOUT,
            log_retention_days=log_retention_days,
            key_arn=key_arn,
        )
        _allow(stopper, stage, delete_jobs)
        stopped = on_delete(self, "StopTrainingJobs", stopper, Stage=stage, DeleteJobs="true" if delete_jobs else "false")
        stopped.node.add_dependency(*roles)
        for launcher in launchers:
            launcher.node.add_dependency(stopped)


def _allow(stopper: PythonFunction, stage: str, delete_jobs: bool) -> None:
    # Listing jobs and models cannot be limited to some of them: IAM knows no resource for it.
    listing = ("ListTrainingJobs", "ListHyperParameterTuningJobs", "ListTransformJobs", "ListProcessingJobs", "ListModels")
    stopper.allow(*(f"sagemaker:{each}" for each in listing), on="*")
    jobs = [arns.training_jobs(stage), arns.tuning_jobs(stage), arns.transform_jobs(stage), arns.processing_jobs(stage)]
    stopper.allow("sagemaker:ListTags", on=[*jobs, arns.models(stage)])
    stopper.allow("sagemaker:StopTrainingJob", on=arns.training_jobs(stage))
    stopper.allow("sagemaker:StopHyperParameterTuningJob", on=arns.tuning_jobs(stage))
    stopper.allow("sagemaker:StopTransformJob", on=arns.transform_jobs(stage))
    stopper.allow("sagemaker:StopProcessingJob", on=arns.processing_jobs(stage))
    stopper.allow("sagemaker:DeleteModel", on=arns.models(stage))
    if delete_jobs:
        stopper.allow("sagemaker:DeleteHyperParameterTuningJob", on=arns.tuning_jobs(stage))
        stopper.allow("sagemaker:DeleteTrainingJob", on=arns.training_jobs(stage))
        stopper.allow("sagemaker:DeleteProcessingJob", on=arns.processing_jobs(stage))
        groups = [arns.training_log_group(), arns.transform_log_group(), arns.processing_log_group()]
        streams = [arns.training_log_streams(stage), arns.transform_log_streams(stage), arns.processing_log_streams(stage)]
        stopper.allow("logs:DescribeLogStreams", on=groups)
        stopper.allow("logs:DeleteLogStream", on=streams)
