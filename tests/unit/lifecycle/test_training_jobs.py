"""The CreateTrainingJob request, in every part."""

import dataclasses
from typing import Any

import pytest

from blazingtext_lifecycle import training_jobs
from blazingtext_lifecycle.corpora import Corpus, CorpusFile
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.errors import CorpusError, RequestError
from blazingtext_lifecycle.requests import TrainingRequest
from blazingtext_lifecycle.training_jobs import TrainingJob
from tests.unit.aws_requests import validate

GIB = 2**30
ENVIRONMENT = LaunchEnvironment("dev", "bucket", "arn:aws:iam::123456789012:role/training", "image:1")
REQUEST = TrainingRequest(
    corpus="reviews",
    mode="supervised",
    hyperparameters={},
    instance_type="ml.c5.xlarge",
    instance_count=1,
    volume_gb=30,
    max_runtime_seconds=600,
    max_wait_seconds=None,
    spot=False,
    tags={"team": "search"},
    retry=False,
)


def corpus(size: int = 5, *, etag: str = "e", key: str = "corpora/reviews/train/a") -> Corpus:
    return Corpus("reviews", {"train": (CorpusFile(key, etag, size),), "validation": (CorpusFile("corpora/reviews/validation/b", "f", 5),)})


def decide(found: Corpus | None = None, problems: Any = (), **changes: Any) -> TrainingJob:
    return training_jobs.decide(dataclasses.replace(REQUEST, **changes), found or corpus(), ENVIRONMENT, list(problems))


def channel(name: str) -> dict[str, Any]:
    uri = f"s3://bucket/corpora/reviews/{name}/"
    return {
        "ChannelName": name,
        "ContentType": "text/plain",
        "CompressionType": "None",
        "RecordWrapperType": "None",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}},
    }


def test_the_request_is_this() -> None:
    job = decide()
    digest = next(tag["Value"] for tag in job.definition["Tags"] if tag["Key"] == "blazingtext:request")

    validate("sagemaker", "CreateTrainingJob", {"TrainingJobName": job.name, **job.definition})
    assert job.name == f"blazingtext-dev-reviews-supervised-{digest[:10]}"
    assert (job.artifact_bucket, job.retry, job.warnings) == ("bucket", False, ())
    assert job.definition == {
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::123456789012:role/training",
        "HyperParameters": {
            "mode": "supervised",
            "buckets": "2000000",
            "early_stopping": "False",
            "epochs": "5",
            "learning_rate": "0.05",
            "min_count": "5",
            "vector_dim": "100",
            "word_ngrams": "2",
        },
        "InputDataConfig": [channel("train"), channel("validation")],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/runs"},
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "EnableManagedSpotTraining": False,
        "Tags": [
            {"Key": "blazingtext:corpus", "Value": "reviews"},
            {"Key": "blazingtext:corpus-hash", "Value": training_jobs.corpus_hash(corpus())},
            {"Key": "blazingtext:project", "Value": "blazingtext"},
            {"Key": "blazingtext:request", "Value": digest},
            {"Key": "blazingtext:stage", "Value": "dev"},
            {"Key": "team", "Value": "search"},
        ],
    }


def test_nobodys_tags_go_over_the_projects() -> None:
    job = decide(tags={"blazingtext:stage": "prod", "blazingtext:corpus": "x"})

    assert {"Key": "blazingtext:stage", "Value": "dev"} in job.definition["Tags"]
    assert {"Key": "blazingtext:corpus", "Value": "reviews"} in job.definition["Tags"]


@pytest.mark.parametrize(
    "other",
    [
        {"found": corpus(6)},
        {"found": corpus(etag="other")},
        {"found": corpus(key="corpora/reviews/train/other")},
        {"hyperparameters": {"epochs": 6}},
        {"instance_type": "ml.c5.2xlarge"},
        {"volume_gb": 31},
        {"max_runtime_seconds": 601},
        {"max_wait_seconds": 601},
        {"spot": True},
    ],
)
def test_all_that_can_change_the_model_changes_the_name(other: dict[str, Any]) -> None:
    assert decide(**other).name != decide().name


def test_what_cannot_change_the_model_does_not_change_the_name() -> None:
    assert decide(tags={}, retry=True).name == decide().name


@pytest.mark.parametrize("instance_type", ["ml.g4dn.xlarge", "ml.g5.xlarge", "ml.p3dn.24xlarge", "ml.p4d.24xlarge"])
def test_instances_with_a_disk_of_their_own_have_room_whatever_the_volume(instance_type: str) -> None:
    request = dataclasses.replace(REQUEST, instance_type=instance_type, volume_gb=1)

    assert training_jobs._volume_problems(request, corpus(2 * GIB)) == []
    assert training_jobs._volume_warnings(request, corpus(2 * GIB)) == []


@pytest.mark.parametrize("instance_type", ["ml.c5.xlarge", "ml.p3.2xlarge", "ml.p2.xlarge", "ml.m5.xlarge"])
def test_the_others_need_a_volume_that_holds_the_corpus(instance_type: str) -> None:
    request = dataclasses.replace(REQUEST, instance_type=instance_type, volume_gb=2)
    # The validation part has five bytes.
    fits, does_not = corpus(2 * GIB - 6), corpus(2 * GIB - 5)

    assert training_jobs._volume_problems(request, fits) == []
    (problem,) = training_jobs._volume_problems(request, does_not)
    assert isinstance(problem, CorpusError)
    assert "It has 2,147,483,648 bytes and the volume 2 GB. Set instance.volumeGb to at least 5." in str(problem)


@pytest.mark.parametrize(
    ("size", "volume", "words"),
    [
        (GIB - 5, 2, ""),
        (GIB - 4, 2, "The corpus fills more than half of the volume (2 GB), which holds the model too. Enlarge instance.volumeGb."),
        (5, 1, "Volume size <= 1 GB might not be sufficient for training."),
        (5, 2, ""),
    ],
)
def test_a_volume_that_is_nearly_too_small_is_a_warning(size: int, volume: int, words: str) -> None:
    warnings = training_jobs._volume_warnings(dataclasses.replace(REQUEST, volume_gb=volume), corpus(size))

    assert bool(warnings) is bool(words)
    assert all(words in warning for warning in warnings)


def test_all_problems_and_all_warnings_are_told() -> None:
    sick = dataclasses.replace(corpus(), problems=(CorpusError("the corpus"),))
    tiny = dataclasses.replace(corpus(), warnings=("It is tiny.",))

    with pytest.raises(RequestError) as caught:
        decide(sick, [RequestError("the request")], hyperparameters={"epochs": 0})
    assert [line.split(" should")[0] for line in str(caught.value).splitlines()] == ["the request", "Parameter 'epochs'", "the corpus"]
    assert decide(tiny, hyperparameters={"vector_dim": 1500}, volume_gb=1).warnings[1:] == (
        "It is tiny.",
        "Volume size <= 1 GB might not be sufficient for training. Please use a larger volume size.",
    )


@pytest.mark.parametrize(("mode", "needed"), [("supervised", True), ("batch_skipgram", False), ("skipgram", False), ("cbow", False)])
def test_only_classifiers_need_labels(mode: str, needed: bool) -> None:
    assert training_jobs.needs_labels(mode) is needed


def test_the_order_of_channels_does_not_make_another_job() -> None:
    found = corpus()
    turned = dataclasses.replace(found, channels=dict(reversed(list(found.channels.items()))))

    assert list(turned.channels) != list(found.channels)
    assert decide(turned).name == decide(found).name


def test_the_hash_of_a_corpus_is_that_of_its_files_alone() -> None:
    digest = training_jobs.corpus_hash(corpus())
    others = (corpus(6), corpus(etag="g"), corpus(key="corpora/reviews/train/c"))

    assert digest == training_jobs.corpus_hash(dataclasses.replace(corpus(), name="other"))
    assert len({digest, *map(training_jobs.corpus_hash, others)}) == 4
    assert digest != training_jobs.corpus_hash(Corpus("reviews", {"train": corpus().channels["train"]}))
