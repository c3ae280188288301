"""`tune`, `tunings`, `tuning` and `stop` of a tuning job: what they ask for, what they show, and their exit codes."""

import json
import re
from typing import Any

import pytest

from blazingtext.cli import leaderboard
from blazingtext.client import BlazingText
from blazingtext.runs import following, training_jobs, tuning, tunings
from blazingtext.runs import leaderboard as leaderboards
from blazingtext_lifecycle.errors import RequestError
from tests.unit.blazingtext.cloud_fakes import FakeJobs, FakeLauncher, FakeStacks, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.tuning_fakes import BEST, OTHER, TRIALS, TUNING, WAITING, FakeTunings, trial, tuner

COSTS = (
    "Costs of 4 training jobs, 2 at a time, on 1 x ml.c5.xlarge each: at most $0.816 in the 1 h 00 min each may run (prices of 2026-04-21)."
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_FIRST_POLL_SECONDS", 0)


# --- tune -------------------------------------------------------------------------------------------------------------


def test_tune_sends_values_ranges_and_lists_after_it_was_priced(typed: Typed) -> None:
    function = tuner()
    wishes = ("--mode", "skipgram,cbow", "--epochs", "3", "--learning-rate", "0.005:0.01:log", "--window-size", "5:10")

    code, out, err = typed("tune", "wiki", *wishes, "--jobs", "4", "--parallel", "2", "--seed", "7", **{"lambda": function})

    assert (code, out) == (0, f"{TUNING}\n")
    assert err == f"{COSTS}\ndone {TUNING} started\nnext: blazingtext tuning {TUNING} --follow\n"
    asked = {
        "corpus": "wiki",
        "hyperparameters": {"epochs": "3"},
        "tuning": {
            "ranges": {
                "mode": ["skipgram", "cbow"],
                "learning_rate": {"from": "0.005", "to": "0.01", "scaling": "Logarithmic"},
                "window_size": {"from": "5", "to": "10"},
            },
            "maxJobs": 4,
            "parallelJobs": 2,
            "seed": 7,
        },
    }
    assert function.events == [{**asked, "dryRun": True}, asked]


def test_tune_sends_strategy_early_stop_warm_start_and_what_every_job_has(typed: Typed) -> None:
    function = tuner()
    options = ("--strategy", "random", "--early-stop", "--warm-start", "wiki-0a1", "--no-promote", "--retry", "--mode", "cbow")

    typed("tune", "wiki", "--epochs", "1,2", *options, sagemaker=FakeTunings("Completed"), **{"lambda": function})

    assert function.events[-1] == {
        "corpus": "wiki",
        "mode": "cbow",
        "retry": True,
        "promote": False,
        "tuning": {"ranges": {"epochs": ["1", "2"]}, "strategy": "Random", "earlyStopping": True, "warmStart": [TUNING]},
    }


def test_a_dry_run_says_what_it_would_start(typed: Typed) -> None:
    function = tuner("", created=False, warnings=("learning_rate is wide.",))

    code, out, err = typed("tune", "wiki", "--epochs", "1:2", "--dry-run", **{"lambda": function})

    assert (code, out) == (0, f"{TUNING}\n")
    assert err == f"{COSTS}\nwarning learning_rate is wide.\nNothing was started.\n"
    assert [event["dryRun"] for event in function.events] == [True]


def test_a_price_that_is_not_known_is_said_not_to_be(typed: Typed) -> None:
    _, _, err = typed("tune", "wiki", "--epochs", "1:2", **{"lambda": tuner(dollars=None)})

    assert "not known, for the price list has no such type in this region. Each may run 1 h 00 min." in err


@pytest.mark.parametrize("wish", ["1:2:3", "1:2:log:log", ":2", "1:"])
def test_what_is_no_range_is_refused_before_anything_is_asked(wish: str, typed: Typed) -> None:
    function = tuner()

    code, _, err = typed("tune", "wiki", "--epochs", wish, **{"lambda": function})

    assert (code, function.events) == (2, [])
    assert f'epochs: "{wish}" is not a range.' in err
    assert "auto, linear, log, reverse-log" in err


def test_the_same_request_finds_its_tuning_job(typed: Typed) -> None:
    code, _, err = typed("tune", "wiki", "--epochs", "1:2", **{"lambda": tuner("Completed", created=False)})

    assert code == 0
    assert f"{TUNING} already exists for the same request and the same data. It is Completed." in err


def test_a_tuning_job_that_failed_before_is_tried_again_only_when_told_to(typed: Typed) -> None:
    jobs = FakeTunings("Failed", FailureReason="All training jobs failed.")

    code, _, err = typed("tune", "wiki", "--epochs", "1:2", sagemaker=jobs, **{"lambda": tuner("Failed", created=False)})

    assert code == 2
    assert "failed. SageMaker says: All training jobs failed. Nothing was started." in err
    assert "--retry" in err


def test_what_the_function_refuses_keeps_its_class_and_words(typed: Typed) -> None:
    refusing = FakeLauncher(
        {"errorType": "RequestError", "errorMessage": "tuning.maxJobs: 0 is not allowed."}, error=True, function="tuner"
    )

    code, _, err = typed("tune", "wiki", "--epochs", "1:2", **{"lambda": refusing})

    assert (code, "tuning.maxJobs: 0 is not allowed." in err) == (2, True)


# --- the leaderboard --------------------------------------------------------------------------------------------------


BOARD = """\
    job                                             train:mean_rho  learning_rate  status      time
1*  blazingtext-dev-wiki-0a1b2c3-002-0123abcd               0.6200  0.0091         Completed   75 s
 2  blazingtext-dev-wiki-0a1b2c3-001-0123abcd               0.5100  0.0061235      Completed   75 s
 3  blazingtext-dev-wiki-0a1b2c3-003-0123abcd                       0.007          InProgress
"""


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_wait_follows_to_the_end_and_says_how_to_promote_the_best(typed: Typed) -> None:
    jobs = FakeTunings("InProgress", "InProgress", "Completed")

    code, out, err = typed("tune", "wiki", "--epochs", "1:2", "--wait", sagemaker=jobs, **{"lambda": tuner()})

    assert (code, words(out)) == (0, words(BOARD))
    # Where there is no terminal, each change is told once.
    assert err.count(f"{BEST} Completed: learning_rate 0.0091, train:mean_rho 0.6200") == 1
    assert f"{WAITING} InProgress: learning_rate 0.007\n" in err
    assert err.endswith(f"done {TUNING} in 2 min 30 s\nnext: blazingtext promote {BEST}\n")


@pytest.mark.parametrize(
    ("status", "failure", "code", "said"),
    [
        ("Failed", "ClientError: no words.", 2, "failed. All failed. SageMaker says of its training jobs: ClientError: no words."),
        ("Failed", "AlgorithmError: bug.", 1, "SageMaker says of its training jobs: AlgorithmError: bug."),
        ("Stopped", "", 2, "is not complete. It was stopped before its end. What its training jobs reached: blazingtext tuning"),
    ],
)
def test_another_end_than_the_good_one_has_an_exit_code_of_its_own(status: str, failure: str, code: int, said: str, typed: Typed) -> None:
    failed = {**trial(OTHER, "Failed"), **({"FailureReason": failure} if failure else {})}
    stopped = trial(WAITING, "Stopped")
    jobs = FakeTunings(status, trials=[failed, stopped], FailureReason="All failed.")

    ended, _, err = typed("tuning", TUNING, "--follow", sagemaker=jobs)

    assert (ended, said in err) == (code, True)


def test_ctrl_c_leaves_it_running_and_says_how_to_look_again_and_how_to_stop(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(leaderboard.Leaderboard, "show", interrupted)
    jobs = FakeTunings("InProgress")

    code, _, err = typed("tuning", TUNING, "--follow", sagemaker=jobs)

    assert (code, jobs.stopped_tunings) == (130, [])
    assert f"{TUNING} keeps running." in err
    assert f"next: blazingtext tuning {TUNING} --follow\nnext: blazingtext stop {TUNING}\n" in err


def test_a_terminal_shows_one_leaderboard_that_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from blazingtext.cli.output import Output

    drawn = Console(force_terminal=True, width=140, record=True, color_system=None)
    out = Output(err=drawn)
    shown = tunings.tuning(cloud(sagemaker=FakeTunings("InProgress")), TUNING)

    with leaderboard.leaderboard(out) as board:
        board.show(shown)
        board.show(shown)

    text = drawn.export_text()
    assert "train:mean_rho" in text
    assert f"{TUNING}: InProgress, 2 of 4 training jobs have ended" in text


@pytest.mark.parametrize(("status", "ended"), [("InProgress", 2), ("Stopping", 2), ("Stopped", 3), ("Failed", 3), ("Completed", 3)])
def test_the_leaderboard_counts_the_training_jobs_that_have_ended(status: str, ended: int) -> None:
    from rich.console import Console

    from blazingtext.cli.output import Output

    drawn = Console(force_terminal=True, width=140, record=True, color_system=None)
    trials = [*TRIALS[:2], trial(WAITING, status, learning_rate="0.007")]

    with leaderboard.leaderboard(Output(err=drawn)) as board:
        board.show(tunings.tuning(cloud(sagemaker=FakeTunings("InProgress", trials=trials)), TUNING))

    assert f"{ended} of 4 training jobs have ended" in drawn.export_text()


def test_tuning_shows_the_best_first_and_what_to_do_next(typed: Typed) -> None:
    code, out, err = typed("tuning", sagemaker=FakeTunings("Completed"))

    assert (code, words(out)) == (0, words(BOARD))
    assert err == (
        f"{TUNING} is Completed: 3 of 4 training jobs. Bayesian, 2 at a time, on corpus wiki.\nnext: blazingtext promote {BEST}\n"
    )
    running = typed("tuning", "wiki-0a1b", sagemaker=FakeTunings("InProgress"))[2]
    assert running.endswith(f"next: blazingtext tuning {TUNING} --follow\nnext: blazingtext stop {TUNING}\n")


def test_tuning_is_json_and_csv_too(typed: Typed) -> None:
    found = json.loads(typed("tuning", TUNING, "--json", sagemaker=FakeTunings("Completed"))[1])
    csv = typed("tuning", TUNING, "--csv", sagemaker=FakeTunings("Completed"))[1].splitlines()

    assert (found["best"], found["objective"], found["max_jobs"]) == (BEST, "train:mean_rho", 4)
    assert [each["job"] for each in found["trials"]] == [BEST, OTHER, WAITING]
    assert csv == [
        "rank,job,status,train:mean_rho,learning_rate,seconds,failure",
        f"1,{BEST},Completed,0.62,0.0091,75.0,",
        f"2,{OTHER},Completed,0.51,0.0061234567,75.0,",
        f"3,{WAITING},InProgress,,0.007,,",
    ]
    assert [typed("tuning", TUNING, "--csv", each, sagemaker=FakeTunings("Completed"))[0] for each in ("--json", "--follow")] == [2, 2]


def test_why_training_jobs_failed_stands_below(typed: Typed) -> None:
    failed = {**trial(OTHER, "Failed"), "FailureReason": "AlgorithmError: bug."}

    out = typed("tuning", TUNING, sagemaker=FakeTunings("Completed", trials=[failed, TRIALS[1]]))[1]

    assert words(out)[-1] == [OTHER, "AlgorithmError:", "bug."]


def test_a_notebook_shows_the_leaderboard_as_a_table_with_nothing_of_others_as_markup() -> None:
    found = tunings.tuning(cloud(sagemaker=FakeTunings("Completed", trials=[trial(BEST, value=0.62, mode="<b>cbow</b>")])), TUNING)

    page = found._repr_html_()

    cells = re.sub(r' style="[^"]*"', "", page)
    assert f"<td>1*</td><td>{BEST}</td><td>0.6200</td><td>&lt;b&gt;cbow&lt;/b&gt;</td>" in cells
    assert "<caption>blazingtext-dev-wiki-0a1b2c3: Completed, 1 of 4 training jobs</caption>" in page


@pytest.mark.parametrize(("value", "short"), [("0.0061234567", "0.0061235"), ("12345678", "12345678"), ("-3", "-3"), ("cbow", "cbow")])
def test_a_fraction_is_shortened_and_nothing_else(value: str, short: str) -> None:
    assert leaderboards.shortened(value) == short


# --- lists, names, stop -----------------------------------------------------------------------------------------------


def test_tunings_lists_the_newest_first(typed: Typed) -> None:
    jobs = FakeTunings("Completed")
    jobs.add_tuning("blazingtext-dev-blogs-1a2b3c4", "InProgress")
    jobs.add_tuning("my-blazingtext-dev-wiki-9a2b3c4")

    code, out, _ = typed("tunings", sagemaker=jobs)
    (one,) = json.loads(typed("tunings", "-n", "1", "--json", sagemaker=jobs)[1])

    assert code == 0
    assert [line.split()[:6] for line in out.splitlines()[1:]] == [
        ["blazingtext-dev-blogs-1a2b3c4", "InProgress", "Bayesian", "2", "of", "4"],
        [TUNING, "Completed", "Bayesian", "2", "of", "4"],
    ]
    assert one["tuning_job"] == "blazingtext-dev-blogs-1a2b3c4"


def test_no_tuning_jobs_are_no_table_and_none_to_show(typed: Typed) -> None:
    start = "blazingtext tune <corpus> --learning-rate 0.005:0.01"
    assert typed("tunings", sagemaker=FakeTunings()) == (0, "", f"There are no tuning jobs yet.\nnext: {start}\n")
    code, _, err = typed("tuning", sagemaker=FakeTunings())
    assert (code, f"There is no tuning job in stage dev. Start one with: {start}" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "words_"),
    [
        ("blogs", "There is no tuning job blogs."),
        ("wiki-", "wiki- is the beginning of several tuning jobs"),
        ("x" * 33, "up to 32 letters, digits and hyphens"),
        ("no_name", "is not the name of a tuning job"),
    ],
)
def test_a_name_that_is_no_one_tuning_jobs_is_refused(name: str, words_: str) -> None:
    jobs = FakeTunings("Completed")
    jobs.add_tuning("blazingtext-dev-wiki-1a2b3c4")

    with pytest.raises(RequestError, match=words_):
        tunings.tuning(cloud(sagemaker=jobs), name)


@pytest.mark.parametrize(("name", "trials"), [(TUNING, (BEST, OTHER)), (TUNING, (BEST,)), ("wiki-0a1b2c3", (BEST, OTHER))])
def test_stop_ends_a_tuning_job_by_its_name_though_its_training_jobs_begin_so(name: str, trials: tuple[str, ...], typed: Typed) -> None:
    jobs = FakeTunings("InProgress")
    for each in trials:
        jobs.add(each, "InProgress", TuningJobArn="arn:x/t")

    code, out, err = typed("stop", name, sagemaker=jobs)

    assert (code, out, jobs.stopped_tunings, jobs.stopped) == (0, f"{TUNING}\n", [TUNING], [])
    assert f"done {TUNING} is Stopping\nnext: blazingtext tuning {TUNING}\n" in err


@pytest.mark.parametrize("typed_name", ["rates", "blazingtext-dev-rates"])
def test_stop_of_a_chosen_name_means_the_tuning_job_and_not_its_only_training_job(typed: Typed, typed_name: str) -> None:
    jobs = FakeTunings("InProgress", name="blazingtext-dev-rates")
    jobs.add("blazingtext-dev-rates-001-0123abcd", "InProgress")

    code, _, _ = typed("stop", typed_name, sagemaker=jobs)

    assert (code, jobs.stopped_tunings, jobs.stopped) == (0, ["blazingtext-dev-rates"], [])


@pytest.mark.parametrize("typed_name", ["rates", "blazingtext-dev-rates"])
def test_stop_of_a_name_that_both_kinds_have_stops_neither(typed: Typed, typed_name: str) -> None:
    jobs = FakeTunings("InProgress", name="blazingtext-dev-rates")
    jobs.add("blazingtext-dev-rates", "InProgress")

    code, _, err = typed("stop", typed_name, sagemaker=jobs)

    assert (code, jobs.stopped_tunings, jobs.stopped) == (2, [], [])
    assert "Both a training job and a tuning job are called blazingtext-dev-rates. Nothing was stopped." in err


def test_a_chosen_name_is_not_the_beginning_of_another_tuning_job() -> None:
    jobs = FakeTunings("Completed", name="blazingtext-dev-rates")
    jobs.add_tuning("blazingtext-dev-rates-2")

    assert tunings.tuning(cloud(sagemaker=jobs), "rates").tuning_job == "blazingtext-dev-rates"


def test_a_name_goes_with_the_request_and_a_long_one_is_refused(typed: Typed) -> None:
    launched = tuner()
    request = ("tune", "wiki", "--epochs", "1:2", "--name")

    code, _, _ = typed(*request, "rates", **{"lambda": launched})
    refused = typed(*request, "rates-of-learning", **{"lambda": launched})

    assert (code, [event["name"] for event in launched.events]) == (0, ["rates", "rates"])
    assert (refused[0], "cannot name a tuning job" in refused[2]) == (2, True)


def test_a_tuning_job_that_has_ended_or_is_not_the_stages_cannot_be_stopped() -> None:
    ended, other = FakeTunings("Completed"), FakeTunings("InProgress", name="blazingtext-prod-wiki-0a1b2c3")

    for jobs, name, said in ((ended, TUNING, "It is Completed already"), (other, "blazingtext-prod-wiki-0a1b2c3", "of stage dev")):
        with pytest.raises(RequestError, match=said):
            tunings.stop(cloud(sagemaker=jobs), name)
        assert jobs.stopped_tunings == []


def test_a_name_of_neither_kind_is_told_as_a_training_jobs(typed: Typed) -> None:
    code, _, err = typed("stop", "blazingtext-dev-none", sagemaker=FakeJobs())

    assert (code, "There is no training job blazingtext-dev-none" in err) == (2, True)


def test_the_newest_training_job_that_promote_takes_is_none_of_a_tuning_jobs() -> None:
    jobs = FakeJobs()
    jobs.add("blazingtext-dev-wiki-1")
    jobs.add(BEST, TuningJobArn=f"arn:aws:sagemaker:us-east-1:1:hyper-parameter-tuning-job/{TUNING}")

    found = training_jobs.latest_own(cloud(sagemaker=jobs))

    assert found.job == "blazingtext-dev-wiki-1"
    assert training_jobs.run(cloud(sagemaker=jobs), BEST).tuning_job == TUNING


def test_the_python_client_hands_on_every_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    function, jobs = tuner(), FakeTunings("Completed")
    monkeypatch.setattr(BlazingText, "cloud", cloud(**{"lambda": function, "cloudformation": FakeStacks(), "sagemaker": jobs}))

    BlazingText().tune(
        "wiki",
        {"epochs": [1, 2]},
        mode="cbow",
        hyperparameters={"vector_dim": 50},
        strategy="Random",
        max_jobs=4,
        parallel_jobs=3,
        early_stopping=True,
        warm_start=["wiki-0a1"],
        seed=7,
        promote=False,
        name="friday",
    )
    BlazingText().tune("wiki", {"epochs": [1, 2]})

    assert function.events == [
        {
            "corpus": "wiki",
            "mode": "cbow",
            "hyperparameters": {"vector_dim": 50},
            "promote": False,
            "name": "friday",
            "tuning": {
                "ranges": {"epochs": [1, 2]},
                "strategy": "Random",
                "maxJobs": 4,
                "parallelJobs": 3,
                "earlyStopping": True,
                "warmStart": ["wiki-0a1"],
                "seed": 7,
            },
        },
        {"corpus": "wiki", "tuning": {"ranges": {"epochs": [1, 2]}}},
    ]


def test_the_python_client_takes_ranges_as_they_are_typed_or_as_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    function = tuner()
    monkeypatch.setattr(
        BlazingText, "cloud", cloud(**{"lambda": function, "cloudformation": FakeStacks(), "sagemaker": FakeTunings("Completed")})
    )
    stage = BlazingText()

    launched = stage.tune("wiki", {"learning_rate": "0.005:0.01:log", "epochs": [1, 2], "window_size": {"from": 1, "to": 2}}, max_jobs=4)

    assert function.events[0]["tuning"]["ranges"] == {
        "learning_rate": {"from": "0.005", "to": "0.01", "scaling": "Logarithmic"},
        "epochs": [1, 2],
        "window_size": {"from": 1, "to": 2},
    }
    assert (launched.tuning_job, stage.tuning().best, stage.tunings()[0].completed) == (TUNING, BEST, 2)
    assert [each.status for each in stage.follow_tuning(TUNING)] == ["Completed"]
    assert tuning.wish("epochs", "5") == "5"
