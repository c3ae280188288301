"""A corpus that PySpark prepares is that of one process, byte for byte: whatever of the job fails, on however many instances.

The request is the launcher's; Spark's image is the sandbox's. By `make spark`, not `make test`.
"""

import contextlib
import gzip
import hashlib
import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import launch_processing
from blazingtext.corpus import preparation
from blazingtext.corpus.normaliser import Normaliser, Numbers
from blazingtext.runs import processing_code
from blazingtext.spark.options import Preparing
from blazingtext_lifecycle.environments import LaunchEnvironment
from blazingtext_lifecycle.launching import Clients
from blazingtext_sandbox.account import Sandbox
from tests.clients import documents
from tests.clients.test_spark import ROOT, lines
from tests.parity.support import wait_until

pytestmark = pytest.mark.timeout(900)
NAME = "clients-spark-corpus"
PREPARING = Preparing(normaliser=Normaliser(numbers=Numbers.SPELL))
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "13", "lazy", "dogs", "in", "Zürich", "and", "Москва", "."]
CODE = "c0de" * 16
# So small that some tasks share a file, and so large that S3 itself copies what most of them make.
TASK_BYTES = 6_000_000


def text(seed: int, size: int) -> bytes:
    chosen = random.Random(seed)  # noqa: S311 - no secret
    sentence = [" ".join(chosen.choices(WORDS, k=30)) for _ in range(2_000)]
    made = "\n".join(chosen.choice(sentence) for _ in range(size // 150))
    return made.encode()


FILES = {"one.txt": text(1, 20_000_000), "two.txt": text(2, 3_000_000), "three.txt.gz": gzip.compress(text(3, 4_000_000), 1, mtime=0)}


class Stage:
    """A sandbox with PySpark, the raw text, and what the launcher needs."""

    def __init__(self, account: Sandbox, alone: bytes) -> None:
        self.account, self.alone = account, alone
        self.s3, self.sagemaker = account.boto3("s3"), account.boto3("sagemaker")
        self.environment = LaunchEnvironment(
            stage="dev",
            bucket=NAME,
            role_arn=documents.role_arn(NAME),
            image="811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
            instance_type="ml.m5.xlarge",
        )

    def start(self, corpus: str, **more: Any) -> str:
        """Starts a job by the launcher's own request, but for the size of its tasks."""
        event = {"corpus": corpus, "sources": [f"s3://{NAME}/raw/"], "code": CODE, "options": PREPARING.words(), **more}
        return str(launch_processing.launch(event, self.environment, Clients(self.s3, cast("Any", _Smaller(self.sagemaker))))["jobName"])

    def ended(self, job: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = dict(self.sagemaker.describe_processing_job(ProcessingJobName=job))
            return found if found["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return dict(wait_until(look))

    def completed(self, job: str) -> None:
        ended = self.ended(job)
        assert ended["ProcessingJobStatus"] == "Completed", [ended.get("FailureReason"), lines(self.account, job)[-40:]]

    def object(self, key: str) -> Any:
        return self.s3.get_object(Bucket=NAME, Key=key)

    def made(self, corpus: str) -> bytes:
        return bytes(self.object(f"corpora/{corpus}/train/{corpus}.txt")["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=NAME, Prefix=prefix).get("Contents", [])]


class _Smaller:
    """SageMaker's client, which makes a request's tasks smaller."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def create_processing_job(self, **request: Any) -> Any:
        specification = request["AppSpecification"]
        arguments = ["--task-bytes", str(TASK_BYTES), *specification["ContainerArguments"]]
        return self._client.create_processing_job(**request | {"AppSpecification": {**specification, "ContainerArguments": arguments}})


@pytest.fixture(scope="module", name="stage")
def _stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    python = ROOT / ".venv" / "spark" / "bin" / "python"
    assert python.exists(), "PySpark is not installed: make .venv/spark.ready"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", str(python))
        patch.delenv("JAVA_HOME", raising=False)
        with Sandbox(home=tmp_path_factory.mktemp("sandbox")) as account:
            s3, iam = account.boto3("s3"), account.boto3("iam")
            s3.create_bucket(Bucket=NAME)
            for name, data in FILES.items():
                s3.put_object(Bucket=NAME, Key=f"raw/{name}", Body=data)
            for name, data in processing_code.files().items():
                s3.put_object(Bucket=NAME, Key=f"processing/code/{CODE}/{name}", Body=data)
            iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=documents.trust())
            iam.put_role_policy(RoleName=NAME, PolicyName="rights", PolicyDocument=documents.policy(NAME))
            yield Stage(account, _alone(tmp_path_factory.mktemp("alone")))


def _alone(folder: Path) -> bytes:
    """What one process makes."""
    (folder / "raw").mkdir()
    for name, data in FILES.items():
        (folder / "raw" / name).write_bytes(data)
    preparation.prepare([str(folder / "raw")], folder / "made.txt", normaliser=PREPARING.normaliser)
    return (folder / "made.txt").read_bytes()


def test_the_corpus_is_that_of_one_process_and_complete(stage: Stage) -> None:
    job = stage.start("wiki", instance={"count": 2})

    stage.completed(job)

    assert stage.made("wiki") == stage.alone
    manifest = json.loads(stage.object("corpora/wiki/complete.json")["Body"].read())
    digest = hashlib.sha256(stage.alone).hexdigest()
    (file,) = manifest["files"]
    assert (file["size"], file["sha256"], file["etag"]) == (len(stage.alone), digest, stage.object(file["key"])["ETag"])
    report = json.loads(stage.object(f"processing/{job}/report.json")["Body"].read())
    assert (report["sources"], report["files"], report["lines"]) == (3, 3, stage.alone.count(b"\n"))
    assert report["tasks"] == 4
    assert stage.keys("corpora/wiki/recipes/") == [manifest["recipe"]]
    assert not stage.keys("staging/")


def test_the_same_request_finds_its_job_and_made_again_on_another_number_of_instances_it_has_the_same_bytes(stage: Stage) -> None:
    first = stage.start("again")
    assert stage.start("again", instance={"count": 3}) == first
    stage.completed(first)
    before = stage.object("corpora/again/train/again.txt")["ETag"]

    assert stage.start("again") == first
    second = stage.start("again", instance={"count": 3}, replace=True)

    assert second == f"{first}-2"
    stage.completed(second)
    assert stage.made("again") == stage.alone
    assert stage.object("corpora/again/train/again.txt")["ETag"] == before


def test_a_task_that_is_killed_runs_again(stage: Stage) -> None:
    job = stage.start("killed")
    over = threading.Event()
    victims: list[int] = []
    killer = threading.Thread(target=lambda: victims.extend(_kill_a_worker(stage, job, over)))
    killer.start()
    try:
        stage.completed(job)
    finally:
        over.set()
        killer.join()

    assert victims
    assert any("Lost task" in line for line in lines(stage.account, job))
    assert stage.made("killed") == stage.alone


def test_a_job_that_is_stopped_leaves_no_corpus_and_a_retry_makes_it(stage: Stage) -> None:
    job = stage.start("stopped")
    wait_until(lambda: any("tasks; of" in line for line in lines(stage.account, job)))

    stage.sagemaker.stop_processing_job(ProcessingJobName=job)

    assert stage.ended(job)["ProcessingJobStatus"] == "Stopped"
    assert not stage.keys("corpora/stopped/")
    second = stage.start("stopped", retry=True)
    assert second == f"{job}-2"
    stage.completed(second)
    assert stage.made("stopped") == stage.alone


def test_sources_that_cannot_become_a_corpus_fail_the_job_and_the_report_says_why(stage: Stage) -> None:
    stage.s3.put_object(Bucket=NAME, Key="bad/page.html", Body=b"<!DOCTYPE html><html><body>no corpus</body></html>")

    job = stage.start("bad", sources=[f"s3://{NAME}/bad/"])

    assert stage.ended(job)["ProcessingJobStatus"] == "Failed"
    assert "page.html is HTML" in json.loads(stage.object(f"processing/{job}/report.json")["Body"].read())["error"]
    assert not stage.keys("corpora/bad/")


def _kill_a_worker(stage: Stage, job: str, over: threading.Event) -> Iterator[int]:
    """Kills a process that works on a task of this job, while the tasks are worked on."""
    while not over.wait(0.05):
        if any("tasks; of" in line for line in lines(stage.account, job)):
            # A worker is forked from the daemon, whose command line it keeps.
            for pid in _working(job):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    yield pid
                    return


def _working(job: str) -> Iterator[int]:
    """The processes that PySpark's daemons of a job have forked and that have a task's file open."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            files = [str(each.readlink()) for each in (entry / "fd").iterdir()]
            if b"pyspark.daemon" in command and any(f"/{job}/" in file and "/scratch/" in file for file in files):
                yield int(entry.name)
