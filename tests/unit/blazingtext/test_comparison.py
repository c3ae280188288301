"""Runs side by side, beside SciPy and beside sets of neighbours counted by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from blazingtext.runs.comparison import RunComparison, some
from blazingtext.vectors import comparison, evaluation, nearest
from blazingtext.vectors.intervals import Interval
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeJobs, denying, packed
from tests.unit.blazingtext.conftest import Typed

A, B = "blazingtext-dev-wiki-skipgram-aaaa", "blazingtext-dev-news-cbow-bbbb"


def _random(words: int, dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(words, dimension)).astype(np.float32)


def _words(count: int) -> tuple[str, ...]:
    return tuple(f"w{number}" for number in range(count))


def _rotation(dimension: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(9).normal(size=(dimension, dimension)))[0].astype(np.float32)


@pytest.fixture(name="pairs")
def _pairs(tmp_path: Path) -> Path:
    path, chance = tmp_path / "pairs.tsv", np.random.default_rng(4)
    lines = [f"w{2 * row}\tw{2 * row + 1}\t{chance.integers(0, 10)}" for row in range(30)]
    path.write_text("\n".join([*lines, "w1\tabsent\t5", ""]), encoding="utf-8")
    return path


def test_a_rotated_model_is_the_same_model(pairs: Path) -> None:
    matrix = _random(100, 8, 1)
    first, second = Vectors(_words(100), matrix), Vectors(_words(100), 3 * matrix @ _rotation(8))

    found = comparison.compare(first, second, [pairs])

    assert (found.shared, found.lost_count, found.gained_count) == (100, 0, 0)
    assert (found.overlap_frequent, found.overlap_rare) == (1, 1)
    assert all(each.similarity == pytest.approx(1, abs=1e-5) for each in found.moved)
    # A sum in single precision may turn two pairs of equal cosine around.
    difference = found.pair_sets[0].difference
    assert [difference.value, difference.low, difference.high] == pytest.approx([0, 0, 0], abs=0.01)


def test_the_word_that_moved_is_named_with_what_is_near_it() -> None:
    matrix = _random(100, 8, 1)
    other = matrix.copy()
    other[17] = matrix[42] + 0.01
    first, second = Vectors(_words(100), matrix), Vectors(_words(100), other @ _rotation(8))

    moved = comparison.compare(first, second).moved[0]

    assert (moved.word, moved.similarity < 0.9) == ("w17", True)
    assert (moved.first, moved.second[0]) == (tuple(each.word for each in first.neighbors("w17", 3)), "w42")


@pytest.mark.parametrize("dimension", [8, 5])
def test_models_are_aligned_as_scipy_does_it(dimension: int) -> None:
    first, second = Vectors(_words(60), _random(60, 8, 1)), Vectors(_words(60), _random(60, dimension, 2))
    a, b = first.directions.astype(float), np.pad(second.directions.astype(float), ((0, 0), (0, 8 - dimension)))
    turned = b @ scipy.linalg.orthogonal_procrustes(b, a)[0]
    cosines = (a * turned).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(turned, axis=1)

    moved = comparison.compare(first, second).moved

    assert [each.word for each in moved] == [f"w{row}" for row in np.argsort(cosines)[:10]]
    assert [each.similarity for each in moved] == pytest.approx(sorted(cosines)[:10], abs=1e-5)


def test_neighbours_are_counted_among_shared_words_of_frequent_and_rare_ones() -> None:
    first, second = Vectors(_words(1200), _random(1200, 6, 1)), Vectors(_words(1100), _random(1100, 6, 2))
    among = [Vectors(each.words[:1100], each.matrix[:1100].copy()) for each in (first, second)]

    found = comparison.compare(first, second, neighbors=4)

    for rows, overlap in ((range(500), found.overlap_frequent), (range(600, 1100), found.overlap_rare)):
        near = [[{each.word for each in model.neighbors(f"w{row}", 4)} for row in rows] for model in among]
        assert overlap == pytest.approx(np.mean([len(a & b) / 4 for a, b in zip(*near, strict=True)]))
    assert (found.shared, found.neighbors) == (1100, 4)
    assert (found.lost_count, found.lost, found.gained_count) == (100, tuple(f"w{number}" for number in range(1100, 1110)), 0)
    assert comparison.compare(second, first, neighbors=4).gained_count == 100


def test_a_block_of_rows_gives_what_all_rows_give(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Vectors(_words(90), _random(90, 6, 1)), Vectors(_words(90), _random(90, 6, 2))
    whole = comparison.compare(first, second)
    monkeypatch.setattr(nearest, "_BLOCK_BYTES", 4 * 96 * 7)

    assert comparison.compare(first, second) == whole


def test_scores_are_scipys_and_lie_within_their_intervals(pairs: Path) -> None:
    first, second = Vectors(_words(80), _random(80, 8, 1)), Vectors(_words(80), _random(80, 8, 2))

    (found,) = comparison.compare(first, second, [pairs]).pair_sets

    human = [float(line.split("\t")[2]) for line in pairs.read_text().splitlines()[:30]]
    rho = [
        scipy.stats.spearmanr(human, [float(each.directions[2 * row] @ each.directions[2 * row + 1]) for row in range(30)])[0]
        for each in (first, second)
    ]
    assert (found.name, found.pairs) == ("pairs.tsv", 30)
    assert [found.first.value, found.second.value] == pytest.approx(rho, abs=0.01)
    assert found.difference.value == pytest.approx(found.second.value - found.first.value)
    for figure in (found.first, found.second, found.difference):
        assert figure.low < figure.value < figure.high
    # The standard error of a rank correlation of 30 pairs is about 1 / sqrt(29); an interval of 95 % is 3.92 of them.
    assert found.first.high - found.first.low == pytest.approx(3.92 / 29**0.5, rel=0.25)


def test_an_interval_is_the_percentiles_of_scipys_bootstrap(pairs: Path) -> None:
    first, second = Vectors(_words(80), _random(80, 8, 1)), Vectors(_words(80), _random(80, 8, 2))
    judged = evaluation.judged(pairs, first)
    human, model = (np.array(values) for values in zip(*judged.values(), strict=True))
    theirs = scipy.stats.bootstrap(
        (human, model), lambda a, b: scipy.stats.spearmanr(a, b)[0], paired=True, vectorized=False, n_resamples=2000,
        method="percentile", rng=np.random.default_rng(3),
    ).confidence_interval  # fmt: skip

    ours = comparison.compare(first, second, [pairs]).pair_sets[0].first

    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=0.05)


def test_pairs_that_nobody_knows_have_no_interval(tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text("no\tnothing\t1\n")
    model = Vectors(_words(30), _random(30, 4, 1))

    (found,) = comparison.compare(model, model, [path]).pair_sets

    assert (found.pairs, found.first) == (0, Interval(0, 0, 0))


@pytest.mark.parametrize(("words", "neighbors", "refused"), [(19, 3, True), (20, 3, False), (20, 19, False), (20, 20, True)])
def test_models_with_few_words_in_common_are_refused(words: int, neighbors: int, refused: bool) -> None:
    first = Vectors(_words(100), _random(100, 4, 1))
    second = Vectors(tuple(f"w{number}" if number < words else f"v{number}" for number in range(100)), _random(100, 4, 2))

    if refused:
        with pytest.raises(UserError, match=f"share {words} words, which is too few"):
            comparison.compare(first, second, neighbors=neighbors)
    else:
        assert comparison.compare(first, second, neighbors=neighbors).shared == words


# --- typed ------------------------------------------------------------------------------------------------------------


def _artifact(words: tuple[str, ...], matrix: np.ndarray) -> bytes:
    rows = [f"{word} " + " ".join(map(str, row)) for word, row in zip(words, matrix.tolist(), strict=True)]
    return packed({"vectors.txt": "\n".join([f"{len(rows)} {matrix.shape[1]}", *rows, ""]).encode()})


@pytest.fixture(name="two")
def _two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two runs that differ in corpus, mode, epochs and one word."""
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "140")
    bucket, jobs = FakeBucket(), FakeJobs()
    metric = {"MetricName": "train:mean_rho", "Value": 0.5}
    jobs.add(
        A, HyperParameters={"mode": "skipgram", "epochs": "5", "min_count": "5"}, FinalMetricDataList=[metric], TrainingTimeInSeconds=60
    )
    other = [{"DataSource": {"S3DataSource": {"S3Uri": "s3://b/corpora/news/train/"}}}]
    jobs.add(
        B, HyperParameters={"mode": "cbow", "epochs": "5", "window_size": "3"}, InputDataConfig=other,
        FinalMetricDataList=[{**metric, "Value": 0.625}],
    )  # fmt: skip
    bucket.put(f"runs/{A}/output/model.tar.gz", _artifact(("<script>alert(1)</script>", *_words(40)), _random(41, 5, 1)))
    bucket.put(f"runs/{B}/output/model.tar.gz", _artifact((*_words(40), "new"), _random(41, 5, 2)))
    return {"s3": bucket, "sagemaker": jobs}


def test_compare_shows_what_differs_and_what_was_reached(typed: Typed, two: dict[str, Any]) -> None:
    code, out, err = typed("compare", "wiki-", "news-", **two)

    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert ["A", A] in lines
    assert ["B", B] in lines
    assert ["corpus", "wiki", "news"] in lines
    assert ["mode", "skipgram", "cbow"] in lines
    assert not [line for line in lines if line[:1] == ["epochs"]]
    assert ["train:mean_rho", "0.5000", "0.6250"] in lines
    assert ["training_seconds", "60"] in lines
    assert ["words", "that", "both", "know", "40"] in lines
    assert ["only", "in", "B", "1:", "new"] in lines
    assert "same 10 nearest words, frequent words" in out
    assert "moved most" in out


def test_runs_on_other_text_are_named_and_their_hashes_shown(typed: Typed, two: dict[str, Any]) -> None:
    for job, digit in ((A, "a"), (B, "b")):
        two["sagemaker"].jobs[job]["tags"] = {
            "blazingtext:corpus-sha256": digit * 64,
            "blazingtext:recipe": f"corpora/x/recipes/{'c' if job == A else 'd'}{'0' * 63}.json",
        }

    code, out, err = typed("compare", A, B, **two)
    _, document, _ = typed("compare", A, B, "--json", **two)

    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert ["corpus_hash", "a" * 12, "b" * 12] in lines
    assert ["recipe", "c00000000000", "d00000000000"] in lines
    assert err == "warning B: trained on another text than A. What differs below the settings may come from the text.\n"
    assert json.loads(document)["other_corpora"] == [B]
    assert [run["corpus_hash"] for run in json.loads(document)["runs"]] == [f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"blazingtext:corpus-sha256": "a" * 64}, {"blazingtext:corpus-sha256": "a" * 64}),
        ({"blazingtext:corpus-sha256": "a" * 64}, {"blazingtext:corpus-hash": "b" * 64}),
        ({"blazingtext:corpus-hash": "a" * 64}, {"blazingtext:corpus-hash": "b" * 64}),
        ({}, {}),
    ],
)
def test_runs_on_the_same_text_or_on_text_of_no_known_hash_are_not_named(
    typed: Typed, two: dict[str, Any], first: dict[str, str], second: dict[str, str]
) -> None:
    two["sagemaker"].jobs[A]["tags"], two["sagemaker"].jobs[B]["tags"] = first, second

    assert json.loads(typed("compare", A, B, "--json", **two)[1])["other_corpora"] == []


def test_who_may_not_read_tags_compares_the_rest_and_is_told(typed: Typed, two: dict[str, Any]) -> None:
    two["sagemaker"].list_tags = denying("AccessDeniedException")

    code, out, err = typed("compare", A, B, **two)

    assert code == 0
    assert "train:mean_rho" in out
    assert "read the tags of" in err


def test_compare_in_json_has_every_figure(typed: Typed, two: dict[str, Any], pairs: Path) -> None:
    code, out, _ = typed("compare", A, B, "--pairs", str(pairs), "--neighbors", "3", "--json", **two)

    found = json.loads(out)
    assert code == 0
    assert [run["job"] for run in found["runs"]] == [A, B]
    assert found["settings"] == {"corpus": ["wiki", "news"], "min_count": ["5", ""], "mode": ["skipgram", "cbow"], "window_size": ["", "3"]}
    assert found["metrics"] == {"train:mean_rho": [0.5, 0.625], "training_seconds": [60, None], "billable_seconds": [None, None]}
    model = found["models"][B]
    assert (model["shared"], model["gained"], model["neighbors"]) == (40, ["new"], 3)
    assert [each["name"] for each in model["pair_sets"]] == ["pairs.tsv"]
    assert len(model["moved"]) == 10


def test_a_page_holds_the_words_as_text_and_asks_for_nothing(typed: Typed, two: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "compare.html"

    code, _, err = typed("compare", A, B, "-o", str(page), **two)
    kept = typed("compare", A, B, "-o", str(page), "--no-force", **two)
    forced = typed("compare", A, B, "-o", str(page), "--force", **two)

    text = page.read_text(encoding="utf-8")
    assert (code, f"{page} shows it as a page" in err, kept[0], forced[0]) == (0, True, 2, 0)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert "http:" not in text.replace("http-equiv", "")
    assert "src=" not in text.replace("default-src", "").replace("style-src", "")


def test_classifiers_are_compared_by_their_figures(typed: Typed, two: dict[str, Any]) -> None:
    for job in (A, B):
        two["s3"].put(f"runs/{job}/output/model.tar.gz", packed({"model.bin": b"bin"}))

    code, out, err = typed("compare", A, B, "--json", **two)

    assert (code, json.loads(out)["models"]) == (0, {})
    assert "Only the figures are compared" in err


@pytest.mark.parametrize("jobs", [(A,), (A, A), (A, "wiki-")])
def test_one_run_is_not_compared_with_itself(typed: Typed, two: dict[str, Any], jobs: tuple[str, ...]) -> None:
    code, _, err = typed("compare", *jobs, **two)

    assert (code, f"{A} cannot be compared with itself" in err) == (2, True)


def test_models_without_a_run_are_compared_beside_runs_or_alone(typed: Typed, two: dict[str, Any], tmp_path: Path) -> None:
    own, other = tmp_path / "own.tar.gz", tmp_path / "other.tar.gz"
    own.write_bytes(_artifact(_words(40), _random(40, 5, 3)))
    other.write_bytes(_artifact(_words(40), _random(40, 5, 4)))

    code, out, _ = typed("compare", A, "--model", str(own), "--neighbors", "2", "--json", **two)
    alone = typed("compare", "--model", str(own), "--model", str(other), "-o", str(tmp_path / "page.html"), s3=None, sagemaker=None)
    one = typed("compare", "--model", str(own), s3=None, sagemaker=None)
    none = typed("compare", s3=None, sagemaker=None)

    found = json.loads(out)
    assert (code, found["names"], [run["job"] for run in found["runs"]]) == (0, [A, str(own)], [A])
    assert found["metrics"]["train:mean_rho"] == [0.5, None]
    assert (found["models"][str(own)]["shared"], found["models"][str(own)]["lost_count"]) == (40, 1)
    assert (alone[0], ["B", str(other)] in [line.split() for line in alone[1].splitlines()], "reached" in alone[1]) == (0, True, False)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert (str(own) in page, "Reached" in page) == (True, False)
    assert (one[0], f"{own} cannot be compared with itself" in one[2]) == (2, True)
    assert (none[0], "Name two or more different runs, or models with --model" in none[2]) == (2, True)


def test_a_run_that_is_not_there_is_named(typed: Typed, two: dict[str, Any]) -> None:
    code, _, err = typed("compare", A, "nope", **two)

    assert (code, "no training job nope" in err) == (2, True)


def test_runs_are_called_by_letters_and_then_by_numbers() -> None:
    many = RunComparison(("a name",) * 28, (), {}, {}, {})

    assert many.letters[:2] == ("A", "B")
    assert many.letters[25:] == ("Z", "27", "28")


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (2, "2: a, b"), (3, "3: a, b, ...")])
def test_some_words_stand_for_all(number: int, shown: str) -> None:
    assert some(number, ("a", "b", "c")[:number], 2) == shown
