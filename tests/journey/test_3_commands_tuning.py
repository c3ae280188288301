"""Every command for tuning with every option, against the account: what it gives, and its exit code."""

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import covers
from tests.journey.story import ROOT, Shell, jobs, wait_until
from tests.patience import PATIENCE

# Trials of a second.
SMALL = ("--epochs", "1", "--min-count", "60", "--vector-dim", "8")

# Tests that run in the background of a shell ignore Ctrl-C, and so would what they start.
INTERRUPTIBLE = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"


@pytest.fixture(scope="module")
def tuned(deployed: Shell, first_run: Any) -> Any:
    """A finished tuning job of three training jobs, and what was said of it."""
    return deployed.blazingtext(
        "tune", "wiki", *SMALL, "--learning-rate", "0.005:0.05:log", "--jobs", "3", "--seed", "1", "--no-promote", "--wait", "--json"
    )


@pytest.fixture(scope="module")
def of_tuning(account: Sandbox) -> Callable[[str], Any]:
    """A tuning job as SageMaker describes it."""
    return lambda name: account.boto3("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


@covers("tune", "--jobs", "--seed", "--no-promote", "--wait")
def test_tune_prices_searches_and_tells_the_best(tuned: Any, deployed: Shell, of_tuning: Callable[[str], Any], account: Sandbox) -> None:
    found = tuned.json()
    config = of_tuning(found["tuning_job"])["HyperParameterTuningJobConfig"]
    given = ("--jobs", "3", "--seed", "1", "--no-promote", "--wait")

    assert "Costs of 3 training jobs, 2 at a time, on 1 x ml.c5.xlarge each: at most $0.612" in tuned.err
    assert (found["status"], len(found["trials"]), found["best"]) == ("Completed", 3, found["trials"][0]["job"])
    scores = [trial["objective"] for trial in found["trials"]]
    assert scores == sorted(scores, reverse=True)
    assert (config["ResourceLimits"]["MaxNumberOfTrainingJobs"], config["RandomSeed"]) == (int(given[1]), int(given[3]))
    (ranges,) = config["ParameterRanges"].values()
    assert ranges == [{"Name": "learning_rate", "MinValue": "0.005", "MaxValue": "0.05", "ScalingType": "Logarithmic"}]
    tags = account.boto3("sagemaker").list_tags(ResourceArn=found["arn"])["Tags"]
    assert {"Key": "blazingtext:promotion", "Value": "trained with --no-promote"} in tags
    again = deployed.blazingtext("tune", "wiki", *SMALL, "--learning-rate", "0.005:0.05:log", *given[:5], "--json")
    assert (again.json()["created"], again.json()["tuning_job"]) == (False, found["tuning_job"])


@covers(
    "tune",
    "--mode",
    "--batch-size",
    "--epochs",
    "--evaluation",
    "--learning-rate",
    "--min-count",
    "--negative-samples",
    "--sampling-threshold",
    "--vector-dim",
    "--window-size",
    "--subwords",
    "--min-char",
    "--max-char",
    "--buckets",
    "--parallel",
    "--strategy",
    "--early-stop",
    "--instance-type",
    "--instance-count",
    "--volume",
    "--max-runtime",
    "--max-wait",
    "--spot",
    "--tag",
    "--retry",
)
@covers("stop")
def test_tune_hands_every_option_to_sagemaker_and_stop_ends_it(
    deployed: Shell, first_run: Any, of_tuning: Callable[[str], Any], account: Sandbox
) -> None:
    fixed = {
        "--evaluation": "True",
        "--min-count": "40",
        "--sampling-threshold": "0.0002",
        "--vector-dim": "8",
        "--subwords": "True",
        "--min-char": "2",
        "--max-char": "4",
        "--buckets": "2000",
        "--epochs": "100000",
    }
    searched = {
        "--mode": "skipgram,cbow",
        "--learning-rate": "0.005:0.01:linear",
        "--window-size": "2:4",
        "--negative-samples": "5,7",
        "--batch-size": "8:9",
    }
    machine = ("--instance-type", "ml.c5.2xlarge", "--instance-count", "1", "--volume", "40", "--max-runtime", "600", "--max-wait", "900")
    search = ("--parallel", "1", "--strategy", "random", "--early-stop", "--retry", "--spot", "--tag", "team=search")
    given = [word for pair in (*fixed.items(), *searched.items()) for word in pair]

    ran = deployed.blazingtext("tune", "wiki", *given, *machine, *search, "--json")
    name = ran.json()["tuning_job"]
    stopped = deployed.blazingtext("stop", name, "--json").json()
    followed = deployed.blazingtext("tuning", name, "--follow", code=2)
    again = deployed.blazingtext("stop", name, code=2)

    job = of_tuning(name)
    definition, config = job["TrainingJobDefinition"], job["HyperParameterTuningJobConfig"]
    static = definition["StaticHyperParameters"]
    assert {option[2:].replace("-", "_"): value for option, value in fixed.items()}.items() <= static.items()
    assert {each["Name"] for ranges in config["ParameterRanges"].values() for each in ranges} == {
        option[2:].replace("-", "_") for option in searched
    }
    assert (config["Strategy"], config["TrainingJobEarlyStoppingType"]) == ("Random", "Auto")
    assert config["ResourceLimits"]["MaxParallelTrainingJobs"] == 1
    assert definition["ResourceConfig"] == {"InstanceType": "ml.c5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 40}
    assert definition["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900}
    assert definition["EnableManagedSpotTraining"]
    assert {"Key": "team", "Value": "search"} in account.boto3("sagemaker").list_tags(ResourceArn=job["HyperParameterTuningJobArn"])["Tags"]
    assert stopped["status"] in {"Stopping", "Stopped"}
    assert "cannot be stopped" in again.err
    assert "It was stopped before its end" in followed.err
    # The same request has been stopped: it is tried again only when told to.
    refused = deployed.blazingtext("tune", "wiki", *given, *machine, *(word for word in search if word != "--retry"), code=2)
    assert "--retry" in refused.err


@covers("tune", "--word-ngrams", "--early-stopping", "--patience", "--min-epochs", "--dry-run", "--warm-start", "--name")
def test_a_dry_run_checks_classifiers_and_parents_and_starts_nothing(
    classifier: Any, tuned: Any, deployed: Shell, account: Sandbox
) -> None:
    before = jobs(account, "HyperParameterTuningJob")
    options = ("--early-stopping", "true", "--patience", "2", "--min-epochs", "1", "--epochs", "8", "--learning-rate", "0.005:0.01")

    searched = ("--mode", "supervised", "--word-ngrams", "1,2,3", *options, "--dry-run")
    dry = deployed.blazingtext("tune", "reviews", *searched, "--name", "ngrams", "--json").json()
    long = deployed.blazingtext("tune", "reviews", *searched, "--name", "ngrams-of-words", code=2)
    wrong = deployed.blazingtext(
        "tune", "reviews", "--mode", "supervised", "--word-ngrams", "1:2", "--window-size", "1:2", "--dry-run", code=2
    )
    parent = tuned.json()["tuning_job"]
    other = deployed.blazingtext("tune", "reviews", "--mode", "supervised", "--epochs", "1:2", "--warm-start", parent, "--dry-run", code=2)
    same = ("tune", "wiki", *SMALL, "--learning-rate", "0.01:0.02", "--warm-start", parent.removeprefix("blazingtext-dev-"), "--dry-run")
    learnt = deployed.blazingtext(*same, "--json").json()

    assert dry["tuning_job"] == "blazingtext-dev-ngrams"
    assert "it must be 1 to 13 lowercase letters, digits and hyphens" in long.err
    assert (dry["objective"], dry["created"], dry["status"], dry["max_jobs"]) == ("validation:accuracy", False, "", 10)
    assert "It belongs to Word2Vec" in wrong.err
    assert f"{parent} maximised train:mean_rho" in other.err
    assert learnt["tuning_job"].startswith("blazingtext-dev-wiki-")
    assert jobs(account, "HyperParameterTuningJob") == before


@covers("tunings", "--limit")
@covers("tuning", "--follow", "--csv")
def test_tunings_are_listed_and_each_has_its_leaderboard(tuned: Any, deployed: Shell) -> None:
    found = tuned.json()

    names = [each["tuning_job"] for each in deployed.blazingtext("tunings", "--limit", "100", "--json").json()]
    refused = deployed.blazingtext("tunings", "--limit", "0", code=2)
    shown = deployed.blazingtext("tuning", found["tuning_job"])
    csv = deployed.blazingtext("tuning", found["tuning_job"], "--csv").out.splitlines()
    followed = deployed.blazingtext("tuning", found["tuning_job"], "--follow")

    assert found["tuning_job"] in names
    assert "--limit" in refused.err
    assert shown.out == followed.out
    assert found["best"] in shown.out.splitlines()[1]
    assert csv[0] == "rank,job,status,train:mean_rho,learning_rate,seconds,failure"
    assert [line.split(",")[1] for line in csv[1:]] == [trial["job"] for trial in found["trials"]]
    assert "no tuning job blazingtext-dev-none" in deployed.blazingtext("tuning", "blazingtext-dev-none", code=2).err


def test_ctrl_c_leaves_a_tuning_job_running(deployed: Shell, first_run: Any, of_tuning: Callable[[str], Any]) -> None:
    request = ("tune", "wiki", "--epochs", "100000", "--window-size", "2,3", "--jobs", "2", "--parallel", "1")
    name = deployed.blazingtext(*request, "--json").json()["tuning_job"]

    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "blazingtext", "tuning", name, "--follow"],
        cwd=ROOT,
        env=dict(deployed.environment),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as following:
        assert following.stderr is not None
        # Its first training job is told: it has begun to follow.
        first = following.stderr.readline()
        following.send_signal(signal.SIGINT)
        said = following.stderr.read()
        code = following.wait(PATIENCE)

    assert f"{name}-001-" in first
    assert code == 130
    assert f"{name} keeps running." in said
    assert f"blazingtext stop {name}" in said
    assert of_tuning(name)["HyperParameterTuningJobStatus"] == "InProgress"
    deployed.blazingtext("stop", name)
    wait_until(lambda: of_tuning(name)["HyperParameterTuningJobStatus"] == "Stopped", what="the end of the tuning job")


def test_the_best_of_a_tuning_job_goes_live_at_its_end_and_none_before(
    deployed: Shell, first_run: Any, live_model: Callable[[str], None]
) -> None:
    request = ("tune", "wiki", "--epochs", "2", "--min-count", "60", "--vector-dim", "10", "--window-size", "2,5", "--strategy", "grid")

    found = deployed.blazingtext(*request, "--wait", "--json").json()

    live_model(found["best"])
    assert len(found["trials"]) == 2
