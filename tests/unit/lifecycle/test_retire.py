import json
from collections.abc import Mapping
from typing import Any, Self, cast

import pytest

import retire
from blazingtext_lifecycle import custom_resources, naming, retirement
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import ConfigurationError, RequestError
from retire import Clients
from tests.unit.lifecycle.aws_fakes import FakeLogs, FakeS3, FakeSageMaker, client_error

DEV, PROD = naming.tags("dev"), naming.tags("prod")


class Account:
    """An account with jobs, logs and a bucket; time passes only when the function waits."""

    def __init__(self) -> None:
        self.sagemaker = FakeSageMaker()
        self.logs = FakeLogs([])
        self.s3 = FakeS3("own-bucket")
        self.remaining_ms = 600_000

    def pass_time(self, seconds: float) -> None:
        self.remaining_ms -= int(seconds * 1000)
        self.sagemaker.finish_stopping()

    def clients(self) -> Clients:
        return Clients(cast("Any", self.sagemaker), cast("Any", self.logs), cast("Any", self.s3))

    def retire(self, request: str, properties: Mapping[str, str], physical_id: str | None = None) -> Answer:
        event: dict[str, Any] = {"RequestType": request, "ResourceProperties": {"ServiceToken": "arn", **properties}}
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        return retire.answer(event, Deadline(lambda: self.remaining_ms, pause=self.pass_time), self.clients)

    def stop_jobs(self, delete: str = "true") -> Answer:
        return self.retire("Delete", {"Work": "StopJobs", "Stage": "dev", "DeleteJobs": delete}, "stop-jobs-dev")

    def empty_bucket(self, bucket: str = "own-bucket") -> Answer:
        return self.retire("Delete", {"Work": "EmptyBucket", "Bucket": bucket}, f"empty-bucket-{bucket}")


def test_only_the_stages_own_jobs_are_stopped_and_deleted() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    account.sagemaker.add("blazingtext-dev-b", "Completed", DEV)
    strangers = {
        "blazingtext-prod-a": PROD,
        "blazingtext-dev-untagged": {},
        "blazingtext-dev-imitation": PROD,
        "blazingtext-dev-half": {"blazingtext:stage": "dev"},
        "my-blazingtext-dev-a": DEV,
    }
    for name, tags in strangers.items():
        account.sagemaker.add(name, "InProgress", tags)

    answer = account.stop_jobs()

    assert answer == Answer("SUCCESS", "stop-jobs-dev")
    assert account.sagemaker.stops == ["blazingtext-dev-a"]
    assert set(account.sagemaker.jobs) == set(strangers)
    assert {job["TrainingJobStatus"] for job in account.sagemaker.jobs.values()} == {"InProgress"}


def test_the_records_stay_when_the_data_is_kept() -> None:
    account = Account()
    account.logs.streams = ["blazingtext-dev-a/algo-1-1"]
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    assert account.stop_jobs(delete="false").status == "SUCCESS"

    assert account.sagemaker.jobs["blazingtext-dev-a"]["TrainingJobStatus"] == "Stopped"
    assert account.logs.streams == ["blazingtext-dev-a/algo-1-1"]


def test_only_the_jobs_own_log_streams_are_deleted() -> None:
    account = Account()
    account.logs.streams = ["blazingtext-dev-a/algo-1-1", "blazingtext-dev-a/algo-2-1", "blazingtext-dev-a-2/algo-1-1", "other/algo-1-1"]
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)

    account.stop_jobs()

    assert account.logs.streams == ["blazingtext-dev-a-2/algo-1-1", "other/algo-1-1"]


def test_an_account_that_never_trained_has_no_log_group() -> None:
    account = Account()
    account.logs.streams = None
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)

    assert account.stop_jobs().status == "SUCCESS"


def test_a_job_started_while_others_stop_is_stopped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    latecomers = iter(["blazingtext-dev-late"])

    def pass_time(_seconds: float) -> None:
        account.sagemaker.finish_stopping()
        for name in latecomers:
            account.sagemaker.add(name, "InProgress", DEV)

    monkeypatch.setattr(account, "pass_time", pass_time)

    assert account.stop_jobs().status == "SUCCESS"
    assert account.sagemaker.stops == ["blazingtext-dev-a", "blazingtext-dev-late"]


def test_a_job_that_ends_by_itself_meanwhile_is_no_fault() -> None:
    account = Account()
    job = account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    def too_late(**_: Any) -> None:
        job["TrainingJobStatus"] = "Completed"
        raise client_error("ValidationException", "The request was rejected because the training job is in status Completed.")

    account.sagemaker.stop_training_job = too_late  # type: ignore[method-assign] # the race

    assert account.stop_jobs().status == "SUCCESS"


def test_jobs_that_do_not_end_in_time_are_a_failure_that_is_answered() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    account.sagemaker.finish_stopping = lambda *_: None  # type: ignore[method-assign] # a job that never ends

    answer = account.stop_jobs()

    assert answer.status == "FAILED"
    assert "blazingtext-dev-a took too long" in answer.reason
    assert account.remaining_ms >= 13_000


def test_a_boto3_without_delete_training_job_is_no_fault() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)

    class Older:
        def __init__(self, newer: FakeSageMaker) -> None:
            self.get_paginator = newer.get_paginator

    deadline = Deadline(lambda: 600_000)

    assert retirement.delete_jobs(cast("Any", Older(account.sagemaker)), cast("Any", account.logs), "dev", deadline) == []


def test_a_bucket_is_emptied_of_everything_in_batches() -> None:
    account = Account()
    account.s3.versions = [(f"runs/{number}", "v") for number in range(1500)]
    account.s3.markers = [(f"runs/{number}", "m") for number in range(700)]
    account.s3.uploads = [("corpora/x", "u1"), ("corpora/x", "u2")]

    answer = account.empty_bucket()

    assert answer == Answer("SUCCESS", "empty-bucket-own-bucket")
    assert (account.s3.versions, account.s3.markers, account.s3.uploads) == ([], [], [])
    assert account.s3.batches == [1000, 1000, 200]


def test_an_object_that_cannot_be_deleted_is_a_failure() -> None:
    account = Account()
    account.s3.versions = [("runs/locked", "v"), ("runs/free", "v")]
    account.s3.undeletable = {"runs/locked"}

    answer = account.empty_bucket()

    assert answer.status == "FAILED"
    assert "runs/locked: AccessDenied" in answer.reason


def test_a_bucket_that_is_gone_is_empty() -> None:
    assert Account().empty_bucket("gone").status == "SUCCESS"


def test_emptying_stops_in_time_to_answer() -> None:
    account = Account()
    account.s3.versions = [("a", "v")]
    account.remaining_ms = 14_000

    answer = account.empty_bucket()

    assert answer.status == "FAILED"
    assert "Run the same command again" in answer.reason


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_creating_and_updating_touch_nothing(request_type: str) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    answer = account.retire(request_type, {"Work": "StopJobs", "Stage": "dev", "DeleteJobs": "true"}, "stop-jobs-dev")

    assert answer == Answer("SUCCESS", "stop-jobs-dev")
    assert account.sagemaker.stops == []


def test_another_bucket_is_another_resource() -> None:
    account = Account()

    assert account.retire("Update", {"Work": "EmptyBucket", "Bucket": "new"}, "empty-bucket-old").physical_id == "empty-bucket-new"


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"Work": "Dance"},
        {"Work": "EmptyBucket"},
        {"Work": "StopJobs", "Stage": "dev"},
        {"Work": "StopJobs", "Stage": "D!", "DeleteJobs": "true"},
    ],
)
def test_properties_that_make_no_sense_fail_the_creation_and_not_its_undoing(properties: dict[str, str]) -> None:
    account = Account()

    created = account.retire("Create", properties)
    deleted = account.retire("Delete", properties, created.physical_id)

    assert (created.status, deleted.status) == ("FAILED", "SUCCESS")
    with pytest.raises(ConfigurationError):
        retire.read(properties)


def test_an_unforeseen_error_is_answered_too() -> None:
    account = Account()
    account.s3._list_object_versions = None  # type: ignore[assignment,method-assign] # whatever may break

    answer = account.empty_bucket()

    assert answer.status == "FAILED"
    assert "TypeError" in answer.reason


EVENT = {
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/x/y",
    "RequestId": "request-1",
    "LogicalResourceId": "Retire",
    "ResponseURL": "https://localhost:4566/answer?signature=s",
}


class Opened:
    """Stands where urlopen stands; remembers the request."""

    def __init__(self) -> None:
        self.requests: list[Any] = []

    def __call__(self, request: Any, timeout: float) -> "Opened":
        assert timeout > 0
        self.requests.append(request)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self) -> bytes:
        return b""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    found = Opened()
    monkeypatch.setattr("urllib.request.urlopen", found)
    return found


def test_the_answer_goes_to_the_url_with_its_scheme_and_port(opened: Opened) -> None:
    custom_resources.send(Answer("FAILED", "id", "x" * 9000), EVENT)

    request = opened.requests[0]
    body = json.loads(request.data)
    assert (request.method, request.full_url) == ("PUT", EVENT["ResponseURL"])
    assert request.get_header("Content-type") == ""
    assert {key: body[key] for key in ("Status", "PhysicalResourceId", "StackId", "RequestId", "LogicalResourceId")} == {
        "Status": "FAILED",
        "PhysicalResourceId": "id",
        "StackId": EVENT["StackId"],
        "RequestId": "request-1",
        "LogicalResourceId": "Retire",
    }
    assert len(request.data) <= 4096


def test_the_answer_goes_nowhere_else(opened: Opened) -> None:
    with pytest.raises(RequestError, match="neither https nor http"):
        custom_resources.send(Answer("SUCCESS", "id"), {**EVENT, "ResponseURL": "file:///etc/passwd"})

    assert opened.requests == []


def test_the_handler_answers_what_it_did(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.s3.versions = [("a", "v")]
    monkeypatch.setattr("boto3.client", lambda service: getattr(account, service))

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 600_000

    event = {
        **EVENT,
        "RequestType": "Delete",
        "PhysicalResourceId": "empty-bucket-own-bucket",
        "ResourceProperties": {"Work": "EmptyBucket", "Bucket": "own-bucket"},
    }

    retire.handler(event, Context())

    assert json.loads(opened.requests[0].data)["Status"] == "SUCCESS"
    assert account.s3.versions == []
