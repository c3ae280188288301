from collections.abc import Callable
from typing import Any

import pytest

from blazingtext.cloud import Cloud
from blazingtext.serving import changes
from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import FakeJobs, FakeStacks, artifact, cloud
from tests.unit.blazingtext.conftest import Typed

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OLD = "blazingtext-dev-wiki-skipgram-9876543210"


def test_promoting_the_newest_completed_run_makes_it_live_and_the_former_one_previous() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(OLD)), FakeJobs().serve()
    jobs.add(OLD)
    jobs.add(JOB)

    done = changes.promote(cloud(cloudformation=stacks, sagemaker=jobs))

    assert (done.changed, done.live, done.previous) == (True, JOB, OLD)
    assert stacks.parameters["ModelDataUrl"] == artifact(JOB)


def test_without_a_name_only_a_run_with_the_stages_tags_is_promoted() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add("blazingtext-dev-by-hand", tags={})
    jobs.add("blazingtext-dev-of-another", tags=naming.tags("prod"))

    assert changes.promote(cloud(cloudformation=FakeStacks(), sagemaker=jobs)).live == OLD
    assert changes.promote(cloud(cloudformation=FakeStacks(), sagemaker=jobs), "blazingtext-dev-by-hand").live == "blazingtext-dev-by-hand"
    del jobs.jobs[OLD]
    with pytest.raises(RequestError, match="no completed training job of stage dev with its tags"):
        changes.promote(cloud(cloudformation=FakeStacks(), sagemaker=jobs))


def test_the_newest_run_is_described_and_none_of_the_older_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, asked = FakeJobs(), list[str]()
    for number in range(30):
        jobs.add(f"{OLD}-{number}")
    jobs.add(JOB)
    describe = jobs.describe_training_job

    def counted(*, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        asked.append(TrainingJobName)
        return describe(TrainingJobName=TrainingJobName)

    monkeypatch.setattr(jobs, "describe_training_job", counted)

    assert changes.promote(cloud(cloudformation=FakeStacks(), sagemaker=jobs)).live == JOB
    assert asked == [JOB]


def test_promoting_what_is_live_changes_nothing() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(JOB)), FakeJobs().serve()
    jobs.add(JOB)

    assert not changes.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB).changed
    assert not stacks.updates


@pytest.mark.parametrize(("status", "error"), [("Failed", RequestError), ("Stopped", RequestError), ("InProgress", NotReady)])
def test_a_run_without_a_whole_model_is_never_promoted(status: str, error: type[Exception]) -> None:
    stacks, jobs = FakeStacks(), FakeJobs().serve()
    jobs.add(JOB, status)

    with pytest.raises(error, match="cannot be promoted"):
        changes.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB)
    assert not stacks.updates


@pytest.mark.parametrize(
    ("job", "where"), [("blazingtext-prod-wiki-skipgram-1", "s3://blazingtext-prod-storage-x/runs"), (JOB, "s3://somewhere/else")]
)
def test_a_model_that_the_stages_endpoint_could_not_read_is_refused_before_anything_is_updated(job: str, where: str) -> None:
    stacks, jobs = FakeStacks(), FakeJobs()
    jobs.add(job, ModelArtifacts={"S3ModelArtifacts": f"{where}/{job}/output/model.tar.gz"})

    with pytest.raises(RequestError, match=r"cannot be promoted in stage dev.*train --corpus wiki --mode skipgram"):
        changes.promote(cloud(cloudformation=stacks, sagemaker=jobs), job)

    assert not stacks.updates


def test_rollback_pause_and_resume_change_only_their_parameters() -> None:
    stacks = FakeStacks(ModelDataUrl=artifact(JOB), PreviousModelDataUrl=artifact(OLD), PromotedThrough="2026")
    where = cloud(cloudformation=stacks)

    back, paused, resumed = changes.rollback(where), changes.pause(where), changes.resume(where)

    assert (back.live, back.previous, paused.state, resumed.state) == (OLD, JOB, "paused", "running")
    assert stacks.parameters == {
        "ModelDataUrl": artifact(OLD),
        "PreviousModelDataUrl": artifact(JOB),
        "PromotedThrough": "2026",
        "EndpointState": "running",
        "AutoRollback": "on",
    }


def test_a_rollback_is_watched_by_no_alarm_and_the_next_promotion_is_again() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(JOB), PreviousModelDataUrl=artifact(OLD)), FakeJobs().serve()
    jobs.add(JOB)
    where = cloud(cloudformation=stacks, sagemaker=jobs)

    changes.rollback(where)
    assert stacks.parameters["AutoRollback"] == "off"

    changes.promote(where, JOB)
    assert stacks.parameters["AutoRollback"] == "on"


@pytest.mark.parametrize("verb", [changes.rollback, changes.promote])
def test_no_model_is_deployed_to_an_endpoint_that_serves_something_else_than_its_stack_says(verb: Callable[[Cloud], object]) -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(JOB), PreviousModelDataUrl=artifact(OLD)), FakeJobs().serve(configuration="gone")
    jobs.add("blazingtext-dev-wiki-skipgram-1111111111")
    stacks.configuration = "config"
    where = cloud(cloudformation=stacks, sagemaker=jobs)

    with pytest.raises(RequestError, match="blazingtext verify --repair"):
        verb(where)

    assert not stacks.updates
    assert changes.pause(where).state == "paused"


def test_a_promotion_may_do_without_the_alarms() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(OLD)), FakeJobs().serve()
    jobs.add(JOB)

    changes.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB, auto_rollback=False)

    assert (stacks.parameters["ModelDataUrl"], stacks.parameters["AutoRollback"]) == (artifact(JOB), "off")


@pytest.mark.parametrize("verb", ["promote", "rollback", "pause", "resume", "verify"])
def test_a_stage_that_is_not_deployed_is_told_how_to_be(verb: str, typed: Typed) -> None:
    stacks, jobs = FakeStacks(), FakeJobs()
    stacks.statuses = dict.fromkeys(("storage", "training"), "CREATE_COMPLETE")
    jobs.add("blazingtext-dev-wiki-skipgram-1")

    code, _, err = typed(verb, "--region", "eu-west-1", cloudformation=stacks, sagemaker=jobs)

    assert code == 2
    assert "Deploy it with: AWS_REGION=eu-west-1 cdk deploy --all" in err
