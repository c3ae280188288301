"""Changes of rows: found, sent in a byte a number, and combined."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_engine.arrays import Floats
from blazingtext_engine.kernels.row_changes import Codes, Marks, apply_changes, combine_rows, decode_rows, encode_rows, take_changes


def rows(*values: list[float]) -> Floats:
    return np.array(values, np.float32)


def changed_in(changes: Floats) -> Marks:
    return np.array([row.any() for row in changes], np.bool_)


def encoded(changes: Floats, marks: Marks | None = None) -> tuple[Codes, Marks]:
    """What is sent of rows, which are rounded; all of them without marks."""
    marks = np.ones(len(changes), np.bool_) if marks is None else marks
    codes = np.full((np.count_nonzero(marks), 1 + changes.shape[1]), 77, np.int8)
    encode_rows(changes, changes.view(np.int32), marks, codes)
    return codes, marks


def combined(first: Floats, second: Floats) -> Floats:
    """The changes of two hosts, the first of which are received; rows of zeros are not changed."""
    codes, received = encoded(first.copy(), changed_in(first))
    result, marks = second.copy(), changed_in(second)
    combine_rows(codes, received, result, marks)
    assert marks.tolist() == (changed_in(first) | changed_in(second)).tolist()
    return result


def test_rows_that_differ_are_found_and_their_changes_taken() -> None:
    before = rows([1, 2], [3, 4], [np.nan, 0], [5, 6])
    own = rows([1, 2, 0], [3, 4.5, 0], [np.nan, 0, 0], [np.inf, 6, 0])
    changes, changed = np.full((4, 2), 9, np.float32), np.zeros(4, np.bool_)

    take_changes(own, before, (own.view(np.int32), before.view(np.int32)), changes, changed)

    assert changed.tolist() == [False, True, False, True]
    assert changes[1].tolist() == [0, 0.5]
    assert changes[3].tolist() == [np.inf, 0]
    assert (changes[::2] == 9).all()


def test_marked_rows_change_both_models_and_no_others() -> None:
    before, own = rows([1, 2], [3, 4]), rows([1, 2, 0], [9, 9, 0])

    apply_changes(rows([5, 5], [0.5, -1]), np.array([False, True]), before, own)

    assert before.tolist() == [[1, 2], [3.5, 3]]
    assert own.tolist() == [[1, 2, 0], [3.5, 3, 0]]


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=8), st.integers(-100, 100))
@settings(max_examples=200)
def test_a_row_is_read_as_it_was_but_for_a_part_of_its_largest_number_and_sent_on_as_the_same_bytes(
    values: list[float], power: int
) -> None:
    given_ = np.ldexp(rows(values), power).astype(np.float32)
    changes = given_.copy()

    codes, marks = encoded(changes)

    read, changed = np.zeros_like(changes), np.zeros(1, np.bool_)
    decode_rows(codes, marks, read, changed)
    # Below 2^-120 nothing is told apart.
    assert (np.abs(read - given_) <= max(np.abs(given_).max() / 127, 2.0**-120)).all()
    assert (read == changes).all()
    again, _ = encoded(read)
    assert (again == codes).all()


@pytest.mark.parametrize(("largest", "exponent", "whole"), [(127, 0, 127), (127.25, 1, 64), (64, 0, 64), (63.5, -1, 127), (1, -6, 64)])
def test_the_exponent_is_the_smallest_that_has_room_for_the_largest(largest: float, exponent: int, whole: int) -> None:
    assert encoded(rows([0, -largest]))[0].tolist() == [[exponent, 0, -whole]]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_read_as_one_beyond_all_bounds(broken: float) -> None:
    changes = rows([1, broken], [1, 2])

    codes, marks = encoded(changes)
    read, changed = np.zeros_like(changes), np.zeros(2, np.bool_)
    decode_rows(codes, marks, read, changed)

    assert (read[0] > 1e38).all()
    assert np.isfinite(read).all()
    assert read[1].tolist() == [1, 2]


def test_only_marked_rows_are_sent_and_read_in_their_places() -> None:
    marks = np.array([False, True, False, True])
    codes, _ = encoded(rows([9, 9], [1, 2], [9, 9], [3, 4]), marks)

    read, changed = np.full((4, 2), 7, np.float32), np.array([True, False, False, False])
    decode_rows(codes, marks, read, changed)

    assert read.tolist() == [[7, 7], [1, 2], [7, 7], [3, 4]]
    assert changed.tolist() == marks.tolist()


def test_parallel_changes_are_averaged_and_orthogonal_ones_added() -> None:
    first = rows([2, 0], [2, 0], [2, 0], [0, 0], [0, 0], [3, 1])
    second = rows([2, 0], [4, 0], [0, 3], [5, 1], [0, 0], [0, 0])

    assert combined(first, second).tolist() == [[2, 0], [3, 0], [2, 3], [5, 1], [0, 0], [3, 1]]
    assert combined(second, first).tolist() == combined(first, second).tolist()


def test_changes_that_have_half_in_common_lose_half_of_that() -> None:
    # The first is shortened by a half of itself, the second by a quarter.
    assert combined(rows([1, 0]), rows([1, 1]))[0] == pytest.approx([1.25, 0.75])


def test_changes_too_small_to_square_stay_finite() -> None:
    assert np.isfinite(combined(rows([1e-30, 0]), rows([1, 1]))).all()
