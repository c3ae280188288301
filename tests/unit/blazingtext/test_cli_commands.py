import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blazingtext.client import BlazingText
from blazingtext.corpus import preparation, processes
from blazingtext.corpus.normaliser import Normaliser, Numbers, Punctuation
from blazingtext.corpus.preparation import Shape
from blazingtext.corpus.shares import Share
from blazingtext.corpus.sources import Reading
from blazingtext_lifecycle.errors import CorpusError
from tests.unit.blazingtext.cloud_fakes import (
    FakeBucket,
    FakeClient,
    FakeEndpoint,
    FakeJobs,
    FakeLauncher,
    FakeStacks,
    account,
    artifact,
    packed,
)
from tests.unit.blazingtext.conftest import Typed

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


def test_predict_names_unknown_words_on_stderr_and_flags_them_in_json(typed: Typed) -> None:
    clients = {"sagemaker_runtime": FakeEndpoint({"king": [3.0, 4.0]})}

    code, out, err = typed("predict", "king", "kingg", **clients)
    _, document_, _ = typed("--json", "predict", "king", "kingg", **clients)

    assert code == 0
    assert "kingg" in err
    assert "unknown" in out
    assert [(each["word"], each["known"]) for each in json.loads(document_)] == [("king", True), ("kingg", False)]


def test_predict_reads_words_from_stdin(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("king\n\n queen \n"))
    endpoint = FakeEndpoint({})

    typed("predict", "-", sagemaker_runtime=endpoint)

    assert endpoint.bodies == [{"instances": ["king", "queen"]}]


def test_train_sends_only_what_was_typed_and_says_what_to_type_next(typed: Typed) -> None:
    launcher = FakeLauncher(
        {"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": ["few words"]}
    )

    code, out, err = typed(
        "train",
        "--corpus",
        "wiki",
        "--mode",
        "cbow",
        "--subwords",
        "true",
        "--min-count",
        "0",
        "--spot",
        "--tag",
        "a=b=c",
        **{"lambda": launcher},
    )

    assert (code, out.strip()) == (0, JOB)
    order = {"corpus": "wiki", "mode": "cbow", "hyperparameters": {"min_count": 0, "subwords": True}, "spot": True, "tags": {"a": "b=c"}}
    assert launcher.events == [{**order, "dryRun": True}, order]
    assert "Costs of 2 x ml.c5.xlarge: $0.408 an hour, at most $0.204 in the 30 min 00 s it may run (prices of 2026-04-21)." in err
    assert "few words" in err
    assert f"blazingtext logs {JOB} --follow" in err


def test_the_same_request_again_says_that_its_job_exists(typed: Typed) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "Completed", "created": False, "artifact": "s3://x", "warnings": []})

    _, _, err = typed("train", "--corpus", "wiki", **{"lambda": launcher})

    assert "already exists" in err
    assert "Completed" in err


@pytest.mark.parametrize("options", [(), ("--watch",)])
@pytest.mark.parametrize(("status", "said"), [("Failed", "ClientError: no words"), ("Stopped", "is Stopped (Stopped)")])
def test_the_same_request_again_names_retry_when_its_job_has_failed(typed: Typed, options: tuple[str, ...], status: str, said: str) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": status, "created": False, "artifact": "s3://x", "warnings": []})
    jobs = FakeJobs()
    jobs.add(JOB, status, FailureReason="ClientError: no words" if status == "Failed" else "")

    code, out, err = typed("train", "--corpus", "wiki", *options, sagemaker=jobs, **{"lambda": launcher})

    assert (code, out) == (2, "")
    assert said in err
    assert "Nothing was started" in err
    assert "--retry" in err


class Logs(FakeClient):
    def __init__(self, *lines: str) -> None:
        events = [{"timestamp": 1_700_000_000_000, "message": line} for line in lines]
        super().__init__(
            describe_log_streams=lambda **_: {"logStreams": [{"logStreamName": f"{JOB}/algo-1"}]},
            get_log_events=lambda **wish: {"events": [] if "nextToken" in wish else events, "nextForwardToken": "f/1"},
            filter_log_events=lambda **_: {"events": events},
        )


@pytest.mark.parametrize(
    ("failure", "code"), [("ClientError: Please provide text, exit code: 1", 2), ("AlgorithmError: out of memory, exit code: 1", 1)]
)
def test_watching_a_run_that_fails_ends_with_whose_fault_it_is(typed: Typed, failure: str, code: int) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []})
    jobs = FakeJobs()
    jobs.add(JOB, "Failed", FailureReason=failure)

    ended, out, err = typed(
        "train", "--corpus", "wiki", "--watch", sagemaker=jobs, logs=Logs("a [line] of the log"), **{"lambda": launcher}
    )

    assert (ended, out) == (code, "")
    assert "a [line] of the log" in err
    assert failure in err


@pytest.mark.parametrize(
    ("phase", "remedy"), [("Stopped", "--retry"), ("MaxRuntimeExceeded", "--max-runtime"), ("MaxWaitTimeExceeded", "--max-wait")]
)
def test_watching_a_run_that_is_stopped_ends_with_what_to_do(typed: Typed, phase: str, remedy: str) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []})
    jobs = FakeJobs()
    jobs.add(JOB, "Stopped", phase=phase)

    code, out, err = typed(
        "train", "--corpus", "wiki", "--watch", "--json", sagemaker=jobs, logs=Logs("Read 10M words"), **{"lambda": launcher}
    )

    assert (code, json.loads(out)["error"]["exit_code"]) == (2, 2)
    assert f"kept in {artifact(JOB)}" in err
    assert remedy in err


def test_the_endpoints_log_is_read_from_all_its_streams(typed: Typed) -> None:
    logs = Logs("served")

    code, out, _ = typed("logs", "--endpoint", logs=logs)

    assert (code, out) == (0, "served\n")
    # An empty prefix would be refused.
    assert logs.calls[0] == ("describe_log_streams", {"logGroupName": "/aws/sagemaker/Endpoints/blazingtext-dev"})
    for more in ("--follow", JOB):
        assert typed("logs", "--endpoint", more, logs=logs)[0] == 2


def test_watching_a_run_to_its_end_prints_its_summary(typed: Typed) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []})
    jobs = FakeJobs()
    jobs.add(JOB, FinalMetricDataList=[{"MetricName": "train:mean_rho", "Value": 0.7164}], TrainingTimeInSeconds=654)

    code, out, err = typed(
        "train", "--corpus", "wiki", "--watch", "--json", sagemaker=jobs, logs=Logs("Read 10M words"), **{"lambda": launcher}
    )

    assert code == 0
    assert json.loads(out)["metrics"] == {"train:mean_rho": 0.7164}
    assert "Read 10M words" in err
    assert f"blazingtext evaluate --job {JOB}" in err


def test_interrupting_a_watch_leaves_the_job_and_says_how_to_stop_it(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    jobs = FakeJobs()
    jobs.add(JOB, "InProgress")
    monkeypatch.setattr(BlazingText, "events", interrupted)

    code, _, err = typed("logs", JOB, "--follow", sagemaker=jobs, logs=Logs())

    assert code == 130
    assert f"blazingtext stop {JOB}" in err
    assert not jobs.stopped


def test_runs_show_score_speed_and_which_is_live(typed: Typed) -> None:
    jobs = FakeJobs()
    jobs.add("blazingtext-dev-wiki-skipgram-old", "Failed")
    jobs.add(JOB, FinalMetricDataList=[{"MetricName": "train:mean_rho", "Value": 0.7164}], TrainingTimeInSeconds=654)
    stacks = FakeStacks(ModelDataUrl=artifact(JOB))
    logs = Logs("Average throughput in Million words/sec: 2.27")

    _, out, _ = typed("runs", cloudformation=stacks, sagemaker=jobs, logs=logs)

    first, second = out.splitlines()[1:]
    assert first.split() == ["*", JOB, "Completed", "0.716", "2.27", "10", "min", "54", "s"]
    assert second.split() == ["blazingtext-dev-wiki-skipgram-old", "Failed", "2.27"]


def test_status_fits_on_one_screen_and_names_the_next_command(typed: Typed) -> None:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.serve()

    code, out, err = typed("status", cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), sagemaker=jobs)

    assert code == 0
    assert "$0.460 an hour" in out
    assert len(out.splitlines()) < 24
    assert "blazingtext predict" in err


def test_status_of_a_stage_that_is_not_deployed_says_how_to_deploy(typed: Typed) -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    code, out, err = typed("status", cloudformation=stacks, sagemaker=FakeJobs())

    assert code == 0
    assert out.count("not deployed") == 3
    assert "cdk deploy --all" in err


@pytest.fixture(name="model")
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The clients of a stage with one completed run, whose artifact holds four words and an eval.json."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    figures = {"EN-WS-353-ALL.txt": {"not_found": 6, "spearmans_rho": 0.7234, "total_pairs": 353}, "mean_rho": 0.7164}
    vectors = b"4 3\nman 1 0 0\nking 1 0 1\nwoman 1 1 0\nqueen 1 1 1\n"
    bucket, jobs = FakeBucket(), FakeJobs()
    bucket.put(f"runs/{JOB}/output/model.tar.gz", packed({"vectors.txt": vectors, "eval.json": json.dumps(figures).encode()}))
    jobs.add(JOB)
    return {"s3": bucket, "sagemaker": jobs}


def test_neighbours_come_from_the_newest_completed_run(typed: Typed, model: dict[str, Any]) -> None:
    code, out, err = typed("neighbors", "king", "kong", "--count", "1", **model)

    assert code == 0
    assert out.split() == ["king", "0.816", "queen"]
    assert 'Did you mean "king"' in err
    assert typed("neighbors", "kong", **model)[0] == 2


def test_an_analogy_is_answered(typed: Typed, model: dict[str, Any]) -> None:
    _, out, _ = typed("analogy", "man", "king", "woman", "--json", **model)

    assert json.loads(out)[0]["word"] == "queen"


def test_evaluate_shows_the_containers_figures_or_computes_them(typed: Typed, model: dict[str, Any]) -> None:
    _, theirs, _ = typed("evaluate", "--json", **model)
    _, ours, _ = typed("evaluate", "--compute", "--json", **model)
    _, table, _ = typed("evaluate", **model)

    assert json.loads(theirs)["mean_rho"] == 0.7164
    assert json.loads(ours)["scores"][0]["not_found"] > 340
    assert table.splitlines()[-1].split() == ["mean_rho", "0.7164"]


def test_the_live_model_can_be_named_and_must_be_there(typed: Typed, model: dict[str, Any]) -> None:
    assert typed("neighbors", "king", "--job", "live", **model)[0] == 3

    code, out, _ = typed("neighbors", "king", "--job", "live", cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)), **model)

    assert code == 0
    assert "queen" in out


def test_promote_waits_until_the_model_is_in_service(typed: Typed, model: dict[str, Any]) -> None:
    model["sagemaker"].serve()

    code, out, err = typed("promote", **model, cloudformation=FakeStacks(ModelDataUrl=artifact("other")))

    assert (code, out.strip()) == (0, JOB)
    assert "is live" in err
    assert "blazingtext predict" in err


@pytest.mark.parametrize("verb", ["promote", "rollback", "pause", "resume"])
def test_interrupting_a_wait_leaves_the_update_alone_and_says_so(
    typed: Typed, model: dict[str, Any], verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(BlazingText, "wait", interrupted)
    model["sagemaker"].serve()
    other, state = artifact("other"), "paused" if verb == "resume" else "running"
    if verb == "resume":
        model["sagemaker"].endpoint = None
    stacks = FakeStacks(ModelDataUrl=other, PreviousModelDataUrl=artifact("former"), EndpointState=state)

    code, _, err = typed(verb, **model, cloudformation=stacks)

    assert (code, len(stacks.updates)) == (130, 1)
    assert "The update goes on by itself" in err
    assert "blazingtext status --wait" in err


@pytest.mark.parametrize(
    ("verb", "serving", "wish"),
    [
        ("promote", {}, (JOB, "running", True)),
        ("rollback", {}, ("former", "running", True)),
        ("pause", {}, ("other", "paused", True)),
        ("resume", {"EndpointState": "paused"}, ("other", "running", True)),
        ("resume", {}, ("other", "running", False)),
    ],
)
def test_a_wait_knows_what_was_started(
    typed: Typed,
    model: dict[str, Any],
    verb: str,
    serving: dict[str, str],
    wish: tuple[str, str, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[dict[str, Any]] = []
    monkeypatch.setattr(BlazingText, "wait", lambda _, job, **given: waited.append({"job": job, **given}))
    if not serving:
        model["sagemaker"].serve()
    stacks = FakeStacks(**{"ModelDataUrl": artifact("other"), "PreviousModelDataUrl": artifact("former"), **serving})

    assert typed(verb, **model, cloudformation=stacks)[0] == 0

    assert [(each["job"], each["state"], each["update_started"]) for each in waited] == [wish]


@pytest.mark.parametrize(("option", "guard"), [("--auto-rollback", "on"), ("--no-auto-rollback", "off")])
def test_promote_lets_the_alarms_watch_unless_told_not_to(typed: Typed, model: dict[str, Any], option: str, guard: str) -> None:
    model["sagemaker"].serve()
    stacks = FakeStacks(ModelDataUrl=artifact("other"))

    code, out, _ = typed("promote", option, **model, cloudformation=stacks)

    assert (code, out.strip(), stacks.parameters["AutoRollback"]) == (0, JOB, guard)


def test_the_audit_exits_with_one_while_something_is_left_and_with_zero_when_nothing_is(typed: Typed) -> None:
    with_a_role = account(iam__list_roles=[{"RoleName": "blazingtext-dev-x"}])

    code, out, err = typed("audit", **with_a_role)
    clean, nothing, told = typed("audit", "--json", **account())

    assert code == 1
    assert out.split() == ["what", "name", "region", "role", "blazingtext-dev-x"]
    assert "aws iam delete-role --role-name blazingtext-dev-x" in err
    assert clean == 0
    assert json.loads(nothing)["left"] == []
    assert "nothing is left" in told


def test_a_bucket_is_deleted_wherever_it_is_so_a_region_beside_it_is_refused_and_nothing_deleted(typed: Typed) -> None:
    code, out, err = typed("audit", "--delete-bucket", "blazingtext-dev-storage-x", "--in", "eu-west-1", **account())

    assert (code, out) == (2, "")
    assert "Leave out --in" in err


def test_upload_takes_the_corpus_name_from_the_file(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "My Wiki.txt").write_text("some words\n")
    bucket = FakeBucket()

    code, out, err = typed("upload", str(tmp_path / "My Wiki.txt"), s3=bucket)

    assert code == 0
    assert out.strip().endswith("/corpora/my-wiki/")
    assert "blazingtext train --corpus my-wiki --watch" in err


def test_after_a_labelled_upload_the_next_command_trains_a_classifier(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "films.txt").write_text("__label__good fine\n__label__bad sad\u00a0film\n")

    code, _, err = typed("upload", str(tmp_path / "films.txt"), s3=FakeBucket())

    assert code == 0
    assert "blazingtext train --corpus films --mode supervised --watch" in err
    assert "U+00A0 NO-BREAK SPACE 1 times" in err


def test_prepare_tells_what_it_left_out(typed: Typed, tmp_path: Path) -> None:
    folder, out_file = tmp_path / "in", tmp_path / "out.txt"
    folder.mkdir()
    (folder / "a.csv").write_text('label,text\n1,good\n,bad\n2,"so\n')
    (folder / "b.pdf").write_bytes(b"%PDF-1.7")
    (folder / "c.txt").write_text("no table\n")

    code, out, err = typed("corpus", "prepare", str(folder), "-o", str(out_file), "--column", "text", "--labels", "label", "--json")

    assert code == 0
    assert json.loads(out)["left_out"] == {"rows with an empty label": 1}
    assert "1 row with an empty label: left out." in err
    assert "1 row with a quote that is not closed" in err
    assert '2 files left out: b.pdf is a PDF document, c.txt has no column "text".' in err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("-o", "-", "--json"), "--json prints its document"),
        (("-o", "x", "--labels", "a"), "add --column"),
        (("-o", "x", "--column", "a", "--plain"), "leave out --plain"),
        (("-o", "x", "--column", "a", "--wrapped"), "leave out --plain and --wrapped"),
        (("-o", "x", "--encoding", "klingon"), "not an encoding that Python knows"),
    ],
)
def test_options_of_prepare_that_do_not_fit_are_usage_errors(typed: Typed, tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    (tmp_path / "a.txt").write_text("words")

    code, out, err = typed("corpus", "prepare", str(tmp_path / "a.txt"), *options)

    assert code == 2
    assert why in (json.loads(out)["error"]["message"] if "--json" in options else err)


@pytest.mark.parametrize(
    ("typed_options", "normaliser", "shape", "reading", "force"),
    [
        ("", Normaliser(), Shape(True, False, 1, 1000), Reading(), False),
        (
            "--numbers spell --punctuation split --keep-case --lines --wrapped --min-words 3 --max-words 9 --encoding cp1251 --force",
            Normaliser(lower=False, numbers=Numbers.SPELL, punctuation=Punctuation.SPLIT),
            Shape(False, True, 3, 9),
            Reading("cp1251"),
            True,
        ),
        ("--language TR --plain", Normaliser(language="tr"), Shape(), Reading(plain=True), False),
        ("--column text --labels kind --header", Normaliser(), Shape(), Reading("", "text", "kind", True), False),
        ("--column 2 --no-header", Normaliser(), Shape(), Reading("", "2", "", False), False),
        ("--shard 2/3 --workers 5", Normaliser(), Shape(), Reading(share=Share(2, 3)), False),
    ],
)
def test_every_option_of_prepare_arrives(
    typed: Typed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed_options: str,
    normaliser: Normaliser,
    shape: Shape,
    reading: Reading,
    force: bool,
) -> None:
    asked: list[Any] = []

    def prepare(inputs: Any, output: Path, **given: Any) -> None:
        asked.append((inputs, output, given))
        raise CorpusError("Enough.")

    monkeypatch.setattr(preparation, "prepare", prepare)
    (tmp_path / "a.txt").write_text("words")

    typed("corpus", "prepare", str(tmp_path / "a.txt"), "-o", "out.txt", *typed_options.split())

    ((inputs, output, given),) = asked
    assert (inputs, output) == ((str(tmp_path / "a.txt"),), Path("out.txt"))
    seen = replace(given["reading"], access=reading.access, advance=reading.advance, tally=reading.tally)
    assert (given["normaliser"], given["shape"], seen, given["force"]) == (normaliser, shape, reading, force)
    assert given["workers"] == (5 if "--workers" in typed_options else processes.usable_cores())


def test_a_header_and_plain_text_are_options_of_prepare(typed: Typed, tmp_path: Path) -> None:
    raw, out_file = tmp_path / "a.csv", tmp_path / "out.txt"
    raw.write_text("label,text\n1,good\n")

    for options, lines in {
        ("--column", "2", "--header"): "good\n",
        ("--column", "2", "--no-header"): "text\ngood\n",
        ("--csv-column", "text"): "good\n",
        ("--plain",): "label text\n1 good\n",
    }.items():
        assert typed("corpus", "prepare", str(raw), "-o", str(out_file), "--force", *options)[0] == 0
        assert out_file.read_text() == lines
    assert typed("corpus", "prepare", str(raw), "-o", str(out_file), "--force")[0] == 2


def test_prepare_then_stats_from_the_command_line(typed: Typed, tmp_path: Path) -> None:
    raw, out_file = tmp_path / "raw.txt", tmp_path / "corpus.txt"
    raw.write_bytes(b"One Cat. Two cats: caf\xe9!" + b"\n " * 600)

    code, out, err = typed("corpus", "prepare", str(raw), "--output", str(out_file), "--numbers", "drop")
    _, counted, warned = typed("corpus", "stats", str(out_file), "--json")

    assert (code, out.strip()) == (0, str(out_file))
    assert "1 byte in 1 file (raw.txt), invalid in the encoding, read as cp1252" in err
    assert json.loads(counted)["words"] == 5
    assert "No word occurs 5 times" in warned
    assert typed("corpus", "prepare", str(raw), "--output", str(out_file))[0] == 2


def test_a_dry_run_of_train_asks_once_and_says_what_it_would_start_and_cost(typed: Typed) -> None:
    answer = {"jobName": JOB, "jobArn": "", "status": "", "created": False, "artifact": "s3://x", "warnings": ["few words"]}
    launcher = FakeLauncher(answer)

    code, out, err = typed("train", "--corpus", "wiki", "--dry-run", **{"lambda": launcher})
    _, document_, _ = typed("train", "--corpus", "wiki", "--dry-run", "--json", **{"lambda": launcher})
    _, _, existing = typed("train", "--corpus", "wiki", "--dry-run", **{"lambda": FakeLauncher({**answer, "status": "Completed"})})

    assert (code, out.strip()) == (0, JOB)
    assert launcher.events == [{"corpus": "wiki", "dryRun": True}] * 2
    assert "at most $0.204" in err
    assert "Nothing was started." in err
    assert json.loads(document_)["cost"]["maximum_dollars"] == 0.204
    assert "It exists already, and is Completed." in existing


def test_a_job_without_a_known_price_says_so_before_it_starts(typed: Typed) -> None:
    unknown = {"instanceType": "ml.c4.xlarge", "instanceCount": 1, "maxRuntimeSeconds": 60, "hourlyDollars": None, "maximumDollars": None}
    answer = {"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []}

    _, _, err = typed("train", "--corpus", "wiki", **{"lambda": FakeLauncher({**answer, "cost": {**unknown, "pricesOf": ""}})})

    assert "Costs of 1 x ml.c4.xlarge: not known, for the price list has no such type in this region. It may run 1 min 00 s." in err


def test_costs_adds_up_endpoint_training_and_bucket_and_names_the_day_and_source(typed: Typed) -> None:
    bucket = FakeBucket()
    bucket.objects.update(dict.fromkeys(("corpora/wiki/train/a", "runs/a/output/model.tar.gz", "reports/r"), bytes(2**20)))
    options = ("--training-instance-count", "2", "--max-runtime", "1800", "--endpoint-instance-type", "ml.m5.xlarge")

    code, out, err = typed("costs", *options, s3=bucket)
    _, document_, _ = typed("costs", *options, "--json", s3=bucket)

    assert code == 0
    assert [line.split()[-1] for line in out.splitlines()[2:]] == ["$0.230", "$5.52", "$167.90", "$0.408", "$0.204", "$0.001"]
    assert "bucket, 2.1 MB" in out
    assert "Prices of us-east-1, 2026-04-21: AWS's price list" in err
    found = json.loads(document_)
    assert (found["endpoint"]["month"], found["training"]["at_most"], found["storage"]["size"]) == (pytest.approx(167.9), 0.204, 2**21)


def test_costs_of_an_endpoint_that_follows_its_load_are_also_those_of_its_most_instances(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stages").mkdir()
    settings = {"endpointInstanceType": "ml.m5.xlarge", "endpointMaximumInstances": 3}
    (tmp_path / "stages" / "dev.json").write_text(json.dumps(settings), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    _, out, _ = typed("costs", s3=FakeBucket())
    _, document_, _ = typed("costs", "--json", s3=FakeBucket())

    assert next(line for line in out.splitlines() if "a month, with 3" in line).split()[-1] == "$503.70"
    found = json.loads(document_)["endpoint"]
    assert (found["most_instances"], found["month_at_most"]) == (3, pytest.approx(503.7))


def test_costs_of_a_serverless_endpoint_are_said_to_go_by_the_request(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "dev.json").write_text('{"serverlessMemoryMb": 3072}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    code, out, err = typed("costs", s3=FakeBucket())

    assert code == 0
    (row,) = (line for line in out.splitlines() if "serverless, 3072 MB" in line)
    assert row.endswith("by the request")
    assert "A serverless endpoint has no price by the hour" in err
    assert "The price of serverless" not in err


def test_costs_that_are_not_known_are_said_to_be_and_a_stage_that_is_not_deployed_has_no_bucket(typed: Typed) -> None:
    stacks = FakeStacks()
    stacks.statuses.clear()

    code, out, err = typed("costs", "--training-instance-type", "ml.c4.xlarge", cloudformation=stacks)

    assert code == 0
    assert [line.rpartition("  ")[2].strip() for line in out.splitlines()[2:]] == ["not known"] * 5
    assert "The price of ml.m4.xlarge in us-east-1 is not known" in err
    assert "The price of ml.c4.xlarge in us-east-1 is not known" in err


def test_train_without_promotion_asks_for_just_that(typed: Typed) -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []})

    typed("train", "--corpus", "wiki", "--no-promote", **{"lambda": launcher})

    assert launcher.events[1] == {"corpus": "wiki", "promote": False}


@pytest.mark.parametrize("name", ["", "a b", "\udcff", "a" * 64, "-a"])
@pytest.mark.parametrize("command", ["logs", "promote", "stop"])
def test_a_name_that_no_job_has_is_refused_in_one_sentence_before_aws_is_asked(command: str, name: str, typed: Typed) -> None:
    sagemaker = FakeJobs()

    code, _, err = typed(command, "--", name, sagemaker=sagemaker)

    assert code == 2
    assert "is not the name of a training job" in err or "it is empty" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words",
    [
        ["predict", ""],
        ["neighbors", "king", ""],
        ["audit", "--in", ""],
        ["corpus", "prepare", "", "-o", "x"],
        ["upload", "a", "--corpus", ""],
    ],
)
def test_an_empty_word_is_refused_since_a_variable_of_the_shell_may_be_missing(words: list[str], typed: Typed) -> None:
    code, out, err = typed(*words, **account())

    assert (code, out) == (2, "")
    assert "it is empty" in err
