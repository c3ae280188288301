"""Jobs that vanish, permissions that are missing, time that runs out while a stage's jobs are stopped."""

from typing import Any

import pytest

import stop_training_jobs
from blazingtext_lifecycle.deadline import Deadline
from tests.unit.lifecycle.aws_fakes import client_error
from tests.unit.lifecycle.test_stop_training_jobs import DEV, Account


def refusing(code: str, message: str) -> Any:
    def refused(**_: Any) -> Any:
        raise client_error(code, message)

    return refused


@pytest.mark.parametrize(
    ("method", "status"), [("_list_tags", "InProgress"), ("delete_training_job", "Completed"), ("stop_training_job", "InProgress")]
)
def test_a_job_that_is_deleted_between_the_list_and_the_next_call_is_no_fault(
    method: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", status, DEV)

    def gone(**_: Any) -> Any:
        account.sagemaker.jobs.clear()
        raise client_error("ValidationException", "Requested resource not found.")

    monkeypatch.setattr(account.sagemaker, method, gone)

    assert account.stop_jobs().status == "SUCCESS"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("_list_training_jobs", "InProgress"),
        ("_list_tags", "InProgress"),
        ("stop_training_job", "InProgress"),
        ("delete_training_job", "Completed"),
    ],
)
def test_a_missing_permission_is_told(method: str, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", status, DEV)
    monkeypatch.setattr(account.sagemaker, method, refusing("AccessDeniedException", "not authorized to perform: sagemaker:X"))

    answer = account.stop_jobs()

    assert answer.status == "FAILED"
    assert "not authorized to perform: sagemaker:X" in answer.reason


@pytest.mark.parametrize("method", ["_describe_log_streams", "delete_log_stream"])
def test_a_missing_permission_on_logs_is_told_before_a_record_is_deleted(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)
    account.logs.streams = ["blazingtext-dev-a/algo-1-1"]
    monkeypatch.setattr(account.logs, method, refusing("AccessDeniedException", "not authorized to perform: logs:X"))

    assert "logs:X" in account.stop_jobs().reason
    assert set(account.sagemaker.jobs) == {"blazingtext-dev-a"}


def test_a_stop_that_is_refused_for_another_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    monkeypatch.setattr(account.sagemaker, "stop_training_job", refusing("ThrottlingException", "Rate exceeded"))

    assert "AWS asks to slow down" in account.stop_jobs().reason


def test_a_job_that_stops_already_is_waited_for_and_not_told_again() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Stopping", DEV)

    assert account.stop_jobs(delete="false").status == "SUCCESS"
    assert account.sagemaker.stops == []
    assert len(account.pauses) == 1


def test_deleting_stops_in_time_to_answer() -> None:
    account = Account()
    account.logs.streams = ["blazingtext-dev-a/algo-1-1"]
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)
    account.remaining_ms = 15_000

    assert "Deleting blazingtext-dev-a took too long" in account.stop_jobs().reason
    assert (account.logs.streams, set(account.sagemaker.jobs)) == (["blazingtext-dev-a/algo-1-1"], {"blazingtext-dev-a"})


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_a_job_is_deleted_however_it_ended(status: str) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", status, DEV)

    account.stop_jobs()

    assert account.sagemaker.jobs == {}


def test_what_was_done_is_counted() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "InProgress", DEV)
    account.sagemaker.add("blazingtext-dev-b", "Completed", DEV)

    assert stop_training_jobs.stop("dev", account.clients(), Deadline(lambda: 600_000, pause=account.pass_time), delete=True) == (
        "1 job stopped, 2 deleted"
    )
    assert stop_training_jobs.read({"Stage": "dev", "DeleteJobs": "true"}) == ("dev", True)
    assert stop_training_jobs.read({"Stage": "dev", "DeleteJobs": "false"}) == ("dev", False)


def test_a_log_that_is_gone_when_boto3_asks_again_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-a", "Completed", DEV)
    account.logs.streams = ["blazingtext-dev-a/algo-1-1"]
    delete = account.logs.delete_log_stream

    def lose_the_answer(**request: Any) -> None:
        delete(**request)
        raise client_error("ResourceNotFoundException", "The specified log stream does not exist.")

    monkeypatch.setattr(account.logs, "delete_log_stream", lose_the_answer)

    assert account.stop_jobs().status == "SUCCESS"
    assert (account.logs.streams, account.sagemaker.jobs) == ([], {})
