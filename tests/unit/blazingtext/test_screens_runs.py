"""What the commands about runs show, to the letter: results on stdout, and what to type next on stderr."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeStacks, artifact
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, OLD, SCORED, Logs, launcher, lines, two_runs


@pytest.fixture(name="in_utc")
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


COST = "Costs of 2 x ml.c5.xlarge: $0.408 an hour, at most $0.204 in the 30 min 00 s it may run (prices of 2026-04-21).\n"
SPEED = "Average throughput in Million words/sec: 2.27"


@pytest.mark.usefixtures("in_utc")
@pytest.mark.parametrize(("width", "created", "moment"), [("99", "", ""), ("100", "  created", "  22 Nov 12:00")])
def test_runs_show_when_they_began_where_there_is_room(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, width: str, created: str, moment: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    stacks = FakeStacks(ModelDataUrl=artifact(NEW))

    code, out, err = typed("runs", cloudformation=stacks, sagemaker=two_runs(), logs=Logs(SPEED))

    assert (code, err) == (0, "")
    assert out == lines(
        f"   job                     status     mean_rho   M/s         time{created}",
        f"*  {NEW}  Completed     0.716  2.27  10 min 54 s{moment}",
        f"   {OLD}  Failed{' ' * 32 + moment if moment else ''}",
    )


@pytest.mark.parametrize(
    ("metrics", "score"),
    [
        (["train:accuracy", "validation:accuracy"], "0.300"),
        (["train:accuracy"], "0.200"),
        (["train:mean_rho"], "0.400"),
        (["another"], "0.100"),
    ],
)
def test_the_score_of_a_run_is_the_one_that_counts_most(typed: Typed, metrics: list[str], score: str) -> None:
    values = {"another": 0.1, "train:accuracy": 0.2, "validation:accuracy": 0.3, "train:mean_rho": 0.4}
    jobs = FakeJobs()
    jobs.add(NEW, FinalMetricDataList=[{"MetricName": name, "Value": values[name]} for name in metrics])

    _, out, _ = typed("runs", cloudformation=FakeStacks(), sagemaker=jobs, logs=Logs())

    assert out.splitlines()[1].split() == [NEW, "Completed", *([] if metrics == ["another"] else [score])]


def test_runs_in_json_hold_live_model_and_speeds_and_no_more_than_asked_for(typed: Typed) -> None:
    jobs, stacks = two_runs(), FakeStacks(ModelDataUrl=artifact(OLD))

    code, out, err = typed("runs", "-n", "1", "--json", cloudformation=stacks, sagemaker=jobs, logs=Logs(SPEED))

    found = json.loads(out)
    assert (code, err, found["live"], found["million_words_per_second"]) == (0, "", OLD, {NEW: 2.27})
    assert [(each["job"], each["created"], each["metrics"]) for each in found["runs"]] == [
        (NEW, "2026-11-22T12:00:00+00:00", {"train:mean_rho": 0.7164})
    ]
    assert typed("runs", "-n", "1")[0] == 0
    assert [typed("runs", "-n", number)[0] for number in ("0", "101")] == [2, 2]


def test_runs_show_the_hash_of_their_corpus_where_there_is_room(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    jobs, sha = two_runs(), "0123456789abcdef" * 4
    jobs.jobs[NEW]["tags"] = {"blazingtext:corpus-sha256": sha, "blazingtext:recipe": "corpora/wiki/recipes/x.json"}

    _, out, _ = typed("runs", cloudformation=FakeStacks(), sagemaker=jobs, logs=Logs())
    _, filtered, _ = typed(
        "runs", "--filter", f"corpus_hash=sha256:{sha}", "--json", cloudformation=FakeStacks(), sagemaker=jobs, logs=Logs()
    )
    _, table, _ = typed("runs", "--csv", cloudformation=FakeStacks(), sagemaker=jobs, logs=Logs())

    assert out.splitlines()[0].split()[-2:] == ["corpus", "created"]
    assert "  0123456789ab  " in out.splitlines()[1]
    assert [(each["job"], each["corpus_hash"], each["recipe"]) for each in json.loads(filtered)["runs"]] == [
        (NEW, f"sha256:{sha}", "corpora/wiki/recipes/x.json")
    ]
    assert f",sha256:{sha},corpora/wiki/recipes/x.json," in table.splitlines()[1]


def test_no_runs_are_no_table(typed: Typed) -> None:
    said = "There are no training jobs yet.\nnext: blazingtext train --corpus <name> --watch\n"
    assert typed("runs", cloudformation=FakeStacks(), sagemaker=FakeJobs(), logs=Logs()) == (0, "", said)


def test_stop_ends_the_job_that_is_named_or_the_newest(typed: Typed) -> None:
    for named in ([OLD], []):
        jobs = FakeJobs()
        jobs.add(OLD, "InProgress")

        assert typed("stop", *named, sagemaker=jobs) == (0, f"{OLD}\n", f"done {OLD} is Stopping\nnext: blazingtext runs\n")
        assert jobs.stopped == [OLD]


TRAINED: dict[str, Any] = {
    **SCORED,
    "BillableTimeInSeconds": 700,
    "SecondaryStatusTransitions": [{"Status": "Training", "StartTime": NOON, "StatusMessage": "in [progress]"}],
}


def test_logs_are_the_lines_on_stdout_and_the_phases_on_stderr(typed: Typed) -> None:
    jobs = FakeJobs()
    jobs.add(NEW, **TRAINED)

    assert typed("logs", sagemaker=jobs, logs=Logs("[a]", "b")) == (0, "[a]\nb\n", "Training - in [progress]\n")
    code, out, _ = typed("logs", "--json", sagemaker=jobs, logs=Logs("[a]"))
    assert (code, json.loads(out)["job"]) == (0, NEW)
    assert [(each["time"], each["phase"], each["text"], each["stream"]) for each in json.loads(out)["events"]] == [
        ("2023-11-14T22:13:20+00:00", "", "[a]", "host-1"),
        ("2026-11-22T12:00:00+00:00", "Training", "in [progress]", ""),
    ]
    assert typed("logs", sagemaker=jobs, logs=Logs())[2] == f"Training - in [progress]\n{NEW} has no log lines.\n"
    jobs.add(NEW, "InProgress")
    assert typed("logs", sagemaker=jobs, logs=Logs())[2] == f"{NEW} has no log lines yet.\n"


def test_logs_of_the_endpoint(typed: Typed) -> None:
    assert typed("logs", "--endpoint", logs=Logs()) == (0, "", "The endpoint has no log lines.\n")
    code, out, err = typed("logs", "--endpoint", "--json", logs=Logs("a"))
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "endpoint": "blazingtext-dev",
        "events": [{"stream": "host-1", "time": "2023-11-14T22:13:20+00:00", "text": "a"}],
    }


def test_train_says_what_was_started_and_what_was_there_already(typed: Typed) -> None:
    following = f"next: blazingtext logs {NEW} --follow\n"
    there = f"{NEW} already exists for the same request and the same data. It is Completed.\n"

    assert typed("train", "--corpus", "wiki", **launcher()) == (0, f"{NEW}\n", f"{COST}warning few words\ndone {NEW} started\n{following}")
    assert typed("train", "--corpus", "wiki", **launcher("Completed", created=False)) == (
        0, f"{NEW}\n", f"{COST}warning few words\n{there}{following}",
    )  # fmt: skip
    found = json.loads(typed("train", "--corpus", "wiki", "--json", **launcher())[1])
    assert found.pop("cost")["hourly_dollars"] == 0.408
    assert found == {
        "job": NEW, "arn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": ["few words"],
    }  # fmt: skip


@pytest.mark.parametrize("logged", [True, False])
def test_a_run_that_is_watched_shows_its_log_and_its_summary(typed: Typed, logged: bool) -> None:
    jobs = FakeJobs()
    jobs.add(NEW, **TRAINED)
    log = "  Read 10M [x] words\nTraining - in [progress]\n"
    silent = (
        f"Training - in [progress]\nwarning {NEW} wrote no log lines. Either its role lacks the permission logs:PutLogEvents, "
        "or it never started.\n"
    )

    code, out, err = typed(
        "train", "--corpus", "wiki", "--watch", sagemaker=jobs, logs=Logs(*["Read 10M [x] words"] * logged), **launcher()
    )

    assert code == 0
    assert out == lines(
        f"job             {NEW}",
        "status          Completed",
        "corpus, mode    wiki, skipgram",
        "instances       1 x ml.c5.xlarge",
        "time            10 min 54 s",
        "billed          11 min 40 s",
        "train:mean_rho  0.7164",
        f"artifact        {artifact(NEW)}",
    )
    ended = f"done {NEW} in 10 min 54 s\nnext: blazingtext evaluate --job {NEW}\nnext: blazingtext status\n"
    assert err == f"{COST}warning few words\ndone {NEW} started\n{log if logged else silent}{ended}"
