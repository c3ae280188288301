"""Looks up a training job as SageMaker has it now: an event has neither artifact nor metrics."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import naming
from .aws_errors import is_missing, translating_aws_errors
from .promotion import TrainedJob

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
else:
    S3Client = SageMakerClient = Any


def look_up(name: str, sagemaker: SageMakerClient, s3: S3Client) -> TrainedJob | None:
    """A training job; None when there is none of that name.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    with translating_aws_errors(f"look up the training job {name}"):
        try:
            found = sagemaker.describe_training_job(TrainingJobName=name)
            tags = sagemaker.get_paginator("list_tags").paginate(ResourceArn=found["TrainingJobArn"])
            named = {tag["Key"]: tag["Value"] for page in tags for tag in page["Tags"]}
        except ClientError as error:
            if is_missing(error):
                return None
            raise
    artifact = found.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
    hyperparameters = found.get("HyperParameters", {})
    return TrainedJob(
        name=name,
        status=found["TrainingJobStatus"],
        secondary_status=found["SecondaryStatus"],
        failure=found.get("FailureReason", ""),
        created=found["CreationTime"],
        mode=hyperparameters.get("mode", ""),
        metrics={metric["MetricName"]: metric["Value"] for metric in found.get("FinalMetricDataList", [])},
        tags=named,
        artifact=artifact,
        artifact_exists=found["TrainingJobStatus"] == "Completed" and _exists(artifact, s3),
        tuning_job=found.get("TuningJobArn", ""),
        arn=found["TrainingJobArn"],
        hyperparameters=hyperparameters,
        image=found.get("AlgorithmSpecification", {}).get("TrainingImage", ""),
    )


def _exists(artifact: str, s3: S3Client) -> bool:
    if not artifact:
        return False
    bucket, key = naming.split_s3_uri(artifact)
    with translating_aws_errors(f"look for {artifact}"):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
    return True
