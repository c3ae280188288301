"""What AWS leaves out of an answer, or somebody out of a document, reads as empty: never as the word None, nor as a crash."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, corpus_manifest, job_lookup, registration, tuning_lookup
from blazingtext_lifecycle.corpus_manifest import Manifest, NamedFile
from blazingtext_lifecycle.errors import CloudError
from blazingtext_lifecycle.model_registry import Listed, Registry, Version
from blazingtext_lifecycle.promotion import TrainedJob
from blazingtext_lifecycle.tuning_problems import Parent
from tests.unit.lifecycle.aws_fakes import FakeS3

CREATED = datetime(2026, 11, 29, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:x"


class Terse:
    """A client of SageMaker that answers with what the API's reference calls required, and no tags."""

    def __init__(self, **answer: Any) -> None:
        self._answer = answer

    def _described(self, **_: Any) -> dict[str, Any]:
        return self._answer

    describe_training_job = describe_hyper_parameter_tuning_job = describe_model_package = _described

    def get_paginator(self, _: str) -> "Terse":
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"Tags": [], "ModelPackageSummaryList": [self._answer]}


def test_a_training_job_that_has_just_begun_is_looked_up() -> None:
    sagemaker = Terse(TrainingJobArn=ARN, TrainingJobStatus="InProgress", SecondaryStatus="Starting", CreationTime=CREATED)

    found = job_lookup.look_up("job", cast("Any", sagemaker), cast("Any", FakeS3("bucket")))

    assert found == TrainedJob(
        name="job",
        status="InProgress",
        secondary_status="Starting",
        failure="",
        created=CREATED,
        mode="",
        metrics={},
        tags={},
        artifact="",
        artifact_exists=False,
        tuning_job="",
        arn=ARN,
        hyperparameters={},
        image="",
    )


def test_a_tuning_job_that_has_just_begun_is_a_parent_and_has_no_best() -> None:
    sagemaker = cast("Any", Terse(
        HyperParameterTuningJobArn=ARN, HyperParameterTuningJobStatus="InProgress", HyperParameterTuningJobConfig={"Strategy": "Bayesian"}
    ))  # fmt: skip

    assert tuning_lookup.parent("job", sagemaker) == Parent("job", status="InProgress")
    found = tuning_lookup.tuned("job", sagemaker)
    assert found is not None
    assert (found.status, found.failure, found.best, found.tags) == ("InProgress", "", "", {})


def test_a_version_that_somebody_registered_without_a_word_is_read() -> None:
    registry = Registry(cast("Any", Terse(ModelPackageArn=ARN, CreationTime=CREATED)), "group")

    assert list(registry.listed()) == [Listed(0, ARN, "", "", CREATED)]
    assert registry.version(ARN) == Version(0, ARN, group="", approval="", comment="", job="", artifact="", created=CREATED, metadata={})


@pytest.mark.parametrize("containers", [[], [{}], [{"ModelDataUrl": "s3://b/a"}, {"ModelDataUrl": "s3://b/c"}]])
def test_a_version_has_an_artifact_when_it_has_one_container_with_one(containers: list[dict[str, str]]) -> None:
    specification = {"Containers": containers}
    sagemaker = Terse(ModelPackageArn=ARN, CreationTime=CREATED, InferenceSpecification=specification)

    found = Registry(cast("Any", sagemaker), "group").version(ARN)

    assert found is not None
    assert found.artifact == ""


@pytest.mark.parametrize(
    ("document", "manifest"),
    [
        (b"", Manifest("corpora/wiki/complete.json")),
        (b"{}", Manifest("corpora/wiki/complete.json")),
        (b'{"files": [{"key": "a", "size": 5}]}', Manifest("corpora/wiki/complete.json", {"a": NamedFile("a", 5, "", "")})),
    ],
)
def test_a_manifest_tells_what_stands_in_it(document: bytes, manifest: Manifest) -> None:
    s3 = FakeS3("bucket", {"corpora/wiki/complete.json": document})

    assert corpus_manifest.read(cast("Any", s3), "bucket", "wiki", "dev") == manifest


@pytest.mark.parametrize("event", [{}, {"detail": {}}, {"detail": None}, {"detail": []}, {"source": "blazingtext", "detail": {}}])
def test_an_event_without_what_it_is_about_is_about_nothing(event: dict[str, Any]) -> None:
    assert registration.requested(event) == ""
    assert registration.approved_version(event) == ""


def test_an_error_without_words_is_told_without_any() -> None:
    error = ClientError(cast("Any", {}), "CreateTrainingJob")

    assert (aws_errors.code_of(error), aws_errors.message_of(error)) == ("", "")
    with pytest.raises(CloudError) as caught, aws_errors.translating_aws_errors("start a job"):
        raise error
    assert "None" not in str(caught.value)
    assert "(request id" not in str(caught.value)
