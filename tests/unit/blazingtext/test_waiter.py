from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from blazingtext.serving import waiter
from blazingtext.serving.stage_status import Status
from blazingtext_lifecycle.errors import AccessDeniedError, CloudError, NotReady
from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeStacks, artifact, cloud, denying

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


class Waiting:
    """A stage in which something happens each time it is slept; one run was completed at noon."""

    def __init__(self, *happenings: Callable[[FakeStacks, FakeJobs], None], **serving_stack: str) -> None:
        self.stacks, self.jobs, self.time = FakeStacks(**serving_stack), FakeJobs(), 0.0
        self.jobs.add(JOB, TrainingEndTime=NOON)
        self.sleeps: list[float] = []
        self._happenings = list(happenings)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        if self._happenings:
            self._happenings.pop(0)(self.stacks, self.jobs)

    def wait(self, **wish: Any) -> Status:
        where = cloud(cloudformation=self.stacks, sagemaker=self.jobs)
        return waiter.wait_until_stable(where, sleep=self.sleep, clock=lambda: self.time, **wish)


def busy(stacks: FakeStacks, _: FakeJobs) -> None:
    stacks.statuses["serving"] = "UPDATE_IN_PROGRESS"
    stacks.parameters["ModelDataUrl"] = artifact(JOB)


def done(stacks: FakeStacks, jobs: FakeJobs) -> None:
    stacks.statuses["serving"] = "UPDATE_COMPLETE"
    jobs.serve()


def rolled_back(stacks: FakeStacks, _: FakeJobs) -> None:
    stacks.roll_back(NOON + timedelta(minutes=1), "The endpoint did not pass its ping")
    stacks.parameters["ModelDataUrl"] = ""


def test_waiting_for_a_run_ends_when_its_model_is_in_service() -> None:
    found = Waiting(busy, done).wait(job=JOB)

    assert (found.live, found.endpoint.status) == (JOB, "InService")


def test_waiting_for_a_run_whose_update_is_rolled_back_fails_with_cloudformations_reason() -> None:
    with pytest.raises(CloudError, match=r"is not live.*UPDATE_ROLLBACK_COMPLETE.*Cause: Endpoint: The endpoint did not pass its ping"):
        Waiting(busy, rolled_back).wait(job=JOB)


@pytest.mark.parametrize(("reason", "named"), [("One or more configured alarm(s) have been activated: x", True), ("No capacity", False)])
def test_an_alarm_that_stopped_a_promotion_brings_the_option_to_do_without_to_mind(reason: str, named: bool) -> None:
    def stopped(stacks: FakeStacks, _: FakeJobs) -> None:
        stacks.roll_back(NOON + timedelta(minutes=1), reason)
        stacks.parameters["ModelDataUrl"] = ""

    with pytest.raises(CloudError) as failure:
        Waiting(busy, stopped).wait(job=JOB)

    assert ("--no-auto-rollback" in str(failure.value)) is named


def test_a_rollback_that_was_over_before_the_wait_began_is_noticed() -> None:
    waiting = Waiting()
    rolled_back(waiting.stacks, waiting.jobs)

    with pytest.raises(CloudError, match="is not live"):
        waiting.wait(job=JOB)
    assert waiting.time == 0


def test_a_rollback_older_than_the_run_does_not_end_the_wait_for_its_update() -> None:
    waiting = Waiting(busy, done)
    waiting.stacks.roll_back(NOON - timedelta(hours=1), "Something long ago")

    assert waiting.wait(job=JOB).live == JOB


def test_waiting_gives_up_in_the_end() -> None:
    with pytest.raises(NotReady, match="not ready after 60 s"):
        Waiting().wait(job=JOB, timeout_seconds=60)


def test_a_failed_endpoint_ends_the_wait() -> None:
    waiting = Waiting(ModelDataUrl=artifact(JOB))
    waiting.jobs.serve("Failed", "The container did not answer the ping")

    with pytest.raises(CloudError, match="did not answer the ping"):
        waiting.wait()


def test_a_paused_stage_is_at_rest_when_its_endpoint_is_gone() -> None:
    waiting = Waiting(lambda _, jobs: setattr(jobs, "endpoint", None), ModelDataUrl=artifact(JOB), EndpointState="paused")
    waiting.jobs.serve("Deleting")

    assert waiting.wait().endpoint.status == ""


def test_a_rollback_that_cloudformation_did_not_notice_ends_the_wait_and_names_the_repair() -> None:
    def silently_back(stacks: FakeStacks, jobs: FakeJobs) -> None:
        done(stacks, jobs)
        stacks.configuration = "new"

    with pytest.raises(CloudError, match=r"CloudFormation did not notice.*blazingtext verify --repair"):
        Waiting(busy, silently_back).wait(job=JOB)


@pytest.mark.parametrize("state", ["paused", "running"])
def test_a_pause_or_resumption_that_is_rolled_back_fails_the_wait(state: str) -> None:
    waiting = Waiting(ModelDataUrl=artifact(JOB), EndpointState="running" if state == "paused" else "paused")
    waiting.stacks.roll_back(NOON, "No capacity")

    still = "running" if state == "paused" else "paused"
    update = "The update of blazingtext-dev-serving ended in UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(CloudError, match=rf"blazingtext-dev is still {still}\. {update}\. Cause: Endpoint: No capacity"):
        waiting.wait(job=JOB, state=state, update_started=True)


def test_a_wait_lasts_as_long_as_an_update_and_its_rollback_may_take_and_looks_less_and_less_often() -> None:
    waiting = Waiting(busy)

    with pytest.raises(NotReady, match="not ready after 116400 s"):
        waiting.wait(job=JOB)

    assert waiting.time > 2 * 970 * 60
    assert waiting.sleeps[:4] == [1, 1, 1.25, 1.5625]
    assert max(waiting.sleeps) == 30
    assert len(waiting.sleeps) < 4000


def test_looks_are_frequent_again_when_something_happens() -> None:
    waiting = Waiting(*[busy] * 20, lambda stacks, _: stacks.statuses.update(serving="UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), busy, done)

    waiting.wait(job=JOB)

    assert waiting.sleeps[19] > 30 / 2
    assert waiting.sleeps[21] == 1


@pytest.mark.parametrize(("patience", "waited"), [(0, 1), (1, 2), (60, 61)])
def test_the_last_look_is_a_second_after_the_time_is_over(patience: float, waited: float) -> None:
    waiting = Waiting()

    with pytest.raises(NotReady):
        waiting.wait(job=JOB, timeout_seconds=patience)

    assert waiting.time == waited


def test_what_may_not_be_seen_ends_the_wait_at_once() -> None:
    waiting = Waiting(ModelDataUrl=artifact(JOB))
    waiting.jobs.describe_endpoint = denying()  # type: ignore[method-assign] # for this test

    with pytest.raises(AccessDeniedError, match="look at the endpoint blazingtext-dev"):
        waiting.wait()
    assert waiting.sleeps == []
