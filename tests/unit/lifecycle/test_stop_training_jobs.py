import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

import stop_training_jobs
from blazingtext_lifecycle import job_cleanup, naming
from blazingtext_lifecycle.custom_resources import Answer
from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import ConfigurationError
from stop_training_jobs import Clients
from tests.unit.lifecycle.aws_fakes import CUSTOM_RESOURCE_EVENT, STARTED, FakeContext, FakeLogs, FakeResponseUrl, client_error
from tests.unit.lifecycle.tuning_fakes import FakeTuning

DEV, PROD = naming.tags("dev"), naming.tags("prod")


class Account:
    """An account with jobs and logs; time passes only when the function waits."""

    def __init__(self) -> None:
        self.sagemaker = FakeTuning()
        self.logs = FakeLogs([])
        self.remaining_ms = 600_000
        self.pauses: list[float] = []

    def pass_time(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.remaining_ms -= int(seconds * 1000)
        self.sagemaker.finish_stopping()

    def clients(self) -> Clients:
        return Clients(cast("Any", self.sagemaker), cast("Any", self.logs))

    def request(self, type_: str, properties: Mapping[str, str], physical_id: str | None = None) -> Answer:
        event: dict[str, Any] = {"RequestType": type_, "ResourceProperties": {"ServiceToken": "arn", **properties}}
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        return stop_training_jobs.answer(event, Deadline(lambda: self.remaining_ms, pause=self.pass_time), self.clients)

    def stop_jobs(self, delete: str = "true") -> Answer:
        return self.request("Delete", {"Stage": "dev", "DeleteJobs": delete}, "stop-training-jobs-dev")


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

    assert answer == Answer("SUCCESS", "stop-training-jobs-dev")
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


def test_a_job_that_ends_by_itself_meanwhile_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    job = account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    def too_late(**_: Any) -> None:
        job["TrainingJobStatus"] = "Completed"
        raise client_error("ValidationException", "The request was rejected because the training job is in status Completed.")

    account.sagemaker.stop_training_job = too_late  # type: ignore[method-assign] # the race

    with caplog.at_level("INFO"):
        assert account.stop_jobs().status == "SUCCESS"
    assert any(message.startswith("blazingtext-dev-a was not stopped: ") for message in caplog.messages)


def test_jobs_that_do_not_end_in_time_are_a_failure_that_is_answered() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    account.sagemaker.finish_stopping = lambda *_: None  # type: ignore[method-assign] # a job that never ends

    answer = account.stop_jobs()

    assert answer.status == "FAILED"
    assert "blazingtext-dev-a took too long" in answer.reason
    assert account.remaining_ms >= 15_000


def test_it_looks_less_and_less_often_and_three_times_a_minute_at_least() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    pass_time = account.pass_time

    def pass_time_slowly(seconds: float) -> None:
        running = account.sagemaker.jobs["blazingtext-dev-a"]["TrainingJobStatus"]
        pass_time(seconds)
        account.sagemaker.jobs["blazingtext-dev-a"]["TrainingJobStatus"] = "Stopped" if len(account.pauses) == 11 else running

    account.pass_time = pass_time_slowly  # type: ignore[method-assign]

    assert account.stop_jobs().status == "SUCCESS"

    assert account.sagemaker.stops == ["blazingtext-dev-a"]
    assert account.pauses == [1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 11.390625, 17.0859375, 20, 20, 20]


def test_jobs_on_later_pages_are_stopped_and_deleted_too() -> None:
    account = Account()
    account.sagemaker.page_size = 2
    for number in range(5):
        account.sagemaker.add(f"blazingtext-dev-running-{number}", "InProgress", DEV)
        account.sagemaker.add(f"blazingtext-dev-ended-{number}", "Completed", DEV)

    assert account.stop_jobs().status == "SUCCESS"

    assert account.sagemaker.stops == [f"blazingtext-dev-running-{number}" for number in range(5)]
    assert not account.sagemaker.jobs


def test_a_long_history_is_not_listed_while_a_job_stops_and_each_job_is_asked_for_its_tags_once() -> None:
    account = Account()
    for number in range(300):
        account.sagemaker.add(f"blazingtext-dev-ended-{number}", "Completed", DEV)
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV, CreationTime=STARTED + timedelta(hours=1))
    looks = iter(range(12))
    account.sagemaker.finish_stopping = lambda *_: None if next(looks) < 10 else FakeTuning.finish_stopping(account.sagemaker)  # type: ignore[method-assign]

    assert account.stop_jobs(delete="false").status == "SUCCESS"

    assert account.sagemaker.tag_requests == ["blazingtext-dev-a"]
    assert {wish["StatusEquals"] for wish in account.sagemaker.listings} == {"InProgress", "Stopping"}
    # From the second look on, only jobs that are not older than those that ran.
    assert all(STARTED < wish["CreationTimeAfter"] < STARTED + timedelta(hours=1) for wish in account.sagemaker.listings[2:])
    # Eleven looks in two minutes and a half, not one every two seconds.
    assert account.pauses == sorted(account.pauses)
    assert (len(account.pauses), account.pauses[0], account.pauses[-1]) == (11, 1.0, 20.0)


def test_deleting_asks_a_job_for_its_tags_once_too() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    account.stop_jobs()

    assert account.sagemaker.tag_requests == ["blazingtext-dev-a"]


def test_a_boto3_without_delete_training_job_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)

    class Older:
        def __init__(self, newer: FakeTuning) -> None:
            self.get_paginator = newer.get_paginator

    jobs = job_cleanup.StageJobs(cast("Any", Older(account.sagemaker)), "dev")

    assert job_cleanup.delete_jobs(jobs, cast("Any", account.logs), Deadline(lambda: 600_000)) == []
    assert caplog.messages == ["The records of 1 jobs stay: this boto3 has no DeleteTrainingJob. They cost nothing."]


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_creating_and_updating_touch_nothing(request_type: str) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)

    answer = account.request(request_type, {"Stage": "dev", "DeleteJobs": "true"}, "stop-training-jobs-dev")

    assert answer == Answer("SUCCESS", "stop-training-jobs-dev")
    assert account.sagemaker.stops == []


def test_an_update_keeps_the_resource_so_that_no_job_is_stopped_in_a_deployment() -> None:
    properties = {"Stage": "prod", "DeleteJobs": "true"}

    assert Account().request("Update", properties, "stop-training-jobs-dev").physical_id == "stop-training-jobs-dev"


@pytest.mark.parametrize("properties", [{}, {"Stage": "dev"}, {"Stage": "dev", "DeleteJobs": "yes"}, {"DeleteJobs": "true"}])
def test_properties_that_say_too_little_are_shown_with_what_they_must_be(properties: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as error:
        stop_training_jobs.read({"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:stop", **properties})

    assert str(error.value) == (
        f"The properties {properties} cannot be used. They must be Stage, and DeleteJobs = true or false. "
        "Correct the custom resource in the stack."
    )


@pytest.mark.parametrize("properties", [{}, {"Stage": "dev"}, {"Stage": "dev", "DeleteJobs": "yes"}, {"Stage": "D!", "DeleteJobs": "true"}])
def test_wrong_properties_fail_the_creation_and_not_its_undoing(properties: dict[str, str]) -> None:
    account = Account()

    created = account.request("Create", properties)
    deleted = account.request("Delete", properties, created.physical_id)

    assert (created.status, deleted.status) == ("FAILED", "SUCCESS")
    with pytest.raises(ConfigurationError):
        stop_training_jobs.read(properties)


def test_the_handler_answers_what_it_did(response_url: FakeResponseUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)
    monkeypatch.setattr("blazingtext_lifecycle.aws_clients.connect", lambda service, *_: getattr(account, service))

    event = {
        **CUSTOM_RESOURCE_EVENT,
        "RequestType": "Delete",
        "PhysicalResourceId": "stop-training-jobs-dev",
        "ResourceProperties": {"Stage": "dev", "DeleteJobs": "true"},
    }

    stop_training_jobs.handler(event, FakeContext())

    assert json.loads(response_url.requests[0].data)["Status"] == "SUCCESS"
    assert not account.sagemaker.jobs


def test_a_running_tuning_job_is_stopped_before_training_jobs_that_it_would_replace() -> None:
    account = Account()
    account.sagemaker.add_tuning("blazingtext-dev-t", "InProgress", DEV)
    account.sagemaker.add_tuning("blazingtext-dev-prod", "InProgress", PROD)
    account.sagemaker.add("blazingtext-dev-t-001-0123abcd", "InProgress", DEV)
    stop = account.sagemaker.stop_training_job

    def only_after_its_tuning_job(**wish: Any) -> None:
        assert account.sagemaker.tunings["blazingtext-dev-t"]["HyperParameterTuningJobStatus"] == "Stopped"
        stop(**wish)

    account.sagemaker.stop_training_job = only_after_its_tuning_job  # type: ignore[method-assign] # as SageMaker would go on

    answer = account.stop_jobs(delete="false")

    assert answer.status == "SUCCESS"
    assert account.sagemaker.tuning_stops == ["blazingtext-dev-t"]
    assert account.sagemaker.stops == ["blazingtext-dev-t-001-0123abcd"]
    assert account.sagemaker.tunings["blazingtext-dev-prod"]["HyperParameterTuningJobStatus"] == "InProgress"


def test_the_records_of_tuning_jobs_are_deleted_with_the_data() -> None:
    account = Account()
    account.sagemaker.add_tuning("blazingtext-dev-t", "Completed", DEV)
    account.sagemaker.add_tuning("blazingtext-dev-prod", "Completed", PROD)

    account.stop_jobs(delete="true")

    assert list(account.sagemaker.tunings) == ["blazingtext-dev-prod"]


def test_a_tuning_job_that_ends_by_itself_meanwhile_is_no_fault() -> None:
    account = Account()
    job = account.sagemaker.add_tuning("blazingtext-dev-t", "InProgress", DEV)

    def too_late(**_: Any) -> None:
        job["HyperParameterTuningJobStatus"] = "Completed"
        raise client_error("ValidationException", "The request was rejected because the tuning job is in status Completed.")

    account.sagemaker.stop_hyper_parameter_tuning_job = too_late  # type: ignore[method-assign] # the race

    assert account.stop_jobs().status == "SUCCESS"


def test_processing_jobs_are_stopped_and_their_records_and_logs_deleted_with_the_data() -> None:
    account = Account()
    account.logs.processing_streams = ["blazingtext-dev-p/algo-1-1", "blazingtext-dev-q/algo-1-1", "blazingtext-dev-q-2/algo-1-1"]
    for name, status in (("blazingtext-dev-p", "InProgress"), ("blazingtext-dev-q", "Completed")):
        account.sagemaker.add_processing(name, status, DEV)
    account.sagemaker.add_processing("blazingtext-dev-other", "InProgress", PROD)

    answer = account.stop_jobs(delete="true")

    assert answer.status == "SUCCESS"
    assert account.sagemaker.processing_stops == ["blazingtext-dev-p"]
    assert list(account.sagemaker.processings) == ["blazingtext-dev-other"]
    assert account.logs.processing_streams == ["blazingtext-dev-q-2/algo-1-1"]


def test_transform_jobs_are_stopped_and_their_models_removed_and_their_records_stay() -> None:
    account = Account()
    account.logs.transform_streams = ["blazingtext-dev-t/i-1/data-log", "blazingtext-dev-u/i-1", "blazingtext-dev-u-2/i-1"]
    for name, status in (("blazingtext-dev-t", "InProgress"), ("blazingtext-dev-u", "Completed")):
        account.sagemaker.add_transform(name, status, DEV)
        account.sagemaker.add_model(name, DEV)
    account.sagemaker.add_transform("blazingtext-prod-t", "InProgress", PROD)
    account.sagemaker.add_model("blazingtext-prod-t", PROD)

    answer = account.stop_jobs()

    assert answer.status == "SUCCESS"
    assert account.sagemaker.transform_stops == ["blazingtext-dev-t"]
    assert list(account.sagemaker.models) == ["blazingtext-prod-t"]
    assert set(account.sagemaker.transforms) == {"blazingtext-dev-t", "blazingtext-dev-u", "blazingtext-prod-t"}
    assert account.logs.transform_streams == ["blazingtext-dev-u-2/i-1"]
