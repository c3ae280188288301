import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blazingtext.vectors import evaluation
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import CloudError, UserError

DATA = Path(evaluation.__file__).parents[1] / "data" / "wordsim353"


@pytest.mark.parametrize(
    ("name", "start", "pairs"),
    [("EN-WS-353-ALL.txt", "ce12919b", 353), ("EN-WS-353-REL.txt", "66a7c88", 252), ("EN-WS-353-SIM.txt", "f1da938", 203)],
)
def test_the_pairs_are_the_ones_the_container_uses(name: str, start: str, pairs: int) -> None:
    content = (DATA / name).read_bytes()

    assert hashlib.sha256(content).hexdigest().startswith(start)
    assert len(content.splitlines()) == pairs


@pytest.fixture(scope="module")
def spearmanr() -> Callable[..., Any]:
    """SciPy's, whose import takes a second: not every worker need wait for it."""
    from scipy import stats

    return stats.spearmanr  # type: ignore[no-any-return] # likewise


@given(pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2))
def test_the_rank_correlation_is_scipys(spearmanr: Callable[..., Any], pairs: list[tuple[int, int]]) -> None:
    first, second = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert evaluation.spearman(first, second) == 0
        return

    assert evaluation.spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)


def test_vectors_that_order_pairs_as_people_do_score_one(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("cat\tdog\t9\nCat\tcar\t1\ncat\tfish\t5\ncat\tunicorn\t5\n")
    found = Vectors(("cat", "Dog", "fish", "car"), np.array([[1, 0], [1, 0.1], [1, 1], [0, 1]], np.float32))

    scored = evaluation.evaluate(found, [pairs])

    assert scored.scores == (evaluation.Score("pairs.txt", pytest.approx(1), 4, 1),)  # type: ignore[arg-type] # approximately


def test_a_pair_given_twice_counts_with_its_last_score(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("a\tb\t1\na\tc\t5\nb\tc\t3\na\tb\t9\n")
    found = Vectors(("a", "b", "c"), np.array([[1, 0], [1, 0.1], [0.3, 1]], np.float32))

    scored = evaluation.evaluate(found, [pairs]).scores[0]

    # The order by cosine is ab, bc, ac; with ab's last score people's is ab, ac, bc.
    assert (scored.pairs, scored.not_found) == (4, 0)
    assert scored.rho == pytest.approx(0.5)


def test_a_foreign_vocabulary_scores_zero_without_failing() -> None:
    scored = evaluation.evaluate(Vectors(("katze",), np.ones((1, 2), np.float32)))

    assert scored.mean_rho == 0
    assert [score.not_found for score in scored.scores] == [353, 252, 203]


def test_the_mean_is_over_the_three_sets() -> None:
    words = sorted({word for line in (DATA / "EN-WS-353-ALL.txt").read_text().lower().splitlines() for word in line.split("\t")[:2]})
    found = Vectors(tuple(words), np.random.default_rng(3).normal(size=(len(words), 20)).astype(np.float32))

    scored = evaluation.evaluate(found)

    assert scored.mean_rho == pytest.approx(sum(score.rho for score in scored.scores) / 3)
    assert [score.not_found for score in scored.scores] == [0, 0, 0]


def test_the_containers_own_figures_are_read(tmp_path: Path) -> None:
    path = tmp_path / "eval.json"
    one = {"not_found": 6, "spearmans_rho": 0.7234, "total_pairs": 353}
    path.write_text(json.dumps({"EN-WS-353-ALL.txt": one, "mean_rho": 0.7164}))

    found = evaluation.read_eval_json(path, source="a run", stage="dev")

    assert found == evaluation.Evaluation((evaluation.Score("EN-WS-353-ALL.txt", 0.7234, 353, 6),), 0.7164, "a run")


def test_another_file_in_eval_jsons_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eval.json"
    path.write_text('{"x": 1}')

    with pytest.raises(CloudError, match=r"eval\.json.* blazingtext evaluate --compute --stage prod"):
        evaluation.read_eval_json(path, source="a run", stage="prod")


@pytest.mark.parametrize(
    ("text", "pairs", "skipped"),
    [
        ("\ufefftiger\tcat\t7.35\nbook\tpaper\t7.46\n", 2, []),
        ("# comment\n# Word 1\tWord 2\tHuman (mean)\n\nbook\tpaper\t7.46\n", 1, []),
        ("Word 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\n", 1, [1]),
        ("word1\tword2\tPOS\tSimLex999\tconc(w1)\nold\tnew\tA\t1.58\t2.72\n", 1, [1]),
        ("Word 1,Word 2,Human (mean)\ntiger,cat,7.35\n", 1, [1]),
        ("new york\tcity\t7\nbook\tpaper\t7.46\nlonely\n\tx\t1\na\tb\tnan\n", 2, [3, 4, 5]),
        ("tiger cat 7.35\n", 1, []),
    ],
)
def test_public_pair_files_are_taken_as_they_are(tmp_path: Path, text: str, pairs: int, skipped: list[int]) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(text, encoding="utf-8")

    score = evaluation.evaluate(Vectors(("tiger", "cat"), np.eye(2, dtype=np.float32)), [path]).scores[0]

    assert (score.pairs, [number for number, _ in score.skipped]) == (pairs, skipped)
    assert score.not_found == pairs - ("tiger" in text)


def test_the_score_is_the_first_number_behind_the_words() -> None:
    assert evaluation._pair("old\tnew\ta\t1.58\t2.72") == ("old", "new", 1.58)


@pytest.mark.parametrize("content", [b"no pair here\n", b"", b"\xff\xfe", b"# only\n"])
def test_a_file_without_pairs_is_refused_with_its_first_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pairs.txt"
    path.write_bytes(content)

    with pytest.raises(UserError, match=r"pairs\.txt (holds no word pair|cannot be read)"):
        evaluation.evaluate(Vectors(("a",), np.eye(1, dtype=np.float32)), [path])


@given(st.text(max_size=60))
def test_any_pair_file_is_scored_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("pairs") / "pairs.txt"
    path.write_text(text, encoding="utf-8", errors="replace")

    try:
        found = evaluation.evaluate(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), [path])
    except UserError:
        return
    assert np.isfinite(found.mean_rho)


CELLS = st.sampled_from(
    ["cat", "Dog", "a b", "1", "-2.5", "nan", "inf", "1e999", "9" * 5000, "", "#", "\ufeff", "\u0085", "\x1c", "n", "'\""]
)
ROWS = st.lists(st.tuples(st.lists(CELLS, max_size=6), st.sampled_from("\t,; ")).map(lambda row: row[1].join(row[0])), max_size=12)


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=ROWS.map(lambda rows: "\n".join(rows).encode()) | st.binary(max_size=200))
def test_every_line_of_a_pair_file_is_a_pair_or_named(tmp_path: Path, content: bytes) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_bytes(content)
    found = Vectors(("cat", "dog", "a", "b"), np.eye(4, 2, dtype=np.float32))

    lines = [line for line in content.decode("utf-8-sig", "ignore").splitlines() if line.strip() and not line.startswith("#")]
    try:
        (score,) = evaluation.evaluate(found, [pairs]).scores
    except UserError:  # not UTF-8, or no line is a pair: the tests above have the words
        return

    assert score.pairs + len(score.skipped) == len(lines)
    assert abs(score.rho) <= 1 + 1e-9


@pytest.mark.parametrize("more", [0, 1])
def test_a_pair_file_holds_64_mib_and_not_a_byte_more(tmp_path: Path, more: int) -> None:
    path = tmp_path / "pairs.txt"
    with path.open("wb") as stream:
        stream.write(b"a b 1\na c 2\n#")
        # A comment to the end, which takes no room on the disk.
        stream.truncate((64 << 20) + more)
    vectors = Vectors(("a", "b", "c"), np.eye(3, dtype=np.float32))

    if more:
        with pytest.raises(UserError, match=r"pairs\.txt is no file of word pairs: it holds more than 64 MB\."):
            evaluation.evaluate(vectors, [path])
    else:
        assert evaluation.evaluate(vectors, [path]).scores[0].pairs == 2


def test_a_file_that_does_not_end_is_no_pair_file_and_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_LARGEST_PAIR_FILE", 1 << 20)

    with pytest.raises(UserError, match="/dev/zero is no file of word pairs: it holds more than 1 MB"):
        evaluation.evaluate(Vectors(("a", "b"), np.eye(2, dtype=np.float32)), [Path("/dev/zero")])
