"""`corpus prepare --on aws`, `corpus jobs` and `stop` of a processing job: what they send and ask for, what they show, their exit codes."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blazingtext.client import BlazingText
from blazingtext.corpus.normaliser import Normaliser, Numbers
from blazingtext.runs import following
from blazingtext.spark.options import Preparing
from blazingtext_lifecycle.errors import RequestError
from tests.unit.blazingtext.cloud_fakes import BUCKET, NOON, FakeJobs, FakeLauncher, FakePaginator, FakeStacks, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

JOB = "blazingtext-dev-wiki-prepare-0123456789"
ASKED = ("s3://raw/wiki/", "--corpus", "wiki")
COST = {
    "instanceType": "ml.c5.xlarge",
    "instanceCount": 8,
    "maxRuntimeSeconds": 3600,
    "hourlyDollars": 1.632,
    "maximumDollars": 1.632,
    "pricesOf": "2026-04-21",
}
REPORT = {
    "uri": f"s3://{BUCKET}/corpora/wiki/train/wiki.txt",
    "sources": 3,
    "files": 4,
    "lines": 1200,
    "words": 9000,
    "size": 52_000,
    "undecodable": 7,
    "garbled": ["old.txt"],
    "left_out": {"rows without a word": 2},
    "notes": {"capitals İ became i": 1},
    "skipped": {"picture.png": "is PNG"},
    "skipped_count": 1,
}


class Bucket:
    """S3 that takes the code and has the report of a job."""

    def __init__(self, report: dict[str, Any] | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        if report is not None:
            self.objects[f"processing/{JOB}/report.json"] = json.dumps(report).encode()

    def put_object(self, **wish: Any) -> dict[str, Any]:
        assert wish["Bucket"] == BUCKET
        self.objects[wish["Key"]] = wish["Body"]
        return {}

    def get_object(self, **wish: Any) -> dict[str, Any]:
        if wish["Key"] not in self.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.")
        return {"Body": io.BytesIO(self.objects[wish["Key"]])}

    def list_objects_v2(self, **wish: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": key, "Size": len(data)} for key, data in self.objects.items() if key.startswith(wish["Prefix"])]}

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


class Jobs(FakeJobs):
    """SageMaker's processing jobs; each look at one takes its next status, if there are such."""

    def __init__(self, *statuses: str, **more: Any) -> None:
        super().__init__()
        self.statuses = list(statuses)
        self.processings: dict[str, dict[str, Any]] = {}
        self.stopped_processings: list[str] = []
        if statuses:
            self.add_processing(JOB, statuses[0], **more)

    def add_processing(self, name: str, status: str = "Completed", **more: Any) -> None:
        ended = {} if status in ("InProgress", "Stopping") else {"ProcessingEndTime": NOON + timedelta(seconds=150)}
        self.processings[name] = {
            "ProcessingJobName": name,
            "ProcessingJobArn": f"arn:aws:sagemaker:us-east-1:1:processing-job/{name}",
            "ProcessingJobStatus": status,
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 8}},
            "CreationTime": NOON,
            "ProcessingStartTime": NOON,
            **ended,
            **more,
        }

    def describe_processing_job(self, **wish: Any) -> dict[str, Any]:
        name = wish["ProcessingJobName"]
        if name not in self.processings:
            raise client_error("ValidationException", f"Could not find requested job with name: {name}")
        if self.statuses:
            self.processings[name]["ProcessingJobStatus"] = self.statuses.pop(0)
        return self.processings[name]

    def list_processing_jobs(self, **wish: Any) -> dict[str, Any]:
        assert (wish["SortBy"], wish["SortOrder"]) == ("CreationTime", "Descending")
        return {"ProcessingJobSummaries": [job for name, job in self.processings.items() if wish["NameContains"] in name][::-1]}

    def stop_processing_job(self, **wish: Any) -> None:
        self.stopped_processings.append(wish["ProcessingJobName"])
        self.processings[wish["ProcessingJobName"]]["ProcessingJobStatus"] = "Stopping"

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def launcher(status: str = "InProgress", *, created: bool = True, warnings: tuple[str, ...] = ()) -> FakeLauncher:
    answer = {"jobName": JOB, "jobArn": "arn", "status": status, "created": created, "output": REPORT["uri"], "warnings": list(warnings)}
    return FakeLauncher({**answer, "cost": COST}, function="processor")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_FIRST_POLL_SECONDS", 0)


def account(jobs: Jobs | None = None, function: FakeLauncher | None = None, bucket: Bucket | None = None) -> dict[str, Any]:
    stage = {"cloudformation": FakeStacks(), "s3": bucket or Bucket(), "sagemaker": jobs or Jobs()}
    return {**stage, "lambda": function or launcher()}


def prepare(typed: Typed, *arguments: str, **stage: Any) -> tuple[int, str, str]:
    return typed("corpus", "prepare", "--on", "aws", *arguments, **account(**stage))


def test_prepare_sends_the_code_prices_and_starts(typed: Typed) -> None:
    function, bucket = launcher(warnings=("It is large.",)), Bucket()

    code, out, err = prepare(typed, *ASKED, function=function, bucket=bucket)

    (sha256,) = {key.split("/")[2] for key in bucket.objects}
    assert (code, out) == (0, f"{JOB}\n")
    assert err == (
        "Costs of 8 x ml.c5.xlarge: $1.63 an hour, at most $1.63 in the 1 h 00 min it may run (prices of 2026-04-21).\n"
        f"warning It is large.\ndone {JOB} started\nnext: blazingtext corpus jobs {JOB}\n"
    )
    asked = {"corpus": "wiki", "sources": ["s3://raw/wiki/"], "code": sha256}
    assert function.events == [{**asked, "dryRun": True}, asked]


def test_prepare_sends_every_option(typed: Typed) -> None:
    function = launcher()
    machines = ("--instances", "8", "--instance-type", "ml.m5.large", "--volume", "40", "--max-runtime", "600")
    text = ("--numbers", "spell", "--lines", "--column", "text", "--labels", "label")

    prepare(typed, *ASKED, *machines, *text, "--tag", "team=search", "--retry", "--force", function=function)

    event = function.events[-1]
    assert event["instance"] == {"type": "ml.m5.large", "count": 8, "volumeGb": 40}
    assert event["limits"] == {"maxRuntimeSeconds": 600}
    assert event["options"] == {"numbers": '"spell"', "split-sentences": "false", "column": '"text"', "label-column": '"label"'}
    assert (event["tags"], event["retry"], event["replace"]) == ({"team": "search"}, True, True)


def test_a_dry_run_starts_nothing(typed: Typed) -> None:
    function = launcher("", created=False)

    code, out, err = prepare(typed, *ASKED, "--dry-run", "--watch", function=function)

    assert (code, out) == (0, f"{JOB}\n")
    assert err.endswith("Nothing was started.\n")
    assert [event["dryRun"] for event in function.events] == [True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--on", "aws", "s3://raw/x/"), "name it with --corpus"),
        (("--on", "aws", "s3://raw/x/", "raw.txt", "--corpus", "x"), "raw.txt is on this machine"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "-o", "x.txt"), "--output has no place in --on aws"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "--workers", "2"), "--workers has no place"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "--shard", "1/2"), "--shard has no place"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "--wrapped"), "--wrapped joins lines"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "--deduplicate", "lines"), "--deduplicate compares all lines"),
        (("--on", "aws", "s3://raw/x/", "--corpus", "x", "--labels", "y"), "--labels names a column"),
        (("--on", "gcp", "s3://raw/x/", "--corpus", "x"), "'gcp' is not 'aws'"),
        (("raw.txt", "-o", "x.txt", "--corpus", "x"), "--corpus is about a processing job: add --on aws"),
        (("raw.txt", "-o", "x.txt", "--max-runtime", "9"), "--max-runtime is about a processing job"),
        (("raw.txt",), "Missing option '--output'"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_asked(arguments: tuple[str, ...], words: str, typed: Typed) -> None:
    function = launcher()

    code, out, err = typed("corpus", "prepare", *arguments, **account(function=function))

    assert (code, out, function.events) == (2, "", [])
    assert words in err.replace("\n", " ")


def test_a_request_that_failed_before_needs_a_retry_and_its_reason_is_told(typed: Typed) -> None:
    bucket = Bucket({"error": "a.html is HTML. Extract the text."})

    code, out, err = prepare(typed, *ASKED, jobs=Jobs("Failed"), function=launcher("Failed", created=False), bucket=bucket)

    assert (code, out) == (2, "")
    assert "failed. a.html is HTML. Extract the text. Nothing was started." in err
    assert "with --retry for another attempt" in err


def test_watch_shows_what_was_made_and_what_was_lost(typed: Typed) -> None:
    jobs = Jobs("InProgress", "InProgress", "Completed", ProcessingEndTime=NOON + timedelta(seconds=150))

    code, out, err = prepare(typed, *ASKED, "--watch", jobs=jobs, bucket=Bucket(REPORT))

    assert (code, out) == (0, f"{REPORT['uri']}\n")
    for words in (
        "1,200 lines, 9,000 words, 52.0 kB from 4 files in 3 objects",
        "warning 7 bytes (old.txt), invalid in the encoding, read as cp1252.",
        "warning 2 rows without a word: left out.",
        "warning 1 capitals İ became i.",
        "warning 1 file left out: picture.png is PNG.",
        f"done {JOB} completed in 2 min 30 s, for about $0.068",
    ):
        assert words in err


@pytest.mark.parametrize(
    ("status", "reason", "report", "code", "words"),
    [
        ("Stopped", "", None, 2, "was stopped. A processing job that is stopped leaves no corpus."),
        ("Failed", "AlgorithmError: See job logs for more information", {"error": "a.html is HTML."}, 2, f"{JOB} failed: a.html is HTML."),
        ("Failed", "AlgorithmError: See job logs for more information", None, 1, "aws logs tail /aws/sagemaker/ProcessingJobs"),
        ("Failed", "ClientError: no image", None, 2, "SageMaker says: ClientError: no image"),
    ],
)
def test_watch_says_how_a_job_ended_otherwise(
    status: str, reason: str, report: dict[str, Any] | None, code: int, words: str, typed: Typed
) -> None:
    jobs = Jobs(status, **({"FailureReason": reason} if reason else {}))

    found, out, err = prepare(typed, *ASKED, "--watch", jobs=jobs, bucket=Bucket(report))

    assert (found, out) == (code, "")
    assert words in err


def test_an_interrupted_watch_leaves_the_job_running(typed: Typed) -> None:
    jobs = Jobs("InProgress")

    def interrupted(**_: Any) -> Any:
        raise KeyboardInterrupt

    jobs.describe_processing_job = interrupted  # type: ignore[method-assign] # Ctrl-C

    code, _, err = prepare(typed, *ASKED, "--watch", jobs=jobs)

    assert code == 130
    assert f"{JOB} keeps running." in err
    assert f"next: blazingtext corpus jobs {JOB}" in err
    assert not jobs.stopped_processings


def test_jobs_are_listed_newest_first(typed: Typed) -> None:
    jobs = Jobs()
    for number in range(3):
        jobs.add_processing(f"{JOB}-{number}", "InProgress" if number == 2 else "Completed")
    jobs.add_processing("blazingtext-prod-wiki-prepare-1")

    code, out, _ = typed("corpus", "jobs", "--limit", "2", "--json", **account(jobs=jobs))

    assert code == 0
    assert [(each["job"], each["status"]) for each in json.loads(out)] == [(f"{JOB}-2", "InProgress"), (f"{JOB}-1", "Completed")]
    assert f"{JOB}-2" in typed("corpus", "jobs", **account(jobs=jobs))[1]


def test_without_jobs_the_list_says_how_to_start_one(typed: Typed) -> None:
    code, out, err = typed("corpus", "jobs", **account())

    assert (code, out) == (0, "")
    assert "There are no processing jobs yet." in err
    assert "next: blazingtext corpus prepare --on aws" in err


def test_one_job_is_shown_by_the_beginning_of_its_name(typed: Typed) -> None:
    ended = typed("corpus", "jobs", "wiki-prepare-0", "--json", **account(jobs=Jobs("Completed"), bucket=Bucket(REPORT)))
    running = typed("corpus", "jobs", JOB, **account(jobs=Jobs("InProgress")))

    assert json.loads(ended[1])["report"] == REPORT
    assert running[:2] == (0, f"{JOB} is InProgress\n")
    assert f"next: blazingtext corpus jobs {JOB} --watch" in running[2]


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "There is no processing job none."), ("blazingtext", "is the beginning of several"), ("a_b", "is not the name of a")],
)
def test_a_job_that_is_not_there_is_said(name: str, words: str, typed: Typed) -> None:
    jobs = Jobs("Completed")
    jobs.add_processing(f"{JOB}-2")

    code, _, err = typed("corpus", "jobs", name, **account(jobs=jobs))

    assert (code, words in err) == (2, True), err
    assert "List the processing jobs with: blazingtext corpus jobs" in err


def test_watch_needs_a_name(typed: Typed) -> None:
    assert typed("corpus", "jobs", "--watch", **account())[0] == 2


def test_stop_stops_a_processing_job_of_the_stage_that_runs(typed: Typed) -> None:
    jobs = Jobs("InProgress")
    jobs.statuses = []

    code, out, err = typed("stop", JOB, **account(jobs=jobs))

    assert (code, out) == (0, f"{JOB}\n")
    assert jobs.stopped_processings == [JOB]
    assert err == f"done {JOB} is Stopping\nnext: blazingtext corpus jobs\n"
    assert "cannot be stopped. It is Completed already." in typed("stop", JOB, **account(jobs=Jobs("Completed", "Completed")))[2]


def test_the_client_prepares_looks_and_reports() -> None:
    function, jobs, bucket = launcher(), Jobs("Completed"), Bucket(REPORT)
    client = BlazingText("dev")
    client.__dict__["cloud"] = cloud(**account(jobs=jobs, function=function, bucket=bucket))

    found = client.prepare_on_aws(["s3://raw/wiki/"], "wiki", preparing=Preparing(Normaliser(numbers=Numbers.SPELL)), instance_count=2)

    assert (found.name, found.output, found.created) == (JOB, REPORT["uri"], True)
    assert (function.events[0]["options"], function.events[0]["instance"]) == ({"numbers": '"spell"'}, {"count": 2})
    assert f"processing/code/{function.events[0]['code']}/prepare_corpus.py" in bucket.objects
    assert client.processing_job().job == JOB
    assert client.processing_report(JOB) == REPORT
    assert [each.status for each in client.follow_processing(JOB)] == ["Completed"]
    assert f"Processing({JOB}: Completed)" == repr(client.processing_job(JOB))
    assert "ml.c5.xlarge" in client.processing_job(JOB)._repr_html_()


def test_without_jobs_the_newest_is_a_request_that_cannot_be_met() -> None:
    client = BlazingText("dev")
    client.__dict__["cloud"] = cloud(**account(jobs=Jobs()))

    with pytest.raises(RequestError, match=r"There is no processing job in stage dev. Start one with: blazingtext corpus prepare --on aws"):
        client.processing_job()


def test_a_local_preparation_needs_no_account(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "raw.txt").write_text("A king.\n", encoding="utf-8")

    assert typed("corpus", "prepare", str(tmp_path / "raw.txt"), "-o", str(tmp_path / "made.txt"))[0] == 0
