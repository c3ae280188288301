"""The table of runs: costs, filters, order, CSV, and what the command shows."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from blazingtext.cli.runs import runs
from blazingtext.runs import table, training_jobs
from blazingtext.runs.table import Row
from blazingtext_lifecycle.errors import UserError
from tests.unit.blazingtext.cloud_fakes import NOON, FakeJobs, FakeStacks, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import Logs


def _metric(name: str, value: float) -> list[dict[str, Any]]:
    return [{"MetricName": name, "Value": value}]


@pytest.fixture(name="jobs")
def _jobs() -> FakeJobs:
    """From the oldest: word vectors twice, a classifier, one that failed, one that runs."""
    jobs = FakeJobs()
    two = {"InstanceType": "ml.c5.2xlarge", "InstanceCount": 2}
    jobs.add(
        "blazingtext-dev-a", CreationTime=NOON, HyperParameters={"mode": "skipgram", "epochs": "5"}, TrainingTimeInSeconds=60,
        BillableTimeInSeconds=3600, FinalMetricDataList=_metric("train:mean_rho", 0.5),
    )  # fmt: skip
    jobs.add(
        "blazingtext-dev-b", CreationTime=NOON + timedelta(hours=1), HyperParameters={"mode": "cbow", "epochs": "10"}, ResourceConfig=two,
        BillableTimeInSeconds=720, TrainingTimeInSeconds=360, FinalMetricDataList=_metric("train:mean_rho", 0.625),
    )  # fmt: skip
    jobs.add(
        "blazingtext-dev-c", HyperParameters={"mode": "supervised", "epochs": "5"}, TrainingTimeInSeconds=20,
        FinalMetricDataList=[*_metric("train:accuracy", 0.99), *_metric("validation:accuracy", 0.875)],
    )  # fmt: skip
    jobs.add("blazingtext-dev-d", "Failed", FailureReason="ClientError: no [text]")
    jobs.add("blazingtext-dev-e", "InProgress")
    return jobs


@pytest.fixture(name="rows")
def _rows(jobs: FakeJobs) -> list[Row]:
    return [Row(run, "us-east-1", None) for run in training_jobs.runs(cloud(sagemaker=jobs), limit=10)]


def _names(rows: list[Row]) -> str:
    return "".join(row.run.job[-1] for row in rows)


def test_a_run_costs_its_billed_time_of_all_instances(rows: list[Row]) -> None:
    by_name = {row.run.job[-1]: row for row in rows}

    # ml.c5.xlarge is 0.204 and ml.c5.2xlarge 0.408 US dollars an hour in us-east-1; billed time counts every instance already.
    assert by_name["a"].cost == pytest.approx(0.204)
    assert by_name["b"].cost == pytest.approx(0.408 * 720 / 3600)
    assert [by_name[name].cost for name in "cde"] == [None] * 3
    assert Row(by_name["a"].run, "ap-east-1", None).cost is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mode=cbow", "b"),
        ("mode != skipgram", "cb"),
        ("epochs>5", "b"),
        ("epochs >= 5", "cba"),
        ("epochs<10", "ca"),
        ("epochs<=10", "cba"),
        ("epochs=10.0", "b"),
        ("mean_rho>0.5", "b"),
        ("mean_rho>=0.5", "ba"),
        ("mean_rho!=0.5", "edcb"),
        ("accuracy=0.875", "c"),
        ("train:accuracy>0.9", "c"),
        ("status=Failed", "d"),
        ("failure=ClientError: no [text]", "d"),
        ("instance_count=2", "b"),
        ("created>2026-11-22T12:30", "b"),
        ("window_size=3", ""),
        ("window_size!=3", "edcba"),
    ],
)
def test_a_filter_compares_numbers_as_numbers_and_the_rest_as_text(rows: list[Row], text: str, found: str) -> None:
    holds = table.condition(text)

    # The two without hyperparameters of their own are skip-gram runs.
    assert _names([row for row in rows if holds(row)]) == found


@pytest.mark.parametrize("text", ["", "mode", "=cbow", "mode cbow", "mean rho>1", "mode~cbow"])
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"is no filter\. Write a column"):
        table.condition(text)


def test_a_column_that_there_is_not_is_refused_with_one_spelt_like_it() -> None:
    with pytest.raises(UserError, match=r'Runs have no "mean_roh"\. Did you mean "mean_rho"'):
        table.condition("mean_roh>0.5")
    with pytest.raises(UserError, match=r'Runs have no "zzz"\. There are job, status, .*every metric and every hyperparameter'):
        table.check_column("zzz")
    table.check_column("word_ngrams")
    table.check_column("train:progress")


@pytest.mark.parametrize(
    ("column", "reverse", "order"),
    [
        ("mean_rho", False, "baedc"),
        ("mean_rho", True, "abedc"),
        ("training_seconds", False, "baced"),
        ("epochs", False, "bcaed"),
        ("job", False, "abcde"),
        ("job", True, "edcba"),
        ("mode", False, "bedac"),
        ("cost", False, "abedc"),
    ],
)
def test_numbers_are_sorted_from_the_largest_texts_from_a_and_nothing_last(rows: list[Row], column: str, reverse: bool, order: str) -> None:
    # Equal ones stay as they were, newest first, and those without a value stand behind.
    assert _names(table.in_order(rows, column, reverse=reverse)) == order
    with pytest.raises(UserError, match="Runs have no"):
        table.in_order(rows, "zzz")


def test_csv_has_every_column_metric_and_hyperparameter(rows: list[Row]) -> None:
    read = list(csv.DictReader(io.StringIO(table.as_csv(rows))))

    header = table.as_csv(rows).splitlines()[0].split(",")
    assert sorted(header) == sorted(set(header))
    assert [row["job"][-1] for row in read] == list("edcba")
    assert list(read[0])[-4:] == ["train:accuracy", "train:mean_rho", "validation:accuracy", "epochs"]
    assert read[3]["train:mean_rho"] == read[3]["mean_rho"] == "0.625"
    assert (read[3]["epochs"], read[3]["mode"], read[3]["instance_count"], read[3]["created"]) == (
        "10", "cbow", "2", "2026-11-22T13:00:00+00:00",
    )  # fmt: skip
    assert (read[0]["epochs"], read[0]["mean_rho"], read[1]["failure"]) == ("", "", "ClientError: no [text]")


# --- typed ------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="stage")
def _stage(jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("COLUMNS", "99")
    return {"sagemaker": jobs, "cloudformation": FakeStacks(), "logs": Logs()}


def test_runs_show_scores_by_name_costs_what_differs_and_why_one_failed(typed: Typed, stage: dict[str, Any]) -> None:
    code, out, err = typed("runs", **stage)

    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert lines[0] == ["job", "status", "mean_rho", "accuracy", "M/s", "time", "cost"]
    assert lines[3:6] == [
        ["blazingtext-dev-c", "Completed", "0.875", "20", "s"],
        ["blazingtext-dev-b", "Completed", "0.625", "6", "min", "00", "s", "$0.082"],
        ["blazingtext-dev-a", "Completed", "0.500", "1", "min", "00", "s", "$0.204"],
    ]
    assert ["job", "instance_type", "instance_count", "epochs", "mode"] in lines
    assert ["blazingtext-dev-b", "ml.c5.2xlarge", "2", "10", "cbow"] in lines
    assert out.endswith("failed             why\nblazingtext-dev-d  ClientError: no [text]\n")


def test_a_single_run_differs_from_none(typed: Typed, stage: dict[str, Any]) -> None:
    _, out, _ = typed("runs", "--filter", "mode=cbow", **stage)

    assert len(out.splitlines()) == 2
    assert "accuracy" not in out


def test_runs_are_filtered_sorted_and_cut(typed: Typed, stage: dict[str, Any]) -> None:
    def listed(*options: str) -> str:
        code, out, _ = typed("runs", *options, "--json", **stage)
        assert code == 0
        return "".join(run["job"][-1] for run in json.loads(out)["runs"])

    assert listed() == "edcba"
    assert listed("--reverse") == "abcde"
    assert listed("--sort", "mean_rho", "-n", "1") == "b"
    assert listed("--sort", "mean_rho", "--reverse", "-n", "1") == "a"
    assert listed("--filter", "status=Completed", "--filter", "epochs=5") == "ca"
    assert listed("--filter", "status=Completed", "-n", "2") == "cb"
    assert json.loads(typed("runs", "--json", **stage)[1])["dollars"]["blazingtext-dev-a"] == pytest.approx(0.204)


def test_filters_look_beyond_the_runs_that_are_shown(typed: Typed, stage: dict[str, Any]) -> None:
    for number in range(20):
        stage["sagemaker"].add(f"blazingtext-dev-later-{number}", HyperParameters={"mode": "batch_skipgram"})

    assert typed("runs", "--filter", "mode=cbow", "-n", "1", "--csv", **stage)[1].splitlines()[1].startswith("blazingtext-dev-b,")


def test_csv_is_printed_as_it_is(typed: Typed, stage: dict[str, Any]) -> None:
    code, out, err = typed("runs", "--csv", **stage)

    assert (code, err, len(list(csv.DictReader(io.StringIO(out))))) == (0, "", 5)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--csv", "--json"), "two forms of the same"),
        (("--sort", "score"), 'Runs have no "score"'),
        (("--filter", "cbow"), "is no filter"),
        (("--filter", "mod=cbow"), 'Did you mean "mode"'),
    ],
)
def test_what_cannot_be_listed_is_refused(typed: Typed, stage: dict[str, Any], options: tuple[str, ...], why: str) -> None:
    code, out, err = typed("runs", *options, **stage)

    assert (code, why in err + out) == (2, True)


def test_nothing_like_the_filter_is_said(typed: Typed, stage: dict[str, Any]) -> None:
    assert typed("runs", "--filter", "mode=nothing", **stage) == (0, "", "No training job is like that.\nnext: blazingtext runs\n")


def test_the_help_names_every_column() -> None:
    text = " ".join((runs.help or "").split())

    assert f"Columns for --sort and --filter: {', '.join(table.COLUMNS)}, and every metric and hyperparameter." in text
