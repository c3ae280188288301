import pytest

from blazingtext.serving import changes
from blazingtext_lifecycle.errors import NotReady, RequestError
from tests.unit.blazingtext.cloud_fakes import FakeJobs, FakeStacks, artifact, cloud

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OLD = "blazingtext-dev-wiki-skipgram-9876543210"


def test_promoting_the_newest_completed_run_makes_it_live_and_the_former_one_previous() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(OLD)), FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB)

    done = changes.promote(cloud(cloudformation=stacks, sagemaker=jobs))

    assert (done.changed, done.live, done.previous) == (True, JOB, OLD)
    assert stacks.parameters["ModelDataUrl"] == artifact(JOB)


def test_promoting_what_is_live_changes_nothing() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(JOB)), FakeJobs()
    jobs.add(JOB)

    assert not changes.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB).changed
    assert not stacks.updates


@pytest.mark.parametrize(("status", "error"), [("Failed", RequestError), ("Stopped", RequestError), ("InProgress", NotReady)])
def test_a_run_without_a_whole_model_is_never_promoted(status: str, error: type[Exception]) -> None:
    stacks, jobs = FakeStacks(), FakeJobs()
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

    with pytest.raises(RequestError, match="cannot be promoted in stage dev.*train --corpus wiki --mode skipgram"):
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
    }
