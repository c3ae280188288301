"""The kinds of jobs as botocore's model of SageMaker has them, and under what our commands and functions tell of them."""

import pytest
from botocore.model import StructureShape

from blazingtext_lifecycle import job_kinds
from blazingtext_lifecycle.job_kinds import JobKind
from tests.unit.aws_requests import operations, service_model

KINDS = (job_kinds.TRAINING, job_kinds.TUNING, job_kinds.PROCESSING, job_kinds.TRANSFORM)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_a_kind_is_one_of_sagemakers(kind: JobKind) -> None:
    methods = operations("sagemaker").keys()
    described = service_model("sagemaker").operation_model(f"Describe{kind.shape}")

    assert {f"{verb}_{kind.method}" for verb in ("create", "describe", "stop")} <= methods
    assert (f"delete_{kind.method}" in methods) is kind.is_deletable
    assert described.input_shape is not None and described.output_shape is not None  # noqa: PT018 - for the types
    assert described.input_shape.members[kind.name].metadata["max"] == kind.longest_name
    assert {kind.name, kind.arn, kind.status} <= set(described.output_shape.members)
    summary = service_model("sagemaker").shape_for(f"{kind.shape}Summary")
    assert isinstance(summary, StructureShape)
    assert kind.ended in summary.members


@pytest.mark.parametrize(
    ("kind", "told", "log_group"),
    [
        # https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
        (job_kinds.TRAINING, ("training job", "logs", "runs", "job"), "/aws/sagemaker/TrainingJobs"),
        (job_kinds.TUNING, ("tuning job", "tunings", "tunings", "tuningJob"), ""),
        (job_kinds.PROCESSING, ("processing job", "corpus jobs", "corpus jobs", "job"), "/aws/sagemaker/ProcessingJobs"),
        (job_kinds.TRANSFORM, ("transform job", "transforms", "transforms", "job"), "/aws/sagemaker/TransformJobs"),
    ],
    ids=lambda value: value.noun if isinstance(value, JobKind) else None,
)
def test_a_kind_is_told_of_in_these_words(kind: JobKind, told: tuple[str, ...], log_group: str) -> None:
    assert (kind.noun, kind.failures, kind.listed, kind.answered) == told
    assert kind.log_group == log_group
