import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blazingtext.cloud import Cloud
from blazingtext.runs import artifacts, training, watch
from blazingtext.serving import live as serving
from blazingtext.serving import prediction
from blazingtext.serving import waiting as settling
from blazingtext_lifecycle.errors import CloudError, ConfigurationError, CorpusError, HyperparameterError, NotReady, RequestError, UserError
from tests.unit.blazingtext.cloud_fakes import (
    NOON,
    FakeBucket,
    FakeClient,
    FakeEndpoint,
    FakeJobs,
    FakeLauncher,
    FakeStacks,
    artifact,
    cloud,
    packed,
)
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OLD = "blazingtext-dev-wiki-skipgram-9876543210"


def test_the_launchers_event_holds_only_what_was_asked_for() -> None:
    launcher = FakeLauncher(
        {"jobName": JOB, "jobArn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": ["w"]}
    )
    order = training.TrainingOrder("wiki", hyperparameters={"epochs": 0}, instance_count=2, spot=False)

    launch = training.launch(cloud(**{"lambda": launcher}), order)

    assert launcher.events == [{"corpus": "wiki", "hyperparameters": {"epochs": 0}, "instance": {"count": 2}, "spot": False}]
    assert launch == training.Launch(JOB, "arn", "InProgress", True, "s3://x", ("w",))


@pytest.mark.parametrize(
    ("kind", "ours", "code"),
    [
        ("HyperparameterError", HyperparameterError, 2),
        ("CorpusError", CorpusError, 2),
        ("NotReady", NotReady, 3),
        ("CloudError", CloudError, 1),
        ("KeyError", CloudError, 1),
        ("combined", CloudError, 1),
    ],
)
def test_what_the_launcher_refuses_keeps_its_class_and_words(kind: str, ours: type[Exception], code: int) -> None:
    launcher = FakeLauncher({"errorType": kind, "errorMessage": "epochs is wrong. Give a number."}, error=True)

    with pytest.raises(ours, match=r"epochs is wrong\. Give a number\.") as caught:
        training.launch(cloud(**{"lambda": launcher}), training.TrainingOrder("wiki"))

    assert caught.type is ours
    assert getattr(caught.value, "exit_code", None) == code


def test_a_stage_that_is_not_deployed_says_how_to_deploy_it() -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    with pytest.raises(ConfigurationError, match="cdk deploy --all"):
        training.launch(cloud(cloudformation=stacks, **{"lambda": FakeLauncher({})}), training.TrainingOrder("wiki"))


def test_runs_are_the_stages_own_newest_first() -> None:
    jobs = FakeJobs()
    for name in (OLD, JOB, "not-blazingtext-dev-x"):
        jobs.add(name)

    assert [run.job for run in training.runs(cloud(sagemaker=jobs))] == [JOB, OLD]
    assert [run.job for run in training.runs(cloud(sagemaker=jobs), limit=1)] == [JOB]


def test_a_failed_run_has_no_artifact_to_look_at() -> None:
    jobs = FakeJobs()
    jobs.add(JOB, "Failed", FailureReason="ClientError: no words")

    run = training.run(cloud(sagemaker=jobs), JOB)

    assert (run.corpus, run.artifact, run.failure) == ("wiki", "", "ClientError: no words")


def test_the_newest_completed_run_skips_later_failures() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB, "Failed")

    assert training.latest(cloud(sagemaker=jobs), completed=True).job == OLD
    assert training.latest(cloud(sagemaker=jobs)).job == JOB


def test_an_unknown_job_is_named() -> None:
    with pytest.raises(RequestError, match="no training job nope"):
        training.run(cloud(sagemaker=FakeJobs()), "nope")


def test_only_a_running_job_of_the_stage_is_stopped() -> None:
    jobs = FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB, "InProgress")
    jobs.add("blazingtext-prod-wiki-skipgram-1", "InProgress")

    assert training.stop(cloud(sagemaker=jobs), JOB).status == "Stopping"
    with pytest.raises(RequestError, match="Completed already"):
        training.stop(cloud(sagemaker=jobs), OLD)
    with pytest.raises(RequestError, match="not a job of stage dev"):
        training.stop(cloud(sagemaker=jobs), "blazingtext-prod-wiki-skipgram-1")
    assert jobs.stopped == [JOB]


class GrowingLogs:
    """CloudWatch Logs whose lines arrive a page at a time, some of them after the job's end."""

    def __init__(self, pages: list[list[str]]) -> None:
        self.lines: list[str] = []
        self._pages = pages

    def arrive(self, _seconds: float = 0) -> None:
        self.lines += self._pages.pop(0) if self._pages else []

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        if not self.lines:
            raise client_error("ResourceNotFoundException", "The specified log group does not exist.")
        return {"logStreams": [{"logStreamName": f"{JOB}/algo-1-1"}]}

    def get_log_events(self, *, nextToken: str = "f/0", **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        start = int(nextToken.removeprefix("f/"))
        events = [{"timestamp": 1_700_000_000_000 + number, "message": line} for number, line in enumerate(self.lines)][start:]
        return {"events": events, "nextForwardToken": f"f/{len(self.lines)}"}

    def get_paginator(self, operation: str) -> Any:
        return FakeClient(**{operation: getattr(self, operation)}).get_paginator(operation)


def test_watching_ends_after_the_last_line_though_it_comes_after_the_jobs_end() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["Read 10M words"], ["Training finished!"], ["#mean_rho: 0.7"]])
    jobs.add(JOB, "InProgress", SecondaryStatusTransitions=[{"Status": "Training", "StartTime": NOON, "StatusMessage": "in progress"}])
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        logs.arrive()
        if len(looks) == 2:
            jobs.jobs[JOB]["TrainingJobStatus"] = "Completed"

    seen = list(watch.events(cloud(sagemaker=jobs, logs=logs), JOB, sleep=sleep))

    assert [event.text for event in seen if not event.phase] == ["Read 10M words", "Training finished!", "#mean_rho: 0.7"]
    assert [event.phase for event in seen if event.phase] == ["Training"]


def test_without_follow_watching_shows_what_there_is_and_ends() -> None:
    jobs, logs = FakeJobs(), GrowingLogs([["a line"]])
    jobs.add(JOB, "InProgress")
    logs.arrive()

    assert [event.text for event in watch.events(cloud(sagemaker=jobs, logs=logs), JOB, follow=False)] == ["a line"]


@pytest.mark.parametrize("start", ["##### ", ""])
def test_progress_is_read_from_the_lines_of_one_and_of_many_hosts(start: str) -> None:
    assert watch.progress_of(f"{start}Alpha: 0.0465  Progress: 7.01%  Million Words/sec: 2.23 #####") == (7.01, 2.23)
    assert watch.progress_of("Read 10M words") is None


def test_predict_keeps_order_and_flags_words_answered_with_zeros() -> None:
    endpoint = FakeEndpoint({"king": [3.0, 4.0]})

    found = prediction.predict(cloud(sagemaker_runtime=endpoint), ["king", "kingg"])

    assert found == [prediction.WordVector("king", (3.0, 4.0), True, 5.0), prediction.WordVector("kingg", (0.0, 0.0), False, 0.0)]


@pytest.mark.parametrize("dimension", [2, 2000])
def test_thousands_of_words_are_asked_in_calls_that_stay_below_six_megabytes(dimension: int) -> None:
    words = [f"word{number}" for number in range(400)]
    longest = [-1.2345678901234567e-05] * dimension
    endpoint = FakeEndpoint(dict.fromkeys(words, longest), dimension)
    heard: list[int] = []

    found = prediction.predict(cloud(sagemaker_runtime=endpoint), words, advance=heard.append)

    assert [each.word for each in found if isinstance(each, prediction.WordVector)] == words
    assert sum(heard) == 400
    assert all(len(json.dumps(body)) < 6_291_456 for body in endpoint.bodies)
    assert all(len(body["instances"]) * len(json.dumps(longest)) < 6_291_456 for body in endpoint.bodies)


def test_long_texts_are_asked_in_calls_that_stay_below_six_megabytes() -> None:
    endpoint = FakeEndpoint({})

    prediction.predict(cloud(sagemaker_runtime=endpoint), ["\u65e5" * 500_000] * 5)

    assert all(len(json.dumps(body)) < 6_291_456 for body in endpoint.bodies)


def test_a_classifiers_labels_lose_their_prefix() -> None:
    answer = json.dumps([{"prob": [0.9, 0.1], "label": ["__label__pos", "__label__neg"]}]).encode()
    runtime = FakeClient(invoke_endpoint=lambda **_: {"Body": io.BytesIO(answer)})

    (found,) = prediction.predict(cloud(sagemaker_runtime=runtime), ["a fine film"], k=2)

    assert found == prediction.Classification("a fine film", (prediction.Label("pos", 0.9), prediction.Label("neg", 0.1)))
    assert json.loads(runtime.calls[0][1]["Body"])["configuration"] == {"k": 2}


def test_an_endpoint_that_is_not_there_is_not_ready() -> None:
    def absent(**_: Any) -> None:
        raise client_error("ValidationError", "Endpoint blazingtext-dev of account 1 not found.", "InvokeEndpoint")

    with pytest.raises(NotReady, match="resume"):
        prediction.predict(cloud(sagemaker_runtime=FakeClient(invoke_endpoint=absent)), ["king"])


def test_asking_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="Nothing was asked"):
        prediction.predict(cloud(), [])


@pytest.fixture(name="stored")
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[Cloud, FakeBucket]]:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))

    def put(content: bytes) -> tuple[Cloud, FakeBucket]:
        bucket = FakeBucket()
        bucket.put(f"runs/{JOB}/output/model.tar.gz", content)
        return cloud(s3=bucket), bucket

    return put


def test_an_artifact_is_downloaded_once(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    where, bucket = stored(packed({"vectors.txt": b"1 2\na 1 2\n", "eval.json": b"{}"}))

    first = artifacts.fetch(where, artifact(JOB))
    bucket.objects.clear()
    second = artifacts.fetch(where, artifact(JOB))

    assert first == second
    assert first.files == ("eval.json", "vectors.txt")
    assert first.path("vectors.txt").read_bytes() == b"1 2\na 1 2\n"


def test_the_same_job_name_in_another_account_is_another_artifact(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    one = artifacts.fetch(stored(packed({"eval.json": b"1"}))[0], artifact(JOB))
    two = artifacts.fetch(stored(packed({"eval.json": b"2"}))[0], artifact(JOB))

    assert (one.path("eval.json").read_bytes(), two.path("eval.json").read_bytes()) == (b"1", b"2")


def test_an_archive_cannot_write_outside_its_folder_nor_through_links(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path
) -> None:
    evil = packed({"../../evil.txt": b"x", "/etc/evil": b"x", "run.sh": b"x", "vectors.txt": b"0 2\n"}, vectors_bin="/etc/passwd")

    found = artifacts.fetch(stored(evil)[0], artifact(JOB))

    assert found.files == ("vectors.txt",)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"vectors.txt"}


@pytest.mark.parametrize(
    "content",
    [b"", b"not an archive", packed({"vectors.txt": b"x" * 100_000})[:-40], packed({"readme": b"x"})],
    ids=["empty", "text", "cut off", "without vectors"],
)
def test_a_broken_archive_is_refused_and_leaves_nothing(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(CloudError, match=r"model\.tar\.gz"):
        artifacts.fetch(stored(content)[0], artifact(JOB))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_classifier_has_no_vectors_and_says_what_does(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    found = artifacts.fetch(stored(packed({"model.bin": b"x"}))[0], artifact(JOB))

    with pytest.raises(RequestError, match="supervised"):
        found.path("vectors.txt")


def test_promoting_the_newest_completed_run_makes_it_live_and_the_former_one_previous() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(OLD)), FakeJobs()
    jobs.add(OLD)
    jobs.add(JOB)

    done = serving.promote(cloud(cloudformation=stacks, sagemaker=jobs))

    assert (done.changed, done.live, done.previous) == (True, JOB, OLD)
    assert stacks.parameters["ModelDataUrl"] == artifact(JOB)


def test_promoting_what_is_live_changes_nothing() -> None:
    stacks, jobs = FakeStacks(ModelDataUrl=artifact(JOB)), FakeJobs()
    jobs.add(JOB)

    assert not serving.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB).changed
    assert not stacks.updates


@pytest.mark.parametrize(("status", "error"), [("Failed", RequestError), ("Stopped", RequestError), ("InProgress", NotReady)])
def test_a_run_without_a_whole_model_is_never_promoted(status: str, error: type[Exception]) -> None:
    stacks, jobs = FakeStacks(), FakeJobs()
    jobs.add(JOB, status)

    with pytest.raises(error, match="cannot be promoted"):
        serving.promote(cloud(cloudformation=stacks, sagemaker=jobs), JOB)
    assert not stacks.updates


def test_rollback_pause_and_resume_change_only_their_parameters() -> None:
    stacks = FakeStacks(ModelDataUrl=artifact(JOB), PreviousModelDataUrl=artifact(OLD), PromotedThrough="2026")
    where = cloud(cloudformation=stacks)

    back, paused, resumed = serving.rollback(where), serving.pause(where), serving.resume(where)

    assert (back.live, back.previous, paused.state, resumed.state) == (OLD, JOB, "paused", "running")
    assert stacks.parameters == {
        "ModelDataUrl": artifact(OLD),
        "PreviousModelDataUrl": artifact(JOB),
        "PromotedThrough": "2026",
        "EndpointState": "running",
    }


def test_status_says_what_is_live_and_what_it_costs() -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.serve()

    found = serving.status(cloud(cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), sagemaker=jobs))

    assert (found.live, found.endpoint.status, found.endpoint.hourly_dollars) == (JOB, "InService", 0.48)
    assert [stack.status for stack in found.stacks] == ["CREATE_COMPLETE"] * 3


def test_status_of_a_stage_that_is_not_deployed_is_an_answer_not_an_error() -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    found = serving.status(cloud(cloudformation=stacks, sagemaker=FakeJobs()))

    assert [stack.status for stack in found.stacks] == ["", "", ""]
    assert found.endpoint.hourly_dollars == 0


class Waiting:
    """A stage in which something happens each time it is slept; one run was completed at noon."""

    def __init__(self, *happenings: Callable[[FakeStacks, FakeJobs], None], **serving_stack: str) -> None:
        self.stacks, self.jobs, self.time = FakeStacks(**serving_stack), FakeJobs(), 0.0
        self.jobs.add(JOB, TrainingEndTime=NOON)
        self._happenings = list(happenings)

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        if self._happenings:
            self._happenings.pop(0)(self.stacks, self.jobs)

    def settle(self, **wish: Any) -> serving.Status:
        where = cloud(cloudformation=self.stacks, sagemaker=self.jobs)
        return settling.settle(where, sleep=self.sleep, clock=lambda: self.time, **wish)


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
    found = Waiting(busy, done).settle(job=JOB)

    assert (found.live, found.endpoint.status) == (JOB, "InService")


def test_waiting_for_a_run_whose_update_is_rolled_back_fails_with_cloudformations_reason() -> None:
    with pytest.raises(CloudError, match=r"did not become live.*UPDATE_ROLLBACK_COMPLETE.*Endpoint: The endpoint did not pass its ping"):
        Waiting(busy, rolled_back).settle(job=JOB)


def test_a_rollback_that_was_over_before_the_wait_began_is_noticed() -> None:
    waiting = Waiting()
    rolled_back(waiting.stacks, waiting.jobs)

    with pytest.raises(CloudError, match="did not become live"):
        waiting.settle(job=JOB)
    assert waiting.time == 0


def test_a_rollback_older_than_the_run_does_not_end_the_wait_for_its_update() -> None:
    waiting = Waiting(busy, done)
    waiting.stacks.roll_back(NOON - timedelta(hours=1), "Something long ago")

    assert waiting.settle(job=JOB).live == JOB


def test_waiting_gives_up_in_the_end() -> None:
    with pytest.raises(NotReady, match="not ready after 60 s"):
        Waiting().settle(job=JOB, timeout_seconds=60)


def test_a_failed_endpoint_ends_the_wait() -> None:
    waiting = Waiting(ModelDataUrl=artifact(JOB))
    waiting.jobs.serve("Failed", "The container did not answer the ping")

    with pytest.raises(CloudError, match="did not answer the ping"):
        waiting.settle()


def test_a_paused_stage_is_at_rest_when_its_endpoint_is_gone() -> None:
    waiting = Waiting(lambda _, jobs: setattr(jobs, "endpoint", None), ModelDataUrl=artifact(JOB), EndpointState="paused")
    waiting.jobs.serve("Deleting")

    assert waiting.settle().endpoint.status == ""
