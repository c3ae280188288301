"""Every option about processing jobs, against the account: what it gives, and its exit code. Spark itself is met in `make spark`."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import covers
from tests.journey.story import Shell, wait_until
from tests.spark_stand_in import held

SENTENCES = "The king and the queen met 2 tigers. Music was played!\n"


@pytest.fixture(scope="module")
def raw(deployed: Shell, account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Raw text in the stage's bucket, by its prefix; and the same in a folder."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "one.txt").write_text(SENTENCES * 50, encoding="utf-8")
    (folder / "two.txt.gz").write_bytes(gzip.compress((SENTENCES * 30).encode(), mtime=0))
    for path in folder.iterdir():
        account.boto3("s3").upload_file(str(path), bucket(account), f"raw/words/{path.name}")
    return f"s3://{bucket(account)}/raw/words/", folder


def bucket(account: Sandbox) -> str:
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-storage")["Stacks"]
    return str(next(each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "BucketName"))


def described(account: Sandbox, job: str) -> Any:
    return account.boto3("sagemaker").describe_processing_job(ProcessingJobName=job)


@covers("corpus prepare", "--on", "--corpus", "--watch", "--tag")
def test_raw_text_in_s3_becomes_the_corpus_that_this_machine_would_make(
    deployed: Shell, raw: tuple[str, Path], account: Sandbox, tmp_path: Path
) -> None:
    prefix, folder = raw
    given = ("--numbers", "spell", "--min-words", "3")

    ran = deployed.blazingtext(
        "corpus", "prepare", "--on", "aws", prefix, "--corpus", "words", "--tag", "team=search", *given, "--watch", "--json"
    )
    deployed.blazingtext("corpus", "prepare", str(folder), "--output", str(tmp_path / "alone.txt"), *given)

    found, report = ran.json()["processing"], ran.json()["report"]
    alone = (tmp_path / "alone.txt").read_bytes()
    made = account.boto3("s3").get_object(Bucket=bucket(account), Key="corpora/words/train/words.txt")["Body"].read()
    assert made == alone
    assert b" two tigers\n" in made
    assert (found["status"], report["lines"], report["files"], report["size"]) == ("Completed", alone.count(b"\n"), 2, len(alone))
    assert "Costs of 1 x ml.c5.xlarge: $0.204 an hour, at most" in ran.err
    tags = account.boto3("sagemaker").list_tags(ResourceArn=found["arn"])["Tags"]
    assert {"Key": "team", "Value": "search"} in tags
    # The corpus is one to train on, with its recipe.
    trained = deployed.blazingtext("train", "--corpus", "words", "--dry-run", "--json").json()
    assert trained["job"].startswith("blazingtext-dev-words-")
    again = deployed.blazingtext("corpus", "prepare", "--on", "aws", prefix, "--corpus", "words", *given, "--json")
    assert (again.json()["job"], again.json()["created"]) == (found["job"], False)


@covers("corpus prepare", "--instances", "--instance-type", "--volume", "--max-runtime", "--dry-run")
def test_a_request_says_on_what_it_is_prepared_and_a_dry_run_starts_nothing(
    deployed: Shell, raw: tuple[str, Path], account: Sandbox
) -> None:
    size = ("--instances", "2", "--instance-type", "ml.m5.large", "--volume", "40", "--max-runtime", "600")
    given = ("corpus", "prepare", "--on", "aws", raw[0], "--corpus", "sized", *size)

    dry = deployed.blazingtext(*given, "--dry-run", "--json")
    assert (dry.json()["created"], dry.json()["status"]) == (False, "")
    assert "Nothing was started." in dry.err
    job = deployed.blazingtext(*given, "--json").json()["job"]

    assert job == dry.json()["job"]
    cluster = described(account, job)["ProcessingResources"]["ClusterConfig"]
    assert cluster == {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 40}
    assert described(account, job)["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert "Costs of 2 x ml.m5.large" in dry.err


@covers("corpus jobs", "--limit", "--watch")
def test_processing_jobs_are_listed_and_one_is_shown_with_what_it_made(deployed: Shell) -> None:
    newest = deployed.blazingtext("corpus", "jobs", "--json").json()[0]["job"]

    watched = deployed.blazingtext("corpus", "jobs", newest.removeprefix("blazingtext-dev-"), "--watch")
    one = deployed.blazingtext("corpus", "jobs", "--limit", "1")
    shown = deployed.blazingtext("corpus", "jobs", newest, "--json").json()

    assert "completed" in watched.err
    assert watched.out.startswith("s3://")
    assert newest in one.out
    assert shown["report"]["sources"] == 2


def test_what_is_wrong_is_said_before_anything_costs_money(deployed: Shell, raw: tuple[str, Path]) -> None:
    prefix, folder = raw
    on_aws = ("corpus", "prepare", "--on", "aws")
    refused = (
        ((*on_aws, prefix), "name it with --corpus"),
        ((*on_aws, str(folder), "--corpus", "x"), "is on this machine"),
        ((*on_aws, prefix, "--corpus", "x", "--output", "x.txt"), "--output has no place"),
        ((*on_aws, prefix, "--corpus", "x", "--workers", "2"), "--workers has no place"),
        ((*on_aws, prefix, "--corpus", "x", "--shard", "1/2"), "--shard has no place"),
        ((*on_aws, prefix, "--corpus", "x", "--wrapped"), "--wrapped joins lines"),
        ((*on_aws, prefix, "--corpus", "X!"), "is not a corpus name"),
        ((*on_aws, f"{prefix}none/", "--corpus", "x"), "was not found"),
        ((*on_aws, "s3://elsewhere/x/", "--corpus", "x"), "elsewhere"),
        ((*on_aws, prefix, "--corpus", "words"), "there is a corpus words already"),
        ((*on_aws, prefix, "--corpus", "x", "--instances", "5"), "maximumTrainingInstances is 4"),
        ((*on_aws, prefix, "--corpus", "x", "--tag", "x"), "write KEY=VALUE"),
        (("corpus", "prepare", str(folder), "--corpus", "x"), "add --on aws"),
        (("corpus", "prepare", str(folder)), "Missing option"),
        (("corpus", "jobs", "blazingtext-dev-none"), "There is no processing job"),
        (("corpus", "jobs", "--watch"), "Name it"),
    )

    for typed, said in refused:
        assert said in deployed.blazingtext(*typed, code=2).err, typed


@covers("corpus prepare", "--retry")
def test_a_job_is_stopped_and_leaves_no_corpus_and_is_retried(deployed: Shell, account: Sandbox, sample: tuple[Path, Any]) -> None:
    s3 = account.boto3("s3")
    s3.upload_file(str(sample[0]), bucket(account), "raw/many/many.txt")
    given = ("corpus", "prepare", "--on", "aws", f"s3://{bucket(account)}/raw/many/", "--corpus", "many")
    with held():
        started = deployed.blazingtext(*given, "--json").json()
        assert started["status"] == "InProgress"

        stopped = deployed.blazingtext("stop", started["job"], "--json").json()
        assert stopped["status"] in ("Stopping", "Stopped")
        wait_until(lambda: described(account, started["job"])["ProcessingJobStatus"] == "Stopped", what="the end of the job")

    assert "KeyCount" in (listed := s3.list_objects_v2(Bucket=bucket(account), Prefix="corpora/many/")), listed
    assert listed["KeyCount"] == 0
    assert "was stopped" in deployed.blazingtext("corpus", "jobs", started["job"], code=2).err
    assert "cannot be stopped" in deployed.blazingtext("stop", started["job"], code=2).err
    assert "--retry" in deployed.blazingtext(*given, code=2).err
    again = deployed.blazingtext(*given, "--retry", "--watch", "--json").json()
    assert again["processing"]["job"] == f"{started['job']}-2"


def test_sources_that_are_no_text_fail_the_job_and_the_message_says_why(deployed: Shell, account: Sandbox) -> None:
    account.boto3("s3").put_object(Bucket=bucket(account), Key="raw/page/page.html", Body=b"<!DOCTYPE html><html><body>x</body></html>")
    given = ("corpus", "prepare", "--on", "aws", f"s3://{bucket(account)}/raw/page/", "--corpus", "page", "--watch")

    assert "page.html is HTML" in deployed.blazingtext(*given, code=2).err
    assert "page.html is HTML" in deployed.blazingtext(*given, code=2).err


def test_the_audit_lists_processing_jobs_and_the_python_client_knows_them(deployed: Shell) -> None:
    found = deployed.blazingtext("audit", "--json", code=1).json()
    program = (
        "import json; from blazingtext import BlazingText; client = BlazingText(); "
        "print(json.dumps([client.processing_job().job, client.processing_jobs(1)[0].job]))"
    )

    ran = subprocess.run([sys.executable, "-c", program], env=deployed.environment, capture_output=True, text=True, check=True)

    one, other = json.loads(ran.stdout)
    assert one == other
    assert one in {each["name"] for each in found["left"] if each["kind"] == "processing job"}
