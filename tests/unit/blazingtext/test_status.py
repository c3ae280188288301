from blazingtext.serving import status
from tests.unit.blazingtext.cloud_fakes import FakeJobs, FakeStacks, artifact, cloud

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


def test_status_says_what_is_live_and_what_it_costs() -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.serve()

    found = status.describe(cloud(cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), sagemaker=jobs))

    assert (found.live, found.endpoint.status, found.endpoint.hourly_dollars) == (JOB, "InService", 0.48)
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

    assert status.endpoint(cloud(sagemaker=jobs)).instance_type == "ml.m4.xlarge"


def test_an_endpoint_whose_configuration_was_deleted_still_has_a_status() -> None:
    jobs = FakeJobs()
    jobs.serve()
    jobs.looks_without_configuration = 1000

    found = status.endpoint(cloud(sagemaker=jobs))

    assert (found.status, found.hourly_dollars) == ("InService", None)
