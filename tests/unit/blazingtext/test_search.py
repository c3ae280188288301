"""The search for the nearest rows, whichever pass it makes: as if every cosine had been computed and sorted."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext.compiled import byte_rows
from blazingtext.vectors import search
from blazingtext.vectors.search import Search
from blazingtext.vectors.word_vectors import Vectors

Matrix = NDArray[np.float32]
Made = Callable[[Matrix], Search]


def unit_rows(seed: int, rows: int, dimension: int) -> Matrix:
    drawn = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def sorted_cosines(rows: Matrix, direction: Matrix, count: int) -> tuple[list[int], list[float]]:
    cosines = (rows.astype(np.float64) * direction.astype(np.float64)).sum(axis=1)
    order = np.argsort(-cosines, kind="stable")[:count]
    return order.tolist(), cosines[order].tolist()


@pytest.fixture(name="made", params=["by BLAS", "by rounded rows"])
def _made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Made:
    rounded = request.param == "by rounded rows"
    monkeypatch.setattr(search, "_LEAST_NUMBERS", 0 if rounded else 2**62)
    monkeypatch.setattr(search, "_SEARCHES_BEFORE_ROUNDING", 0)
    monkeypatch.setattr(search, "_ROWS_AT_ONCE", 7)

    def make(rows: Matrix) -> Search:
        found = Search(rows)
        found.highest(rows[0], 1, len(rows))
        assert (found._rounded is not None) == rounded
        return found

    return make


@pytest.mark.parametrize(
    ("dimension", "count", "top"), [(1, 3, 500), (7, 1, 999), (100, 10, 999), (100, 15, 481), (300, 20, 640), (20, 40, 99)]
)
def test_the_highest_are_those_of_all_cosines_sorted(made: Made, dimension: int, count: int, top: int) -> None:
    rows = unit_rows(dimension, 999, dimension)
    directions = unit_rows(1000 + dimension, 20, dimension)
    found = made(rows)

    for direction in [*directions, *rows[:5]]:
        places, cosines = found.highest(direction, count, top)
        expected = sorted_cosines(rows[:top], direction, count)
        assert (places.tolist(), cosines.tolist()) == expected


def test_of_equal_rows_the_first_come_first(made: Made) -> None:
    rows = np.tile(unit_rows(1, 3, 12), (200, 1))
    rows[100:120] = 0

    places, cosines = made(rows).highest(rows[0], 450, 600)

    assert (places.tolist(), cosines.tolist()) == sorted_cosines(rows, rows[0], 450)
    assert len(set(cosines.tolist())) < 5


@pytest.mark.parametrize(("count", "top", "expected"), [(0, 60, 0), (5, 0, 0), (90, 60, 60), (5, 3, 3)])
def test_never_more_than_there_are(made: Made, count: int, top: int, expected: int) -> None:
    rows = unit_rows(2, 64, 5)

    places, cosines = made(rows).highest(rows[3], count, top)

    assert (len(places), len(cosines)) == (expected, expected)
    assert sorted(places.tolist()) == sorted(set(places.tolist()))


def test_a_direction_of_length_zero_is_as_near_to_every_row(made: Made) -> None:
    places, cosines = made(unit_rows(3, 200, 6)).highest(np.zeros(6, np.float32), 3, 200)

    assert (places.tolist(), cosines.tolist()) == ([0, 1, 2], [0.0, 0.0, 0.0])


def test_a_bound_holds_every_product() -> None:
    rows, directions = unit_rows(4, 130, 33), unit_rows(5, 50, 33)
    rows[7] = 0
    rounded = byte_rows.ByteRows(rows)

    for direction in directions:
        exact = rows.astype(np.float64) @ direction.astype(np.float64)
        most, least = rounded.bounds(direction, 130)
        assert (most >= exact - 1e-6).all()
        assert (most <= exact + 0.03).all()
        best = [exact[start : start + byte_rows.TILE].max() for start in range(0, 130, byte_rows.TILE)]
        assert (least <= np.array(best) + 1e-6).all()
        assert (least >= np.array(best) - 0.03).all()


def test_rows_are_rounded_once_and_only_for_many_searches_among_many_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit_rows(6, 400, 10)
    rounded: list[Any] = []

    def noted(given: Matrix) -> byte_rows.ByteRows:
        rounded.append(given)
        return byte_rows.ByteRows(given)

    monkeypatch.setattr(search, "_rounded", noted)

    few = Search(rows)
    for _ in range(10):
        few.highest(rows[0], 1, 400)
    monkeypatch.setattr(search, "_LEAST_NUMBERS", rows.size)
    many = Search(rows)
    seen = []
    for _ in range(5):
        many.highest(rows[0], 1, 400)
        seen.append(len(rounded))

    assert seen == [0, 0, 0, 1, 1]


def test_without_numba_every_search_is_one_of_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit_rows(7, 300, 10)
    monkeypatch.setattr(search, "_LEAST_NUMBERS", 0)
    monkeypatch.setattr(search, "find_spec", lambda name: None if name == "numba" else find_spec(name))
    found = Search(rows)

    for _ in range(6):
        places, _ = found.highest(rows[9], 4, 300)

    assert found._rounded is None
    assert places.tolist() == sorted_cosines(rows, rows[9], 4)[0]


def test_a_kernel_is_made_anew_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def njit(*, cache: bool = False, **_: Any) -> Callable[[Any], Any]:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(byte_rows, "_njit", njit)

    assert byte_rows.kernel(len) is len
    assert asked == [True, False]


def test_a_vector_that_is_not_finite_is_near_to_nothing() -> None:
    matrix = np.array([[1, 0], [np.nan, 1], [np.inf, 0], [0.9, 0.1]], np.float32)

    near = Vectors(("a", "b", "c", "d"), matrix).neighbors("a", 3)

    assert [(each.word, each.similarity) for each in near] == [("d", 0.993884), ("b", 0.0), ("c", 0.0)]
