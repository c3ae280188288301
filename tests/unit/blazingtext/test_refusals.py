"""What AWS refuses is passed on and not taken for something that is missing."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blazingtext import log_reader, removal
from blazingtext.aws_errors import translating_aws_errors
from blazingtext.errors import EndpointUrlError
from blazingtext.runs import artifacts, training_jobs
from blazingtext.serving import status, verification, waiter
from blazingtext_lifecycle.errors import AccessDeniedError, LifecycleError, NotReady
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeClient, FakeJobs, FakeStacks, artifact, cloud, denying
from tests.unit.blazingtext.screens import NEW
from tests.unit.lifecycle.aws_fakes import client_error


def jobs(**refused: Callable[..., Any]) -> FakeJobs:
    found = FakeJobs().serve()
    found.add(NEW)
    for name, answer in refused.items():
        setattr(found, name, answer)
    return found


class Refusing(FakeBucket):
    """A bucket in which nothing may be looked at."""

    def head_object(self, **_: Any) -> dict[str, Any]:
        raise client_error("403", "Forbidden", "HeadObject")


LOGS = FakeClient(describe_log_streams=denying(), filter_log_events=denying(), get_log_events=denying())
STACKS = FakeStacks(ModelDataUrl=artifact(NEW))


@pytest.mark.parametrize(
    ("look", "operation"),
    [
        (lambda: training_jobs.run(cloud(sagemaker=jobs(describe_training_job=denying())), NEW), f"look at the training job {NEW}"),
        (lambda: training_jobs.runs(cloud(sagemaker=jobs(list_training_jobs=denying())), limit=10), "list the training jobs"),
        (lambda: training_jobs.latest_own(cloud(sagemaker=jobs(list_tags=denying()))), f"read the tags of {NEW}"),
        (lambda: training_jobs.throughput(cloud(logs=LOGS), NEW), f"read the log of {NEW}"),
        (lambda: artifacts.fetch(cloud(s3=Refusing()), artifact(NEW)), f"download {artifact(NEW)}"),
        (lambda: status.endpoint(cloud(sagemaker=jobs(describe_endpoint=denying()))), "look at the endpoint blazingtext-dev"),
        (lambda: status.endpoint(cloud(sagemaker=jobs(describe_endpoint_config=denying()))), "look at the endpoint blazingtext-dev"),
        (
            lambda: verification.verify(cloud(sagemaker=jobs(describe_model=denying()), cloudformation=STACKS)),
            "look at what blazingtext-dev serves",
        ),
        (lambda: verification.verify(cloud(sagemaker=live(), cloudformation=STACKS, s3=Refusing())), f"look for {artifact(NEW)}"),
        (lambda: removal.delete_bucket(cloud(s3=FakeClient(list_buckets=denying())), "x"), "look for the stage's buckets"),
    ],
)
def test_a_refusal_says_what_was_being_done(look: Callable[[], object], operation: str) -> None:
    with pytest.raises(AccessDeniedError) as refusal:
        look()
    assert operation in str(refusal.value)


def live() -> FakeJobs:
    found = jobs()
    found.model = artifact(NEW)
    return found


def test_a_log_that_may_not_be_read_is_not_an_empty_one() -> None:
    with pytest.raises(AccessDeniedError), translating_aws_errors("read"):
        list(log_reader.LogReader(cloud(logs=LOGS), "group", "").new_lines())
    missing = FakeClient(describe_log_streams=denying("ResourceNotFoundException"), filter_log_events=denying("ResourceNotFoundException"))
    assert list(log_reader.LogReader(cloud(logs=missing), "group", "").new_lines()) == []
    assert training_jobs.throughput(cloud(logs=missing), NEW) is None


@pytest.mark.parametrize(
    ("code", "operation", "url", "another"),
    [
        ("404", "GetThing", "http://x", True),
        ("404", "HeadThing", "http://x", False),
        ("404", "GetThing", "", False),
        ("NotFound", "GetThing", "http://x", False),
    ],
)
def test_a_bare_number_is_another_server_than_aws(
    code: str, operation: str, url: str, another: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    with pytest.raises(LifecycleError) as caught, translating_aws_errors("do it"):
        raise client_error(code, "Not Found", operation)

    assert isinstance(caught.value, EndpointUrlError) is another


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"BLAZINGTEXT_CACHE": "~/mine", "XDG_CACHE_HOME": "/xdg"}, "/home/x/mine"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/blazingtext"),
        ({}, "/home/x/.cache/blazingtext"),
    ],
)
def test_models_are_kept_where_the_user_says(variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BLAZINGTEXT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "HOME": "/home/x"}.items():
        monkeypatch.setenv(name, value)

    assert artifacts.cache_folder() == Path(folder)


def test_another_process_may_have_unpacked_the_same_model_meanwhile(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    for each in (source, folder):
        each.mkdir()
        (each / "vectors.txt").write_text(each.name)

    artifacts._move_into_place(source, folder)

    assert (folder / "vectors.txt").read_text() == "folder"
    with pytest.raises(OSError, match=os.strerror(2)):
        artifacts._move_into_place(tmp_path / "none", tmp_path / "nowhere")


def test_whoever_waits_is_told_what_is_going_on_and_in_the_end_what_was_last_seen() -> None:
    heard: list[str] = []
    stacks, found, now = FakeStacks(), FakeJobs(), [0.0]
    stacks.statuses["serving"] = "UPDATE_IN_PROGRESS"

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] > 2:
            stacks.parameters["ModelDataUrl"] = artifact(NEW)
            found.serve("Updating")

    with pytest.raises(NotReady) as late:
        waiter.wait_until_stable(
            cloud(cloudformation=stacks, sagemaker=found), timeout_seconds=5, on_progress=heard.append, sleep=sleep, clock=lambda: now[0]
        )

    first = "serving stack update in progress, endpoint absent, live model none"
    last = f"serving stack update in progress, endpoint Updating, live model {NEW}"
    assert list(dict.fromkeys(heard)) == [first, last]
    assert str(late.value) == f"blazingtext-dev is not ready after 5 s: {last}. Look again with: blazingtext status"
