"""Skip-gram with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

For a pair of context word c and centre word o, and negatives n first_negative at random, one step of gradient ascent on
log s(v_c . u_o) + sum_n log s(-v_c . u_n), s the logistic function, is

    g_o = a (1 - s(v_c . u_o))     g_n = -a s(v_c . u_n)
    v_c += g_o u_o + sum_n g_n u_n     u_o += g_o v_c     u_n += g_n v_c

A block has contexts C (rows of the input matrix), centres O and negatives N (rows of the output matrix). All pairs of the block share
N. The scores are two matrix products, C N^T and the band of C O^T within the window; the updates are four: N^T-weighted and
O^T-weighted sums for the contexts, C-weighted sums for centres and negatives. A negative stands for K/|N| of the K negatives of each
pair, so the gradient of context c towards n is weighted K/|N| x (pairs of c in the block): its expectation is that of K negatives per
pair. As in word2vec.c, a negative that is the centre itself does not count for that centre's pairs.

Rows are copied into scratch memory first: all scores and updates of a block are taken at the same weights, whatever other threads
write meanwhile (Hogwild, Recht 2011), and the copies are contiguous. Updates are added to the matrices directly, where each row's sum
is held in registers and stored once.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from . import row_operations
from .block_plan import MAX_CENTRES, MAX_CONTEXTS, MAX_NEGATIVES, Plan, context_range
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
from .row_operations import TILE, RowPair, add_rows, add_rows_to_two, copy_row, dot_half_tile, positive_gradients, weighted_sigmoids
from .sampling import TextChunk
from .vector_ir import Positions, WeightedRows

# Tiles are four rows wide and a vector at most sixteen lanes: what lies past the end is computed and never used.
_PAIR = TILE // 2
_MARGIN = 16
GRADIENT_STRIDE = 4 * (MAX_CONTEXTS + _MARGIN)
_CONTEXT_ROWS = MAX_CONTEXTS + TILE
_CENTRE_ROWS = MAX_CENTRES + TILE
_NEGATIVE_ROWS = MAX_NEGATIVES + TILE
_WEIGHTS = _NEGATIVE_ROWS + _CENTRE_ROWS
_PREFETCHED = MAX_CONTEXTS + MAX_CENTRES + MAX_NEGATIVES


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        rows: gathered contexts, centres and negatives, in this order.
        gradients: a row per negative and a row per centre, a column per context; then two rows of weights.
        prefetch: how many addresses there are, how many were prefetched, and the addresses.
    """

    rows: Floats
    gradients: Floats
    prefetch: NDArray[np.int64]


def new_scratch(dim: int) -> Scratch:
    """Room for the largest block."""
    rows = row_operations.aligned(_CONTEXT_ROWS + _CENTRE_ROWS + _NEGATIVE_ROWS, row_operations.padded(dim))
    return Scratch(rows, row_operations.aligned(_WEIGHTS + 2, GRADIENT_STRIDE // 4), np.zeros(_PREFETCHED + 2, np.int64))


class ScratchAddresses(NamedTuple):
    """Addresses of what was gathered, and of the gradients."""

    contexts: int
    centres: int
    negatives: int
    negative_scores: int
    centre_scores: int
    weights: int


@inner
def scratch_addresses(scratch: Scratch) -> ScratchAddresses:
    """Where everything is."""
    row = int64(4 * scratch.rows.shape[1])
    contexts = int64(scratch.rows.ctypes.data)
    centres = contexts + _CONTEXT_ROWS * row
    gradients = int64(scratch.gradients.ctypes.data)
    return ScratchAddresses(
        contexts,
        centres,
        centres + _CENTRE_ROWS * row,
        gradients,
        gradients + _NEGATIVE_ROWS * GRADIENT_STRIDE,
        gradients + _WEIGHTS * GRADIENT_STRIDE,
    )


@inner
def gather(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, model: Addresses, at: ScratchAddresses, inputs: NDArray[np.int32]
) -> None:
    """Copy the rows of contexts, centres and negatives."""
    for m in range(block.contexts):
        copy_row(width, at.contexts + m * model.row, model.inputs + inputs[block.context + m] * model.row)
    for t in range(block.centres):
        copy_row(width, at.centres + t * model.row, model.outputs + text.words[block.first + t] * model.row)
    gather_negatives(width, plan, block, model, at.negatives)


@inner
def scores(width: tuple[int, ...], block: Block, row: int, at: ScratchAddresses, prefetch: NDArray[np.int64]) -> None:
    """Dot products of all contexts with all negatives, and with the centres near them."""
    stride = int64(GRADIENT_STRIDE)
    for m in range(0, block.contexts, TILE):
        score_tiles(width, at.contexts + m * row, at.negatives, block.negatives, at.negative_scores + m * 4, stride, prefetch)
    for t in range(0, block.centres, _PAIR):
        begin = max(0, block.shift + t - block.window)
        for m in range(begin, min(block.contexts, block.shift + t + _PAIR + block.window), TILE):
            prefetch_next(width, prefetch)
            dot_half_tile(width, at.contexts + m * row, at.centres + t * row, at.centre_scores + t * stride + m * 4, stride)


@inner
def centre_gradients(
    width: tuple[int, ...], text: TextChunk, block: Block, at: ScratchAddresses, weights: NDArray[np.float32], share: float
) -> None:
    """Turn the scores of pairs into gradients, zero outside the windows; weights[m] becomes `share` x pairs of context m."""
    for m in range(block.contexts + 1):
        weights[m] = 0
    until = block.context + block.contexts
    for t in range(block.centres):
        low, high = context_range(text, block.first + t, block.window, block.context, until)
        low -= block.context
        high -= block.context
        centre = block.shift + t
        # One position more on either side: rows are updated in pairs, and the second may lie outside the window of the first.
        first = min(max(0, centre - block.window - 1), block.contexts)
        last = min(max(0, centre + block.window + 2), block.contexts)
        positive_gradients(width, at.centre_scores + t * GRADIENT_STRIDE, Positions(first, last), Positions(low, high), centre, block.rate)
        if low < high:
            # Differences now, summed below: a window adds to its ends only.
            weights[low] += share
            weights[high] -= share
            if low <= centre < high:
                weights[centre] -= share
                weights[centre + 1] += share
    total = float32(0)
    for m in range(block.contexts):
        total += weights[m]
        weights[m] = total


@inner
def negative_gradients(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    block: Block,
    at: ScratchAddresses,
    weights: NDArray[np.float32],
    fewer: NDArray[np.float32],
    share: float,
) -> None:
    """Turn the scores of negatives into gradients, leaving out the pairs whose centre is the negative itself."""
    # Few negatives are centres: a bit per word of the block, hashed to 64, tells most of the others apart at once.
    centres = np.uint64(0)
    for t in range(block.centres):
        centres |= hash_bit(text.words[block.first + t])
    for j in range(block.negatives):
        word = plan.negatives[block.first_negative + j]
        if not centres & hash_bit(word):
            weighted_sigmoids(width, at.negative_scores + j * GRADIENT_STRIDE, at.weights, block.contexts)
            continue
        for m in range(block.contexts):
            fewer[m] = weights[m]
        for t in range(block.centres):
            if text.words[block.first + t] == word:
                low, high = context_range(text, block.first + t, block.window, block.context, block.context + block.contexts)
                for m in range(low, high):
                    if m != block.first + t:
                        fewer[m - block.context] -= share
        weighted_sigmoids(width, at.negative_scores + j * GRADIENT_STRIDE, at.weights + GRADIENT_STRIDE, block.contexts)


@inner
def gradients_of(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, at: ScratchAddresses, scratch: Scratch, negatives_per_pair: int
) -> None:
    """All gradients of a block, in place of its scores."""
    share = float32(-block.rate * float32(negatives_per_pair) / float32(block.negatives))
    weights = scratch.gradients[_WEIGHTS]
    centre_gradients(width, text, block, at, weights, share)
    negative_gradients(width, text, plan, block, at, weights, scratch.gradients[_WEIGHTS + 1], share)


@inner
def update_outputs(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, model: Addresses, at: ScratchAddresses, prefetch: NDArray[np.int64]
) -> None:
    """Add to each centre row its window of contexts, to each negative row all contexts."""
    four = int64(4)
    none = int64(0)
    nothing = WeightedRows(at.contexts, none, at.centre_scores, four)
    for t in range(block.centres):
        prefetch_next(width, prefetch)
        low, high = context_range(text, block.first + t, block.window, block.context, block.context + block.contexts)
        if low < high:
            m = low - block.context
            place = model.outputs + text.words[block.first + t] * model.row
            gradients = at.centre_scores + t * GRADIENT_STRIDE + m * 4
            add_rows(width, place, WeightedRows(at.contexts + m * model.row, high - low, gradients, four), nothing)
    for j in range(0, block.negatives, 2):
        place = model.outputs + plan.negatives[block.first_negative + j] * model.row
        contexts = WeightedRows(at.contexts, block.contexts, at.negative_scores + j * GRADIENT_STRIDE, four)
        if j + 1 == block.negatives:
            add_rows(width, place, contexts, nothing)
        else:
            other = model.outputs + plan.negatives[block.first_negative + j + 1] * model.row
            add_rows_to_two(width, RowPair(place, other, int64(GRADIENT_STRIDE), none), contexts, nothing)


@inner
def centres_in_window(block: Block, first: int, last: int) -> tuple[int, int]:
    """The first of the centres whose window may reach contexts [first, last), and how many."""
    begin = min(max(0, first - block.window - block.shift), block.centres)
    return begin, max(0, min(block.centres, last + block.window - block.shift) - begin)


@inner
def _update_inputs(width: tuple[int, ...], inputs: NDArray[np.int32], block: Block, model: Addresses, at: ScratchAddresses) -> None:
    """Add to each context row all negatives and the centres near it."""
    four = int64(4)
    stride = int64(GRADIENT_STRIDE)
    for m in range(0, block.contexts, 2):
        place = model.inputs + inputs[block.context + m] * model.row
        begin, count = centres_in_window(block, m, min(m + 2, block.contexts))
        negatives = WeightedRows(at.negatives, block.negatives, at.negative_scores + m * 4, stride)
        centres = WeightedRows(at.centres + begin * model.row, count, at.centre_scores + begin * stride + m * 4, stride)
        if m + 1 == block.contexts:
            add_rows(width, place, negatives, centres)
        else:
            other = model.inputs + inputs[block.context + m + 1] * model.row
            add_rows_to_two(width, RowPair(place, other, four, four), negatives, centres)


@inner
def train_range(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    first: int,
    last: int,
    inputs: NDArray[np.int32],
    matrices: Matrices,
    step: Step,
    scratch: Scratch,
) -> None:
    """Train blocks `first` to `last` of a plan, the word at position p of the text being row inputs[p] of the input matrix."""
    model = addresses_of(matrices)
    at = scratch_addresses(scratch)
    for number in range(first, last + 1):
        block = block_of(plan, number, step.alpha)
        plan_prefetch(text, plan, number, last, model, inputs, scratch.prefetch)
        gather(width, text, plan, block, model, at, inputs)
        scores(width, block, model.row, at, scratch.prefetch)
        gradients_of(width, text, plan, block, at, scratch, step.negatives)
        update_outputs(width, text, plan, block, model, at, scratch.prefetch)
        _update_inputs(width, inputs, block, model, at)


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

    Args:
        width: row length token (`row_operations.row_width`).
        text: sampled words; every word is a row of both matrices.
        plan: what to train.
        blocks: how many of its blocks.
        matrices: the model.
        step: learning rate, and K of the settings.
        scratch: from `new_scratch`.
    """
    train_range(width, text, plan, 1, blocks, text.words, matrices, step, scratch)
