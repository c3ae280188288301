"""Attempts at the same job, and what SageMaker says when two arrive at once."""

from typing import Any

import pytest

from blazingtext_lifecycle.corpora import SAMPLE_BYTES, TINY_BYTES
from blazingtext_lifecycle.errors import AccessDeniedError, CloudError, CorpusError, QuotaError, RequestError
from tests.unit.lifecycle.aws_fakes import client_error
from tests.unit.lifecycle.test_launch_training import REVIEWS, SENTENCES, Account


def test_the_ninety_ninth_attempt_is_the_last() -> None:
    account = Account()
    first = account.launch()["jobName"]
    for _ in range(98):
        for job in account.sagemaker.jobs.values():
            job["TrainingJobStatus"] = "Failed"
        last = account.launch(retry=True)
    assert last["jobName"] == f"{first}-99"
    account.job(last)["TrainingJobStatus"] = "Failed"

    with pytest.raises(RequestError, match=f"{first} was tried 99 times"):
        account.launch(retry=True)
    assert len(account.sagemaker.jobs) == 99


def test_an_answer_tells_the_job_as_it_is() -> None:
    account = Account()
    first = account.launch()
    account.job(first)["TrainingJobStatus"] = "Stopping"

    again = account.launch()

    arn = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{first['jobName']}"
    assert first == {
        "jobName": first["jobName"],
        "jobArn": arn,
        "status": "InProgress",
        "created": True,
        "artifact": f"s3://own-bucket/runs/{first['jobName']}/output/model.tar.gz",
        "warnings": [],
        "cost": {
            "instanceType": "ml.c5.xlarge",
            "instanceCount": 1,
            "maxRuntimeSeconds": 3600,
            "hourlyDollars": 0.204,
            "maximumDollars": 0.204,
            "pricesOf": "2026-04-21",
        },
    }
    assert again == first | {"status": "Stopping", "created": False}


def test_a_name_in_use_by_a_job_that_is_gone_is_an_error_of_awss() -> None:
    account = Account()
    account.sagemaker.refusal = client_error("ResourceInUse", "Training job names must be unique", "CreateTrainingJob")

    with pytest.raises(CloudError, match="Training job names must be unique"):
        account.launch()


def test_another_refusal_is_no_job_of_somebody_else() -> None:
    account = Account()
    account.launch()
    account.sagemaker.jobs.clear()
    account.sagemaker.refusal = client_error("ResourceLimitExceeded", "The limit is 0", "CreateTrainingJob")

    with pytest.raises(QuotaError, match="start the training job blazingtext-dev-wiki"):
        account.launch()


def test_a_job_that_may_not_be_looked_up_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()

    def refused(**_: Any) -> Any:
        raise client_error("AccessDeniedException", "not authorized to perform: sagemaker:DescribeTrainingJob")

    monkeypatch.setattr(account.sagemaker, "describe_training_job", refused)

    with pytest.raises(AccessDeniedError, match="look up the training job"):
        account.launch()
    assert account.sagemaker.jobs == {}


def test_a_request_without_a_corpus_looks_into_no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    monkeypatch.setattr(account.s3, "_list_objects_v2", None)

    with pytest.raises(RequestError, match="no corpus is named"):
        account.launch(corpus="")


@pytest.mark.parametrize(("size", "tiny"), [(TINY_BYTES - 1, True), (TINY_BYTES, False)])
def test_a_corpus_is_tiny_below_a_hundred_kilobytes(size: int, tiny: bool) -> None:
    assert TINY_BYTES == 100_000
    warnings = Account(odd=(b"word " * size)[: size - 1] + b"\n").launch(corpus="odd")["warnings"]

    told = f"The corpus is tiny ({size:,} bytes): few words reach min_count, and what they learn means little. Add text."
    assert warnings == [told] * tiny


def test_only_the_beginning_of_a_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    ranges: list[str] = []
    read = account.s3.get_object

    def noted(**request: str) -> dict[str, Any]:
        ranges.append(request["Range"])
        return read(**request)

    monkeypatch.setattr(account.s3, "get_object", noted)

    account.launch()

    assert ranges == [f"bytes=0-{SAMPLE_BYTES - 1}"] == ["bytes=0-65535"]


def test_word2vec_ignores_a_validation_part_and_a_classifier_needs_one_with_bytes() -> None:
    account = Account()
    answer = account.launch(corpus="reviews", mode="skipgram")
    assert [each["ChannelName"] for each in account.job(answer)["InputDataConfig"]] == ["train"]

    account.s3.objects["corpora/reviews/validation/reviews"] = b""
    with pytest.raises(CorpusError, match=r'The validation part of corpus "reviews" is empty. It is 1 file of 0 bytes'):
        account.launch(corpus="reviews", mode="supervised")


def test_a_corpus_on_several_pages_is_one_corpus() -> None:
    account = Account()
    account.s3.objects = {f"corpora/many/train/{number}": SENTENCES for number in range(3)}

    (warning,) = account.launch(corpus="many")["warnings"]
    assert warning.startswith("train holds 3 files.")


def test_a_file_in_the_validation_part_is_checked_too() -> None:
    account = Account()
    account.s3.objects["corpora/reviews/validation/reviews"] = b"no label\n" + REVIEWS

    with pytest.raises(CorpusError, match="corpora/reviews/validation/reviews line 1 has no"):
        account.launch(corpus="reviews", mode="supervised")
