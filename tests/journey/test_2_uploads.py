"""A corpus of several files, however it is uploaded, is trained on once: when it is complete."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import Shell, wait_until

MANIFEST = "corpora/pieces/complete.json"


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> list[Path]:
    """Two files of real text."""
    folder, text = tmp_path_factory.mktemp("pieces"), corpus.read_bytes()
    files = [folder / "first.txt", folder / "second.txt"]
    for number, file in enumerate(files):
        part = text[number * 400_000 : (number + 1) * 400_000]
        file.write_bytes(part[part.index(b" ") : part.rindex(b" ")] + b"\n")
    return files


@pytest.fixture(scope="module")
def bucket(deployed: Shell, first_run: Any, live_model: Callable[[str], None], account: Sandbox) -> Iterator[str]:
    """The bucket of the stage, whose uploads are trained on while these tests run."""
    deployed.cdk("deploy", "--all", "--require-approval", "never", "-c", "logRetentionDays=7", "-c", "trainOnUpload=true")
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-storage")["Stacks"]
    (name,) = (item["OutputValue"] for item in stack["Outputs"] if item["OutputKey"] == "BucketName")
    yield str(name)
    deployed.cdk("deploy", "--all", "--require-approval", "never")


def jobs(account: Sandbox) -> list[str]:
    found = account.boto3("sagemaker").list_training_jobs(NameContains="blazingtext-dev-pieces-", MaxResults=100)["TrainingJobSummaries"]
    return [job["TrainingJobName"] for job in found]


def test_a_corpus_of_two_files_and_a_folder_marker_starts_one_job_when_it_is_complete(
    deployed: Shell, account: Sandbox, bucket: str, pieces: list[Path], live_model: Callable[[str], None]
) -> None:
    s3, sagemaker = account.boto3("s3"), account.boto3("sagemaker")
    # As the console and the AWS CLI do it.
    s3.put_object(Bucket=bucket, Key="corpora/pieces/train/", Body=b"")
    for piece in pieces:
        s3.upload_file(str(piece), bucket, f"corpora/pieces/train/{piece.name}")
    assert not jobs(account)
    s3.put_object(Bucket=bucket, Key=MANIFEST, Body=b"{}")

    (job,) = wait_until(lambda: jobs(account), what="the job of the upload")
    live_model(job)

    assert sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Completed"
    assert jobs(account) == [job]
    (queue,) = [url for url in account.boto3("sqs").list_queues()["QueueUrls"] if "DeadLetters" in url]
    letters = account.boto3("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert not [letter for letter in letters if "corpora/pieces" in letter["Body"]]


def test_upload_writes_the_manifest_last_and_a_manifest_that_lies_trains_on_nothing(
    deployed: Shell, account: Sandbox, bucket: str, pieces: list[Path], live_model: Callable[[str], None]
) -> None:
    s3, before = account.boto3("s3"), jobs(account)
    s3.delete_object(Bucket=bucket, Key="corpora/pieces/train/")

    deployed.blazingtext("upload", *map(str, pieces), "--corpus", "pieces", "--name", "pieces-by-hand")

    there = {item["Key"]: item["LastModified"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="corpora/pieces/")["Contents"]}
    assert set(there) == {MANIFEST, *(f"corpora/pieces/train/{piece.name}" for piece in pieces)}
    assert there[MANIFEST] == max(there.values())
    wait_until(lambda: "blazingtext-dev-pieces-by-hand" in jobs(account), what="the job by its name")
    # The stage is deployed again when these tests have ended, and no update of its own may be under way then.
    live_model("blazingtext-dev-pieces-by-hand")

    s3.put_object(Bucket=bucket, Key=MANIFEST, Body=b'{"files": [{"key": "corpora/pieces/train/third.txt", "size": 7}]}')
    (queue,) = [url for url in account.boto3("sqs").list_queues()["QueueUrls"] if "DeadLetters" in url]

    def refused() -> bool:
        letters = account.boto3("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return any("third.txt is not there" in letter["Body"] for letter in letters)

    wait_until(refused, what="the dead letter")
    # The upload gave its objects other ETags than the parts before, so at most its own job was added.
    assert len(jobs(account)) <= len(before) + 1
