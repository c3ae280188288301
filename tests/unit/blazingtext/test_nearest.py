"""The nearest words of many words at once are those that a full sort finds."""

import numpy as np
import pytest

from blazingtext.vectors import nearest
from blazingtext.vectors.word_vectors import Matrix


def directions(count: int, seed: int = 1, dimension: int = 8) -> Matrix:
    drawn = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    found: Matrix = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return found


def sorted_whole(found: Matrix, count: int) -> tuple[list[list[int]], Matrix]:
    scores = found @ found.T
    np.fill_diagonal(scores, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return order.tolist(), np.take_along_axis(scores, order, axis=1)


@pytest.mark.parametrize("count", [6, 31, 32, 33, 64, 700])
@pytest.mark.parametrize("wanted", [1, 5])
def test_they_are_those_of_a_full_sort_whatever_the_number_of_words(count: int, wanted: int) -> None:
    places, cosines = nearest.nearest(directions(count), wanted)

    expected, scores = sorted_whole(directions(count), wanted)
    assert places.tolist() == expected
    assert np.abs(cosines - scores).max() < 1e-6


def test_as_many_are_found_as_there_are_others() -> None:
    assert sorted(nearest.nearest(directions(40), 39)[0][7].tolist()) == [row for row in range(40) if row != 7]


def test_some_rows_in_blocks_give_what_all_give_and_every_row_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nearest.nearest(directions(90), 4)[0]
    monkeypatch.setattr(nearest, "_BLOCK_BYTES", 4 * 96 * 7)
    rows = np.array([80, 3, 3, 41, *range(20)])
    seen: list[int] = []

    found = nearest.nearest(directions(90), 4, rows, advance=seen.append)[0]

    assert found.tolist() == whole[rows].tolist()
    assert seen == [7, 7, 7, 3]


def test_of_equal_words_the_more_frequent_comes_first() -> None:
    vectors = directions(9000)
    same = [4, 100, 7000, 8999]
    vectors[same] = np.eye(1, 8)

    assert nearest.nearest(vectors, 3, np.array(same))[0].tolist() == [[row for row in same if row != own] for own in same]


def test_among_many_words_they_are_those_of_a_full_sort_too() -> None:
    vectors, rows = directions(20_000), np.arange(0, 20_000, 997)
    scores = vectors[rows] @ vectors.T
    scores[np.arange(len(rows)), rows] = -np.inf

    found = nearest.nearest(vectors, 400, rows)[0]

    assert found.tolist() == np.argsort(-scores, axis=1, kind="stable")[:, :400].tolist()
