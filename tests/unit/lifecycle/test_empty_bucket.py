import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

import empty_bucket
from blazingtext_lifecycle import bucket_cleanup
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import ConfigurationError
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, FakeContext, FakeResponseUrl, FakeS3, client_error


class Account:
    """An account with a bucket."""

    def __init__(self) -> None:
        self.s3 = FakeS3("own-bucket")
        self.remaining_ms = 600_000

    def request(self, type_: str, properties: Mapping[str, str], physical_id: str | None = None) -> Answer:
        event: dict[str, Any] = {"RequestType": type_, "ResourceProperties": {"ServiceToken": "arn", **properties}}
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        return empty_bucket.answer(event, Deadline(lambda: self.remaining_ms), lambda: cast("Any", self.s3))

    def empty_bucket(self, bucket: str = "own-bucket") -> Answer:
        return self.request("Delete", {"Bucket": bucket}, f"empty-bucket-{bucket}")


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
    account.s3.versions = [("a", "v")]

    answer = account.request(request_type, {"Bucket": "own-bucket"}, "empty-bucket-own-bucket")

    assert answer == Answer("SUCCESS", "empty-bucket-own-bucket")
    assert account.s3.versions == [("a", "v")]


def test_an_update_to_another_bucket_keeps_the_resource_so_that_nothing_is_deleted() -> None:
    # CloudFormation deletes the old resource when an update answers with another id, and deleting empties.
    assert Account().request("Update", {"Bucket": "new"}, "empty-bucket-old").physical_id == "empty-bucket-old"


def test_the_bucket_that_is_emptied_in_the_end_is_the_one_of_the_last_update() -> None:
    account = Account()
    account.s3.versions = [("a", "v")]

    answer = account.request("Delete", {"Bucket": "own-bucket"}, "empty-bucket-old")

    assert answer == Answer("SUCCESS", "empty-bucket-old")
    assert account.s3.versions == []


def test_the_resource_of_another_function_is_forgotten_without_emptying_anything() -> None:
    account = Account()
    account.s3.versions = [("a", "v")]

    # Version 0.1.0 had one function for both works; an update deletes the resource that this function no longer knows.
    answer = account.request("Delete", {"Work": "StopJobs", "Stage": "dev", "DeleteJobs": "true"}, "stop-jobs-dev")

    assert answer == Answer("SUCCESS", "stop-jobs-dev")
    assert account.s3.versions == [("a", "v")]


@pytest.mark.parametrize("properties", [{}, {"Bucket": ""}, {"Stage": "dev"}])
def test_wrong_properties_fail_the_creation_and_not_its_undoing(properties: dict[str, str]) -> None:
    account = Account()

    created = account.request("Create", properties)
    deleted = account.request("Delete", properties, created.physical_id)

    assert (created.status, deleted.status) == ("FAILED", "SUCCESS")
    with pytest.raises(ConfigurationError):
        empty_bucket.read(properties)


def test_an_unforeseen_error_is_answered_too() -> None:
    account = Account()
    account.s3._list_object_versions = None  # type: ignore[assignment,method-assign] # whatever may break

    answer = account.empty_bucket()

    assert answer.status == "FAILED"
    assert "TypeError" in answer.reason


def test_the_handler_answers_what_it_did(response_url: FakeResponseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.s3.versions = [("a", "v")]
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))

    event = {
        **CUSTOM_RESOURCE_EVENT,
        "RequestType": "Delete",
        "PhysicalResourceId": "empty-bucket-own-bucket",
        "ResourceProperties": {"Bucket": "own-bucket"},
    }

    empty_bucket.handler(event, FakeContext())

    assert json.loads(response_url.requests[0].data)["Status"] == "SUCCESS"
    assert account.s3.versions == []


def test_what_is_written_meanwhile_is_deleted_too_and_counted() -> None:
    account = Account()
    account.s3.versions = [("a", "v")]
    account.s3.uploads = [("b", "u")]
    late = iter([("late", "v")])
    delete = account.s3.delete_objects

    def meanwhile(**request: Any) -> dict[str, Any]:
        answer = delete(**request)
        account.s3.versions += list(late)
        return answer

    account.s3.delete_objects = meanwhile  # type: ignore[method-assign] # somebody writes

    assert bucket_cleanup.empty_bucket(cast("Any", account.s3), "own-bucket", Deadline(lambda: 600_000)) == 3
    assert account.s3.versions == []


def test_a_bucket_that_may_not_be_listed_is_no_missing_bucket() -> None:
    account = Account()

    def refused(**_: Any) -> Any:
        raise client_error("AccessDenied", "Access Denied", "ListObjectVersions")

    account.s3._list_object_versions = refused  # type: ignore[method-assign] # a missing permission

    answer = account.empty_bucket()

    assert answer.status == "FAILED"
    assert "Could not empty the bucket own-bucket. A permission is missing: AccessDenied" in answer.reason


def test_an_upload_is_left_when_the_time_is_over() -> None:
    account = Account()
    account.s3.uploads = [("b", "u")]
    account.remaining_ms = 15_000

    assert "Emptying the bucket own-bucket took too long" in account.empty_bucket().reason
    assert account.s3.uploads == [("b", "u")]


def test_how_many_objects_are_kept_and_which_is_first_is_told() -> None:
    account = Account()
    account.s3.versions = [("runs/a", "v"), ("runs/b", "v")]
    account.s3.undeletable = {"runs/a", "runs/b"}

    assert "S3 kept 2 objects, first runs/a: AccessDenied: Access Denied. Remove what holds them" in account.empty_bucket().reason


def test_a_key_that_xml_cannot_hold_is_deleted_by_itself_in_its_version() -> None:
    account = Account()
    account.s3.versions = [("runs/\x01", "v1"), ("runs/\x01", "v2"), ("runs/x", "v")]

    assert account.empty_bucket().status == "SUCCESS"
    assert (account.s3.versions, account.s3.batches) == ([], [1])


def test_s3_leaves_out_what_it_has_none_of(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    monkeypatch.setattr(account.s3, "_list_object_versions", lambda **_: iter([{}]))
    monkeypatch.setattr(account.s3, "_list_multipart_uploads", lambda **_: iter([{}]))

    assert account.empty_bucket() == Answer("SUCCESS", "empty-bucket-own-bucket")


def test_the_log_says_what_was_asked_for_and_the_answer_waits_ten_seconds(
    response_url: FakeResponseUrl, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        empty_bucket.handler(
            {**CUSTOM_RESOURCE_EVENT, "RequestType": "Create", "ResourceProperties": {"Bucket": "own-bucket"}}, FakeContext()
        )

    assert "Create {'Bucket': 'own-bucket'}" in caplog.messages
    assert response_url.timeouts == [10]


@pytest.mark.parametrize("code", ["InternalError", "ServiceUnavailable", "SlowDown"])
def test_an_object_that_s3_was_too_busy_for_is_deleted_a_moment_later(code: str) -> None:
    account, waited = Account(), list[float]()
    account.s3.versions = [("runs/a", "v"), ("runs/b", "v")]
    account.s3.busy = {"runs/b": code}

    bucket_cleanup.empty_bucket(cast("Any", account.s3), "own-bucket", Deadline(lambda: 600_000, pause=waited.append))

    assert (account.s3.versions, account.s3.batches, waited) == ([], [2, 1], [1.0])


def test_an_upload_that_is_gone_when_boto3_asks_again_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.s3.uploads = [("b", "u")]
    abort = account.s3.abort_multipart_upload

    def lose_the_answer(**request: Any) -> None:
        abort(**request)
        raise client_error("NoSuchUpload", "The specified multipart upload does not exist")

    monkeypatch.setattr(account.s3, "abort_multipart_upload", lose_the_answer)

    assert account.empty_bucket().status == "SUCCESS"
    assert account.s3.uploads == []
