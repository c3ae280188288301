"""Continuous bag of words with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

The mean h of the context rows within the window predicts the centre word o against negatives n:

    h = (1/|C|) sum_c v_c     g_o = a (1 - s(h . u_o))     g_n = -a s(h . u_n)
    e = g_o u_o + sum_n g_n u_n     v_c += e for every context     u_o += g_o h     u_n += g_n h

The error is not divided by |C|, as in word2vec.c with its mean. A block holds consecutive centres, whose windows overlap: every row of
the reach is read once, into running sums S_m = v_0 + ... + v_(m-1). A window is what lies before its centre and what lies after it,
(S_t - S_low) + (S_high - S_(t+1)): four rows, however wide it is. The words within the window of c are exactly those that have c in
theirs, so that the errors are collected the same way, from running sums of e.

All centres of a block share their negatives, each weighted K/|N|; a negative that is the centre itself does not count for that centre.
Everything is taken at the weights before the block, but for a word that is a centre twice: its second error sees its first update.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from . import row_operations
from .block_plan import MAX_NEGATIVES, BlockSizes, Plan, context_range
from .block_rows import (
    Addresses,
    Block,
    Matrices,
    Step,
    addresses_of,
    block_of,
    gather_negatives,
    hash_bit,
    plan_prefetch,
    prefetch_next,
    score_tiles,
)
from .jit import float32, inner, int64, kernel
from .row_operations import TILE, add_rows, positive_gradients, weighted_sigmoids
from .sampling import TextChunk
from .vector_ir import IndexedRows, Positions, PrefetchList, WeightedRows, WindowSums
from .window_rows import add_window, running_sums, window_errors, window_mean

_MARGIN = 16
_NEGATIVE_ROWS = MAX_NEGATIVES + TILE


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        negatives: gathered rows.
        hidden: means of the windows.
        sums: of the contexts, from none of them to all.
        errors: running sums of the gradients of the means.
        gradients: a row per negative and a column per centre; then a row each for positives and weights.
        unit_offsets: 0, 1, 2, ...: `Inputs.rows_before` of words that have one row each.
        prefetch: how many addresses there are, how many were prefetched, and the addresses.
    """

    negatives: Floats
    hidden: Floats
    sums: Floats
    errors: Floats
    gradients: Floats
    unit_offsets: NDArray[np.int32]
    prefetch: NDArray[np.int64]


def new_scratch(dim: int, sizes: BlockSizes, text_words: int) -> Scratch:
    """Room for blocks of that size, over texts of so many words."""
    columns = row_operations.padded(dim)
    return Scratch(
        row_operations.aligned(_NEGATIVE_ROWS, columns),
        row_operations.aligned(sizes.centres + TILE, columns),
        row_operations.aligned(sizes.contexts + 1, columns),
        row_operations.aligned(sizes.centres + 1, columns),
        row_operations.aligned(_NEGATIVE_ROWS + 2, -(-sizes.centres // _MARGIN) * _MARGIN + _MARGIN),
        np.arange(text_words + 1, dtype=np.int32),
        np.zeros(sizes.contexts + sizes.centres + MAX_NEGATIVES + 2, np.int64),
    )


class Inputs(NamedTuple):
    """The words of a text as rows of the input matrix.

    Attributes:
        row_ids: by position, the row of its word.
        rows_before: by position, how many rows all words before it are made of (one each without n-grams). A mean is over these rows, and
            each gets the gradient: a word counts, and is updated, once for each of its rows.
    """

    row_ids: NDArray[np.int32]
    rows_before: NDArray[np.int32]


class ScratchAddresses(NamedTuple):
    """Addresses of scratch memory; `stride` is the bytes of a row of gradients."""

    negatives: int
    hidden: int
    sums: int
    errors: int
    negative_scores: int
    positives: int
    weights: int
    stride: int


@inner
def scratch_addresses(scratch: Scratch) -> ScratchAddresses:
    """Where everything is."""
    gradients = int64(scratch.gradients.ctypes.data)
    stride = int64(4 * scratch.gradients.shape[1])
    return ScratchAddresses(
        int64(scratch.negatives.ctypes.data),
        int64(scratch.hidden.ctypes.data),
        int64(scratch.sums.ctypes.data),
        int64(scratch.errors.ctypes.data),
        gradients,
        gradients + _NEGATIVE_ROWS * stride,
        gradients + (_NEGATIVE_ROWS + 1) * stride,
        stride,
    )


@inner
def _around(low: int, high: int, centre: int) -> tuple[int, int]:
    """The end of what lies before the centre in [low, high), and the beginning of what lies after it."""
    return min(max(low, centre), high), min(max(low, centre + 1), high)


@inner
def window_sums(sums: int, low: int, before: int, after: int, high: int, row: int) -> WindowSums:
    """The rows of running sums at the ends of a window and around its centre."""
    return WindowSums(sums + low * row, sums + before * row, sums + after * row, sums + high * row)


@inner
def window_means(
    width: tuple[int, ...],
    text: TextChunk,
    block: Block,
    model: Addresses,
    at: ScratchAddresses,
    scratch: Scratch,
    inputs: Inputs,
    negatives_per_centre: int,
) -> None:
    """The mean of every window and its score with the centre; the weight of a centre without context is zero."""
    share = float32(-block.rate * float32(negatives_per_centre) / float32(block.negatives))
    weights = scratch.gradients[_NEGATIVE_ROWS + 1]
    rows_before = inputs.rows_before
    sums = at.sums - block.context * model.row
    for t in range(block.centres):
        prefetch_next(width, scratch.prefetch)
        low, high = context_range(text, block.first + t, block.window, block.context, block.context + block.contexts)
        before, after = _around(low, high, block.first + t)
        parts = rows_before[before] - rows_before[low] + rows_before[high] - rows_before[after]
        weights[t] = share if parts > 0 else float32(0)
        window_mean(
            width,
            at.hidden + t * model.row,
            model.outputs + text.words[block.first + t] * model.row,
            at.positives + t * 4,
            window_sums(sums, low, before, after, high, model.row),
            float32(1) / float32(max(parts, 1)),
        )


@inner
def gradients_of(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, row: int, at: ScratchAddresses, scratch: Scratch
) -> None:
    """Scores with the negatives, then all gradients in place of the scores."""
    zero = int64(0)
    centres = Positions(zero, block.centres)
    positive_gradients(width, at.positives, centres, centres, int64(-1), block.rate)
    for t in range(0, block.centres, TILE):
        score_tiles(width, at.hidden + t * row, at.negatives, block.negatives, at.negative_scores + t * 4, at.stride, scratch.prefetch)
    for j in range(block.negatives):
        weighted_sigmoids(width, at.negative_scores + j * at.stride, at.weights, block.centres)
    mask_gradients(text, plan, block, scratch.gradients)


@inner
def mask_gradients(text: TextChunk, plan: Plan, block: Block, gradients: Floats) -> None:
    """Clear the gradients of centres without context, and of negatives that are the centre itself."""
    negatives = np.uint64(0)
    for j in range(block.negatives):
        negatives |= hash_bit(plan.negatives[block.first_negative + j])
    for t in range(block.centres):
        if gradients[_NEGATIVE_ROWS + 1, t] == 0:
            gradients[_NEGATIVE_ROWS, t] = 0
        word = text.words[block.first + t]
        if negatives & hash_bit(word):
            for j in range(block.negatives):
                if plan.negatives[block.first_negative + j] == word:
                    gradients[j, t] = 0


@inner
def update_outputs(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, model: Addresses, at: ScratchAddresses, scratch: Scratch
) -> None:
    """Errors of all windows; add to each centre row its window's mean, to each negative row all means."""
    four = int64(4)
    nothing = WeightedRows(at.hidden, int64(0), at.negative_scores, four)
    asked = scratch.prefetch[1]
    unasked = scratch.prefetch[0] - asked
    scratch.prefetch[1] += min(unasked, block.centres)
    window_errors(
        width,
        at.errors,
        WeightedRows(at.negatives, block.negatives, at.negative_scores, at.stride),
        IndexedRows(model.outputs, int64(text.words.ctypes.data) + block.first * 4, block.centres),
        WeightedRows(at.hidden, block.centres, at.positives, four),
        PrefetchList(int64(scratch.prefetch.ctypes.data) + 8 * (2 + asked), unasked),
    )
    for j in range(block.negatives):
        prefetch_next(width, scratch.prefetch)
        place = model.outputs + plan.negatives[block.first_negative + j] * model.row
        add_rows(width, place, WeightedRows(at.hidden, block.centres, at.negative_scores + j * at.stride, four), nothing)


@inner
def add_errors(width: tuple[int, ...], text: TextChunk, block: Block, model: Addresses, at: ScratchAddresses, inputs: Inputs) -> None:
    """Add to the input row of every context the errors of the windows that hold it, for each of its parts."""
    errors = at.errors - block.first * model.row
    for position in range(block.context, block.context + block.contexts):
        low, high = context_range(text, position, block.window, block.first, block.first + block.centres)
        if low < high:
            before, after = _around(low, high, position)
            add_window(
                width,
                model.inputs + inputs.row_ids[position] * model.row,
                window_sums(errors, low, before, after, high, model.row),
                float32(inputs.rows_before[position + 1] - inputs.rows_before[position]),
            )


@inner
def train_range(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    first: int,
    last: int,
    inputs: Inputs,
    matrices: Matrices,
    step: Step,
    scratch: Scratch,
) -> None:
    """Train blocks `first` to `last` of a plan, the words of the text being those rows of the input matrix."""
    model = addresses_of(matrices)
    at = scratch_addresses(scratch)
    for number in range(first, last + 1):
        block = block_of(plan, number, step.alpha)
        plan_prefetch(text, plan, number, last, model, inputs.row_ids, scratch.prefetch)
        running_sums(width, at.sums, IndexedRows(model.inputs, int64(inputs.row_ids.ctypes.data) + block.context * 4, block.contexts))
        gather_negatives(width, plan, block, model, at.negatives)
        window_means(width, text, block, model, at, scratch, inputs, step.negatives)
        gradients_of(width, text, plan, block, model.row, at, scratch)
        update_outputs(width, text, plan, block, model, at, scratch)
        add_errors(width, text, block, model, at, inputs)


@kernel
def train_blocks(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    blocks: int,
    matrices: Matrices,
    step: Step,
    scratch: Scratch,
) -> None:
    """Train blocks 1 to `blocks` of a plan: the arithmetic, with every random choice already made.

    The arguments are those of `skipgram.train_blocks`.
    """
    inputs = Inputs(text.words, scratch.unit_offsets)
    train_range(width, text, plan, 1, blocks, inputs, matrices, step, scratch)
