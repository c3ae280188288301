"""What AWS takes at most, and the values it names, by botocore's model of SageMaker; where that is silent, by AWS's pages."""

from types import ModuleType

import pytest

from blazingtext_lifecycle import (
    instances,
    job_cleanup,
    limits,
    model_registry,
    processing_requests,
    registration,
    requests,
    tuning_jobs,
    tuning_problems,
    tuning_ranges,
    tuning_requests,
)
from tests.unit.aws_requests import service_model


@pytest.mark.parametrize(
    ("module", "constant", "shape"),
    [
        (model_registry, "PAGE", "MaxResults"),
        (job_cleanup, "_PAGE", "MaxResults"),
        (model_registry, "LONGEST_COMMENT", "ApprovalDescription"),
        (registration, "_MOST_PROPERTIES", "CustomerMetadataMap"),
        (registration, "_LONGEST_KEY", "CustomerMetadataKey"),
        (registration, "_LONGEST_VALUE", "CustomerMetadataValue"),
        (processing_requests, "LONGEST_ARGUMENT", "ContainerArgument"),
        (requests, "MAXIMUM_VOLUME_GB", "ProcessingVolumeSizeInGB"),
        (tuning_ranges, "MAXIMUM_VALUES", "ParameterValues"),
        (tuning_requests, "MAXIMUM_RANGES", "CategoricalParameterRanges"),
        (tuning_requests, "MAXIMUM_PARENTS", "ParentHyperParameterTuningJobs"),
    ],
)
def test_the_most_is_what_the_model_says(module: ModuleType, constant: str, shape: str) -> None:
    assert getattr(module, constant) == service_model("sagemaker").shape_for(shape).metadata["max"]


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        (tuning_requests.STRATEGIES, "HyperParameterTuningJobStrategyType"),
        (tuning_ranges.SCALINGS, "HyperParameterScalingType"),
        (model_registry.ApprovalStatus, "ModelApprovalStatus"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_values_are_those_of_the_model(values: tuple[str, ...], shape: str) -> None:
    assert {str(value) for value in values} == set(service_model("sagemaker").shape_for(shape).metadata["enum"])


def test_the_most_is_what_awss_pages_say() -> None:
    # "Longest run time for a training job: 5 days": https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
    assert limits.LONGEST_SECONDS == requests.MAXIMUM_RUNTIME == 432_000
    # MaxWaitTimeInSeconds of algorithms without checkpoints: https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
    assert requests.MAXIMUM_SPOT_WAIT == 3600
    # 50 tags, of which eight are the project's own: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Tag.html
    assert requests.MAXIMUM_TAGS == 42
    assert instances.MAXIMUM_COUNT == 20
    # https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html
    assert (tuning_requests.MAXIMUM_JOBS, tuning_requests.MAXIMUM_PARALLEL_JOBS) == (750, 10)
    assert tuning_jobs._LONGEST_SECONDS == 2_592_000
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperbandStrategyConfig.html
    assert tuning_problems.MAXIMUM_EPOCHS == 20_000


def test_what_is_taken_where_nothing_is_said() -> None:
    assert (tuning_requests.DEFAULT_JOBS, tuning_requests.DEFAULT_PARALLEL_JOBS) == (10, 2)
