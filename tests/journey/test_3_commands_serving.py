"""Every command for vectors and serving with every option, and those for the whole, against the account."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import EVERYWHERE, covers
from tests.journey.story import ENDPOINT, STACKS, Shell, wait_until
from tests.patience import PATIENCE

# --- vectors ----------------------------------------------------------------------------------------------------------


@covers("neighbors", "--count", "--job", "--top")
def test_neighbors(first_run: Any, deployed: Shell) -> None:
    near = deployed.blazingtext("neighbors", "music", "--count", "3", "--job", first_run["job"][:-1], "--json").json()
    bogus = deployed.blazingtext("neighbors", "music", "--job", "blazingtext-dev-bogus", code=2)

    similarities = [each["similarity"] for each in near["neighbors"]["music"]]
    assert (len(similarities), similarities) == (3, sorted(similarities, reverse=True))
    assert "no training job blazingtext-dev-bogus" in bogus.err
    assert "AWS Support" not in bogus.err
    summed = deployed.blazingtext("neighbors", "king", "-", "man", "+", "woman", "--top", "500", "--job", first_run["job"], "--json").json()
    frequent = deployed.blazingtext("analogy", "man", "king", "woman", "--top", "500", "--count", "10", "--job", first_run["job"], "--json")
    assert summed["neighbors"]["king - man + woman"] == frequent.json()
    assert deployed.blazingtext("neighbors", "king man", "--job", first_run["job"], code=2).err.count("king - man + woman") == 1


@covers("analogy", "--count", "--job", "--top", "--min-count")
def test_analogy(first_run: Any, deployed: Shell) -> None:
    frequent = deployed.blazingtext(
        "analogy", "man", "king", "woman", "--top", "99", "--min-count", "10000", "--job", first_run["job"], "--json"
    ).json()
    assert {each["word"] for each in frequent} <= {"the", "of", "and", "in", "to", "a"}
    found = deployed.blazingtext("analogy", "man", "king", "woman", "--count", "4", "--job", first_run["job"], "--json").json()
    unknown = deployed.blazingtext("analogy", "man", "king", "qqqqq", "--job", first_run["job"], code=2)

    assert (len(found), [each["similarity"] for each in found]) == (4, sorted((each["similarity"] for each in found), reverse=True))
    assert {"man", "king", "woman"}.isdisjoint(each["word"] for each in found)
    assert "qqqqq" in unknown.err


@covers("evaluate", "--job", "--compute", "--pairs")
def test_evaluate(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("music\tsong\t9\nmusic\twar\t1\nking\tqueen\t8\nking\tmusic\t2\n", encoding="utf-8")

    computed = deployed.blazingtext("evaluate", "--job", first_run["job"], "--compute", "--json").json()
    own = deployed.blazingtext("evaluate", "--job", first_run["job"], "--pairs", str(pairs), "--json").json()
    missing = deployed.blazingtext("evaluate", "--job", first_run["job"], "--pairs", str(tmp_path / "none"), code=2)

    assert computed["mean_rho"] == pytest.approx(first_run["metrics"]["train:mean_rho"], abs=0.02)
    assert own["scores"][-1]["name"] == "pairs.csv"
    assert (own["scores"][-1]["pairs"], -1 <= own["scores"][-1]["rho"] <= 1) == (4, True)
    assert "none" in missing.err


@covers("map", "--output", "--words", "--stop-words", "--seed", "--title", "--force", "--job")
def test_map(first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    picture = tmp_path / "map.svg"
    options = ("--output", str(picture), "--words", "30", "--seed", "3", "--title", "Thirty words", "--job", first_run["job"])

    plain = deployed.blazingtext("map", *options, "--json").json()
    kept = deployed.blazingtext("map", *options, "--no-force", code=2)
    full = deployed.blazingtext("map", *options, "--stop-words", "--force", "--json").json()

    drawing = picture.read_text(encoding="utf-8")
    assert "<svg" in drawing
    assert "map.svg" in kept.err
    assert (len(plain["words"]), len(full["words"]), plain["path"]) == (30, 30, str(picture))
    assert '"the"' in json.dumps(full)
    assert '"the"' not in json.dumps(plain)


@covers("neighbors", "--model")
@covers("analogy", "--model")
@covers("evaluate", "--model")
@covers("map", "--model")
def test_a_model_that_was_downloaded_needs_no_run(first_run: Any, deployed: Shell, account: Sandbox, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    bucket, _, key = first_run["artifact"].removeprefix("s3://").partition("/")
    account.boto3("s3").download_file(bucket, key, str(archive))
    own = ("--model", str(archive), "--json")

    near = deployed.blazingtext("neighbors", "music", *own).json()["neighbors"]["music"]
    queen = deployed.blazingtext("analogy", "man", "king", "woman", *own).json()
    scored = deployed.blazingtext("evaluate", *own).json()
    drawn = deployed.blazingtext("map", "--words", "20", "--output", str(tmp_path / "map.svg"), *own).json()
    both = deployed.blazingtext("neighbors", "music", "--job", first_run["job"], *own, code=2)

    assert near == deployed.blazingtext("neighbors", "music", "--job", first_run["job"], "--json").json()["neighbors"]["music"]
    assert (len(queen), len(drawn["words"]), scored["source"]) == (5, 20, str(archive))
    assert scored["mean_rho"] == pytest.approx(first_run["metrics"]["train:mean_rho"], abs=0.02)
    assert "--job" in both.err + both.out


# --- serving ----------------------------------------------------------------------------------------------------------


@covers("status", "--wait", "--live", "--timeout")
@covers("promote", "--wait", "--auto-rollback")
def test_promote_waits_or_not_and_status_waits_for_it(first_run: Any, deployed: Shell) -> None:
    deployed.blazingtext("status", "--wait", "--timeout", "300")
    promoted = deployed.blazingtext("promote", first_run["job"], "--wait", "--auto-rollback", "--json").json()
    live = deployed.blazingtext("status", "--wait", "--live", first_run["job"], "--timeout", "300", "--json").json()
    too_short = deployed.blazingtext("status", "--live", "blazingtext-dev-bogus", "--timeout", "1", code=None)

    assert promoted["live"] == first_run["job"]
    assert (live["live"], live["endpoint"]["status"]) == (first_run["job"], "InService")
    assert too_short.code in {2, 3}


@covers("predict", "--k", "--prepare")
@covers("logs", "--endpoint")
def test_a_classifier_gives_as_many_labels_as_asked_for_and_the_endpoint_logs(
    classifier: Any, first_run: Any, deployed: Shell, live_model: Callable[[str], None]
) -> None:
    kept_back = deployed.blazingtext("status", "--json").json()["not_promoted"]
    deployed.blazingtext("promote", classifier["job"])
    live_model(classifier["job"])
    answer = deployed.blazingtext("predict", "a fine film", "--k", "2", "--json").json()
    prepared = deployed.blazingtext("predict", "A FINE film!", "--prepare", "--k", "2", "--json")
    nothing = deployed.blazingtext("predict", "!!!", "--prepare", code=2)
    refused = deployed.blazingtext("predict", "a fine film", "--k", "0", code=2)
    log = deployed.blazingtext("logs", "--endpoint")
    both = deployed.blazingtext("logs", "--endpoint", "--follow", code=2)

    # Word vectors were live; who takes a classifier in their place says so.
    assert kept_back[classifier["job"]] == "classifiers do not replace word vectors: they answer other requests"
    assert (len(answer), answer[0]["text"]) == (1, "a fine film")
    assert [label["name"] for label in answer[0]["labels"]] == ["good", "bad"]
    assert answer[0]["labels"][0]["probability"] > 0.5 > answer[0]["labels"][1]["probability"]
    # By the recipe that came with the corpus, through upload, run and promotion.
    assert prepared.json() == [{**answer[0], "asked": "A FINE film!"}]
    assert '"A FINE film!" was prepared: a fine film' in prepared.err
    assert 'Of "!!!" no word is left' in nothing.err
    assert "--k" in refused.err
    assert log.out.strip()
    assert "--follow" in both.err


@covers("rollback", "--wait")
@covers("verify", "--repair")
def test_rollback_brings_the_former_model_back_and_verify_agrees(classifier: Any, deployed: Shell) -> None:
    before = deployed.blazingtext("status", "--json").json()

    back = deployed.blazingtext("rollback", "--wait", "--json").json()
    agreed = deployed.blazingtext("verify", "--json")
    mended = deployed.blazingtext("verify", "--repair")

    assert (back["live"], back["previous"]) == (before["previous"], before["live"])
    assert agreed.json()["problems"] == []
    assert "Nothing to repair" in mended.err
    assert deployed.blazingtext("status", "--json").json()["live"] == back["live"]


def test_an_endpoint_whose_configuration_was_deleted_by_hand_is_told_and_mended(
    first_run: Any, deployed: Shell, account: Sandbox, live_model: Callable[[str], None]
) -> None:
    live = deployed.blazingtext("status", "--json").json()["live"]
    live_model(live)
    sagemaker = account.boto3("sagemaker")
    configuration = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    sagemaker.delete_endpoint_config(EndpointConfigName=configuration)

    told = [deployed.blazingtext("status"), deployed.blazingtext("verify", code=1)]
    mended = deployed.blazingtext("verify", "--repair")

    for ran in told:
        assert f"{configuration}, which somebody has deleted" in ran.err
        assert "next: blazingtext verify --repair" in ran.err
    assert f"{live} is live" in mended.err
    assert deployed.blazingtext("verify", "--json").json()["problems"] == []


@covers("pause", "--wait")
@covers("resume", "--wait")
def test_pause_and_resume(first_run: Any, deployed: Shell, account: Sandbox) -> None:
    paused = deployed.blazingtext("pause", "--wait", "--json").json()
    gone = [each["EndpointName"] for each in account.boto3("sagemaker").list_endpoints()["Endpoints"]]
    resumed = deployed.blazingtext("resume", "--wait", "--json").json()

    assert (paused["state"], resumed["state"]) == ("paused", "running")
    assert ENDPOINT not in gone
    assert account.boto3("sagemaker").describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "InService"


def test_another_stages_run_is_not_promoted(first_run: Any, deployed: Shell, account: Sandbox, described: Callable[[str], Any]) -> None:
    sagemaker, before = account.boto3("sagemaker"), deployed.blazingtext("status", "--json").json()["live"]
    copied = ("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    definition = {name: described(first_run["job"])[name] for name in copied}
    definition["AlgorithmSpecification"] = {
        "TrainingImage": definition["AlgorithmSpecification"]["TrainingImage"],
        "TrainingInputMode": "File",
    }
    other = "blazingtext-other-wiki-1"
    sagemaker.create_training_job(
        TrainingJobName=other, HyperParameters={"mode": "batch_skipgram", "epochs": "1", "min_count": "50"}, **definition
    )
    wait_until(lambda: described(other)["TrainingJobStatus"] == "Completed", what="the other stage's job")

    refused = deployed.blazingtext("promote", other, code=2)
    sagemaker.delete_training_job(TrainingJobName=other)

    assert "cannot be promoted in stage dev" in refused.err
    assert "train --corpus wiki --mode batch_skipgram" in refused.err
    assert deployed.blazingtext("status", "--json").json()["live"] == before


# --- the whole --------------------------------------------------------------------------------------------------------


@covers("audit", "--in")
def test_audit_looks_in_the_regions_that_it_is_told_and_finds_traces_in_others(deployed: Shell, account: Sandbox) -> None:
    elsewhere = account.boto3("sns", region_name="eu-west-2")
    tags = [{"Key": "blazingtext:project", "Value": "blazingtext"}, {"Key": "blazingtext:stage", "Value": "dev"}]
    topic = elsewhere.create_topic(Name="blazingtext-dev-left", Tags=tags)["TopicArn"]

    everywhere = deployed.blazingtext("audit", "--json", code=1).json()
    there = deployed.blazingtext("audit", "--in", "eu-west-2", "--json", code=1).json()
    elsewhere.delete_topic(TopicArn=topic)
    bogus = deployed.blazingtext("audit", "--in", "mars-1", code=2)

    assert everywhere["regions"] == ["us-east-1", "eu-west-2"]
    assert {(each["name"], each["region"]) for each in everywhere["left"]} >= {
        ("blazingtext-dev-left", "eu-west-2"),
        (STACKS[0], "us-east-1"),
    }
    assert [each["name"] for each in there["left"] if each["region"] == "eu-west-2"] == ["blazingtext-dev-left"]
    assert "mars-1" in bogus.err


@covers("audit", "--delete-bucket", "--yes")
def test_audit_deletes_a_bucket_of_the_stage_that_no_stack_holds_and_no_other(deployed: Shell, account: Sandbox) -> None:
    s3, name = account.boto3("s3"), "blazingtext-kept3-storage-x"
    held = next(each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith(STACKS[0]))
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="corpora/wiki/train/text", Body=b"text")

    unasked = deployed.blazingtext("audit", "--delete-bucket", name, "--stage", "kept3", "--json", code=2).json()
    deleted = deployed.blazingtext("audit", "--delete-bucket", name, "--yes", "--stage", "kept3", "--json").json()
    refused = deployed.blazingtext("audit", "--delete-bucket", held, "--yes", code=2)

    assert "holds 1 object version" in unasked["error"]["message"]
    assert deleted == {"bucket": name, "deleted_versions": 1}
    assert held in refused.err
    assert {each["Name"] for each in s3.list_buckets()["Buckets"]} & {name, held} == {held}


@covers(EVERYWHERE, "--stage", "--region", "--profile", "--json")
def test_the_options_of_every_command_choose_the_stage_the_region_the_profile_and_the_form(deployed: Shell, first_run: Any) -> None:
    here = deployed.blazingtext("runs", "--json").json()["runs"]
    other_stage = deployed.blazingtext("runs", "--stage", "other2", "--json").json()["runs"]
    other_region = deployed.blazingtext("runs", "--region", "eu-west-1", "--json").json()["runs"]
    no_profile = deployed.blazingtext("runs", "--profile", "nobody", code=2)

    assert here
    assert (other_stage, other_region) == ([], [])
    assert "nobody" in no_profile.err


@pytest.mark.timeout(1200)  # three minutes on a quiet machine
@covers("demo", "--keep", "--corpus", "--output")
def test_the_demo_lives_the_whole_life_and_keeps_what_it_is_told_to(shell: Shell, corpus: Path, tmp_path: Path) -> None:
    ran = shell.blazingtext("demo", "--keep", "--corpus", str(corpus), "--output", str(tmp_path), "--json", timeout=4 * PATIENCE)
    report = ran.json()
    (sandbox,) = [step["command"].split()[-1] for step in report["steps"] if "sandbox up" in step["command"]]
    try:
        listed = shell.run("blazingtext", "sandbox", "status", "--name", sandbox, "--json", code=None)
    finally:
        shell.run("blazingtext", "sandbox", "down", "--name", sandbox)

    assert (report["exit_code"], listed.code) == (0, 0)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert not [step for step in report["steps"] if "destroy" in step["command"]]
