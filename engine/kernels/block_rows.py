"""One block as the kernels see it: its counts, its scores tile by tile, and the rows of the next block to ask memory for."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .block_plan import Plan
from .hash_table import GOLDEN
from .jit import float32, inner, int64
from .row_operations import TILE, dot_half_tile, dot_tile, prefetch_row
from .vector_ir import LANES


class Block(NamedTuple):
    """One block of a plan, as counts.

    Attributes:
        first: position of the first centre.
        centres: how many.
        context: position of the first context.
        contexts: how many.
        window: half window.
        drawn: where its negatives begin.
        negatives: how many.
        rate: learning rate, damping included.
        shift: the first centre, counted in contexts; negative when this part of the reach begins after it.
    """

    first: int
    centres: int
    context: int
    contexts: int
    window: int
    drawn: int
    negatives: int
    rate: float
    shift: int


@inner
def block_of(plan: Plan, number: int, alpha: float) -> Block:
    """Block `number` of a plan."""
    first = int64(plan.first[number])
    context = int64(plan.context_first[number])
    drawn = int64(plan.negatives_end[number - 1])
    return Block(
        first,
        int64(plan.last[number]) - first,
        context,
        int64(plan.context_last[number]) - context,
        int64(plan.window[number]),
        drawn,
        int64(plan.negatives_end[number]) - drawn,
        float32(alpha) * plan.damping[number],
        first - context,
    )


@inner
def ask_ahead(width: tuple[int, ...], prefetch: NDArray[np.int64]) -> None:
    """Ask for the next row noted by `plan_prefetch`."""
    asked = prefetch[1]
    if asked < prefetch[0]:
        prefetch_row(width, prefetch[2 + asked])
        prefetch[1] = asked + 1


@inner
def score_tiles(width: tuple[int, ...], x: int, y: int, n: int, out: int, stride: int, prefetch: NDArray[np.int64]) -> None:
    """Dot products of 4 rows from the address x on with n rows from y on; those of row j go to out + j * stride.

    With each tile, a row is asked for. What lies past the last row is computed and never used.
    """
    row = int64(4 * LANES * len(width))
    for j in range(0, n, TILE):
        ask_ahead(width, prefetch)
        if n - j > TILE // 2:
            dot_tile(width, x, y + j * row, out + j * stride, stride)
        else:
            dot_half_tile(width, x, y + j * row, out + j * stride, stride)


@inner
def word_bit(word: int) -> Any:
    """One of 64 bits, by a hash of the word: two sets of words whose bits do not meet have no word in common."""
    return np.uint64(1) << ((np.uint64(word) * GOLDEN) >> np.uint64(58))
