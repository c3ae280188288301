"""Skip-gram and cbow with character n-grams (Bojanowski 2017) on the same blocks.

A word's input vector is the mean of its own row and the rows of its n-grams, as in fastText; its gradient is added to each of these
rows whole. The blocks are those of `kernels_skipgram` and `kernels_cbow`, with two differences: contexts are gathered as sums of
rows, and their gradients are collected in scratch memory and scattered. For cbow the mean runs over all rows of all words in the
window, so that, as in fastText, a word with more n-grams weighs more.

Waiting for the rows is most of the work: a word has about twenty. Those of a block are listed one after the other, with the next block's
behind them, so that memory is asked for them without a gap.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import kernels_cbow as cbow
from engine import kernels_skipgram as skipgram
from engine import simd
from engine.block_rows import Block, block_of
from engine.blocks import MAX_CONTEXTS, Plan, Sizes
from engine.jit import float32, inner, int64, kernel
from engine.models import Floats
from engine.sampling import Text
from engine.simd import AHEAD, add_rows_to_two, gather_scaled, scatter_scaled, zero_row
from engine.window_rows import running_sums_of_groups


class Rows(NamedTuple):
    """Which input rows make a word: those of word w are numbers[starts[w]:starts[w + 1]]."""

    starts: NDArray[np.int64]
    numbers: NDArray[np.int32]


class Gathered(NamedTuple):
    """Working memory of one thread.

    Attributes:
        errors: gradients of the contexts of a skip-gram block; one row more, because they are computed in pairs.
        numbers: the rows of all contexts of two blocks, odd and even ones, each followed by the first of the next.
        ends: where those of each context begin, and the last end.
    """

    errors: Floats
    numbers: NDArray[np.int32]
    ends: NDArray[np.int32]


def new_gathered(dim: int, sizes: Sizes, rows: Rows) -> Gathered:
    """Room for blocks of that size."""
    most = int(np.diff(rows.starts).max())
    return Gathered(
        simd.aligned(MAX_CONTEXTS + 2, simd.padded(dim)),
        np.zeros((2, sizes.contexts * most + AHEAD), np.int32),
        np.zeros((2, sizes.contexts + 1), np.int32),
    )


@inner
def _list_rows(text: Text, plan: Plan, number: int, rows: Rows, gathered: Gathered) -> None:
    """List the rows of all contexts of a block, and what comes first behind those of the block before it."""
    numbers = gathered.numbers[number & 1]
    ends = gathered.ends[number & 1]
    count = 0
    first = plan.context_first[number]
    for m in range(first, plan.context_last[number]):
        word = text.words[m]
        for k in range(rows.starts[word], rows.starts[word + 1]):
            numbers[count] = rows.numbers[k]
            count += 1
        ends[m + 1 - first] = count
    before = int64(gathered.ends[(number - 1) & 1][plan.context_last[number - 1] - plan.context_first[number - 1]])
    for k in range(AHEAD):
        gathered.numbers[(number - 1) & 1][before + k] = numbers[k]


@inner
def _rows_of(text: Text, plan: Plan, number: int, blocks: int, rows: Rows, gathered: Gathered) -> tuple[int, NDArray[np.int32]]:
    """Where the rows of a block's contexts are listed, and where those of each end; the list of the next block is made as well."""
    if number == 1:
        _list_rows(text, plan, number, rows, gathered)
    if number < blocks:
        _list_rows(text, plan, number + 1, rows, gathered)
    return int64(gathered.numbers[number & 1].ctypes.data), gathered.ends[number & 1]


@inner
def _context_errors(width: tuple[int, ...], block: Block, at: skipgram.Places, errors: int) -> None:
    """The gradient of each context of a skip-gram block, two at a time."""
    four = int64(4)
    stride = int64(skipgram.GRADIENT_STRIDE)
    for m in range(0, block.contexts, 2):
        place = errors + m * at.row
        zero_row(width, place)
        zero_row(width, place + at.row)
        begin, count = skipgram.centres_near(block, m, min(m + 2, block.contexts))
        negative = at.towards_negatives + m * 4
        centre = at.towards_centres + begin * stride + m * 4
        centres = at.centres + begin * at.row
        add_rows_to_two(
            width, place, place + at.row, four, four, at.negatives, block.negatives, negative, stride, centres, count, centre, stride
        )


@kernel
def train_skipgram_blocks(
    width: tuple[int, ...],
    text: Text,
    plan: Plan,
    blocks: int,
    vectors: Floats,
    outputs: Floats,
    alpha: float,
    negatives_per_pair: int,
    scratch: skipgram.Scratch,
    gathered: Gathered,
    rows: Rows,
) -> None:
    """Skip-gram: `kernels_skipgram.train_blocks` with words made of `rows` of `vectors`; `gathered` is from `new_gathered`."""
    at = skipgram.places_of(vectors, outputs, scratch)
    errors = int64(gathered.errors.ctypes.data)
    for number in range(1, blocks + 1):
        block = block_of(plan, number, alpha)
        numbers, ends = _rows_of(text, plan, number, blocks, rows, gathered)
        skipgram.plan_prefetch(text, plan, number, blocks, at, scratch.prefetch, False)
        for m in range(block.contexts):
            count = int64(ends[m + 1] - ends[m])
            gather_scaled(width, at.contexts + m * at.row, at.vectors, numbers + ends[m] * 4, count, float32(1) / float32(count))
        skipgram.gather_outputs(width, text, plan, block, at)
        skipgram.scores(width, block, at, scratch.prefetch)
        skipgram.gradients_of(width, text, plan, block, at, scratch, negatives_per_pair)
        skipgram.update_outputs(width, text, plan, block, at, scratch.prefetch)
        _context_errors(width, block, at, errors)
        for m in range(block.contexts):
            scatter_scaled(width, at.vectors, numbers + ends[m] * 4, int64(ends[m + 1] - ends[m]), errors + m * at.row, float32(1))


@kernel
def train_cbow_blocks(
    width: tuple[int, ...],
    text: Text,
    plan: Plan,
    blocks: int,
    vectors: Floats,
    outputs: Floats,
    alpha: float,
    negatives_per_centre: int,
    scratch: cbow.Scratch,
    gathered: Gathered,
    rows: Rows,
) -> None:
    """Cbow: `kernels_cbow.train_blocks` with words made of `rows` of `vectors`; `gathered` is from `new_gathered`."""
    at = cbow.places_of(text, vectors, outputs, scratch)
    for number in range(1, blocks + 1):
        block = block_of(plan, number, alpha)
        numbers, ends = _rows_of(text, plan, number, blocks, rows, gathered)
        cbow.plan_prefetch(text, plan, number, blocks, at, scratch.prefetch, False)
        running_sums_of_groups(width, at.sums, at.vectors, numbers, int64(ends.ctypes.data), block.contexts)
        cbow.gather_negatives(width, plan, block, at)
        cbow.window_means(width, text, block, at, scratch, ends, negatives_per_centre)
        cbow.gradients_of(width, text, plan, block, at, scratch)
        cbow.update_outputs(width, plan, block, at, scratch)
        cbow.add_errors(width, text, block, at, numbers, ends)
