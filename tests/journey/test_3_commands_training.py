"""Every command for corpora and training with every option, against the account: what it gives, and its exit code."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import covers
from tests.journey.story import Ran, Shell, jobs, output, wait_for_training, wait_until


@pytest.fixture(scope="module")
def running(deployed: Shell, first_run: Any, account: Sandbox) -> str:
    """A job that would run for hours."""
    request = ("--epochs", "100000", "--negative-samples", "7")
    job = str(deployed.blazingtext("train", "--corpus", "wiki", *request, "--json").json()["job"])
    wait_for_training(account, job)
    return job


# --- corpora ----------------------------------------------------------------------------------------------------------


@covers(
    "corpus prepare", "--output", "--numbers", "--punctuation", "--keep-case", "--lines", "--min-words", "--max-words", "--force", "--plain"
)
def test_prepare_normalises_as_its_options_say(shell: Shell, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.txt", tmp_path / "out.txt"
    raw.write_text("The year 42, at last. It ended\nshort\nOne two three four five six\n", encoding="utf-8")
    options = ("--numbers", "spell", "--punctuation", "split", "--keep-case", "--lines", "--min-words", "2", "--max-words", "5", "--plain")

    shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), *options)
    again = shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), code=2)
    shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), *options, "--force")

    lines = out.read_text(encoding="utf-8").splitlines()
    # The least number of words is asked of what a person wrote, not of what is cut off.
    assert lines == ["The year four two ,", "at last . It ended", "One two three four five", "six"]
    assert "--force" in again.err


@covers("corpus prepare", "--encoding", "--language", "--wrapped")
def test_prepare_reads_other_encodings_and_languages_and_joins_wrapped_lines(shell: Shell, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.txt", tmp_path / "out.txt"
    raw.write_bytes("caf\xe9 IS\nopen\n\nnext".encode("cp1252"))

    options = ("--encoding", "cp1252", "--language", "tr", "--wrapped")
    shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), *options)

    assert out.read_text(encoding="utf-8").splitlines() == ["caf\u00e9 \u0131s open", "next"]


@covers("corpus prepare", "--workers", "--shard")
def test_prepare_shares_its_work_between_processes_and_machines(shell: Shell, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.txt", tmp_path / "out.txt"
    raw.write_text("".join(f"Line {n}. Its end\n" for n in range(1_000_000)), encoding="utf-8")

    shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), "--workers", "2")
    for number in (1, 2, 3):
        shell.blazingtext("corpus", "prepare", str(raw), "-o", str(tmp_path / str(number)), "--shard", f"{number}/3", "--workers", "1")
    refused = shell.blazingtext("corpus", "prepare", "-", "-o", str(tmp_path / "no"), "--shard", "1/3", code=2)

    assert out.read_text(encoding="utf-8") == "".join(f"line {n}\nits end\n" for n in range(1_000_000))
    assert b"".join((tmp_path / str(number)).read_bytes() for number in (1, 2, 3)) == out.read_bytes()
    assert "has no shares" in refused.err


@covers("corpus prepare", "--deduplicate", "--near")
def test_prepare_leaves_out_what_was_there_before(shell: Shell, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.txt", tmp_path / "out.txt"
    text = " ".join(f"w{n}" for n in range(100))
    raw.write_text(f"One. Two\nOne. Three\nONE. Two!\n{text}\n{text} more\n", encoding="utf-8")

    for options, lines in (
        (("--deduplicate", "lines"), 5),
        (("--deduplicate", "documents"), 6),
        (("--deduplicate", "lines", "--near", "0.8"), 4),
    ):
        shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), "--force", *options)
        assert len(out.read_text(encoding="utf-8").splitlines()) == lines
    refused = shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), "--force", "--near", "0.8", code=2)
    assert "add --deduplicate" in refused.err


@covers("corpus prepare", "--column", "--labels", "--header")
def test_prepare_takes_columns_of_a_table(shell: Shell, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.csv", tmp_path / "out.txt"
    raw.write_text('kind,text\ngood,"A fine, fine film"\nbad,A dull film\n', encoding="utf-8")

    shell.blazingtext("corpus", "prepare", str(raw), "--output", str(out), "--column", "text", "--labels", "kind", "--header")

    assert out.read_text(encoding="utf-8").splitlines() == ["__label__good a fine fine film", "__label__bad a dull film"]


@covers(
    "corpus phrases",
    "--output",
    "--min-count",
    "--threshold",
    "--scoring",
    "--delimiter",
    "--connector-words",
    "--max-vocabulary",
    "--like",
    "--force",
)
def test_phrases_are_found_joined_and_taken_from_another_corpus(shell: Shell, tmp_path: Path) -> None:
    corpus, out, other = tmp_path / "corpus.txt", tmp_path / "out.txt", tmp_path / "other.txt"
    (tmp_path / "raw.txt").write_text("New York is new. Bank of America\n" * 9, encoding="utf-8")
    shell.blazingtext("corpus", "prepare", str(tmp_path / "raw.txt"), "--output", str(corpus))
    other.write_text("in new york\n", encoding="utf-8")
    finding = ("--min-count", "2", "--threshold", "0.5", "--scoring", "npmi", "--delimiter", "+", "--max-vocabulary", "1000")

    shell.blazingtext("corpus", "phrases", str(corpus), "--output", str(out), *finding, "--connector-words", "of")
    again = shell.blazingtext("corpus", "phrases", str(corpus), "--output", str(out), *finding, code=2)
    shell.blazingtext("corpus", "phrases", str(other), "--output", str(other), "--like", str(out), "--force")

    assert out.read_text(encoding="utf-8").splitlines() == ["new+york is+new", "bank+of+america"] * 9
    assert other.read_text(encoding="utf-8") == "in new+york\n"
    assert "--force" in again.err


@covers("corpus stats", "--min-count", "--top")
def test_stats_count_what_the_options_say(shell: Shell, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("a a a b b c\n", encoding="utf-8")

    shown = shell.blazingtext("corpus", "stats", str(text), "--min-count", "2", "--top", "1", "--json").json()
    missing = shell.blazingtext("corpus", "stats", str(tmp_path / "none"), code=2)

    counted = {name: shown[name] for name in ("size", "lines", "words", "distinct", "vocabulary", "min_count", "longest_line", "frequent")}
    assert counted == {
        "size": 12,
        "lines": 1,
        "words": 6,
        "distinct": 3,
        "vocabulary": 2,
        "min_count": 2,
        "longest_line": 6,
        "frequent": [["a", 3]],
    }
    assert shown["covered"] == pytest.approx(5 / 6)
    assert "none" in missing.err


@covers("corpus sample", "--force")
def test_the_sample_replaces_a_file_only_when_told_to(sample: tuple[Path, Ran]) -> None:
    path, refused = sample

    assert "--force" in refused.err
    assert path.stat().st_size == 32_710_749


@covers("corpus fetch", "--archive", "--force")
def test_an_archive_that_is_not_text8_is_refused_and_replaces_nothing(shell: Shell, tmp_path: Path) -> None:
    archive, path = tmp_path / "text8.zip", tmp_path / "text8"
    archive.write_bytes(b"not text8")
    path.write_text("mine", encoding="utf-8")

    refused = shell.blazingtext("corpus", "fetch", "text8", str(path), "--archive", str(archive), code=2)
    forced = shell.blazingtext("corpus", "fetch", "text8", str(path), "--archive", str(archive), "--force", code=2)

    assert "--force" in refused.err
    assert "This is not text8.zip" in forced.err
    assert path.read_text(encoding="utf-8") == "mine"


@covers("upload", "--corpus", "--validation", "--replace", "--name")
def test_upload_puts_files_where_its_options_say(deployed: Shell, account: Sandbox, labelled: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_bytes(labelled.read_bytes())

    first = deployed.blazingtext("upload", str(labelled), "--corpus", "films", "--validation", str(labelled), "--json").json()
    refused = deployed.blazingtext("upload", str(other), "--corpus", "films", code=2)
    told = ("--replace", "--name", "films-2", "--json")
    second = deployed.blazingtext("upload", str(other), "--corpus", "films", *told).json()
    impossible = deployed.blazingtext("upload", str(other), "--corpus", "films", "--name", "Films!", code=2)

    assert [file["uri"].partition("films/")[2] for file in first["files"]] == ["validation/reviews.txt", "train/reviews.txt"]
    assert "--replace" in refused.err
    assert [key.partition("films/")[2] for key in second["removed"]] == ["train/reviews.txt", "validation/reviews.txt"]
    bucket, _, key = first["recipe"].removeprefix("s3://").partition("/")
    s3 = account.boto3("s3")
    recipe = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert [each["result"]["sha256"] for each in recipe["prepared"]] == 2 * [hashlib.sha256(labelled.read_bytes()).hexdigest()]
    # A copy has no recipe beside it; that of the first upload stays.
    assert (second["recipe"], second["sha256"]) == ("", hashlib.sha256(other.read_bytes()).hexdigest())
    manifest = json.loads(s3.get_object(Bucket=bucket, Key="corpora/films/complete.json")["Body"].read())
    assert (manifest["name"], manifest["files"][0]["sha256"], "recipe" in manifest) == ("films-2", second["sha256"], False)
    assert 'name: "Films!" cannot name a training job' in impossible.err


# --- training ---------------------------------------------------------------------------------------------------------


@covers(
    "train",
    "--corpus",
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
    "--instance-type",
    "--instance-count",
    "--volume",
    "--max-runtime",
    "--max-wait",
    "--spot",
    "--tag",
)
def test_train_hands_every_option_to_sagemaker(deployed: Shell, first_run: Any, described: Callable[[str], Any], account: Sandbox) -> None:
    hyperparameters = {
        "--batch-size": "7",
        "--epochs": "1",
        "--evaluation": "False",
        "--learning-rate": "0.04",
        "--min-count": "40",
        "--negative-samples": "3",
        "--sampling-threshold": "0.0002",
        "--vector-dim": "8",
        "--window-size": "2",
    }
    machine = ("--instance-type", "ml.c5.2xlarge", "--instance-count", "2", "--volume", "40", "--max-runtime", "600", "--max-wait", "900")
    given = [word for pair in hyperparameters.items() for word in pair]

    ran = deployed.blazingtext(
        "train", "--corpus", "wiki", "--mode", "batch_skipgram", *given, *machine, "--spot", "--tag", "team=search", "--json"
    )
    job = described(ran.json()["job"])
    # Its instances are needed.
    wait_until(lambda: described(ran.json()["job"])["TrainingJobStatus"] == "Completed", what="the end of the training job")

    taken = {name: value.capitalize() if name == "evaluation" else value for name, value in job["HyperParameters"].items()}
    assert {option[2:].replace("-", "_"): value for option, value in hyperparameters.items()}.items() <= taken.items()
    assert taken["mode"] == "batch_skipgram"
    assert job["ResourceConfig"] == {"InstanceType": "ml.c5.2xlarge", "InstanceCount": 2, "VolumeSizeInGB": 40}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900}
    assert job["EnableManagedSpotTraining"]
    tags = account.boto3("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert {"Key": "team", "Value": "search"} in tags


@covers("train", "--subwords", "--min-char", "--max-char")
@covers("neighbors", "--min-count")
@covers("map", "--word")
@covers("evaluate", "--vocabulary-only")
@covers("compare", "--neighbors", "--pairs", "--output", "--force")
def test_a_run_with_subwords_knows_words_that_its_corpus_has_not(
    deployed: Shell, first_run: Any, train: Callable[..., Any], described: Callable[[str], Any], tmp_path: Path
) -> None:
    small = ("--epochs", "1", "--min-count", "60", "--buckets", "20000", "--vector-dim", "20")
    job = train("--mode", "skipgram", "--subwords", "true", "--min-char", "2", "--max-char", "4", *small, "--no-promote")["job"]

    taken = described(job)["HyperParameters"]
    assert (taken["subwords"].lower(), taken["min_char"], taken["max_char"]) == ("true", "2", "4")
    near = deployed.blazingtext("neighbors", "musicologistly", "music", "--min-count", "1000", "--job", job, "--json").json()
    assert (near["of_ngrams"], near["unknown"], len(near["neighbors"]["musicologistly"])) == (["musicologistly"], [], 10)
    drawn = deployed.blazingtext(
        "map", "--words", "20", "--word", "musicologistly", "--output", str(tmp_path / "map.svg"), "--job", job, "--json"
    ).json()
    assert drawn["words"][0] == "musicologistly"
    found = [
        deployed.blazingtext("evaluate", "--compute", *only, "--job", job, "--json").json()["scores"][0]
        for only in ((), ("--vocabulary-only",))
    ]
    assert [(each["not_found"] > 0, each["of_ngrams"] > 0) for each in found] == [(False, True), (True, False)]
    page, pairs = tmp_path / "compare.html", tmp_path / "pairs.txt"
    pairs.write_text("music song 9\nmusic war 1\nking queen 8\n", encoding="utf-8")
    told = ("--neighbors", "5", "--pairs", str(pairs), "--output", str(page))
    compared = deployed.blazingtext("compare", first_run["job"], job, *told, "--json").json()
    deployed.blazingtext("compare", first_run["job"], job, "--output", str(page), "--no-force", code=2)
    deployed.blazingtext("compare", first_run["job"], job, *told, "--force")
    assert compared["settings"]["vector_dim"][1] == "20"
    model = compared["models"][job]
    assert compared["other_corpora"] == []
    assert (model["neighbors"], model["pair_sets"][0]["pairs"], 0 < model["overlap_frequent"] < 1) == (5, 3, True)
    assert model["moved"][0]["word"] in page.read_text(encoding="utf-8")
    # The run without them knows none.
    deployed.blazingtext("neighbors", "musicologistly", "--job", first_run["job"], code=2)


@covers("train", "--word-ngrams", "--buckets", "--early-stopping", "--patience", "--min-epochs")
def test_train_a_classifier(classifier: Any, deployed: Shell) -> None:
    taken = classifier["hyperparameters"]
    expected = {"--word-ngrams": "3", "--buckets": "1000", "--patience": "2", "--min-epochs": "1"}

    assert {option: taken[option[2:].replace("-", "_")] for option in expected} == expected
    assert taken["early_stopping"].lower() == "true"
    assert classifier["metrics"]["validation:accuracy"] > 0.9
    # The same options belong to no other mode.
    refused = deployed.blazingtext("train", "--corpus", "wiki", "--mode", "cbow", "--early-stopping", "true", code=2)
    assert "early_stopping" in refused.err


@covers("train", "--watch", "--retry")
def test_a_job_that_runs_into_its_limit_or_failed_before_ends_with_two_and_is_tried_again_only_when_told_to(
    deployed: Shell, first_run: Any
) -> None:
    request = ("--corpus", "wiki", "--epochs", "100000", "--max-runtime", "1")

    ended = deployed.blazingtext("train", *request, "--watch", code=2)
    refused = deployed.blazingtext("train", *request, "--watch", code=2)
    again = deployed.blazingtext("train", *request, "--retry", "--json").json()

    assert "--max-runtime" in ended.err
    assert "Nothing was started" in refused.err
    assert "--retry" in refused.err
    assert again["created"]
    assert again["job"].endswith("-2")


@covers("logs", "--follow")
@covers("stop")
def test_a_running_job_is_stopped_and_its_log_followed_to_the_end(running: str, deployed: Shell) -> None:
    stopped = deployed.blazingtext("stop", running, "--json").json()
    followed = deployed.blazingtext("logs", running, "--follow")
    again = deployed.blazingtext("stop", running, code=2)
    bogus = deployed.blazingtext("logs", "blazingtext-dev-bogus", code=2)

    assert stopped["status"] in {"Stopping", "Stopped"}
    assert "Stopped" in followed.err
    assert "BlazingText" in followed.out
    assert "cannot be stopped" in again.err
    assert "no training job blazingtext-dev-bogus" in bogus.err


@covers("runs", "--limit", "--sort", "--reverse", "--filter", "--csv")
def test_runs_shows_as_many_as_asked_for_each_with_its_own_speed(classifier: Any, first_run: Any, deployed: Shell) -> None:
    one = deployed.blazingtext("runs", "--limit", "1", "--json").json()
    many = deployed.blazingtext("runs", "--limit", "100", "--json").json()
    refused = deployed.blazingtext("runs", "--limit", "0", code=2)

    asked = ("--filter", "status=Completed", "--sort", "corpus", "--limit", "100")
    by_corpus = [run["corpus"] for run in deployed.blazingtext("runs", *asked, "--json").json()["runs"]]
    backwards = deployed.blazingtext("runs", *asked, "--reverse", "--csv").out.splitlines()
    assert (by_corpus, {"reviews", "wiki"} <= set(by_corpus)) == (sorted(by_corpus), True)
    assert [line.split(",")[2] for line in backwards] == ["corpus", *by_corpus[::-1]]
    assert "mean_rho" in deployed.blazingtext("runs", "--sort", "mean-rho", code=2).err
    assert (len(one["runs"]), len(many["runs"]) > 2) == (1, True)
    speeds = {job: speed for job, speed in many["million_words_per_second"].items() if speed}
    assert {first_run["job"], classifier["job"]} <= set(speeds)
    assert len(set(speeds.values())) > 1
    assert "--limit" in refused.err


@covers("mlflow", "--tracking-uri", "--experiment", "--limit")
def test_runs_are_logged_to_mlflow_once(classifier: Any, first_run: Any, deployed: Shell, tmp_path: Path) -> None:
    # A folder takes the place of a server.
    shell = replace(deployed, environment={**deployed.environment, "MLFLOW_ALLOW_FILE_STORE": "true"})
    place = ("--tracking-uri", (tmp_path / "mlruns").as_uri(), "--experiment", "words")

    first = shell.blazingtext("mlflow", first_run["job"], *place, "--json").json()
    again = shell.blazingtext("mlflow", first_run["job"], classifier["job"], *place, "--json").json()
    latest = shell.blazingtext("mlflow", "--limit", "1", "--tracking-uri", place[1])
    nowhere = shell.blazingtext("mlflow", code=2)

    assert [(each["job"], each["created"]) for each in first] == [(first_run["job"], True)]
    assert [(each["job"], each["created"]) for each in again] == [(first_run["job"], False), (classifier["job"], True)]
    assert latest.out.count("logged") <= 1
    assert "MLFLOW_TRACKING_URI" in nowhere.err
    (run,) = (tmp_path / "mlruns").glob(f"*/{first[0]['run_id']}")
    kept = {str(path.relative_to(run)): path.read_text(encoding="utf-8") for path in run.rglob("*") if path.is_file()}
    assert float(kept["metrics/train/mean_rho"].split()[1]) == first_run["metrics"]["train:mean_rho"]
    assert len(kept["metrics/learning_rate"].splitlines()) > 1
    assert kept["tags/blazingtext.artifact"] == first_run["artifact"]
    assert kept["tags/blazingtext.corpus_hash"]
    assert "blazingtext" in kept["tags/blazingtext.image"]


@covers("train", "--dry-run")
def test_a_dry_run_says_name_and_costs_and_starts_nothing(first_run: Any, deployed: Shell, account: Sandbox) -> None:
    request = ("train", "--corpus", "wiki", "--epochs", "2", "--min-count", "31")
    before = jobs(account)

    dry = deployed.blazingtext(*request, "--dry-run", "--json")
    too_many = deployed.blazingtext(*request, "--dry-run", "--instance-count", "5", code=2)

    assert dry.json()["job"].startswith("blazingtext-dev-wiki-batch-skipgram-")
    assert (dry.json()["created"], dry.json()["cost"]["maximum_dollars"]) == (False, 0.204)
    assert "at most $0.204 in the 1 h 00 min it may run" in dry.err
    assert "The stage's setting maximumTrainingInstances is 4." in too_many.err
    assert jobs(account) == before


@covers(
    "costs",
    "--training-instance-type",
    "--training-instance-count",
    "--max-runtime",
    "--endpoint-instance-type",
    "--endpoint-instance-count",
)
def test_costs_are_those_of_the_stage_or_of_what_is_asked_about(first_run: Any, deployed: Shell) -> None:
    training = ("--training-instance-type", "ml.m5.xlarge", "--training-instance-count", "3", "--max-runtime", "600")
    endpoint = ("--endpoint-instance-type", "ml.c5.xlarge", "--endpoint-instance-count", "2")

    own = deployed.blazingtext("costs", "--json").json()
    asked = deployed.blazingtext("costs", *training, *endpoint, "--json").json()
    shown = deployed.blazingtext("costs")

    assert (own["training"]["at_most"], own["endpoint"]["hour"]) == (0.204, None)
    assert (asked["training"]["hour"], asked["training"]["at_most"]) == (pytest.approx(0.69), pytest.approx(0.115))
    assert asked["endpoint"]["month"] == pytest.approx(297.84)
    assert own["storage"]["size"] > 3_000_000
    assert "The price of ml.m4.xlarge in us-east-1 is not known" in shown.err


@covers("train", "--no-promote", "--name")
def test_a_run_without_promotion_goes_live_by_name_only(first_run: Any, deployed: Shell, account: Sandbox) -> None:
    request = ("--epochs", "1", "--min-count", "33")
    named = ("train", "--corpus", "wiki", "--no-promote", "--name", "kept-back")
    run = deployed.blazingtext(*named, *request, "--watch", "--json").json()
    again = deployed.blazingtext(*named, *request, "--json").json()
    taken = deployed.blazingtext(*named, "--epochs", "2", code=2)
    wrong = deployed.blazingtext("train", "--corpus", "wiki", "--name", "Kept_Back", code=2)
    queue = output(account, "PromotionQueueUrl")
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def drained() -> bool:
        waiting = account.boto3("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
        return all(int(waiting[name]) == 0 for name in counts)

    wait_until(drained, what="the promotion queue being empty")
    status = deployed.blazingtext("status", "--wait", "--json").json()
    unnamed = deployed.blazingtext("promote", code=2)

    assert (run["job"], again["job"], again["created"]) == ("blazingtext-dev-kept-back", "blazingtext-dev-kept-back", False)
    assert "blazingtext-dev-kept-back is the name of a training job already, of another request or over other data." in taken.err
    assert 'name: "Kept_Back" cannot name a training job' in wrong.err
    assert deployed.blazingtext("logs", "kept-b", "--json").json()["job"] == run["job"]
    assert status["live"] != run["job"]
    assert deployed.blazingtext("runs", "--json").json()["not_promoted"][run["job"]] == "trained with --no-promote"
    assert f"{run['job']}, is not promoted: trained with --no-promote." in unnamed.err
