"""Names that people choose: what SageMaker takes, and what exists already."""

import re
from typing import Any

import pytest

from blazingtext_lifecycle import job_kinds, naming, run_names, tuning_names, tuning_requests
from blazingtext_lifecycle.errors import RequestError
from tests.unit.aws_requests import service_model
from tests.unit.lifecycle.aws_fakes import client_error
from tests.unit.lifecycle.test_launch_training import ENVIRONMENT, Account
from tests.unit.lifecycle.test_launch_tuning import Account as TuningAccount

LONGEST_STAGE = "abcdefghij12"


@pytest.mark.parametrize("kind", [job_kinds.TRAINING, job_kinds.TUNING])
@pytest.mark.parametrize("stage", ["a", "dev", LONGEST_STAGE])
def test_the_longest_name_and_its_last_attempt_are_what_sagemaker_takes(kind: job_kinds.JobKind, stage: str) -> None:
    name = "x" * run_names.longest(kind, stage)
    shape = service_model("sagemaker").shape_for(f"{kind.shape}Name")

    job = naming.attempt_name(run_names.job(stage, run_names.check(name, kind, stage)), naming.MAXIMUM_ATTEMPTS)

    assert len(job) <= shape.metadata["max"]
    assert re.fullmatch(shape.metadata["pattern"], job)
    with pytest.raises(RequestError, match=f"1 to {len(name)} lowercase letters"):
        run_names.check(name + "x", kind, stage)


def test_the_room_for_names() -> None:
    assert [run_names.longest(job_kinds.TRAINING, each) for each in ("dev", LONGEST_STAGE)] == [32, 32]
    assert [run_names.longest(job_kinds.TUNING, each) for each in ("dev", LONGEST_STAGE)] == [13, 4]
    assert tuning_names.is_name(run_names.job("dev", "x" * 16))


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a b", "a.b", "a/b", "é", "a\n", "x" * 33])
@pytest.mark.parametrize("kind", [job_kinds.TRAINING, job_kinds.TUNING])
def test_what_no_job_can_be_called_is_refused(name: str, kind: job_kinds.JobKind) -> None:
    with pytest.raises(RequestError, match=rf"cannot name a {kind.noun}\. Behind \"blazingtext-dev-\""):
        run_names.check(name, kind, "dev")


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a--b", "wiki-5", "x" * 32])
def test_what_a_run_can_be_called_is_taken(name: str) -> None:
    assert run_names.check(name, job_kinds.TRAINING, "dev") == name


@pytest.mark.parametrize(("given", "said"), [(5, "name: 5 is not text"), ("", 'name: "" cannot name'), ("No!", 'name: "No!" cannot name')])
def test_an_event_with_a_wrong_name_is_refused(given: object, said: str) -> None:
    account = Account()

    with pytest.raises(RequestError, match=said):
        account.launch(name=given)
    assert account.sagemaker.jobs == {}


def test_a_named_run_is_called_so() -> None:
    account = Account()

    answer = account.launch(name="first")

    assert answer["jobName"] == "blazingtext-dev-first"
    assert answer["artifact"] == "s3://own-bucket/runs/blazingtext-dev-first/output/model.tar.gz"


def test_the_same_request_finds_the_run_of_its_name() -> None:
    account = Account()

    first, again, unnamed = account.launch(name="first"), account.launch(name="first"), account.launch()

    assert (again["jobName"], again["created"]) == (first["jobName"], False)
    assert (unnamed["jobName"] == first["jobName"], unnamed["created"]) == (False, True)


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("status", ["InProgress", "Completed", "Failed"])
def test_a_name_that_another_request_has_is_refused(dry: bool, status: str) -> None:
    account = Account()
    account.job(account.launch(name="first"))["TrainingJobStatus"] = status

    with pytest.raises(RequestError) as refused:
        account.launch(name="first", hyperparameters={"epochs": 6}, dryRun=dry, retry=True)

    assert str(refused.value) == (
        "name: blazingtext-dev-first is the name of a training job already, of another request or over other data. A name is given once. "
        "Choose another, or leave it out; those that exist: blazingtext runs"
    )
    assert list(account.sagemaker.jobs) == ["blazingtext-dev-first"]


def test_a_name_that_a_job_without_our_tags_has_is_refused() -> None:
    account = Account()
    account.sagemaker.add("blazingtext-dev-first", "Completed", {})

    with pytest.raises(RequestError, match="is the name of a training job already"):
        account.launch(name="first")


def test_other_data_need_another_name() -> None:
    account = Account()
    account.launch(name="first")
    account.s3.objects["corpora/wiki/train/text"] += b"one more line\n"

    with pytest.raises(RequestError, match="or over other data"):
        account.launch(name="first")


def test_a_retry_counts_behind_the_name() -> None:
    account = Account()
    account.job(account.launch(name="first"))["TrainingJobStatus"] = "Failed"

    assert account.launch(name="first", retry=True)["jobName"] == "blazingtext-dev-first-2"


def test_a_retry_leaves_out_numbers_that_others_have_as_names() -> None:
    account = Account()
    account.job(account.launch(name="first"))["TrainingJobStatus"] = "Failed"
    account.launch(name="first-2", hyperparameters={"epochs": 6})

    found, retried = account.launch(name="first"), account.launch(name="first", retry=True)

    assert (found["jobName"], found["status"]) == ("blazingtext-dev-first", "Failed")
    assert (retried["jobName"], retried["created"]) == ("blazingtext-dev-first-3", True)


@pytest.mark.parametrize("same", [True, False])
def test_two_who_choose_a_name_at_once_get_the_same_run_or_are_told(same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    account.launch(name="first", hyperparameters={"epochs": 5 if same else 6})
    there, looks = account.sagemaker.describe_training_job, iter([False])

    def late(**wish: Any) -> dict[str, Any]:
        if next(looks, True):
            return there(**wish)
        raise client_error("ValidationException", "Requested resource not found.", "DescribeTrainingJob")

    monkeypatch.setattr(account.sagemaker, "describe_training_job", late)

    if same:
        assert account.launch(name="first", hyperparameters={"epochs": 5})["created"] is False
    else:
        with pytest.raises(RequestError, match="is the name of a training job already"):
            account.launch(name="first", hyperparameters={"epochs": 5})


def test_a_name_made_of_the_hash_needs_no_look_at_tags() -> None:
    account = Account()
    account.launch()
    account.launch()

    assert account.sagemaker.tag_requests == []


def test_a_tuning_event_has_room_for_a_shorter_name() -> None:
    event: dict[str, Any] = {"corpus": "wiki", "tuning": {"ranges": {"learning_rate": {"from": 0.005, "to": 0.01}}}}

    taken, none = tuning_requests.read({**event, "name": "x" * 13}, ENVIRONMENT)
    _, (problem,) = tuning_requests.read({**event, "name": "x" * 14}, ENVIRONMENT)

    assert (taken.training.name, none) == ("x" * 13, [])
    assert "cannot name a tuning job" in str(problem)
    assert "1 to 13 lowercase letters" in str(problem)


def test_a_named_tuning_job_is_called_so_and_found_again() -> None:
    account = TuningAccount()

    first, again = account.launch(name="rates"), account.launch(name="rates")

    assert (first["tuningJobName"], first["created"]) == ("blazingtext-dev-rates", True)
    assert (again["tuningJobName"], again["created"]) == ("blazingtext-dev-rates", False)


def test_a_tuning_jobs_name_that_another_request_has_is_refused() -> None:
    account = TuningAccount()
    account.launch(name="rates")

    with pytest.raises(RequestError, match=r"blazingtext-dev-rates is the name of a tuning job already.*exist: blazingtext tunings"):
        account.launch(tuning={"ranges": {"learning_rate": {"from": 0.005, "to": 0.02}}}, name="rates")
    assert list(account.sagemaker.tunings) == ["blazingtext-dev-rates"]
