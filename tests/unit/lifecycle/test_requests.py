"""Launch events at the edges of what is allowed."""

import dataclasses
from typing import Any

import pytest

from blazingtext_lifecycle import requests
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.requests import TrainingRequest

ENVIRONMENT = LaunchEnvironment(
    "dev", "own-bucket", "arn:role", "image:1", "ml.m5.xlarge", 3, 31, 1801, hyperparameters={"mode": "cbow", "epochs": 3, "word_ngrams": 4}
)


def read(environment: LaunchEnvironment = ENVIRONMENT, **event: Any) -> tuple[TrainingRequest, list[str]]:
    request, problems = requests.read({"corpus": "wiki", **event}, environment)
    return request, [str(problem) for problem in problems]


def upload(**detail: Any) -> dict[str, Any]:
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}


def test_what_an_event_leaves_out_is_the_stacks() -> None:
    assert read() == (
        TrainingRequest(
            corpus="wiki",
            mode="cbow",
            hyperparameters={"epochs": 3},
            instance_type="ml.m5.xlarge",
            instance_count=3,
            volume_gb=31,
            max_runtime_seconds=1801,
            max_wait_seconds=None,
            spot=False,
            tags={},
            retry=False,
        ),
        [],
    )


def test_what_an_event_gives_is_taken() -> None:
    event: dict[str, Any] = {
        "mode": "supervised",
        "hyperparameters": {"epochs": 9},
        "instance": {"type": "ml.c5.xlarge", "count": 2, "volumeGb": 5},
        "limits": {"maxRuntimeSeconds": 600, "maxWaitSeconds": 700},
        "spot": True,
        "tags": {"team": "search"},
        "retry": True,
    }

    assert read(**event) == (
        TrainingRequest(
            corpus="wiki",
            mode="supervised",
            hyperparameters={"epochs": 9, "word_ngrams": 4},
            instance_type="ml.c5.xlarge",
            instance_count=2,
            volume_gb=5,
            max_runtime_seconds=600,
            max_wait_seconds=700,
            spot=True,
            tags={"team": "search"},
            retry=True,
        ),
        [],
    )


@pytest.mark.parametrize(
    ("event", "mode"),
    [
        ({"mode": "skipgram", "hyperparameters": {"mode": "batch_skipgram"}}, "skipgram"),
        ({"hyperparameters": {"mode": "batch_skipgram"}}, "batch_skipgram"),
        ({}, "cbow"),
    ],
)
def test_the_mode_is_the_events_else_its_hyperparameters_else_the_stacks(event: dict[str, Any], mode: str) -> None:
    assert read(**event)[0].mode == mode
    assert read(dataclasses.replace(ENVIRONMENT, hyperparameters={}))[0].mode == "batch_skipgram"


@pytest.mark.parametrize(
    ("event", "spot"),
    [
        ({"instance": {"count": 1}}, False),
        ({"instance": {"count": 20}}, False),
        ({"instance": {"volumeGb": 1}}, False),
        ({"instance": {"volumeGb": 16_384}}, False),
        ({"limits": {"maxRuntimeSeconds": 1}}, False),
        ({"limits": {"maxRuntimeSeconds": 432_000}}, False),
        ({"limits": {"maxRuntimeSeconds": 3600}}, True),
        ({"limits": {"maxRuntimeSeconds": 600, "maxWaitSeconds": 600}}, True),
        ({"limits": {"maxRuntimeSeconds": 600, "maxWaitSeconds": 3600}}, True),
        ({"tags": {str(each): "" for each in range(42)}}, False),
        ({"tags": {"k" * 128: "v" * 256}}, False),
        ({"tags": {"a_.:/=+-@ \u00e91": "z_.:/=+-@ \u00e91"}}, False),
    ],
)
def test_the_last_allowed_value_is_allowed(event: dict[str, Any], spot: bool) -> None:
    assert read(spot=spot, **event)[1] == []


@pytest.mark.parametrize(
    ("event", "spot", "words"),
    [
        (
            {"instance": {"count": 0}},
            False,
            "instance.count: 0 is not allowed. It must be a whole number from 1 to 20. Leave it out",
        ),
        ({"instance": {"count": "2"}}, False, "instance.count: '2' is not allowed."),
        ({"instance": {"volumeGb": 0}}, False, "a whole number from 1 to 16384"),
        ({"instance": {"volumeGb": 16_385}}, False, "a whole number from 1 to 16384"),
        ({"instance": {"type": 5}}, False, "instance.type: 5 is not a SageMaker instance type"),
        ({"instance": []}, False, "instance: [] is not an object"),
        ({"hyperparameters": "epochs"}, False, "hyperparameters: 'epochs' is not an object"),
        ({"tags": {"k" * 129: "v"}}, False, "too long or empty"),
        ({"tags": {"k": "v" * 257}}, False, "too long or empty"),
        ({"tags": {"k": "tab\t"}}, False, "a forbidden character"),
        ({"tags": {"AWS:k": "v"}}, False, "its prefix is reserved"),
        ({"tags": []}, False, "tags: [] is not an object"),
        ({"retry": 1}, False, "retry: 1 is neither true nor false"),
        ({"corpus": ["wiki"]}, False, "no corpus is named"),
        ({"zzz": 1}, False, "Known are corpus, name, mode, hyperparameters, instance, limits, spot, tags, retry, dryRun, promote."),
        ({"limits": {"zzz": 1}}, False, "Known are limits.maxRuntimeSeconds, limits.maxWaitSeconds."),
        ({"instance": {"q" * 30: 1}}, False, "Known are instance.type, instance.count, instance.volumeGb."),
        ({"limits": {"maxRuntimeSeconds": 3601}}, True, "a spot job may run 3600 seconds at most; 3601 was asked for"),
        ({"limits": {"maxRuntimeSeconds": 601, "maxWaitSeconds": 600}}, True, "600 is less than maxRuntimeSeconds (601)"),
    ],
)
def test_the_first_value_beyond_is_refused_and_reads_as_the_default(event: dict[str, Any], spot: bool, words: str) -> None:
    request, (problem,) = read(spot=spot, **event)

    assert words in problem
    assert (request.instance_count, request.volume_gb, request.retry, request.tags) == (3, 31, False, {})
    assert request.instance_type == "ml.m5.xlarge"


def test_a_complete_corpus_is_named_by_its_manifest() -> None:
    request, problems = requests.read(upload(bucket={"name": "own-bucket"}, object={"key": "corpora/wiki/complete.json"}), ENVIRONMENT)

    assert (request.corpus, problems) == ("wiki", [])


@pytest.mark.parametrize(
    "event",
    [
        upload(bucket={"name": "own-bucket"}, object={"key": "corpora/wiki/train/a"}),
        upload(bucket={"name": "own-bucket"}, object={"key": "corpora/wiki/train/complete.json"}),
        upload(bucket={"name": "own-bucket"}, object={"key": "corpora/complete.json"}),
        upload(bucket={"name": "own-bucket"}, object={"key": "other/wiki/complete.json"}),
        upload(bucket={"name": "own-bucket"}, object={"key": "corpora/wiki/incomplete.json"}),
        upload(bucket={"name": "other"}, object={"key": "corpora/wiki/complete.json"}),
        upload(),
        {"source": "aws.s3", "detail-type": "Object Created", "detail": "text"},
        {"source": "aws.s3", "detail-type": "Object Created"},
    ],
)
def test_any_other_upload_starts_no_training(event: dict[str, Any]) -> None:
    request, problems = requests.read(event, ENVIRONMENT)

    assert request.corpus == ""
    assert "starts no training" in str(problems[0])


@pytest.mark.parametrize(
    "event", [{"source": "aws.s3", "detail-type": "Object Deleted"}, {"source": "aws.ec2", "detail-type": "Object Created"}]
)
def test_another_event_is_no_upload(event: dict[str, Any]) -> None:
    _, problems = requests.read(event, ENVIRONMENT)

    assert [str(problem).split()[0] for problem in problems] == ['"source"', '"detail-type"', "corpus:"]


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("s3://own-bucket/corpora/wiki", "wiki"),
        ("s3://own-bucket/corpora/wiki/train/", "wiki"),
        ("s3://own-bucket/corpora/wiki/train/deeper", ""),
        ("s3://own-bucket/corpora/wiki/other", ""),
        ("s3://own-bucket/corpora/", ""),
        ("s3://own-bucket/wiki", ""),
        ("s3://own-bucket", ""),
    ],
)
def test_an_s3_uri_names_a_corpus_of_the_stage_or_nothing(corpus: str, name: str) -> None:
    request, problems = read(corpus=corpus)

    assert request.corpus == name
    assert bool(problems) is not bool(name)
