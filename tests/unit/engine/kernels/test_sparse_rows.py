"""Blocks of rows put together from those that exist against the same in plain Python."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels.row_operations import row_width
from blazingtext_engine.kernels.sparse_rows import next_block
from tests.unit.engine.reference import Guarded


def twin(places: list[int], start: int, room: int) -> tuple[int, list[int]]:
    """Where the next block begins and its places: to the last that is a row, before there is no more room, or 64 follow that are none."""
    while start < len(places) and places[start] < 0:
        start += 1
    found: list[int] = []
    for place in places[start : start + room]:
        if len(found) >= 64 and max(found[-64:]) < 0:
            break
        found.append(place)
    while found and found[-1] < 0:
        found.pop()
    return start, found


def scattered(size: int, chance: float, seed: int) -> list[int]:
    """Rows in any order, each place with that chance of one."""
    random = np.random.default_rng(seed)
    chosen = random.random(size) < chance
    rows = random.permutation(int(chosen.sum())).tolist()
    return [rows.pop() if here else -1 for here in chosen]


@pytest.mark.parametrize("room", [1, 10, 64, 65, 200])
@pytest.mark.parametrize(
    "places",
    [
        [],
        [-1] * 70,
        [0],
        [*range(130)],
        [-1] * 5 + [0] + [-1] * 63 + [1] + [-1] * 64 + [2],
        [2, *[-1] * 62, 1, *[-1] * 65, 0, *[-1] * 300],
        scattered(500, 0.01, 1),
        scattered(500, 0.05, 2),
        scattered(500, 0.9, 3),
    ],
    ids=["none", "zeros", "one", "rows", "gaps of 63 and 64", "gaps of 62 and 65", "few", "some", "most"],
)
def test_blocks_hold_the_rows_there_are_and_the_zeros_between_them(places: list[int], room: int) -> None:
    rows, start, seen = Guarded.random(max(len(places), 1), 7, 1), 0, dict[int, NDArray[np.float32]]()
    block = np.full((room + 2, 7), 77, np.float32)

    while True:
        begin, expected = twin(places, start, room)
        first, count = next_block(row_width(7), np.array(places, np.int32), start, rows.rows, block[1:-1])
        assert (first, count) == (begin, len(expected))
        assert (block[[0, -1]] == 77).all()
        if not count:
            break
        seen |= {first + n: block[1 + n].copy() for n in range(count)}
        start = first + count

    assert {place for place, row in enumerate(places) if row >= 0} <= set(seen)
    for place, row in seen.items():
        np.testing.assert_array_equal(row, rows.rows[places[place], :7] if places[place] >= 0 else np.zeros(7))
