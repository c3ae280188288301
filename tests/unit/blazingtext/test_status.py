import json
from typing import Any

import pytest

from blazingtext.cli.main import run
from blazingtext.client import BlazingText
from blazingtext.serving import status
from blazingtext_lifecycle import naming
from tests.unit.aws_requests import validate
from tests.unit.blazingtext.cloud_fakes import NOON, FakeClient, FakeJobs, FakeStacks, artifact, cloud, denying
from tests.unit.blazingtext.conftest import Typed

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


def test_status_says_what_is_live_and_what_it_costs() -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.serve()

    found = status.describe(cloud(cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), sagemaker=jobs))

    assert (found.live, found.endpoint.status, found.endpoint.hourly_dollars) == (JOB, "InService", 0.46)
    assert [stack.status for stack in found.stacks] == ["CREATE_COMPLETE"] * 3


def test_status_of_a_stage_that_is_not_deployed_is_an_answer_not_an_error() -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    found = status.describe(cloud(cloudformation=stacks, sagemaker=FakeJobs()))

    assert [stack.status for stack in found.stacks] == ["", "", ""]
    assert found.endpoint.hourly_dollars == 0


def test_an_update_that_ends_between_two_looks_does_not_break_the_status() -> None:
    jobs = FakeJobs()
    jobs.serve()
    jobs.looks_without_configuration = 1

    assert status.endpoint(cloud(sagemaker=jobs)).instance_type == "ml.m5.xlarge"


def test_an_endpoint_whose_configuration_was_deleted_still_has_a_status() -> None:
    jobs = FakeJobs()
    jobs.serve()
    jobs.looks_without_configuration = 1000
    stacks = FakeStacks(ModelDataUrl=artifact("a"))

    found = status.describe(cloud(cloudformation=stacks, sagemaker=jobs))

    assert (found.endpoint.status, found.endpoint.hourly_dollars) == ("InService", None)
    assert "which somebody has deleted" in found.difference


# A log without lines.
SILENT = FakeClient(filter_log_events=lambda **_: {"events": []})
NOTE = "train:mean_rho 0.316 is not above 0.531 of the live model: autoPromote is better"


def refused(jobs: FakeJobs, job: str) -> None:
    """Adds a completed run that the promoter kept from going live."""
    jobs.add(job, tags={**naming.tags("dev"), naming.PROMOTION_TAG: NOTE})


def test_status_and_runs_say_why_a_run_did_not_go_live_and_nothing_about_one_that_is_or_was_live(typed: Typed) -> None:
    jobs = FakeJobs()
    for number in range(3):
        refused(jobs, f"{JOB}-{number}")
    stacks = FakeStacks(ModelDataUrl=artifact(f"{JOB}-0"), PreviousModelDataUrl=artifact(f"{JOB}-1"))
    clients: dict[str, Any] = {
        "cloudformation": stacks,
        "sagemaker": jobs,
        "logs": SILENT,
    }

    for command in ("status", "runs"):
        code, out, _ = typed(command, **clients)
        _, document, _ = typed(command, "--json", **clients)

        assert code == 0
        assert [line for line in out.splitlines() if NOTE in line] == [f"{JOB}-2  {NOTE}"]
        assert json.loads(document)["not_promoted"] == {f"{JOB}-2": NOTE}


def test_what_was_refused_is_not_offered_for_promotion_and_goes_live_by_name_only(typed: Typed) -> None:
    jobs = FakeJobs()
    refused(jobs, JOB)

    _, _, hints = typed("status", sagemaker=jobs)
    code, _, err = typed("promote", sagemaker=jobs)
    by_name, _, _ = typed("promote", JOB, "--no-wait", sagemaker=jobs)

    assert "next: blazingtext promote" not in hints
    assert "next: blazingtext train" in hints
    assert (code, by_name) == (2, 0)
    assert f"The newest run, {JOB}, is not promoted: {NOTE}. To promote it all the same, name it: blazingtext promote {JOB}" in err


def test_whoever_may_not_read_tags_sees_the_runs_and_that(typed: Typed) -> None:
    jobs = FakeJobs()
    refused(jobs, JOB)
    jobs.list_tags = denying("AccessDeniedException")  # type: ignore[method-assign] # for this test
    clients: dict[str, Any] = {"sagemaker": jobs, "logs": SILENT}

    for command in ("status", "runs"):
        code, out, err = typed(command, **clients)

        assert (code, JOB in out) == (0, True)
        assert "read the tags" in err


class Letters:
    """A dead-letter queue."""

    def __init__(self, *reasons: str | None) -> None:
        self.reasons = reasons

    def receive_message(self, **request: Any) -> dict[str, Any]:
        validate("sqs", "ReceiveMessage", request)
        assert request["VisibilityTimeout"] == 0, "looking must not hide the messages"
        # SQS gives the attributes that are asked for, and one message unless more are.
        seen = [reason if "Reason" in request["MessageAttributeNames"] else None for reason in self.reasons]
        told = [{"Reason": {"DataType": "String", "StringValue": reason}} if reason else {} for reason in seen]
        told = told[: request.get("MaxNumberOfMessages", 1)]
        return {"Messages": [{"Body": "{}", "MessageAttributes": each} for each in told]} if told else {}


def test_status_says_what_lies_in_the_dead_letter_queue(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stage = cloud(
        cloudformation=FakeStacks(dead_letters="https://sqs/dead"), sagemaker=FakeJobs(), sqs=Letters("It has no artifact.", None)
    )
    monkeypatch.setattr(BlazingText, "cloud", stage)

    assert run(["status"]) == 0

    said = capsys.readouterr()
    assert "dead letters" in said.out
    assert "It has no artifact." in said.err
    assert "A message without a reason" in said.err


@pytest.mark.parametrize("missing", ["list_training_jobs", "describe_endpoint"])
def test_what_cannot_be_looked_at_does_not_hide_the_rest(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.serve()
    monkeypatch.setattr(jobs, missing, denying())
    monkeypatch.setattr(BlazingText, "cloud", cloud(cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), sagemaker=jobs))

    assert run(["status"]) == 0

    said = capsys.readouterr()
    assert "blazingtext-dev-serving" in said.out
    assert JOB in said.out
    assert "A permission is missing" in said.err


def test_the_number_of_instances_is_the_one_that_serves_now() -> None:
    jobs = FakeJobs().serve()
    assert jobs.endpoint is not None

    for variants, number in (([{"CurrentInstanceCount": 5}], 5), ([{"VariantName": "AllTraffic"}], 2), ([], 2)):
        jobs.endpoint["ProductionVariants"] = variants
        assert status.endpoint(cloud(sagemaker=jobs)).instance_count == number


def test_the_cause_of_a_failed_update_is_its_first_failure_with_a_reason() -> None:
    stacks = FakeStacks()
    stacks.roll_back(NOON, "No capacity")
    stacks.events.insert(2, {"LogicalResourceId": "Model", "ResourceStatus": "UPDATE_FAILED"})

    assert status.update_failure(cloud(cloudformation=stacks)) == "Endpoint: No capacity"
    stacks.events = [{"LogicalResourceId": "Model", "ResourceStatus": "UPDATE_FAILED"}]
    assert status.update_failure(cloud(cloudformation=stacks)) == ""


@pytest.mark.parametrize(("looks", "kind"), [(2, "ml.m5.xlarge"), (3, "instances of a deleted configuration")])
def test_a_configuration_that_stays_away_for_three_looks_was_deleted(looks: int, kind: str) -> None:
    jobs = FakeJobs().serve()
    jobs.looks_without_configuration = looks

    assert status.endpoint(cloud(sagemaker=jobs)).instance_type == kind
