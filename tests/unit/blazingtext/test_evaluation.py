import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
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
    from scipy import stats  # type: ignore[import-untyped] # ships no types

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


def test_pairs_in_another_form_are_refused(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("cat,dog,9\n")

    with pytest.raises(UserError, match=r"pairs\.txt cannot be used"):
        evaluation.evaluate(Vectors(("cat",), np.ones((1, 2), np.float32)), [pairs])


def test_the_containers_own_figures_are_read(tmp_path: Path) -> None:
    path = tmp_path / "eval.json"
    one = {"not_found": 6, "spearmans_rho": 0.7234, "total_pairs": 353}
    path.write_text(json.dumps({"EN-WS-353-ALL.txt": one, "mean_rho": 0.7164}))

    found = evaluation.read_eval_json(path, source="a run")

    assert found == evaluation.Evaluation((evaluation.Score("EN-WS-353-ALL.txt", 0.7234, 353, 6),), 0.7164, "a run")


def test_another_file_in_eval_jsons_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "eval.json"
    path.write_text('{"x": 1}')

    with pytest.raises(CloudError, match=r"eval\.json"):
        evaluation.read_eval_json(path, source="a run")
