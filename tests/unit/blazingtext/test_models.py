"""The models that can be live, with a model registry and without: listed, approved, rejected, promoted, rolled back to."""

import json
from datetime import timedelta
from typing import Any

import pytest

from blazingtext.serving import changes, models, status
from blazingtext_lifecycle import registration
from blazingtext_lifecycle.errors import NotReady, RequestError
from blazingtext_lifecycle.model_registry import ApprovalStatus
from tests.unit.aws_requests import validate
from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeStacks, artifact, cloud, denying
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.registry_fakes import GROUP, FakeVersions, stacks

FIRST, SECOND, THIRD = (f"blazingtext-dev-wiki-skipgram-{number}" for number in (1, 2, 3))
FIRST_PROMOTED = (NOON + timedelta(hours=1)).isoformat()


def reviewed(*approvals: str) -> FakeVersions:
    """Runs 1, 2, ... with versions in these states."""
    found = FakeVersions()
    for job, approval in zip((FIRST, SECOND, THIRD), approvals, strict=False):
        found.register(job, approval)
    return found


def stage(jobs: FakeJobs, **serving: str) -> Any:
    if "ModelDataUrl" in serving:
        jobs.serve()
    where = stacks(**serving) if isinstance(jobs, FakeVersions) else FakeStacks(**serving)
    return cloud(cloudformation=where, sagemaker=jobs)


def live(where: Any) -> str:
    return str(where.session.clients["cloudformation"].parameters["ModelDataUrl"])


def test_versions_are_listed_newest_first_with_what_is_live() -> None:
    jobs = reviewed("Approved", "Rejected", "PendingManualApproval")
    jobs.versions[2]["ApprovalDescription"] = "too small"

    found = models.listed(stage(jobs, ModelDataUrl=artifact(FIRST), PreviousModelDataUrl=artifact(SECOND)), limit=10)

    assert found.group == GROUP
    assert [(each.version, each.job, each.approval, each.comment, each.live, each.previous) for each in found.models] == [
        (3, THIRD, "PendingManualApproval", "", False, False),
        (2, SECOND, "Rejected", "too small", False, True),
        (1, FIRST, "Approved", "", True, False),
    ]
    assert found.models[0].metrics == {"train:mean_rho": 0.7164}
    assert found.models[0].artifact == artifact(THIRD)


def test_what_somebody_else_has_noted_as_a_metric_need_be_no_number() -> None:
    jobs = reviewed("Approved")
    jobs.versions[1]["CustomerMetadataProperties"] = {"metric/ours": "good", "metric/mine": "0.5", "more": "2"}

    assert models.listed(stage(jobs), limit=10).models[0].metrics == {"mine": 0.5}


def test_no_more_versions_are_described_than_are_asked_for() -> None:
    jobs = reviewed("Approved", "Approved", "Approved")

    assert len(models.listed(stage(jobs), limit=2).models) == 2
    assert jobs.looked_at == [3, 2]


def test_a_version_that_goes_away_while_it_is_listed_is_left_out() -> None:
    jobs = reviewed("Approved", "Approved")
    listing = jobs.list_model_packages(ModelPackageGroupName=GROUP, SortBy="CreationTime", SortOrder="Descending")
    jobs.list_model_packages = lambda **_: listing  # type: ignore[method-assign] # for this test
    del jobs.versions[2]

    assert [each.version for each in models.listed(stage(jobs), limit=10).models] == [1]


def test_where_nobody_approves_models_they_are_the_completed_runs() -> None:
    jobs = FakeJobs()
    for job, ended in ((FIRST, "Completed"), (SECOND, "Failed"), (THIRD, "Completed")):
        jobs.add(job, ended)

    found = models.listed(stage(jobs, ModelDataUrl=artifact(THIRD), PreviousModelDataUrl=artifact(FIRST)), limit=10)

    assert found.group == ""
    assert [(each.version, each.job, each.approval, each.live, each.previous) for each in found.models] == [
        (None, THIRD, "", True, False),
        (None, FIRST, "", False, True),
    ]


def test_a_version_without_an_artifact_is_not_the_live_one_of_a_stage_without_a_model() -> None:
    jobs = reviewed("Approved")
    jobs.versions[1]["InferenceSpecification"]["Containers"] *= 2

    (found,) = models.listed(stage(jobs), limit=10).models

    assert (found.job, found.live, found.previous) == ("", False, False)


@pytest.mark.parametrize("wanted", ["2", SECOND])
@pytest.mark.parametrize(("approval", "goes_live"), [(ApprovalStatus.APPROVED, True), (ApprovalStatus.REJECTED, False)])
def test_a_version_is_judged_by_number_or_run(wanted: str, approval: ApprovalStatus, goes_live: bool) -> None:
    jobs = reviewed("Approved", "PendingManualApproval")

    done = models.judge(stage(jobs, ModelDataUrl=artifact(FIRST), PromotedThrough=FIRST_PROMOTED), wanted, approval, "seen")

    assert done == models.Judged(2, SECOND, str(approval), "seen", live=False, goes_live=goes_live)
    assert jobs.updates == [{"ModelApprovalStatus": str(approval), "ApprovalDescription": "seen"}]


def test_a_version_is_judged_by_the_beginning_of_its_runs_name() -> None:
    jobs = reviewed("Approved", "PendingManualApproval")
    beginning = SECOND.removeprefix("blazingtext-dev-")

    assert models.judge(stage(jobs), beginning, ApprovalStatus.REJECTED).job == SECOND


def test_an_older_version_does_not_go_live_by_its_approval() -> None:
    jobs = reviewed("PendingManualApproval", "Approved")
    promoted = (NOON + timedelta(hours=2)).isoformat()

    done = models.judge(stage(jobs, ModelDataUrl=artifact(SECOND), PromotedThrough=promoted), "1", ApprovalStatus.APPROVED)

    assert (done.live, done.goes_live, jobs.versions[1]["ModelApprovalStatus"]) == (False, False, "Approved")


def test_what_is_live_is_live_already() -> None:
    done = models.judge(stage(reviewed("Approved"), ModelDataUrl=artifact(FIRST)), "1", ApprovalStatus.APPROVED)

    assert (done.live, done.goes_live) == (True, False)


@pytest.mark.parametrize("wanted", ["7", "blazingtext-dev-other"])
def test_a_version_that_is_not_there_is_said_with_the_way_to_those_that_are(wanted: str) -> None:
    with pytest.raises(RequestError, match=rf"There is no version (of )?{wanted} in {GROUP}.*blazingtext models list"):
        models.judge(stage(reviewed("Approved")), wanted, ApprovalStatus.APPROVED)


def test_a_stage_without_a_registry_has_no_versions() -> None:
    with pytest.raises(RequestError, match="Stage dev has no version 1: its setting approval is none"):
        models.judge(stage(FakeJobs()), "1", ApprovalStatus.APPROVED)


def test_a_comment_that_sagemaker_does_not_take_is_refused() -> None:
    jobs = reviewed("PendingManualApproval")

    models.judge(stage(jobs), "1", ApprovalStatus.APPROVED, "x" * 1024)
    with pytest.raises(RequestError, match=r"The comment has 1025 letters. SageMaker takes 1024"):
        models.judge(stage(jobs), "1", ApprovalStatus.APPROVED, "x" * 1025)


def test_a_version_of_no_run_is_rejected_and_not_approved() -> None:
    jobs = reviewed("PendingManualApproval")
    jobs.versions[1]["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] = "s3://elsewhere/model.tar.gz"
    where = stage(jobs)

    with pytest.raises(RequestError, match=r"s3://elsewhere/model.tar.gz is no run's of stage dev.*models reject 1"):
        models.judge(where, "1", ApprovalStatus.APPROVED)
    with pytest.raises(RequestError, match="is no run's of stage dev"):
        changes.promote(where, version=1)
    assert jobs.updates == []
    assert models.judge(where, "1", ApprovalStatus.REJECTED).approval == "Rejected"


# --- promote and rollback ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [{"version": 2}, {"job": SECOND}])
def test_promoting_a_model_by_name_approves_it_first(named: dict[str, Any]) -> None:
    jobs = reviewed("Approved", "Rejected")
    where = stage(jobs, ModelDataUrl=artifact(FIRST))
    was_live = list[str]()
    update = jobs.update_model_package

    def noted(**request: Any) -> None:
        was_live.append(live(where))
        update(**request)

    jobs.update_model_package = noted  # type: ignore[method-assign] # for this test

    done = changes.promote(where, **named)

    assert (done.changed, done.live, done.previous) == (True, SECOND, FIRST)
    assert jobs.updates == [{"ModelApprovalStatus": "Approved", "ApprovalDescription": ""}]
    assert was_live == [artifact(FIRST)]


def test_an_approved_version_is_not_approved_again() -> None:
    jobs = reviewed("Approved")

    assert changes.promote(stage(jobs), version=1).live == FIRST
    assert jobs.updates == []


def test_nothing_is_approved_while_the_stack_takes_no_update() -> None:
    jobs = reviewed("PendingManualApproval")
    where = stage(jobs)
    where.session.clients["cloudformation"].statuses["serving"] = "UPDATE_IN_PROGRESS"

    with pytest.raises(NotReady):
        changes.promote(where, version=1)
    assert jobs.updates == []


def test_the_promoter_may_have_begun_the_same_update() -> None:
    jobs = reviewed("PendingManualApproval")
    where = stage(jobs)
    serving, update = where.session.clients["cloudformation"], jobs.update_model_package

    def overtaken(**request: Any) -> None:
        update(**request)
        serving.statuses["serving"] = "UPDATE_IN_PROGRESS"
        serving.parameters["ModelDataUrl"] = overtaking

    jobs.update_model_package = overtaken  # type: ignore[method-assign] # for this test

    overtaking = artifact(FIRST)
    assert (changes.promote(where, version=1).live, serving.updates) == (FIRST, [])
    jobs.versions[1]["ModelApprovalStatus"], serving.statuses["serving"] = "PendingManualApproval", "UPDATE_COMPLETE"
    serving.parameters["ModelDataUrl"], overtaking = "", artifact(SECOND)
    with pytest.raises(NotReady):
        changes.promote(where, version=1)


def test_without_a_name_the_newest_approved_version_is_promoted() -> None:
    jobs = reviewed("Approved", "Approved", "PendingManualApproval")

    assert changes.promote(stage(jobs)).live == SECOND
    with pytest.raises(RequestError, match=rf"No version in {GROUP} is approved.*promote --version <number>.*models list"):
        changes.promote(stage(reviewed("Rejected", "PendingManualApproval")))


def test_a_run_that_has_no_version_is_not_promoted_where_models_need_approval() -> None:
    jobs = reviewed("Approved")
    jobs.add(SECOND)

    with pytest.raises(RequestError, match=f"There is no version of {SECOND}"):
        changes.promote(stage(jobs), SECOND)


def test_a_number_means_nothing_without_a_registry() -> None:
    jobs = FakeJobs()
    jobs.add(FIRST)

    with pytest.raises(RequestError, match="Stage dev has no version 1"):
        changes.promote(stage(jobs), version=1)
    with pytest.raises(RequestError, match="Stage dev has no version 1"):
        changes.rollback(stage(jobs), "1")


@pytest.mark.parametrize("to", ["1", FIRST])
def test_a_rollback_goes_to_any_approved_version_and_no_alarm_watches(to: str) -> None:
    jobs = reviewed("Approved", "Approved", "Approved")
    where = stage(jobs, ModelDataUrl=artifact(THIRD), PreviousModelDataUrl=artifact(SECOND), PromotedThrough="2026-11-22T15:00:00.000Z")

    done = changes.rollback(where, to)

    assert (done.changed, done.live, done.previous) == (True, FIRST, THIRD)
    parameters = where.session.clients["cloudformation"].parameters
    assert (parameters["AutoRollback"], parameters["PromotedThrough"]) == ("off", "2026-11-22T15:00:00.000Z")


@pytest.mark.parametrize("approval", ["Rejected", "PendingManualApproval"])
def test_a_rollback_to_what_is_not_approved_is_refused(approval: str) -> None:
    jobs = reviewed(approval, "Approved")
    where = stage(jobs, ModelDataUrl=artifact(SECOND))

    with pytest.raises(RequestError, match=rf"Version 1 \({FIRST}\) is {approval}, and stage dev serves approved.*models approve 1"):
        changes.rollback(where, "1")
    assert live(where) == artifact(SECOND)


def test_a_rollback_to_a_run_where_nobody_approves() -> None:
    jobs = FakeJobs()
    for job in (FIRST, SECOND, THIRD):
        jobs.add(job, "Failed" if job == SECOND else "Completed")
    where = stage(jobs, ModelDataUrl=artifact(THIRD))

    with pytest.raises(RequestError, match=f"{SECOND} cannot be promoted. It is Failed"):
        changes.rollback(where, SECOND)
    assert changes.rollback(where, FIRST).live == FIRST
    assert not changes.rollback(where, FIRST).changed


# --- register ---------------------------------------------------------------------------------------------------------


class Promoter:
    """The promotion queue with the promoter behind it, which registers what it is asked for, sooner or later."""

    def __init__(self, jobs: FakeVersions) -> None:
        self.jobs = jobs
        self.messages: list[Any] = []
        self.slept: list[float] = []

    def send_message(self, **request: Any) -> None:
        validate("sqs", "SendMessage", request)
        assert request["QueueUrl"] == "https://sqs/promotion"
        self.messages.append(json.loads(request["MessageBody"]))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 2:
            self.jobs.register(self.messages[-1]["detail"]["TrainingJobName"])


def test_a_run_without_a_version_is_given_one_by_the_promoter() -> None:
    jobs = reviewed("Approved")
    jobs.add(SECOND)
    promoter = Promoter(jobs)
    where = cloud(cloudformation=stacks(), sagemaker=jobs, sqs=promoter)

    found = models.register(where, SECOND, sleep=promoter.sleep)

    assert (found.number, found.job, promoter.slept) == (2, SECOND, [1.0, 1.0])
    (message,) = promoter.messages
    assert registration.requested(message) == message["detail"].pop("RequestId")
    assert message == {"source": "blazingtext", "detail": {"TrainingJobName": SECOND, "TrainingJobStatus": "Completed"}}


def test_a_run_with_a_version_keeps_it() -> None:
    jobs = reviewed("Approved")
    promoter = Promoter(jobs)

    assert models.register(cloud(cloudformation=stacks(), sagemaker=jobs, sqs=promoter), FIRST).number == 1
    assert promoter.messages == []


def test_a_registration_that_does_not_come_is_not_waited_for_without_end() -> None:
    jobs, times = reviewed("Approved"), iter(range(0, 1000, 50))
    jobs.add(SECOND)
    where = cloud(cloudformation=stacks(), sagemaker=jobs, sqs=Promoter(jobs))

    with pytest.raises(NotReady, match=f"{SECOND} is not registered after 120 s.*blazingtext status"):
        models.register(where, SECOND, sleep=lambda _: None, clock=lambda: next(times))


def test_only_a_finished_run_of_a_stage_with_a_registry_is_registered() -> None:
    jobs = reviewed("Approved")
    jobs.add(SECOND, "Failed")

    with pytest.raises(RequestError, match=f"{SECOND} cannot be promoted. It is Failed"):
        models.register(stage(jobs), SECOND)
    with pytest.raises(RequestError, match=f"Stage dev has no version of {FIRST}"):
        models.register(stage(FakeJobs()), FIRST)


@pytest.mark.parametrize(("approval", "following"), [("Approved", ""), ("Rejected", "next: blazingtext models approve 1\n")])
def test_register_says_the_number_and_what_it_waits_for(typed: Typed, approval: str, following: str) -> None:
    code, out, err = typed("models", "register", FIRST, cloudformation=stacks(), sagemaker=reviewed(approval))

    assert (code, out) == (0, "1\n")
    assert err == f"done {FIRST} is version 1, {approval}\n{following}"


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_status_says_which_version_is_live_and_which_wait() -> None:
    found = status.describe(stage(reviewed("Approved", "PendingManualApproval", "PendingManualApproval"), ModelDataUrl=artifact(FIRST)))

    assert (found.live, found.version, found.waiting) == (FIRST, 1, (3, 2))


def test_a_stage_without_a_registry_has_no_version_in_its_status() -> None:
    found = status.describe(stage(FakeJobs(), ModelDataUrl=artifact(FIRST)))

    assert (found.version, found.waiting, found.unknown) == (None, (), ())


def test_without_a_live_model_no_version_is_live_not_even_one_that_says_nothing() -> None:
    jobs = reviewed("Approved")
    jobs.versions[1]["ModelPackageDescription"] = ""

    assert status.describe(stage(jobs)).version is None


def test_whoever_may_not_look_at_the_registry_sees_the_rest() -> None:
    jobs = reviewed("Approved")
    jobs.list_model_packages = denying("AccessDeniedException")  # type: ignore[method-assign] # for this test

    found = status.describe(stage(jobs, ModelDataUrl=artifact(FIRST)))

    assert (found.live, found.version) == (FIRST, None)
    assert f"list the versions of {GROUP}" in found.unknown[0]


def test_status_shows_the_version_and_names_the_next_step(typed: Typed) -> None:
    jobs = reviewed("PendingManualApproval", "PendingManualApproval")

    _, out, err = typed("status", cloudformation=stacks(), sagemaker=jobs)
    _, later, _ = typed("status", cloudformation=stacks(ModelDataUrl=artifact(FIRST)), sagemaker=jobs)

    assert "waiting for approval      version 2, 1\n" in out
    assert "next: blazingtext models approve 2\n" in err
    assert f"live model                {FIRST} (version 1)\n" in later


def test_models_are_shown_with_their_approval(typed: Typed) -> None:
    jobs = reviewed("Approved", "Rejected", "PendingManualApproval")
    jobs.versions[2]["ApprovalDescription"] = "too small"
    where = {"cloudformation": stacks(ModelDataUrl=artifact(FIRST), PreviousModelDataUrl=artifact(SECOND)), "sagemaker": jobs}

    code, out, err = typed("models", "list", **where)
    _, document, _ = typed("models", "list", "--json", "--limit", "1", **where)

    assert (code, err) == (0, "next: blazingtext models approve 3\n")
    assert out.splitlines() == [
        GROUP,
        "   version  job                              score  approval",
        f"         3  {THIRD}  0.716  PendingManualApproval",
        f"-        2  {SECOND}  0.716  Rejected",
        f"*        1  {FIRST}  0.716  Approved",
        "",
        "version  why",
        "      2  too small",
    ]
    shown = json.loads(document)
    assert (shown["group"], [each["version"] for each in shown["models"]]) == (GROUP, [3])


def test_models_without_a_registry_are_shown_as_runs(typed: Typed) -> None:
    jobs = FakeJobs()
    for job in (FIRST, SECOND):
        jobs.add(job, FinalMetricDataList=[{"MetricName": "validation:accuracy", "Value": 0.9, "Timestamp": NOON}])

    code, out, err = typed("models", "list", cloudformation=FakeStacks(ModelDataUrl=artifact(SECOND)), sagemaker=jobs)

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "   job                              score",
        f"*  {SECOND}  0.900",
        f"   {FIRST}  0.900",
    ]


def test_a_stage_without_models_says_how_to_get_one(typed: Typed) -> None:
    code, out, err = typed("models", "list", cloudformation=FakeStacks(), sagemaker=FakeJobs())

    assert (code, out) == (0, "")
    assert err == "There are no models yet.\nnext: blazingtext train --corpus <name> --watch\n"


def test_when_a_model_was_made_is_shown_where_there_is_room(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")

    _, out, _ = typed("models", "list", cloudformation=stacks(), sagemaker=reviewed("Approved"))

    assert out.splitlines()[1].endswith("approval  created")
    assert "22 Nov" in out


@pytest.mark.parametrize(
    ("arguments", "serving", "said"),
    [
        (
            ("approve", "2"),
            {},
            [f"done version 2 ({SECOND}) is Approved; it goes live within a minute", f"next: blazingtext status --live {SECOND}"],
        ),
        (
            ("approve", FIRST),
            {"ModelDataUrl": artifact(SECOND), "PromotedThrough": "2026-11-22T15:00:00.000Z"},
            [f"done version 1 ({FIRST}) is Approved", "next: blazingtext rollback --to 1"],
        ),
        (("approve", "2"), {"ModelDataUrl": artifact(SECOND)}, [f"done version 2 ({SECOND}) is Approved"]),
        (("reject", "1", "--comment", "too small"), {}, [f"done version 1 ({FIRST}) is Rejected"]),
        (
            ("reject", "2"),
            {"ModelDataUrl": artifact(SECOND)},
            [
                f"done version 2 ({SECOND}) is Rejected",
                f"warning {SECOND} is live, and stays so: a rejection takes nothing out of service.",
                "next: blazingtext rollback",
            ],
        ),
    ],
)
def test_a_decision_says_what_follows_from_it(typed: Typed, arguments: tuple[str, ...], serving: dict[str, str], said: list[str]) -> None:
    jobs = reviewed("PendingManualApproval", "PendingManualApproval")

    code, out, err = typed("models", *arguments, cloudformation=stacks(**serving), sagemaker=jobs)

    assert (code, err.splitlines()) == (0, said)
    assert out == f"{SECOND if '2' in arguments else FIRST}\n"


def test_promote_takes_a_run_or_a_version_and_not_both(typed: Typed) -> None:
    jobs = reviewed("PendingManualApproval")

    both, _, err = typed("promote", FIRST, "--version", "1", cloudformation=stacks(), sagemaker=jobs)
    zero, _, _ = typed("promote", "--version", "0", cloudformation=stacks(), sagemaker=jobs)
    code, out, _ = typed("promote", "--version", "1", "--no-wait", cloudformation=stacks(), sagemaker=jobs)

    assert (both, zero) == (2, 2)
    assert "JOB and --version name two models" in err
    assert (code, out) == (0, f"{FIRST}\n")


def test_rollback_names_where_to(typed: Typed) -> None:
    jobs = reviewed("Approved", "Approved")
    jobs.serve()

    code, out, _ = typed("rollback", "--to", "1", "--no-wait", cloudformation=stacks(ModelDataUrl=artifact(SECOND)), sagemaker=jobs)

    assert (code, out) == (0, f"{FIRST}\n")
