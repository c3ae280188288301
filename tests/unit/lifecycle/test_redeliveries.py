"""A promoter that ended half way, or could not tell anybody: the next delivery of its message does the rest."""

from typing import Any

import pytest

from tests.unit.lifecycle.aws_fakes import client_error
from tests.unit.lifecycle.test_promote_model import JOB, Account
from tests.unit.lifecycle.test_registration import MANUAL, Reviewed


def refusing(code: str) -> Any:
    def refuse(**_: Any) -> None:
        raise client_error(code, "no")

    return refuse


@pytest.mark.parametrize("code", ["Throttling", "InternalError"])
def test_a_model_that_went_live_untold_is_told_of_with_the_next_delivery(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    artifact = account.train()
    with monkeypatch.context() as broken:
        broken.setattr(account.sns, "publish", refusing(code))
        assert not account.deliver()
    account.cloudformation.status = "UPDATE_COMPLETE"

    assert account.deliver(receives=2)

    assert (account.live, len(account.cloudformation.updates)) == (artifact, 1)
    assert account.subjects == ["BlazingText dev: the promotion of a model has begun"]
    assert account.sns.published[0]["Message"] == f"{JOB} is live (train:mean_rho 0.7000)."


def test_an_event_that_comes_twice_is_told_once() -> None:
    account = Account()
    account.train()

    assert account.deliver()
    account.cloudformation.status = "UPDATE_COMPLETE"
    assert account.deliver()

    assert (len(account.cloudformation.updates), len(account.sns.published)) == (1, 1)


def test_a_late_message_of_a_model_that_was_replaced_tells_nothing() -> None:
    account = Account()
    account.train()
    account.train(f"{JOB}-2", minutes=1)
    assert account.deliver(f"{JOB}-2")
    account.cloudformation.status = "UPDATE_COMPLETE"

    assert account.deliver(receives=3)

    assert len(account.sns.published) == 1


@pytest.mark.parametrize("code", ["Throttling", "InternalError", "AuthorizationError"])
def test_a_dead_letter_is_written_once_though_nobody_can_be_told(
    code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account()
    account.train()
    account.s3.objects.clear()
    monkeypatch.setattr(account.sns, "publish", refusing(code))

    assert account.deliver()

    assert len(account.sqs.sent) == 1
    assert "The notification about the message m failed." in caplog.messages


def test_a_dead_letter_that_cannot_be_written_stands_in_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    account.train()
    account.s3.objects.clear()
    monkeypatch.setattr(account.sqs, "send_message", refusing("InternalFailure"))

    assert not account.deliver()

    assert "The message m did not reach the dead-letter queue; the queue delivers it again." in caplog.messages


@pytest.mark.parametrize("code", ["RequestThrottled", "InternalFailure", "AccessDenied"])
def test_a_message_that_cannot_be_hidden_comes_back_by_itself(
    code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"
    monkeypatch.setattr(account.sqs, "change_message_visibility", refusing(code))

    assert not account.deliver()

    assert "comes back later than it should" in caplog.text
    assert account.sqs.sent == []


@pytest.mark.parametrize(("rho", "subject"), [(0.7, "a model waits for approval"), (0.1, "a model was not promoted")])
def test_a_version_that_was_registered_untold_is_told_of_with_the_next_delivery(
    rho: float, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Reviewed()
    environment = type(MANUAL)(**{**vars(MANUAL), "minimum_mean_rho": 0.5})
    metrics = [{"MetricName": "train:mean_rho", "Value": rho, "Timestamp": "2026-11-22"}]
    with monkeypatch.context() as broken:
        broken.setattr(account.sns, "publish", refusing("Throttling"))
        assert not account.finish(environment=environment, FinalMetricDataList=metrics)

    assert account.deliver(environment=environment, receives=2)

    assert len(account.sagemaker.versions) == 1
    assert account.subjects == [f"BlazingText dev: {subject}"]
    assert "It is version 1" in account.sns.published[0]["Message"]


def test_a_version_that_somebody_has_decided_on_is_not_told_of_again(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Reviewed()
    with monkeypatch.context() as broken:
        broken.setattr(account.sns, "publish", refusing("Throttling"))
        account.finish()
    account.sagemaker.update_model_package(ModelPackageArn=account.arn(1), ModelApprovalStatus="Rejected")

    assert account.deliver(environment=MANUAL, receives=2)

    assert account.sns.published == []


def test_an_event_of_a_run_that_is_registered_already_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    account = Reviewed()
    account.finish()

    with caplog.at_level("INFO"):
        assert account.deliver(environment=MANUAL)

    assert len(account.sns.published) == 1
    assert f"{JOB} is in {MANUAL.model_package_group} already." in caplog.messages


def test_a_message_that_waits_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    account.train()
    account.cloudformation.status = "UPDATE_IN_PROGRESS"

    with caplog.at_level("INFO"):
        assert not account.deliver()

    # What was decided, and that it waits.
    assert caplog.messages == ["later: blazingtext-dev-serving is busy (UPDATE_IN_PROGRESS)."] * 2


def test_a_message_that_needs_a_person_stands_in_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    account = Account()
    account.train()
    monkeypatch.setattr(account.cloudformation, "describe_stacks", refusing("AccessDenied"))

    assert account.deliver()

    assert "The message m needs a person." in caplog.messages
