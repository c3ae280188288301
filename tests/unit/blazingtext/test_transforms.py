"""`transform`, `transforms` and `stop` of a transform job: what they send and ask for, what they show, and their exit codes."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blazingtext.client import BlazingText
from blazingtext.runs import following, transform_data, transforms
from blazingtext_lifecycle.errors import CorpusError, RequestError
from tests.unit.blazingtext.cloud_fakes import BUCKET, NOON, FakeBucket, FakeJobs, FakeLauncher, FakePaginator, FakeStacks, artifact, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

RUN = "blazingtext-dev-wiki-skipgram-0123456789"
JOB = "blazingtext-dev-words-0a1b2c3d4e-transform-0123456789"
OUTPUT = f"s3://{BUCKET}/transforms/words-0a1b2c3d4e/{JOB}"
COST = {
    "instanceType": "ml.c5.xlarge",
    "instanceCount": 1,
    "maxRuntimeSeconds": 1500,
    "hourlyDollars": 0.204,
    "maximumDollars": 0.085,
    "pricesOf": "2026-04-21",
}


class Bucket(FakeBucket):
    """S3 that takes data and gives results."""

    def upload_file(self, path: str, bucket: str, key: str, *, ExtraArgs: dict[str, Any], Callback: Any, **_: Any) -> None:  # noqa: N803
        assert (bucket, ExtraArgs) == (BUCKET, {"ContentType": "application/jsonlines"})
        content = Path(path).read_bytes()
        Callback(len(content))
        self.put(key, content)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self._check(Bucket)
        return {"Body": Body(self.objects[Key])}


class Body(io.BytesIO):
    def iter_lines(self) -> Any:
        return iter(self.getvalue().splitlines())


class Jobs(FakeJobs):
    """SageMaker's transform jobs beside its training jobs; each look at one takes its next status, if there are such."""

    def __init__(self, *statuses: str, mode: str = "skipgram", **more: Any) -> None:
        super().__init__()
        self.add(RUN, HyperParameters={"mode": mode})
        self.statuses = list(statuses)
        self.transforms: dict[str, dict[str, Any]] = {}
        self.stopped_transforms: list[str] = []
        if statuses:
            self.add_transform(JOB, statuses[0], **more)

    def add_transform(self, name: str, status: str = "Completed", **more: Any) -> None:
        ended = {} if status in ("InProgress", "Stopping") else {"TransformEndTime": NOON + timedelta(seconds=150)}
        self.transforms[name] = {
            "TransformJobName": name,
            "TransformJobArn": f"arn:aws:sagemaker:us-east-1:1:transform-job/{name}",
            "TransformJobStatus": status,
            "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/transforms/words-0a1b2c3d4e/input/"}}},
            "TransformOutput": {"S3OutputPath": OUTPUT},
            "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
            "CreationTime": NOON,
            "TransformStartTime": NOON,
            **ended,
            **more,
        }

    def describe_transform_job(self, **wish: Any) -> dict[str, Any]:
        TransformJobName = wish["TransformJobName"]  # noqa: N806 - AWS's name
        if TransformJobName not in self.transforms:
            raise client_error("ResourceNotFound", "Could not find transform job")
        if self.statuses:
            self.transforms[TransformJobName]["TransformJobStatus"] = self.statuses.pop(0)
        return self.transforms[TransformJobName]

    def list_transform_jobs(self, **wish: Any) -> dict[str, Any]:
        assert (wish["SortBy"], wish["SortOrder"]) == ("CreationTime", "Descending")
        return {"TransformJobSummaries": [job for name, job in self.transforms.items() if wish["NameContains"] in name][::-1]}

    def stop_transform_job(self, *, TransformJobName: str) -> None:  # noqa: N803 - AWS's names
        self.stopped_transforms.append(TransformJobName)
        self.transforms[TransformJobName]["TransformJobStatus"] = "Stopping"

    def get_paginator(self, operation: str) -> FakePaginator:
        return FakePaginator(getattr(self, operation))


def launcher(status: str = "InProgress", *, created: bool = True, warnings: tuple[str, ...] = ()) -> FakeLauncher:
    answer = {"jobName": JOB, "jobArn": "arn", "status": status, "created": created, "output": f"{OUTPUT}/", "warnings": list(warnings)}
    return FakeLauncher({**answer, "cost": COST}, function="transformer")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_FIRST_POLL_SECONDS", 0)


@pytest.fixture(name="words")
def _words(tmp_path: Path) -> Path:
    path = tmp_path / "My Words.txt"
    path.write_text("king\n\n queen \nJosé\n", encoding="utf-8")
    return path


def results(bucket: Bucket, lines: int = 5) -> Bucket:
    for part in (2, 1):
        text = "".join(f'{{"word": "{part}-{number}"}}\n' for number in range(lines))
        bucket.put(f"transforms/words-0a1b2c3d4e/{JOB}/part-0000{part}.jsonl.out", text.encode())
    return bucket


# --- the data ---------------------------------------------------------------------------------------------------------


def prepared(path: Path, folder: Path, **wish: Any) -> tuple[transform_data.PreparedData, list[str]]:
    folder.mkdir(exist_ok=True)
    found = transform_data.prepare(path, folder, **wish)
    return found, [part.read_text(encoding="utf-8") for part in found.parts]


def test_lines_become_json_lines_and_blank_ones_are_left_out(words: Path, tmp_path: Path) -> None:
    found, parts = prepared(words, tmp_path / "parts", of_words=True)

    assert parts == ['{"source": "king"}\n{"source": "queen"}\n{"source": "José"}\n']
    assert (found.lines, found.blank, found.parts[0].name) == (3, 1, "part-00001.jsonl")
    assert found.name.startswith("my-words-")
    assert [each.name for each in (tmp_path / "parts").iterdir()] == ["part-00001.jsonl"]


def test_texts_of_a_classifier_carry_how_many_labels_are_wanted(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(b"\xef\xbb\xbfa fine film\n")

    assert prepared(path, tmp_path / "parts", k=3)[1] == ['{"source": "a fine film", "k": 3}\n']


def test_json_lines_are_sent_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"source": "a", "k": 2}\n\n{"source": "b"}', encoding="utf-8")

    assert prepared(path, tmp_path / "parts", of_words=True)[1] == ['{"source": "a", "k": 2}\n{"source": "b"}\n']


def test_the_same_content_has_the_same_name_and_another_has_another(words: Path, tmp_path: Path) -> None:
    same = prepared(words, tmp_path / "a")[0].name
    assert prepared(words, tmp_path / "b")[0].name == same
    assert prepared(words, tmp_path / "c", k=2)[0].name != same
    assert prepared(words, tmp_path / "d", parts=2)[0].name != same
    longest = words.rename(tmp_path / f"{'x' * 60}.txt")
    assert len(prepared(longest, tmp_path / "e")[0].name) == 32
    assert prepared(longest.rename(tmp_path / "éß.txt"), tmp_path / "f")[0].name.startswith("data-")


def test_a_file_is_cut_into_parts_of_as_many_lines_in_order(tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("\n".join(f"word{number:05}" for number in range(1000)), encoding="utf-8")

    _, parts = prepared(path, tmp_path / "parts", parts=3)

    assert "".join(parts).splitlines() == [f'{{"source": "word{number:05}"}}' for number in range(1000)]
    assert [len(part.splitlines()) for part in parts] == [334, 333, 333]


def test_there_are_no_more_parts_than_lines(words: Path, tmp_path: Path) -> None:
    assert len(prepared(words, tmp_path / "parts", parts=20)[1]) == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"king\nthe queen\n", "line 2 holds several words, and the model gives one vector for each line. Write one word a line."),
        ("a.txt", b"king\n\xff\n", "line 2 is not UTF-8"),
        ("a.txt", b"\n \n", "has nothing to predict"),
        ("a.txt", b"x" * (1 << 20) + b"\n", "line 1 has more than 1048576 bytes"),
        ("a.jsonl", b'{"source": "a"}\n{"text": "b"}\n', 'line 2 has no text "source"'),
        ("a.jsonl", b"king\n", "line 1 is not JSON"),
    ],
)
def test_a_line_that_blazingtext_cannot_take_is_named(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(CorpusError, match=name) as caught:
        prepared(tmp_path / name, tmp_path / "parts", of_words=True)
    assert said in str(caught.value)


# --- transform --------------------------------------------------------------------------------------------------------


def transform(typed: Typed, *arguments: str, jobs: Jobs | None = None, function: FakeLauncher | None = None, **clients: Any) -> Any:
    stage = {"cloudformation": FakeStacks(), "s3": Bucket(), "sagemaker": jobs or Jobs(), **clients}
    return typed("transform", *arguments, **{"lambda": function or launcher()}, **stage)


def test_transform_sends_the_file_prices_and_starts(typed: Typed, words: Path) -> None:
    function, bucket = launcher(warnings=("One is idle.",)), Bucket()

    code, out, err = transform(typed, str(words), "--run", RUN, function=function, s3=bucket)

    (key,) = bucket.objects
    data = key.split("/")[1]
    assert (code, out) == (0, f"{JOB}\n")
    assert key == f"transforms/{data}/input/part-00001.jsonl"
    assert err == (
        f"warning {words} has 1 blank line, for which there is no result.\n3 lines in 1 file for the model of {RUN}\n"
        "Costs of 1 x ml.c5.xlarge: $0.204 an hour, at most $0.085 in the 25 min 00 s it may run (prices of 2026-04-21).\n"
        f"warning One is idle.\ndone {JOB} started\nnext: blazingtext transforms {JOB}\n"
    )
    asked = {"data": data, "run": RUN, "instance": {"count": 1}}
    assert function.events == [{**asked, "dryRun": True}, asked]


def test_transform_sends_instances_tags_and_a_retry(typed: Typed, words: Path) -> None:
    function = launcher()

    options = ("--instances", "2", "--instance-type", "ml.m5.large", "--tag", "team=search", "--retry")
    transform(typed, str(words), "--run", RUN, *options, function=function)

    event = function.events[-1]
    assert (event["instance"], event["tags"], event["retry"]) == ({"type": "ml.m5.large", "count": 2}, {"team": "search"}, True)


def test_a_dry_run_starts_nothing(typed: Typed, words: Path) -> None:
    function = launcher("", created=False)

    code, out, err = transform(typed, str(words), "--run", RUN, "--dry-run", "--watch", function=function)

    assert (code, out) == (0, f"{JOB}\n")
    assert err.endswith("Nothing was started.\n")
    assert [event["dryRun"] for event in function.events] == [True]
    assert (
        "It exists already, and is Completed." in transform(typed, str(words), "--run", RUN, "--dry-run", function=launcher("Completed"))[2]
    )


@pytest.mark.parametrize(("live", "run"), [(RUN, RUN), ("", "blazingtext-dev-newer")])
def test_the_live_model_is_asked_and_else_the_newest_run(live: str, run: str, typed: Typed, words: Path) -> None:
    function, jobs = launcher(), Jobs()
    jobs.add("blazingtext-dev-newer")

    stacks = FakeStacks(ModelDataUrl=artifact(live) if live else "")
    transform(typed, str(words), jobs=jobs, function=function, cloudformation=stacks)

    assert function.events[-1]["run"] == run


def test_labels_are_asked_of_classifiers_only(typed: Typed, words: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("a fine film\n", encoding="utf-8")
    bucket = Bucket()

    assert transform(typed, str(texts), "--run", RUN, "--k", "2", jobs=Jobs(mode="supervised"), s3=bucket)[0] == 0
    assert list(bucket.objects.values()) == [b'{"source": "a fine film", "k": 2}\n']
    code, _, err = transform(typed, str(words), "--run", RUN, "--k", "2")
    assert (code, f"--k is for classifiers, and the model of {RUN} gives vectors of words." in err) == (2, True)


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        (
            "Failed",
            {"FailureReason": "ClientError: See job logs for more information"},
            "failed. SageMaker says: ClientError: See job logs",
        ),
        ("Stopped", {}, "is Stopped. Nothing was started."),
    ],
)
def test_a_request_that_failed_before_needs_a_retry(status: str, more: dict[str, str], said: str, typed: Typed, words: Path) -> None:
    code, out, err = transform(typed, str(words), "--run", RUN, jobs=Jobs(status, **more), function=launcher(status, created=False))

    assert (code, out) == (2, "")
    assert said in err
    assert "with --retry for another attempt" in err


def test_a_job_that_is_there_already_is_told(typed: Typed, words: Path) -> None:
    _, _, err = transform(typed, str(words), "--run", RUN, function=launcher("Completed", created=False))

    assert f"{JOB} already exists for the same request and the same data. It is Completed." in err


def test_output_needs_watch(typed: Typed, words: Path) -> None:
    assert transform(typed, str(words), "--output", "x")[0] == 2


def test_watch_shows_the_first_results_and_writes_all(typed: Typed, words: Path, tmp_path: Path) -> None:
    jobs, output = Jobs("InProgress", "InProgress", "Completed"), tmp_path / "all.jsonl"
    jobs.transforms[JOB]["TransformEndTime"] = NOON + timedelta(seconds=150)

    code, out, err = transform(typed, str(words), "--run", RUN, "--watch", "--output", str(output), jobs=jobs, s3=results(Bucket()))

    assert (code, out) == (0, '{"word": "1-0"}\n{"word": "1-1"}\n{"word": "1-2"}\n')
    assert f"done {JOB} completed in 2 min 30 s" in err
    assert "10 results, " in err
    assert f": {OUTPUT}; all in {output}\n" in err
    lines = output.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["word"] for line in lines] == [f"{part}-{number}" for part in (1, 2) for number in range(5)]


@pytest.mark.parametrize(
    ("status", "reason", "code", "said"),
    [
        ("Stopped", "", 2, "was stopped. A transform job that is stopped stores no results."),
        (
            "Failed",
            "ClientError: See job logs for more information",
            2,
            "aws logs tail /aws/sagemaker/TransformJobs --log-stream-name-prefix",
        ),
        ("Failed", "AlgorithmError: See job logs for more information", 1, "SageMaker says: AlgorithmError: See job logs"),
    ],
)
def test_watch_says_how_a_job_ended_otherwise(status: str, reason: str, code: int, said: str, typed: Typed, words: Path) -> None:
    more = {"FailureReason": reason} if reason else {}

    found, out, err = transform(typed, str(words), "--run", RUN, "--watch", jobs=Jobs(status, **more))

    assert (found, out) == (code, "")
    assert said in err


def test_ctrl_c_leaves_a_job_running(typed: Typed, words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(transforms, "follow", interrupted)

    code, _, err = transform(typed, str(words), "--run", RUN, "--watch", jobs=Jobs("InProgress"))

    assert code == 130
    assert f"{JOB} keeps running." in err
    assert f"blazingtext stop {JOB}" in err


# --- transforms and stop ----------------------------------------------------------------------------------------------


def test_transform_jobs_are_listed_newest_first(typed: Typed) -> None:
    jobs = Jobs("Completed")
    jobs.add_transform("blazingtext-dev-newer", "InProgress")
    jobs.add_transform("my-blazingtext-dev-x")

    code, out, _ = typed("transforms", sagemaker=jobs)
    listed = json.loads(typed("transforms", "-n", "1", "--json", sagemaker=jobs)[1])

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["blazingtext-dev-newer", JOB]
    assert "2 min 30 s" in out
    assert [each["job"] for each in listed] == ["blazingtext-dev-newer"]


def test_where_there_is_none_the_next_command_is_told(typed: Typed) -> None:
    assert "next: blazingtext transform <file> --watch" in typed("transforms", sagemaker=Jobs())[2]


def test_one_is_shown_by_a_beginning_of_its_name(typed: Typed) -> None:
    clients = {"sagemaker": Jobs("Completed"), "s3": results(Bucket(), lines=1)}

    shown = json.loads(typed("transforms", "words-0a1b", "--json", **clients)[1])

    assert (shown["transform"]["job"], shown["results"]["lines"], shown["results"]["files"]) == (JOB, 2, 2)


def test_one_that_runs_is_shown_and_can_be_waited_for(typed: Typed) -> None:
    code, out, err = typed("transforms", JOB, sagemaker=Jobs("InProgress", "InProgress"))
    assert (code, out) == (0, f"{JOB} is InProgress\n")
    assert f"next: blazingtext transforms {JOB} --watch\n" in err
    assert typed("transforms", JOB, "--output", "x", sagemaker=Jobs("InProgress"))[0] == 3
    jobs = Jobs("InProgress", "InProgress", "Completed")
    assert typed("transforms", JOB, "--watch", sagemaker=jobs, s3=results(Bucket()))[0] == 0


@pytest.mark.parametrize(
    ("typed_words", "said"),
    [
        (("blazingtext-dev-none",), "There is no transform job blazingtext-dev-none."),
        (("no/name",), '"no/name" is not the name of a transform job'),
        (("blazingtext-dev-",), "is the beginning of several transform jobs"),
        (("--watch",), "Name it"),
        (("--output", "x"), "Name it"),
    ],
)
def test_what_names_no_job_is_refused(typed_words: tuple[str, ...], said: str, typed: Typed) -> None:
    jobs = Jobs("Completed")
    jobs.add_transform("blazingtext-dev-other")

    code, _, err = typed("transforms", *typed_words, sagemaker=jobs)

    assert (code, said in err) == (2, True)


def test_a_job_without_results_is_told(typed: Typed) -> None:
    code, _, err = typed("transforms", JOB, sagemaker=Jobs("Completed"), s3=Bucket())

    assert (code, f"{JOB} has no results." in err) == (2, True)


def test_stop_stops_a_transform_job(typed: Typed) -> None:
    jobs = Jobs("InProgress")
    jobs.statuses = []

    code, out, err = typed("stop", JOB, sagemaker=jobs)

    assert (code, out, jobs.stopped_transforms) == (0, f"{JOB}\n", [JOB])
    assert err.endswith(f"done {JOB} is Stopping\nnext: blazingtext transforms\n")


def test_a_job_that_ended_or_of_another_stage_is_not_stopped(typed: Typed) -> None:
    assert "cannot be stopped. It is Completed already." in typed("stop", JOB, sagemaker=Jobs("Completed"))[2]
    other = Jobs()
    other.add_transform("blazingtext-prod-x", "InProgress")
    assert "is not a transform job of stage dev" in typed("stop", "blazingtext-prod-x", sagemaker=other)[2]


# --- the client -------------------------------------------------------------------------------------------------------


def test_the_client_has_the_same_verbs(monkeypatch: pytest.MonkeyPatch, words: Path) -> None:
    function, jobs, bucket = launcher(), Jobs("InProgress", "InProgress"), results(Bucket())
    monkeypatch.setattr(BlazingText, "cloud", cloud(cloudformation=FakeStacks(), sagemaker=jobs, s3=bucket, **{"lambda": function}))
    client = BlazingText()

    launched = client.transform(words, RUN, instance_count=2)

    assert (launched.job, launched.output, launched.cost.maximum_dollars) == (JOB, f"{OUTPUT}/", 0.085)
    assert function.events[0]["instance"] == {"count": 2}
    assert client.transform_job().job == client.transforms()[0].job == JOB
    assert client.stop_transform(JOB).status == "Stopping"
    jobs.transforms[JOB]["TransformJobStatus"] = "Completed"
    assert [each.status for each in client.follow_transform(JOB)] == ["Completed"]
    assert client.transform_results(JOB).lines == 10
    assert client.transform_job(JOB).seconds is None


def test_where_there_is_none_the_newest_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BlazingText, "cloud", cloud(sagemaker=Jobs()))

    with pytest.raises(RequestError, match="There is no transform job in stage dev"):
        BlazingText().transform_job()
