"""Every command for transform jobs with every option, against the account: what it gives, and its exit code."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import covers
from tests.journey.story import ROOT, Shell, wait_until
from tests.journey.test_3_commands_tuning import INTERRUPTIBLE

WORDS = ("music", "army", "zzzunknown")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of words, with a blank line."""
    path = tmp_path_factory.mktemp("transform") / "Some Words.txt"
    path.write_text("\n".join((*WORDS[:1], "", *WORDS[1:])) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts for a classifier, more than a few."""
    path = tmp_path_factory.mktemp("transform") / "texts.txt"
    path.write_text("a fine film of great warmth\na dull film of no merit\n" * 20, encoding="utf-8")
    return path


def models(account: Sandbox) -> list[str]:
    """The models of the stage's transform jobs."""
    found = account.boto3("sagemaker").list_models(NameContains="blazingtext-dev-")["Models"]
    return [each["ModelName"] for each in found]


@covers("transform", "--run", "--watch", "--output", "--tag")
def test_a_file_of_words_becomes_their_vectors_in_its_order(
    deployed: Shell, first_run: Any, words: Path, tmp_path: Path, account: Sandbox
) -> None:
    output = tmp_path / "vectors.jsonl"
    given = ("--run", first_run["job"], "--tag", "team=search", "--watch", "--output", str(output), "--json")

    ran = deployed.blazingtext("transform", str(words), *given)

    found, results = ran.json()["transform"], ran.json()["results"]
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert (found["status"], found["instance_type"], results["lines"], results["files"]) == ("Completed", "ml.c5.xlarge", 3, 1)
    assert [line["word"] for line in lines] == list(WORDS)
    assert [any(line["vector"]) for line in lines] == [True, True, False]
    assert results["first"][0] == output.read_text(encoding="utf-8").splitlines()[0]
    assert found["job"].startswith("blazingtext-dev-some-words-")
    assert results["uri"].rstrip("/").endswith(f"/{found['job']}")
    assert "Costs of 1 x ml.c5.xlarge: $0.204 an hour, at most" in ran.err
    assert "has 1 blank line, for which there is no result" in ran.err
    tags = account.boto3("sagemaker").list_tags(ResourceArn=found["arn"])["Tags"]
    assert {"Key": "team", "Value": "search"} in tags
    wait_until(lambda: found["job"] not in models(account), what="the removal of the job's model")


@covers("transform", "--k", "--instances", "--instance-type", "--dry-run")
def test_texts_become_labels_on_several_instances(deployed: Shell, classifier: Any, texts: Path, account: Sandbox) -> None:
    given = ("--run", classifier["job"], "--k", "2", "--instances", "2", "--instance-type", "ml.m5.large")

    dry = deployed.blazingtext("transform", str(texts), *given, "--dry-run", "--json")
    assert (dry.json()["created"], dry.json()["status"]) == (False, "")
    assert "Nothing was started." in dry.err
    ran = deployed.blazingtext("transform", str(texts), *given, "--watch", "--json")

    found, results = ran.json()["transform"], ran.json()["results"]
    assert (found["job"], found["instance_count"], found["instance_type"]) == (dry.json()["job"], 2, "ml.m5.large")
    assert (results["files"], results["lines"]) == (2, 40)
    first, second = (json.loads(line) for line in results["first"][:2])
    assert ([len(each["label"]) for each in (first, second)], first["label"][0], second["label"][0]) == (
        [2, 2],
        "__label__good",
        "__label__bad",
    )
    described = account.boto3("sagemaker").describe_transform_job(TransformJobName=found["job"])
    assert described["TransformInput"]["SplitType"] == described["TransformOutput"]["AssembleWith"] == "Line"


@covers("transforms", "--limit", "--watch", "--output")
def test_transform_jobs_are_listed_and_one_is_shown_with_its_results(deployed: Shell, tmp_path: Path) -> None:
    listed = deployed.blazingtext("transforms", "--json").json()
    one = deployed.blazingtext("transforms", "--limit", "1")
    newest = listed[0]["job"]
    output = tmp_path / "results.jsonl"

    shown = deployed.blazingtext("transforms", newest, "--output", str(output), "--json").json()
    watched = deployed.blazingtext("transforms", newest.removeprefix("blazingtext-dev-"), "--watch")

    assert [each["status"] for each in listed] == ["Completed"] * len(listed)
    assert len(listed) == 2
    assert newest in one.out
    assert listed[1]["job"] not in one.out
    assert (shown["results"]["lines"], len(output.read_text(encoding="utf-8").splitlines())) == (40, 40)
    assert watched.out.splitlines()[0].startswith('{"label":')


def test_what_is_wrong_is_said_before_anything_costs_money(deployed: Shell, first_run: Any, words: Path, tmp_path: Path) -> None:
    sentence = tmp_path / "sentence.txt"
    sentence.write_text("two words\n", encoding="utf-8")
    refused = (
        (("transform", str(sentence), "--run", first_run["job"]), "line 1 holds several words"),
        (("transform", str(words), "--run", first_run["job"], "--k", "2"), "--k is for classifiers"),
        (("transform", str(words), "--run", "blazingtext-dev-none"), "There is no"),
        (("transform", str(tmp_path / "none.txt"), "--run", first_run["job"]), "cannot be read"),
        (("transform", str(words), "--output", "x"), "Add --watch"),
        (("transform", str(words), "--run", first_run["job"], "--instances", "5"), "maximumTrainingInstances is 4"),
        (("transform", str(words), "--run", first_run["job"], "--tag", "x"), "write KEY=VALUE"),
        (("transforms", "blazingtext-dev-none"), "There is no transform job"),
        (("transforms", "--watch"), "Name it"),
    )

    for typed, said in refused:
        assert said in deployed.blazingtext(*typed, code=2).err, typed


@covers("transform", "--retry")
def test_a_job_is_stopped_and_retried(deployed: Shell, first_run: Any, tmp_path: Path, account: Sandbox) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text('{"source": "music"}\n' * 400_000, encoding="utf-8")
    given = ("transform", str(many), "--run", first_run["job"])
    started = deployed.blazingtext(*given, "--json").json()
    assert started["status"] == "InProgress"

    stopped = deployed.blazingtext("stop", started["job"], "--json").json()
    assert stopped["status"] in ("Stopping", "Stopped")
    sagemaker = account.boto3("sagemaker")
    wait_until(
        lambda: sagemaker.describe_transform_job(TransformJobName=started["job"])["TransformJobStatus"] == "Stopped",
        what="the end of the job",
    )
    assert "was stopped" in deployed.blazingtext("transforms", started["job"], code=2).err
    assert "cannot be stopped" in deployed.blazingtext("stop", started["job"], code=2).err
    assert "--retry" in deployed.blazingtext(*given, code=2).err
    again = deployed.blazingtext(*given, "--retry", "--json").json()
    assert again["job"] == f"{started['job']}-2"
    deployed.blazingtext("stop", again["job"])
    # Ctrl-C leaves a job running, and the second attempt is one that has ended or is about to.
    command = [
        sys.executable,
        "-c",
        INTERRUPTIBLE,
        sys.executable,
        "-m",
        "blazingtext",
        *given,
        "--retry",
        "--instance-type",
        "ml.m5.large",
    ]
    with subprocess.Popen([*command, "--watch"], env=deployed.environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        for line in watching.stderr:
            if " started" in line:
                break
        watching.send_signal(signal.SIGINT)
        said = watching.stderr.read()
    assert watching.returncode == 130
    assert "keeps running" in said or "Interrupted" in said
