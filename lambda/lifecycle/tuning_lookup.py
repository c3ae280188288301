"""Looks up a tuning job as SageMaker has it now: to learn from it, or to judge its best training job."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import launching, naming
from .aws_errors import translating_aws_errors
from .job_kinds import TUNING
from .tuning_problems import OBJECTIVE_HYPERPARAMETER, Parent
from .tuning_result import TunedJob

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
else:
    SageMakerClient = Any


def parent(name: str, sagemaker: SageMakerClient) -> Parent:
    """A tuning job to learn from; one without a status when there is none of that name.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    found = launching.describe(name, TUNING, sagemaker)
    if found is None:
        return Parent(name)
    config, training = found["HyperParameterTuningJobConfig"], found.get("TrainingJobDefinition", {})
    searched = [each["Name"] for ranges in config.get("ParameterRanges", {}).values() for each in ranges]
    return Parent(
        name=name,
        status=found[TUNING.status],
        objective=config.get("HyperParameterTuningJobObjective", {}).get("MetricName", ""),
        hyperparameters=frozenset({*training.get("StaticHyperParameters", {}), *searched} - {OBJECTIVE_HYPERPARAMETER}),
        jobs=sum(found.get("TrainingJobStatusCounters", {}).values()),
        corpus_hash=_tags(found[TUNING.arn], sagemaker).get(naming.CORPUS_HASH_TAG, ""),
    )


def tuned(name: str, sagemaker: SageMakerClient) -> TunedJob | None:
    """A tuning job with the name of its best training job; None when there is none of that name.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    found = launching.describe(name, TUNING, sagemaker)
    if found is None:
        return None
    best = found.get("BestTrainingJob", {})
    return TunedJob(
        name=name,
        status=found[TUNING.status],
        failure=found.get("FailureReason", ""),
        tags=_tags(found[TUNING.arn], sagemaker),
        best=best["TrainingJobName"] if best.get("ObjectiveStatus") == "Succeeded" else "",
    )


def _tags(arn: str, sagemaker: SageMakerClient) -> Mapping[str, str]:
    with translating_aws_errors(f"read the tags of {arn}"):
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
