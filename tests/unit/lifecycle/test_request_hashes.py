"""What a job is found again by, also by a later version than the one that started it: what is hashed stands here letter by letter."""

import hashlib
from typing import Any

from blazingtext_lifecycle import processing_jobs, processing_sources, training_jobs, transform_jobs, tuning_jobs, tuning_names
from blazingtext_lifecycle.corpora import Corpus, CorpusFile
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.processing_requests import ProcessingRequest
from blazingtext_lifecycle.processing_sources import SourceObject
from blazingtext_lifecycle.requests import TrainingRequest
from blazingtext_lifecycle.transform_data import DataFile, TransformData
from blazingtext_lifecycle.transform_requests import TransformRequest
from blazingtext_lifecycle.tuning_ranges import Range
from blazingtext_lifecycle.tuning_requests import TuningRequest

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
ENVIRONMENT = LaunchEnvironment("dev", "bucket", "arn:aws:iam::123456789012:role/training", IMAGE)
CORPUS = Corpus("wiki", {"train": (CorpusFile("corpora/wiki/train/a", '"e1"', 7), CorpusFile("corpora/wiki/train/b", '"e2"', 8))})


def training(**changes: Any) -> TrainingRequest:
    given: dict[str, Any] = {
        "corpus": "wiki",
        "mode": "skipgram",
        "hyperparameters": {},
        "instance_type": "ml.c5.xlarge",
        "instance_count": 1,
        "volume_gb": 30,
        "max_runtime_seconds": 600,
        "max_wait_seconds": None,
        "spot": False,
        "tags": {},
        "retry": False,
    }
    return TrainingRequest(**(given | changes))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def of_training(hyperparameters: str) -> str:
    return sha256(
        '{"channels": {"s3://bucket/corpora/wiki/train/": '
        '[["corpora/wiki/train/a", "\\"e1\\"", 7], ["corpora/wiki/train/b", "\\"e2\\"", 8]]}, '
        f'"hyperparameters": {hyperparameters}, '
        '"instance": ["ml.c5.xlarge", 1, 30], "limits": [600, null], "spot": false}'
    )


def test_a_training_job_is_found_by_what_can_change_its_model() -> None:
    assert training_jobs.request_hash(training(), {"mode": "cbow", "epochs": "5"}, CORPUS, "bucket") == of_training(
        '{"epochs": "5", "mode": "cbow"}'
    )


def test_a_corpus_is_found_by_its_files() -> None:
    assert training_jobs.corpus_hash(CORPUS) == sha256(
        '{"train": [["corpora/wiki/train/a", "\\"e1\\"", 7], ["corpora/wiki/train/b", "\\"e2\\"", 8]]}'
    )


def test_a_tuning_job_is_found_by_its_training_jobs_and_its_search() -> None:
    request = TuningRequest(
        training(),
        ("skipgram",),
        (Range("vector_dim", 32, 300, "Auto", whole=True),),
        "Bayesian",
        10,
        2,
        early_stopping=True,
        parents=(),
        seed=7,
    )
    # AWS's defaults: https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext_hyperparameters.html
    static = (
        '{"epochs": "5", "evaluation": "True", "learning_rate": "0.05", "min_count": "5", "mode": "skipgram", "negative_samples": "5", '
        '"sampling_threshold": "0.0001", "subwords": "False", "window_size": "5"}'
    )

    job = tuning_jobs.decide(request, CORPUS, ENVIRONMENT, (), [])

    assert job.digest == sha256(
        '{"earlyStopping": true, "jobs": [10, 2], '
        '"ranges": {"IntegerParameterRanges": [{"MaxValue": "300", "MinValue": "32", "Name": "vector_dim", "ScalingType": "Auto"}]}, '
        f'"seed": 7, "strategy": "Bayesian", "training": "{of_training(static)}", "warmStart": []}}'
    )


def test_an_attempt_at_a_tuning_job_has_the_last_digits_of_its_hash_in_base_36_the_last_one_first() -> None:
    number = int(sha256("0123abcd-2"), 16)
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]

    assert tuning_names.tuning_job("dev", "wiki", "0123abcd", 2) == f"blazingtext-dev-wiki-{digits[:7]}"


def test_a_transform_job_is_found_by_its_model_and_its_data() -> None:
    request = TransformRequest("reviews", "blazingtext-dev-a", "ml.m5.large", 2, {"team": "search"}, retry=True, dry_run=True)
    data = TransformData("reviews", (DataFile("batch/reviews/in/a", '"e1"', 7),))

    assert transform_jobs.request_hash(request, data) == sha256(
        '{"data": [["batch/reviews/in/a", "\\"e1\\"", 7]], "instance": ["ml.m5.large", 2], "run": "blazingtext-dev-a"}'
    )


def test_a_processing_job_is_found_by_its_code_its_options_and_its_sources() -> None:
    request = ProcessingRequest("wiki", ("s3://in/a",), "c" * 64, {"lower": "true"}, "ml.m5.large", 2, 30, 600, {}, True, True, True)
    sources = processing_sources.digest([SourceObject("in", "a", '"e1"', 7, named=True)])

    assert sources == sha256('[["in", "a", "\\"e1\\"", 7]]')
    assert processing_jobs.request_hash(request, sources) == sha256(
        f'{{"code": "{"c" * 64}", "corpus": "wiki", "options": {{"lower": "true"}}, "sources": "{sources}"}}'
    )
