"""Skip-gram with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

For a pair of context word c and centre word o, and negatives n drawn at random, one step of gradient ascent on
log s(v_c . u_o) + sum_n log s(-v_c . u_n), s the logistic function, is

    g_o = a (1 - s(v_c . u_o))     g_n = -a s(v_c . u_n)
    v_c += g_o u_o + sum_n g_n u_n     u_o += g_o v_c     u_n += g_n v_c

A block has contexts C (rows of the input matrix), centres O and negatives N (rows of the output matrix). All pairs of the block share
N. The scores are two matrix products, C N^T and the band of C O^T within the window; the updates are four: N^T-weighted and
O^T-weighted sums for the contexts, C-weighted sums for centres and negatives. A negative stands for K/|N| of the K negatives of each
pair, so the gradient of context c towards n is weighted K/|N| x (pairs of c in the block): its expectation is that of K negatives per
pair. As in word2vec.c, a negative that is the centre itself does not count for that centre's pairs. Where a block has more negatives
than a context needs, its contexts are in groups, and each group has a part of N in the place of N.

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
    Group,
    Matrices,
    Step,
    addresses_of,
    block_of,
    gather_negatives,
    group_of,
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
    for number in range(block.groups):
        group = group_of(block, number)
        negatives = at.negatives + group.first_negative * row
        into = at.negative_scores + group.first_negative * stride
        for m in range(group.first, group.last, TILE):
            count = group.last_negative - group.first_negative
            score_tiles(width, at.contexts + m * row, negatives, count, into + m * 4, stride, prefetch)
    for t in range(0, block.centres, _PAIR):
        begin = max(0, block.shift + t - block.window)
        for m in range(begin, min(block.contexts, block.shift + t + _PAIR + block.window), TILE):
            prefetch_next(width, prefetch)
            dot_half_tile(width, at.contexts + m * row, at.centres + t * row, at.centre_scores + t * stride + m * 4, stride)


@inner
def centre_gradients(width: tuple[int, ...], text: TextChunk, block: Block, at: ScratchAddresses, pairs: NDArray[np.float32]) -> None:
    """Turn the scores of pairs into gradients, zero outside the windows; pairs[m] becomes how many pairs context m is in."""
    for m in range(block.contexts + 1):
        pairs[m] = 0
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
            pairs[low] += 1
            pairs[high] -= 1
            if low <= centre < high:
                pairs[centre] -= 1
                pairs[centre + 1] += 1
    total = float32(0)
    for m in range(block.contexts):
        total += pairs[m]
        pairs[m] = total


@inner
def negative_gradients(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    block: Block,
    group: Group,
    at: ScratchAddresses,
    weights: NDArray[np.float32],
    fewer: NDArray[np.float32],
    share: float,
) -> None:
    """Turn the scores of a group's negatives into gradients, leaving out the pairs whose centre is the negative itself."""
    # Few negatives are centres: a bit per word of the block, hashed to 64, tells most of the others apart at once.
    centres = np.uint64(0)
    for t in range(block.centres):
        centres |= hash_bit(text.words[block.first + t])
    count = group.last - group.first
    for j in range(group.first_negative, group.last_negative):
        place = at.negative_scores + j * GRADIENT_STRIDE + group.first * 4
        word = plan.negatives[block.first_negative + j]
        if not centres & hash_bit(word):
            weighted_sigmoids(width, place, at.weights + group.first * 4, count)
            continue
        for m in range(group.first, group.last):
            fewer[m] = weights[m]
        for t in range(block.centres):
            if text.words[block.first + t] == word:
                low, high = context_range(text, block.first + t, block.window, block.context, block.context + block.contexts)
                for m in range(low, high):
                    if m != block.first + t:
                        fewer[m - block.context] -= share
        weighted_sigmoids(width, place, at.weights + GRADIENT_STRIDE + group.first * 4, count)


@inner
def gradients_of(
    width: tuple[int, ...], text: TextChunk, plan: Plan, block: Block, at: ScratchAddresses, scratch: Scratch, negatives_per_pair: int
) -> None:
    """All gradients of a block, in place of its scores."""
    weights = scratch.gradients[_WEIGHTS]
    centre_gradients(width, text, block, at, weights)
    for number in range(block.groups):
        group = group_of(block, number)
        share = float32(-block.rate * float32(negatives_per_pair) / float32(group.last_negative - group.first_negative))
        for m in range(group.first, group.last):
            weights[m] *= share
        negative_gradients(width, text, plan, block, group, at, weights, scratch.gradients[_WEIGHTS + 1], share)


@inner
def update_centres(
    width: tuple[int, ...], text: TextChunk, block: Block, model: Addresses, at: ScratchAddresses, prefetch: NDArray[np.int64]
) -> None:
    """Add to each centre row its window of contexts, two rows at a time: their windows are nearly one, and gradients outside are zero."""
    four = int64(4)
    none = int64(0)
    nothing = WeightedRows(at.contexts, none, at.centre_scores, four)
    until = block.context + block.contexts
    for t in range(0, block.centres, 2):
        prefetch_next(width, prefetch)
        low, high = context_range(text, block.first + t, block.window, block.context, until)
        place = model.outputs + text.words[block.first + t] * model.row
        scores = at.centre_scores + t * GRADIENT_STRIDE
        if t + 1 == block.centres:
            if low < high:
                m = low - block.context
                add_rows(width, place, WeightedRows(at.contexts + m * model.row, high - low, scores + m * 4, four), nothing)
            continue
        low_next, high_next = context_range(text, block.first + t + 1, block.window, block.context, until)
        if low >= high:
            low, high = low_next, high_next
        elif low_next < high_next:
            low, high = min(low, low_next), max(high, high_next)
        if low < high:
            m = low - block.context
            other = model.outputs + text.words[block.first + t + 1] * model.row
            contexts = WeightedRows(at.contexts + m * model.row, high - low, scores + m * 4, four)
            add_rows_to_two(width, RowPair(place, other, int64(GRADIENT_STRIDE), none), contexts, nothing)


@inner
def update_negatives(
    width: tuple[int, ...], plan: Plan, block: Block, group: Group, model: Addresses, at: ScratchAddresses, prefetch: NDArray[np.int64]
) -> None:
    """Add to each negative row of a group all its contexts."""
    four = int64(4)
    none = int64(0)
    nothing = WeightedRows(at.contexts, none, at.negative_scores, four)
    rows = at.contexts + group.first * model.row
    for j in range(group.first_negative, group.last_negative, 2):
        prefetch_next(width, prefetch)
        place = model.outputs + plan.negatives[block.first_negative + j] * model.row
        scores = at.negative_scores + j * GRADIENT_STRIDE + group.first * 4
        contexts = WeightedRows(rows, group.last - group.first, scores, four)
        if j + 1 == group.last_negative:
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
def _update_inputs(
    width: tuple[int, ...], inputs: NDArray[np.int32], block: Block, group: Group, model: Addresses, at: ScratchAddresses
) -> None:
    """Add to each context row of a group all its negatives and the centres near it."""
    four = int64(4)
    stride = int64(GRADIENT_STRIDE)
    first, count = group.first_negative, group.last_negative - group.first_negative
    for m in range(group.first, group.last, 2):
        place = model.inputs + inputs[block.context + m] * model.row
        begin, near = centres_in_window(block, m, min(m + 2, group.last))
        negatives = WeightedRows(at.negatives + first * model.row, count, at.negative_scores + first * stride + m * 4, stride)
        centres = WeightedRows(at.centres + begin * model.row, near, at.centre_scores + begin * stride + m * 4, stride)
        if m + 1 == group.last:
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
        update_centres(width, text, block, model, at, scratch.prefetch)
        for group in range(block.groups):
            update_negatives(width, plan, block, group_of(block, group), model, at, scratch.prefetch)
        for group in range(block.groups):
            _update_inputs(width, inputs, block, group_of(block, group), model, at)


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
