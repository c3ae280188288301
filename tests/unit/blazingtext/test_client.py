"""The Python class: each method reaches what it stands for with everything that it was given."""

import json
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from blazingtext import audit, predictions, removal, stage_costs
from blazingtext import client as client_module
from blazingtext.client import BlazingText
from blazingtext.cloud import Cloud
from blazingtext.corpus import uploads
from blazingtext.preflight.plan import Plan
from blazingtext.runs import job_events, processing, training_jobs, transforms, tunings
from blazingtext.serving import changes, models, prediction, repair, status, verification, waiter
from blazingtext.vectors import word_map
from blazingtext.vectors.word_map import Look
from blazingtext_lifecycle.errors import ConfigurationError, RequestError, UserError
from tests.unit.blazingtext.cloud_fakes import (
    BUCKET,
    FakeBucket,
    FakeEndpoint,
    FakeJobs,
    FakeLauncher,
    FakeSession,
    FakeStacks,
    FakeUpdates,
    artifact,
    packed,
)
from tests.unit.blazingtext.conftest import Typed

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
OLD = "blazingtext-dev-wiki-skipgram-9876543210"
VECTORS = b"4 2\nking 1 0\nqueen 0.9 0.1\ncar 0 1\nbus 0.1 1\n"


def client(**clients: Any) -> BlazingText:
    stacks = clients.setdefault("cloudformation", FakeStacks(ModelDataUrl=artifact(OLD)))
    clients.setdefault("stepfunctions", FakeUpdates(stacks))
    return BlazingText("dev", cast("boto3.Session", FakeSession(**clients)))


@pytest.fixture(name="stored")
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BlazingText:
    """Two runs: the newest, and an older one, which is live."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    bucket, jobs = FakeBucket(), FakeJobs()
    scores = {"EN-WS-353-ALL.txt": {"not_found": 3, "spearmans_rho": 0.5, "total_pairs": 353}, "mean_rho": 0.5}
    bucket.put(f"runs/{JOB}/output/model.tar.gz", packed({"vectors.txt": VECTORS, "eval.json": json.dumps(scores).encode()}))
    bucket.put(f"runs/{OLD}/output/model.tar.gz", packed({"vectors.txt": VECTORS.replace(b"queen", b"prince")}))
    for job in (OLD, JOB):
        jobs.add(job)
    return client(s3=bucket, sagemaker=jobs)


@pytest.mark.parametrize(
    ("method", "given", "module", "function", "asked"),
    [
        ("promote", {"job": JOB, "auto_rollback": False}, changes, "promote", ((JOB,), {"version": None, "auto_rollback": False})),
        ("promote", {"version": 3}, changes, "promote", ((None,), {"version": 3, "auto_rollback": True})),
        ("rollback", {}, changes, "rollback", ((None,), {})),
        ("rollback", {"to": "3"}, changes, "rollback", (("3",), {})),
        ("models", {}, models, "listed", ((10,), {})),
        ("models", {"limit": 7}, models, "listed", ((7,), {})),
        ("register", {"job": JOB}, models, "register", ((JOB,), {})),
        ("approve", {"version": 3, "comment": "good"}, models, "judge", (("3", "Approved", "good"), {})),
        ("reject", {"version": JOB}, models, "judge", ((JOB, "Rejected", ""), {})),
        ("pause", {}, changes, "pause", ((), {})),
        ("resume", {}, changes, "resume", ((), {})),
        ("status", {"runs": 7}, status, "describe", ((), {"runs": 7})),
        ("verify", {}, verification, "verify", ((), {})),
        ("repair", {"on_progress": print}, repair, "repair", ((), {"on_progress": print})),
        ("kept_bucket", {"bucket": "kept"}, removal, "kept_bucket", (("kept",), {})),
        ("delete_bucket", {"bucket": "kept"}, removal, "delete_bucket", (("kept",), {})),
        ("costs", {"wanted": Plan(spot=True)}, stage_costs, "of_stage", ((Plan(spot=True),), {})),
        ("costs", {}, stage_costs, "of_stage", ((Plan(),), {})),
        (
            "preflight",
            {"wanted": Plan(spot=True), "on_progress": print},
            client_module,
            "preflight",
            ((Plan(spot=True),), {"on_progress": print}),
        ),
        ("preflight", {}, client_module, "preflight", ((Plan(),), {})),
        (
            "audit",
            {"on_progress": print, "regions": ["eu-west-1"]},
            audit,
            "audit",
            ((), {"regions": ("eu-west-1",), "on_progress": print}),
        ),
        ("throughput", {"job": JOB}, training_jobs, "throughput", ((JOB,), {})),
        ("stop", {"job": JOB}, training_jobs, "stop", ((JOB,), {})),
        ("events", {"job": JOB, "follow": True}, job_events, "events", ((JOB,), {"follow": True})),
        (
            "wait",
            {"job": JOB, "update_started": True, "timeout_seconds": 9, "on_progress": print},
            waiter,
            "wait_until_stable",
            ((), {"job": JOB, "update_started": True, "timeout_seconds": 9, "on_progress": print}),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_method_hands_on_what_it_was_given(
    method: str, given: dict[str, Any], module: Any, function: str, asked: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    answer = object()

    def called(cloud: Cloud, *arguments: Any, **named: Any) -> object:
        seen.append((cloud.stage, arguments, named))
        return answer

    monkeypatch.setattr(module, function, called)

    assert getattr(client(), method)(**given) is answer
    ((stage, arguments, named),) = seen
    assert (stage, arguments) == ("dev", asked[0])
    assert asked[1].items() <= named.items()


def test_training_is_ordered_with_every_argument() -> None:
    launcher = FakeLauncher(
        {"jobName": JOB, "jobArn": "arn", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []}
    )

    found = client(**{"lambda": launcher}).train(
        "wiki",
        mode="cbow",
        hyperparameters={"epochs": 3},
        instance_type="ml.c5.2xlarge",
        instance_count=2,
        volume_gb=40,
        max_runtime_seconds=600,
        spot=True,
        tags={"team": "search"},
        retry=True,
    )

    assert found.job == JOB
    ((event),) = launcher.events
    assert event == {
        "corpus": "wiki",
        "mode": "cbow",
        "hyperparameters": {"epochs": 3},
        "instance": {"type": "ml.c5.2xlarge", "count": 2, "volumeGb": 40},
        "limits": {"maxRuntimeSeconds": 600},
        "spot": True,
        "tags": {"team": "search"},
        "retry": True,
    }


def test_an_upload_may_replace_and_have_a_validation_part(tmp_path: Path) -> None:
    train, held_out = tmp_path / "a.txt", tmp_path / "b.txt"
    for path in (train, held_out):
        path.write_text("__label__x some words\n")
    bucket = FakeBucket()
    bucket.put("corpora/wiki/train/old.txt", b"x")
    heard: list[int] = []

    found = client(s3=bucket).upload("wiki", [str(train)], validation=[held_out], replace=True, advance=heard.append)

    assert (found.uri, found.removed) == (f"s3://{BUCKET}/corpora/wiki/", ("corpora/wiki/train/old.txt",))
    assert {"corpora/wiki/train/a.txt", "corpora/wiki/validation/b.txt"} <= set(bucket.objects)
    assert sum(heard) == train.stat().st_size + held_out.stat().st_size


def test_a_run_is_the_newest_one_of_a_name_or_the_live_one(stored: BlazingText) -> None:
    assert (stored.run().job, stored.run(OLD).job) == (JOB, OLD)
    assert [stored.artifact(job).uri for job in (None, OLD, "live")] == [artifact(JOB), artifact(OLD), artifact(OLD)]
    with pytest.raises(RequestError):
        stored.run("blazingtext-dev-none")


def test_vectors_are_looked_at_by_run(stored: BlazingText) -> None:
    assert [neighbor.word for neighbor in stored.neighbors("king", 1)] == ["queen"]
    assert [neighbor.word for neighbor in stored.neighbors("king", 2, job="live")] == ["prince", "bus"]
    assert [neighbor.word for neighbor in stored.analogy("king", "queen", "car", 1)] == ["bus"]


def test_scores_are_the_containers_unless_asked_for_anew(stored: BlazingText, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("king\tqueen\t9\nking\tcar\t1\nqueen\tcar\t2\n")

    theirs, anew, own = stored.evaluate(), stored.evaluate(compute=True), stored.evaluate(pairs=[pairs])

    assert (theirs.source, anew.source, own.source) == (f"{JOB}: eval.json", f"{JOB}: vectors.txt", f"{JOB}: vectors.txt")
    assert stored.evaluate(OLD).source == f"{OLD}: vectors.txt"


def test_the_endpoint_answers_with_vectors_or_with_labels() -> None:
    bt = client(sagemaker_runtime=FakeEndpoint({"king": [3.0, 4.0]}))

    assert [each.word for each in bt.predict(["king"])] == ["king"]
    assert bt.classify(["king"]) == []
    assert isinstance(bt.predict(["king"])[0], predictions.WordVector)


def test_a_stage_is_checked_before_anything_is_asked() -> None:
    with pytest.raises(ConfigurationError, match="is not a stage name"):
        BlazingText("No-Stage")


def test_the_stage_is_the_environments_as_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_STAGE", "prod")
    session = cast("boto3.Session", FakeSession())

    assert [BlazingText(session=session).cloud.stage, BlazingText("test", session).cloud.stage] == ["prod", "test"]

    monkeypatch.delenv("BLAZINGTEXT_STAGE")
    assert BlazingText(session=session).cloud.stage == "dev"


@pytest.mark.parametrize("stage", ["No-Stage", ""])
def test_a_wrong_stage_of_the_environment_is_told_as_on_the_command_line(stage: str, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZINGTEXT_STAGE", stage)

    with pytest.raises(ConfigurationError) as caught:
        BlazingText()

    code, _, err = typed("runs")
    assert (code, err.strip()) == (caught.value.exit_code, f"error {caught.value}")


def test_a_wrong_profile_of_the_environment_is_told_as_on_the_command_line(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(UserError, match="nobody") as caught:
        BlazingText().runs()

    code, _, err = typed("runs")
    assert (code, err.strip()) == (caught.value.exit_code, f"error {caught.value}")


@pytest.mark.parametrize(
    ("method", "given", "module", "function", "asked"),
    [
        ("promote", {}, changes, "promote", {"version": None, "auto_rollback": True}),
        ("status", {}, status, "describe", {"runs": 3}),
        ("runs", {}, training_jobs, "runs", {"limit": 10}),
        ("tunings", {}, tunings, "tunings", {"limit": 10}),
        ("transforms", {}, transforms, "transforms", {"limit": 10}),
        ("processing_jobs", {}, processing, "processings", {"limit": 10}),
        ("events", {"job": JOB}, job_events, "events", {"follow": False}),
        (
            "wait",
            {},
            waiter,
            "wait_until_stable",
            {"job": "", "state": "", "shadow": None, "update_started": False, "timeout_seconds": 2 * 58_200},
        ),
        ("upload", {"corpus": "wiki", "files": []}, uploads, "upload", {"replace": False, "run": ""}),
        ("predict", {"words": ["a"]}, prediction, "predict", {}),
        ("classify", {"texts": ["a"]}, prediction, "predict", {"k": 1}),
        ("audit", {}, audit, "audit", {"regions": ()}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_method_is_not_given_is_this(
    method: str, given: dict[str, Any], module: Any, function: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    def called(_: Cloud, *_arguments: Any, **named: Any) -> list[Any]:
        seen.append(named)
        return []

    monkeypatch.setattr(uploads, "plan", lambda *_: [])
    monkeypatch.setattr(module, function, called)

    getattr(client(), method)(**given)

    assert [{name: value for name, value in each.items() if not callable(value)} for each in seen] == [asked]


def test_training_on_a_corpus_asks_for_nothing_else() -> None:
    launcher = FakeLauncher({"jobName": JOB, "jobArn": "a", "status": "InProgress", "created": True, "artifact": "s3://x", "warnings": []})

    client(**{"lambda": launcher}).train("wiki")

    assert launcher.events == [{"corpus": "wiki"}]


def test_ten_neighbors_and_five_answers_unless_told_otherwise(stored: BlazingText, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "".join(f"w{number} 1 {number}\n" for number in range(30)).encode()
    monkeypatch.setattr(stored.cloud.session.clients["s3"], "objects", {})  # type: ignore[attr-defined] # the fake session
    bucket = stored.cloud.session.clients["s3"]  # type: ignore[attr-defined] # likewise
    bucket.put(f"runs/{JOB}/output/model.tar.gz", packed({"vectors.txt": b"30 2\n" + words}))

    assert (len(stored.neighbors("w1")), len(stored.analogy("w1", "w2", "w3"))) == (10, 5)


def test_a_run_that_is_watched_tells_its_events_and_returns_how_it_ended(stored: BlazingText, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(BlazingText, "events", lambda _, job, *, follow: iter([f"{job} {follow}"]))

    assert stored.watch(OLD, heard.append).job == OLD  # type: ignore[arg-type] # an event of this test
    assert heard == [f"{OLD} True"]


def test_a_map_is_drawn_of_the_vectors_of_the_run_and_looks_as_asked_for(stored: BlazingText, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(word_map, "draw", lambda vectors, path, look: drawn.append((vectors.words, path, look)))

    stored.map("a.svg", Look(words=7), OLD)
    stored.map(Path("b.png"))
    stored.map("c.png", Look(name="mine"))

    monkeypatch.setattr(word_map, "draw_inline", lambda vectors, look: drawn.append((vectors.words, None, look)))
    stored.map(look=Look(words=7), job=OLD)

    assert drawn.pop() == (("king", "prince", "car", "bus"), None, Look(words=7, name=OLD))
    newest = ("king", "queen", "car", "bus")
    assert drawn == [
        (("king", "prince", "car", "bus"), Path("a.svg"), Look(words=7, name=OLD)),
        (newest, Path("b.png"), Look(name=JOB)),
        (newest, Path("c.png"), Look(name="mine")),
    ]


def test_the_size_of_an_artifact_is_told_before_it_is_downloaded(stored: BlazingText) -> None:
    sizes, heard = list[int](), list[int]()

    def on_size(size: int) -> Any:
        sizes.append(size)
        return heard.append

    stored.artifact(JOB, on_size=on_size)

    assert sizes == [sum(heard)]
    assert sizes[0] > 100
