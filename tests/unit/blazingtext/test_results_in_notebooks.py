"""What the Python client returns shows itself: a line as `repr`, and in a notebook a table or a picture that escapes what others wrote."""

import ast
import dataclasses
import importlib
import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import gensim.models
import numpy as np
import pandas as pd
import pytest

import blazingtext
from blazingtext import stage_costs
from blazingtext.audit import Audit
from blazingtext.client import BlazingText
from blazingtext.corpus.uploads import UploadedCorpus, UploadedFile
from blazingtext.drift.comparison import Finding
from blazingtext.drift.drift import Drift
from blazingtext.leftovers import Leftover
from blazingtext.predictions import Classification, Classifications, Label, WordVector, WordVectors
from blazingtext.preflight.checks import Check, Outcome
from blazingtext.preflight.plan import Plan
from blazingtext.preflight.preflight import Preflight
from blazingtext.runs import comparison, table
from blazingtext.runs.launch import Cost, Launch
from blazingtext.runs.leaderboard import Tuning
from blazingtext.runs.local_training import LocalTraining
from blazingtext.runs.run_list import Runs
from blazingtext.runs.training_jobs import Run
from blazingtext.runs.transforms import Transform
from blazingtext.runs.tuning import TuningLaunch
from blazingtext.runs.tunings import Tunings, TuningSummary
from blazingtext.serving.models import Model, Models
from blazingtext.serving.pause_schedule import Turn
from blazingtext.serving.shadows import Shadow, Traffic
from blazingtext.serving.stage_status import Endpoint, Stack, Status
from blazingtext.serving.verification import Verification
from blazingtext.vectors import comparison as vector_comparison
from blazingtext.vectors import word_map
from blazingtext.vectors.evaluation import Evaluation, Score
from blazingtext.vectors.explorer import explore
from blazingtext.vectors.subwords import WordFile
from blazingtext.vectors.word_vectors import Neighbor, Neighbors, Vectors
from blazingtext_lifecycle.costs import HourlyPrice
from blazingtext_lifecycle.extras import MissingExtraError
from tests.unit.blazingtext.cloud_fakes import FakeJobs, FakeSession, FakeStacks, artifact

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)>"
# A result is at a glance in a notebook if its line is no longer than two of a terminal.
LONGEST_LINE = 240


def run(**more: Any) -> Run:
    told: dict[str, Any] = {
        "job": JOB,
        "status": "Completed",
        "phase": "Completed",
        "corpus": "wiki",
        "mode": "skipgram",
        "hyperparameters": {"mode": "skipgram", "epochs": "5", "learning_rate": "0.05", "subwords": "True"},
        "instance_type": "ml.c5.xlarge",
        "instance_count": 1,
        "created": NOON,
        "ended": NOON + timedelta(minutes=2),
        "training_seconds": 65,
        "billable_seconds": 60,
        "metrics": {"train:mean_rho": 0.5},
        "artifact": f"s3://bucket/runs/{JOB}/output/model.tar.gz",
        "failure": "",
        "arn": f"arn:aws:sagemaker:us-east-1:1:training-job/{JOB}",
    }
    return Run(**{**told, **more})


FAILED = run(job=f"{JOB}-2", status="Failed", phase="Failed", metrics={}, failure=EVIL, billable_seconds=None, artifact="")
PRICE = HourlyPrice("ml.c5.xlarge", 1, "us-east-1", 0.204, "2026-04-21", "a list")
COST = Cost("ml.c5.xlarge", 1, 3600, 0.204, 0.204, "2026-04-21")
STATUS = Status(
    stage="dev",
    region="us-east-1",
    stacks=(Stack("blazingtext-dev-serving", "UPDATE_COMPLETE", NOON),),
    live=JOB,
    live_artifact=run().artifact,
    previous="",
    state="running",
    endpoint=Endpoint("blazingtext-dev", "InService", "ml.m5.xlarge", 1, NOON, EVIL, 0.23, "config", "2026-04-21"),
    runs=(run(),),
    difference=EVIL,
    not_promoted={f"{JOB}-2": EVIL},
    dead_letters=(EVIL,),
    unknown=(),
    version=3,
    waiting=(4,),
    schedule=(Turn("pause", "cron(0 20 * * ? *)", "Europe/Rome", True, NOON),),
    tried=f"{JOB}-3",
    shadow=Shadow(f"{JOB}-3", "ml.m5.xlarge", 1, 0.23, 50, NOON, Traffic(9, 0, 0, 0, 0.01, 0.02), Traffic(4, 0, 1, 0, None, None)),
)
COSTS = stage_costs.StageCosts(
    "dev",
    "us-east-1",
    stage_costs.EndpointCosts(PRICE, 0.204, 4.896, 148.92, 1, None, 0),
    stage_costs.TrainingCosts(replace(PRICE, instance_type=EVIL), 3600, 0.204, 0.204),
    stage_costs.StorageCosts(2_000_000, None, ""),
)
MODEL = Model(3, JOB, "Approved", EVIL, {"train:mean_rho": 0.5}, NOON, run().artifact, live=True, previous=False)
VECTORS = Vectors((EVIL, *(f"word{number}" for number in range(99))), np.random.default_rng(1).normal(size=(100, 8)).astype(np.float32))
SHOWN: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "run": (FAILED, f"Run({JOB}-2: Failed)", (">status<", ">Failed<", ">1 min 05 s<")),
    "runs": (
        Runs([run(), FAILED], region="us-east-1"),
        f"[Run({JOB}: Completed, 0.500), Run({JOB}-2: Failed)]",
        (">0.500<", ">1 min 05 s<", ">$0.003<", ">failure<", ">cost<"),
    ),
    "launch": (
        Launch(JOB, "arn", "InProgress", False, run().artifact, (EVIL,), COST),
        f"Launch({JOB}: InProgress, of an earlier request)",
        (">1 x ml.c5.xlarge<", ">$0.204 an hour, at most $0.204 in 1 h 00 min (prices of 2026-04-21)<"),
    ),
    "transform": (
        Transform("predicted", "Completed", "s3://b/in/", "s3://b/out/", "ml.m5.large", 2, NOON, None, None, EVIL, "arn"),
        "Transform(predicted: Completed, results in s3://b/out/)",
        (">s3://b/in/<", ">s3://b/out/<", ">2 x ml.m5.large<"),
    ),
    "tuning launch": (
        TuningLaunch("tuning", "arn", "InProgress", True, "train:mean_rho", (EVIL,), COST, 4, 2),
        "TuningLaunch(tuning: InProgress)",
        (">4, 2 at a time<", ">train:mean_rho<"),
    ),
    "tunings": (
        Tunings([TuningSummary(EVIL, "Completed", "Bayesian", 4, 3, NOON, None)]),
        "[TuningSummary(",
        (">3 of 4<", ">Bayesian<"),
    ),
    "upload": (
        UploadedCorpus("wiki", "s3://b/corpora/wiki/", (UploadedFile(EVIL, 2_000_000, "abc", sent=True, etag="e"),), (), "abc", "", ()),
        "UploadedCorpus(s3://b/corpora/wiki/: 2.0 MB, files: 1, sent now: 1)",
        (">2.0 MB<", ">sent<"),
    ),
    "vectors": (
        VECTORS,
        f"Vectors(100 words, 8 numbers each: {EVIL}, word0, word1, word2, word3, ...)",
        (">100<", ">8<"),
    ),
    "neighbors": (Neighbors([Neighbor(EVIL, 0.98765)]), "[Neighbor(word=", (">0.988<",)),
    "evaluation": (
        Evaluation((Score(EVIL, 0.51234, 353, 3),), 0.51234, "mine: eval.json"),
        f"Evaluation(mine: eval.json: mean_rho 0.512; {EVIL} 0.512)",
        (">0.5123<", ">350<", ">353<", ">mean_rho<", "<caption>mine: eval.json</caption>"),
    ),
    "comparison": (
        comparison.RunComparison(
            (JOB, f"{JOB}-2", EVIL), (run(), FAILED), {"corpus": (EVIL, "b", "")}, {"train:mean_rho": (0.5, None, None)}, {}
        ),
        f"RunComparison({JOB}, {JOB}-2, {EVIL}; different: 1: corpus)",
        (">what differs<", ">reached<", ">0.5000<", f">{JOB}-2<"),
    ),
    "word vectors": (
        WordVectors([WordVector(EVIL, (1.0,) * 5, known=True, norm=2.5), WordVector("b", (0.0,), known=False, norm=0)]),
        f"[WordVector(word='{EVIL}', known=True, norm=2.5), WordVector(word='b', known=False, norm=0)]",
        (">2.500<", ">unknown<", "1.0000 ... 1 more"),
    ),
    "classifications": (
        Classifications([Classification(EVIL, (Label("music", 0.875),))]),
        "[Classification(",
        (">music<", ">0.875<"),
    ),
    "models": (
        Models("group", (MODEL, replace(MODEL, version=2, job="", artifact="s3://x", live=False, previous=True, metrics={}))),
        f"Models(group, 2 shown, live: {JOB})",
        (">*<", ">3<", ">Approved<", ">-<", ">s3://x<", "<caption>group</caption>"),
    ),
    "models without a registry": (Models("", (replace(MODEL, job=EVIL),)), f"Models(1 shown, live: {EVIL})", (">*<", ">0.500<")),
    "verification": (
        Verification(JOB, "running", "blazingtext-dev", "InService", "config", "", "", "music", (EVIL,), repairable=True),
        "Verification(blazingtext-dev: InService, problems: 1)",
        (">answered for music<", ">problem<", ">unknown<"),
    ),
    "status": (
        STATUS,
        f"Status(dev in us-east-1: live {JOB}, endpoint InService)",
        (
            f">{JOB} (version 3)<",
            ">1 x ml.m5.xlarge: $0.230 an hour, $167.90 a month",
            ">version 4<",
            ">1: promotions that failed for good<",
            ">Friday, 2026-01-02 12:00, by cron(0 20 * * ? *), Europe/Rome<",
            f">shadow: {JOB}-3<",
            ">20.0 ms<",
            ">not promoted<",
        ),
    ),
    "costs": (
        COSTS,
        "StageCosts(dev in us-east-1: endpoint 1 x ml.c5.xlarge, $148.92 a month)",
        (">$148.92<", ">bucket, 2.0 MB<", ">not known<"),
    ),
    "preflight": (
        Preflight("dev", "us-east-1", "1", "arn", Plan(), (Check("quota", Outcome.PROBLEM, EVIL, "ask for more"),)),
        "Preflight(dev in us-east-1, checks: 1, problems: 1)",
        (">problem<", ">ask for more<"),
    ),
    "audit": (
        Audit("dev", "us-east-1", ("us-east-1",), (), ("bucket",), (Leftover("bucket", EVIL, bills=True, region="us-east-1"),), ()),
        "Audit(dev in us-east-1: 1 left)",
        (">bucket<", ">bills<"),
    ),
    "drift": (
        Drift("dev", "us-east-1", ("roles",), (Finding("role", "a", EVIL, "put it back"),)),
        "Drift(dev in us-east-1, differences: 1)",
        (">put it back<", ">role<"),
    ),
    "local training": (
        LocalTraining(Path("model"), ("vectors.txt",), "cbow", {}, {"train:mean_rho": 0.5}, 65, (EVIL,), "abc"),
        "LocalTraining(model: cbow, train:mean_rho 0.500, 1 min 05 s)",
        (">cbow<", ">0.5000<"),
    ),
}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_result_is_a_line_and_a_table_whose_texts_are_no_markup(name: str) -> None:
    found, line, cells = SHOWN[name]

    assert repr(found).startswith(line)
    assert len(repr(found)) < LONGEST_LINE
    page = found._repr_html_()
    assert [cell for cell in cells if cell not in page] == []
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_short_line_ends_where_nothing_more_is_told() -> None:
    assert repr(Vectors(("a", "b"), np.ones((2, 3), np.float32))) == "Vectors(2 words, 3 numbers each: a, b)"
    assert repr(replace(STATUS, live="", endpoint=Endpoint("e"))) == "Status(dev in us-east-1: live none, endpoint none)"
    assert repr(replace(STATUS, state="paused", endpoint=Endpoint("e"))).endswith("endpoint paused)")
    assert repr(replace(SHOWN["verification"][0], problems=())).endswith("InService, as its stack says)")
    assert repr(replace(SHOWN["audit"][0], left=())) == "Audit(dev in us-east-1: nothing left)"
    assert repr(BlazingText("prod")) == "BlazingText('prod')"


def test_columns_that_are_empty_of_all_runs_are_not_shown() -> None:
    page = Runs([run(metrics={}, billable_seconds=None)])._repr_html_()

    assert ">job<" in page
    assert not [name for name in ("score", "cost", "failure") if f">{name}<" in page]
    assert Runs()._repr_html_().count("<th") == 10


def returned() -> Iterator[tuple[str, type]]:
    """The classes that the client's methods return, with those in lists."""
    functions = [*inspect.getmembers(BlazingText, inspect.isfunction), ("load", blazingtext.load), ("train", blazingtext.train)]
    for name, function in functions:
        if not name.startswith("_"):
            hints = typing.get_type_hints(function, None, _names(function.__module__))
            for each in _classes(hints["return"]):
                yield name, each


def _names(module: str) -> dict[str, Any]:
    """What a module imports only for types."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: getattr(importlib.import_module("." * each.level + (each.module or ""), module.rpartition(".")[0]), alias.name)
        for each in imports
        for alias in each.names
    }


def _classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
        for base in getattr(hint, "__orig_bases__", ()):
            yield from (each for each in typing.get_args(base) if isinstance(each, type))
    for each in typing.get_args(hint):
        yield from _classes(each)


def test_whatever_a_method_returns_has_a_line_of_its_own_or_few_members() -> None:
    found = {each for _, each in returned() if dataclasses.is_dataclass(each)}
    assert {Run, Status, Vectors, Evaluation, Neighbor, Tuning} < found

    long = {each.__name__: len(told) for each in found if len(told := _told(each)) > 8 and not _has_its_own_line(each)}

    assert long == {}


def _told(each: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(each) if field.repr]


def _has_its_own_line(each: Any) -> bool:
    return not hasattr(each.__repr__, "__wrapped__")


def test_a_map_is_a_picture_in_a_notebook_of_the_kind_that_its_file_is(tmp_path: Path) -> None:
    look = word_map.Look(words=30)
    png, svg, pdf = (word_map.draw(VECTORS, tmp_path / f"map.{kind}", look) for kind in ("png", "svg", "pdf"))

    assert repr(png) == f"Map({tmp_path / 'map.png'}: 30 words in 2 clusters)"
    assert (png._repr_png_() or b"").startswith(b"\x89PNG")
    assert (png._repr_svg_(), svg._repr_png_(), pdf._repr_png_(), pdf._repr_svg_()) == (None, None, None, None)
    assert "<svg" in (svg._repr_svg_() or "")
    assert "<img" not in (svg._repr_svg_() or "")
    inline = word_map.draw_inline(VECTORS, look)
    assert inline._repr_png_() == png._repr_png_()
    assert repr(inline) == "InlineMap(30 words in 2 clusters)"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.pdf", "map.png", "map.svg"]
    png.path.unlink()
    assert png._repr_png_() is None


def test_an_exploration_is_a_line() -> None:
    assert repr(explore([("mine", VECTORS)], 30)).startswith("Exploration(30 words of mine, ")


@pytest.fixture(name="stage")
def _stage() -> BlazingText:
    jobs = FakeJobs()
    jobs.add(JOB)
    jobs.add(f"{JOB}-2", status="Failed", FailureReason=EVIL)
    return BlazingText("dev", cast("boto3.Session", FakeSession(sagemaker=jobs, cloudformation=FakeStacks(ModelDataUrl=artifact(JOB)))))


def test_runs_are_a_list_as_ever(stage: BlazingText) -> None:
    found = stage.runs()

    assert isinstance(found, list)
    assert [each.job for each in found] == [f"{JOB}-2", JOB]
    assert found == list(found)
    assert (found[0].status, len(found[:1]), stage.runs(1)) == ("Failed", 1, found[:1])


def test_runs_become_a_table_of_pandas_with_the_columns_of_the_csv(stage: BlazingText, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def speed(_: BlazingText, job: str) -> float | None:
        asked.append(job)
        return 2.5 if job == JOB else None

    monkeypatch.setattr(BlazingText, "throughput", speed)

    found = stage.runs()
    assert asked == []
    frame = found.to_frame()

    names, _ = table.complete([table.Row(each, "us-east-1", None) for each in found])
    assert list(frame.columns) == names
    assert list(frame["job"]) == [f"{JOB}-2", JOB]
    assert frame["speed"].max() == 2.5
    assert asked == [f"{JOB}-2", JOB]


def test_what_is_a_number_is_a_number_in_the_table_and_times_are_times() -> None:
    frame = Runs([run(), FAILED], region="us-east-1").to_frame()

    assert frame["epochs"].sum() == 10
    assert frame["learning_rate"].dtype == np.float64
    assert frame["created"].max() - pd.Timestamp(NOON) == pd.Timedelta(0)
    assert list(frame["subwords"]) == ["True", "True"]
    assert frame["train:mean_rho"].isna().tolist() == [False, True]
    assert frame["cost"][0] == pytest.approx(60 * 0.204 / 3600)
    assert (len(Runs().to_frame()), "job" in Runs().to_frame()) == (0, True)


def test_vectors_become_those_of_gensim() -> None:
    counts = {"king": 9, "queen": 7, "car": 1}
    file = cast("WordFile", SimpleNamespace(counts=counts))
    counted = Vectors(tuple(counts), np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32), file=file)

    found = counted.to_gensim()

    assert isinstance(found, gensim.models.KeyedVectors)
    assert found.index_to_key == list(counted.words)
    assert np.array_equal(found.vectors, counted.matrix)
    assert [word for word, _ in found.most_similar("king", topn=2)] == [each.word for each in counted.neighbors("king", 2)]
    assert {word: found.get_vecattr(word, "count") for word in counted.words} == counts
    found.vectors[0] = 7
    assert counted["king"].tolist() == [1, 0]


def test_vectors_without_counts_become_those_of_gensim_without() -> None:
    found = VECTORS.to_gensim()

    assert len(found) == 100
    with pytest.raises(KeyError):
        found.get_vecattr("word0", "count")


@pytest.mark.parametrize(
    ("module", "become"), [("gensim", VECTORS.to_gensim), ("pandas", Runs([run()]).to_frame)], ids=["gensim", "pandas"]
)
def test_without_the_library_the_command_that_installs_it_is_told(
    module: str, become: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from blazingtext_lifecycle import extras

    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == module else object())
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    with pytest.raises(MissingExtraError) as caught:
        become()

    assert re.fullmatch(rf'This needs {module}, which is not installed in .*: pip install "blazingtext-cdk\[notebook\]"', str(caught.value))


def test_a_comparison_shows_each_model_beside_the_first(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    words = tuple(f"w{number}" for number in range(30))
    first, second, third = (Vectors(words[more:], chance.normal(size=(30 - more, 4)).astype(np.float32)) for more in (0, 0, 3))
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("w4 w5 1\nw6 w7 2\nw8 w9 3\n")
    compared = {name: vector_comparison.compare(first, model, [pairs]) for name, model in (("two", second), ("three", third))}

    page = comparison.RunComparison(("one", "two", "three"), (), {}, {}, compared)._repr_html_()

    assert page.index(">B beside A<") < page.index(">C beside A<")
    assert page.count(">rho of A<") == 2
    assert (page.count(">rho of B<"), page.count(">C - A<")) == (1, 1)
    assert page.count(">pairs.csv<") == 2
    beside = page[page.index(">C beside A<") :]
    assert ">3: w0, w1, w2<" in beside
