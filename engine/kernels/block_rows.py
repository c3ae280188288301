"""What skip-gram and CBOW share: the matrices, a block as counts, its scores tile by tile, and prefetching for the next block."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from .block_plan import Plan
from .hash_table import GOLDEN
from .jit import float32, inner, int64
from .row_operations import TILE, copy_row, dot_half_tile, dot_tile, prefetch_row
from .sampling import TextChunk
from .vector_ir import LANES


class Matrices(NamedTuple):
    """Input and output matrix, rows padded and aligned."""

    inputs: Floats
    outputs: Floats


class Step(NamedTuple):
    """The learning rate, and how many negatives the settings ask for: K for each pair, or for each centre in CBOW."""

    alpha: float
    negatives: int


class Addresses(NamedTuple):
    """Where the matrices are, and the bytes of a row."""

    inputs: int
    outputs: int
    row: int


@inner
def addresses_of(matrices: Matrices) -> Addresses:
    """Where the matrices are."""
    return Addresses(int64(matrices.inputs.ctypes.data), int64(matrices.outputs.ctypes.data), int64(4 * matrices.inputs.shape[1]))


class Block(NamedTuple):
    """One block of a plan, as counts.

    Attributes:
        first: position of the first centre.
        centres: how many.
        context: position of the first context.
        contexts: how many.
        window: half window.
        first_negative: where its negatives begin.
        negatives: how many.
        groups: of contexts, each of which has a part of the negatives.
        rate: learning rate, damping included.
        shift: the position of the first centre relative to the first context; negative when the contexts begin after it.
    """

    first: int
    centres: int
    context: int
    contexts: int
    window: int
    first_negative: int
    negatives: int
    groups: int
    rate: float
    shift: int


@inner
def block_of(plan: Plan, number: int, alpha: float) -> Block:
    """Block `number` of a plan."""
    first = int64(plan.first[number])
    context = int64(plan.context_first[number])
    first_negative = int64(plan.negatives_end[number - 1])
    return Block(
        first,
        int64(plan.last[number]) - first,
        context,
        int64(plan.context_last[number]) - context,
        int64(plan.window[number]),
        first_negative,
        int64(plan.negatives_end[number]) - first_negative,
        int64(plan.groups[number]),
        float32(alpha) * plan.damping[number],
        first - context,
    )


class Group(NamedTuple):
    """Contexts [first, last) of a block and its negatives [first_negative, last_negative), counted within the block."""

    first: int
    last: int
    first_negative: int
    last_negative: int


@inner
def group_of(block: Block, number: int) -> Group:
    """Group `number` of a block: whole tiles of contexts, and negatives in proportion."""
    tiles = (block.contexts + TILE - 1) // TILE
    first = min(block.contexts, TILE * (tiles * number // block.groups))
    last = min(block.contexts, TILE * (tiles * (number + 1) // block.groups))
    return Group(first, last, block.negatives * first // block.contexts, block.negatives * last // block.contexts)


@inner
def plan_prefetch(
    text: TextChunk, plan: Plan, number: int, last: int, model: Addresses, ids: NDArray[np.int32], prefetch: NDArray[np.int64]
) -> None:
    """List the rows that the next block reads and this one does not; none after the `last` block.

    Rows are scattered over memory; prefetched one by one between the tiles of this block, they are in the cache when the next begins.
    """
    prefetch[0] = 0
    prefetch[1] = 0
    if number == last:
        return
    count = 2
    first = int64(plan.context_first[number + 1])
    if plan.context_first[number] <= first:
        first = max(first, int64(plan.context_last[number]))
    for k in range(first, plan.context_last[number + 1]):
        prefetch[count] = model.inputs + ids[k] * model.row
        count += 1
    for k in range(plan.negatives_end[number], plan.negatives_end[number + 1]):
        prefetch[count] = model.outputs + plan.negatives[k] * model.row
        count += 1
    if plan.first[number + 1] != plan.first[number]:
        for k in range(plan.first[number + 1], plan.last[number + 1]):
            prefetch[count] = model.outputs + text.words[k] * model.row
            count += 1
    prefetch[0] = count - 2


@inner
def gather_negatives(width: tuple[int, ...], plan: Plan, block: Block, model: Addresses, destination: int) -> None:
    """Copy the rows of the negatives."""
    for j in range(block.negatives):
        copy_row(width, destination + j * model.row, model.outputs + plan.negatives[block.first_negative + j] * model.row)


@inner
def prefetch_next(width: tuple[int, ...], prefetch: NDArray[np.int64]) -> None:
    """Prefetch the next row on the list of `plan_prefetch`."""
    asked = prefetch[1]
    if asked < prefetch[0]:
        prefetch_row(width, prefetch[2 + asked])
        prefetch[1] = asked + 1


@inner
def score_tiles(width: tuple[int, ...], x: int, y: int, n: int, out: int, stride: int, prefetch: NDArray[np.int64]) -> None:
    """Dot products of 4 rows from the address x on with n rows from y on; those of row j go to out + j * stride.

    With each tile, a row is prefetched. What lies past the last row is computed and never used.
    """
    row = int64(4 * LANES * len(width))
    for j in range(0, n, TILE):
        prefetch_next(width, prefetch)
        if n - j > TILE // 2:
            dot_tile(width, x, y + j * row, out + j * stride, stride)
        else:
            dot_half_tile(width, x, y + j * row, out + j * stride, stride)


@inner
def hash_bit(word: int) -> Any:
    """One of 64 bits, by a hash of the word: two sets of words whose bits do not meet have no word in common."""
    return np.uint64(1) << ((np.uint64(word) * GOLDEN) >> np.uint64(58))
