"""Skip-gram and cbow with character n-grams (Bojanowski 2017) on the same blocks.

A word's input vector is the mean of its own row and the rows of its n-grams, as in fastText; its gradient is added to each of these
rows whole. The blocks are those of `kernels_skipgram` and `kernels_cbow`, with two differences: contexts are gathered as sums of
rows, and their gradients are collected in scratch memory and scattered. For cbow the mean runs over all rows of all words in the
window, so that, as in fastText, a word with more n-grams weighs more.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import kernels_cbow as cbow
from engine import kernels_skipgram as skipgram
from engine import simd
from engine.block_rows import Block, block_of
from engine.blocks import MAX_CONTEXTS, Plan
from engine.jit import float32, inner, int64, kernel
from engine.models import Floats
from engine.sampling import Text
from engine.simd import add_rows_to_two, gather_scaled, scatter_scaled, zero_row


class Rows(NamedTuple):
    """Which input rows make a word: those of word w are numbers[starts[w]:starts[w + 1]]."""

    starts: NDArray[np.int64]
    numbers: NDArray[np.int32]


def new_errors(dim: int) -> Floats:
    """Room for the gradients of the contexts of a skip-gram block; one row more, because rows are computed in pairs."""
    return simd.aligned(MAX_CONTEXTS + 2, simd.padded(dim))


@inner
def _gather(width: tuple[int, ...], destination: int, vectors: int, rows: Rows, word: int, mean: bool) -> Any:
    """Write to destination the sum of the rows of a word, or their mean; gives how many rows."""
    first = rows.starts[word]
    count = rows.starts[word + 1] - first
    scale = float32(1) / float32(count) if mean else float32(1)
    gather_scaled(width, destination, vectors, int64(rows.numbers.ctypes.data) + first * 4, count, scale)
    return count


@inner
def _scatter(width: tuple[int, ...], source: int, vectors: int, rows: Rows, word: int) -> None:
    """Add a row to each of the rows of a word."""
    first = rows.starts[word]
    numbers = int64(rows.numbers.ctypes.data) + first * 4
    scatter_scaled(width, vectors, numbers, rows.starts[word + 1] - first, source, float32(1))


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
    errors: Floats,
    rows: Rows,
) -> None:
    """Skip-gram: `kernels_skipgram.train_blocks` with words made of `rows` of `vectors`; `errors` is from `new_errors`."""
    at = skipgram.places_of(vectors, outputs, scratch)
    errors_at = int64(errors.ctypes.data)
    for number in range(1, blocks + 1):
        block = block_of(plan, number, alpha)
        skipgram.plan_prefetch(text, plan, number, blocks, at, scratch.prefetch, False)
        for m in range(block.contexts):
            _gather(width, at.contexts + m * at.row, at.vectors, rows, text.words[block.context + m], True)
        skipgram.gather_outputs(width, text, plan, block, at)
        skipgram.scores(width, block, at, scratch.prefetch)
        skipgram.gradients_of(width, text, plan, block, at, scratch, negatives_per_pair)
        skipgram.update_outputs(width, text, plan, block, at, scratch.prefetch)
        _context_errors(width, block, at, errors_at)
        for m in range(block.contexts):
            _scatter(width, errors_at + m * at.row, at.vectors, rows, text.words[block.context + m])


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
    errors: Floats,
    rows: Rows,
) -> None:
    """Cbow: `kernels_cbow.train_blocks` with words made of `rows` of `vectors`; only the first row of `errors` is used."""
    at = cbow.places_of(vectors, outputs, scratch)
    error = int64(errors.ctypes.data)
    for number in range(1, blocks + 1):
        block = block_of(plan, number, alpha)
        cbow.plan_prefetch(text, plan, number, blocks, at, scratch.prefetch, False)
        for m in range(block.contexts):
            scratch.parts[m] = _gather(width, at.contexts + m * at.row, at.vectors, rows, text.words[block.context + m], False)
        cbow.gather_outputs(width, text, plan, block, at)
        cbow.window_means(width, text, block, at, scratch, negatives_per_centre)
        cbow.gradients_of(width, text, plan, block, at, scratch)
        cbow.update_outputs(width, text, plan, block, at, scratch.prefetch)
        cbow.window_errors(width, block, at, scratch.prefetch)
        for m in range(block.context, block.context + block.contexts):
            zero_row(width, error)
            cbow.add_errors(width, text, block, at, m, error)
            _scatter(width, error, at.vectors, rows, text.words[m])
