"""Continuous bag of words with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

The mean h of the context rows within the window predicts the centre word o against negatives n:

    h = (1/|C|) sum_c v_c     g_o = a (1 - s(h . u_o))     g_n = -a s(h . u_n)
    e = g_o u_o + sum_n g_n u_n     v_c += e for every context     u_o += g_o h     u_n += g_n h

The error is not divided by |C|, as in word2vec.c with its mean. A block holds consecutive centres, whose windows overlap: the rows of
the reach are read once, and row c receives the sum of the errors of all centres that see it. All centres of a block share their
negatives, each weighted K/|N|; a negative that is the centre itself does not count for that centre.

The words of a line within the window of c are exactly those that have c in theirs: the same range serves means and errors.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import simd
from engine.block_rows import Block, ask_ahead, block_of
from engine.blocks import MAX_NEGATIVES, Plan, Sizes, context_range
from engine.jit import float32, inner, int64, kernel
from engine.models import Floats
from engine.sampling import Text
from engine.simd import add_rows, copy_row, dot_row, dot_tile, positive_gradients, scale_row, weighted_sigmoids, zero_row

_TILE = 4
_MARGIN = 16
_NEGATIVE_ROWS = MAX_NEGATIVES + _TILE


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        negatives: gathered rows.
        centres: gathered rows.
        hidden: means of the windows.
        errors: their gradients.
        contexts: gathered rows; with subwords, sums of rows.
        gradients: a row per negative and a column per centre; then a row each for positives and weights; then ones.
        parts: how many rows each context stands for.
        prefetch: how many addresses there are, how many were asked for, and the addresses.
    """

    negatives: Floats
    centres: Floats
    hidden: Floats
    errors: Floats
    contexts: Floats
    gradients: Floats
    parts: NDArray[np.int32]
    prefetch: NDArray[np.int64]


def new_scratch(dim: int, sizes: Sizes) -> Scratch:
    """Room for blocks of that size."""
    columns = simd.padded(dim)
    centres = sizes.centres + _TILE
    gradients = simd.aligned(_NEGATIVE_ROWS + 3, -(-sizes.centres // _MARGIN) * _MARGIN + _MARGIN)
    gradients[-1] = 1
    return Scratch(
        simd.aligned(_NEGATIVE_ROWS, columns),
        simd.aligned(centres, columns),
        simd.aligned(centres, columns),
        simd.aligned(centres, columns),
        simd.aligned(sizes.contexts, columns),
        gradients,
        np.ones(sizes.contexts, np.int32),
        np.zeros(sizes.contexts + sizes.centres + MAX_NEGATIVES + 2, np.int64),
    )


class Places(NamedTuple):
    """Addresses: of the matrices, of what was gathered, of the gradients; `row` and `stride` are bytes of a row of each."""

    vectors: int
    outputs: int
    negatives: int
    centres: int
    hidden: int
    errors: int
    contexts: int
    towards_negatives: int
    positives: int
    weights: int
    one: int
    row: int
    stride: int


@inner
def places_of(vectors: Floats, outputs: Floats, scratch: Scratch) -> Places:
    """Where everything is."""
    gradients = int64(scratch.gradients.ctypes.data)
    stride = int64(4 * scratch.gradients.shape[1])
    return Places(
        int64(vectors.ctypes.data),
        int64(outputs.ctypes.data),
        int64(scratch.negatives.ctypes.data),
        int64(scratch.centres.ctypes.data),
        int64(scratch.hidden.ctypes.data),
        int64(scratch.errors.ctypes.data),
        int64(scratch.contexts.ctypes.data),
        gradients,
        gradients + _NEGATIVE_ROWS * stride,
        gradients + (_NEGATIVE_ROWS + 1) * stride,
        gradients + (_NEGATIVE_ROWS + 2) * stride,
        int64(4 * vectors.shape[1]),
        stride,
    )


@inner
def plan_prefetch(text: Text, plan: Plan, number: int, blocks: int, at: Places, prefetch: NDArray[np.int64], with_contexts: bool) -> None:
    """Note the rows that the block after this one reads and this one does not."""
    prefetch[0] = 0
    prefetch[1] = 0
    if number == blocks:
        return
    count = 2
    if with_contexts:
        for k in range(max(plan.context_first[number + 1], plan.context_last[number]), plan.context_last[number + 1]):
            prefetch[count] = at.vectors + text.words[k] * at.row
            count += 1
    for k in range(plan.negatives_end[number], plan.negatives_end[number + 1]):
        prefetch[count] = at.outputs + plan.negatives[k] * at.row
        count += 1
    for k in range(plan.first[number + 1], plan.last[number + 1]):
        prefetch[count] = at.outputs + text.words[k] * at.row
        count += 1
    prefetch[0] = count - 2


@inner
def _add_neighbours(width: tuple[int, ...], destination: int, source: int, low: int, high: int, centre: int, row: int, one: int) -> None:
    """Add rows [low, high) of source, without the centre's, to destination."""
    before = min(max(low, centre), high)
    after = min(max(low, centre + 1), high)
    stay = int64(0)
    add_rows(width, destination, source + low * row, before - low, one, stay, source + after * row, high - after, one, stay)


@inner
def window_means(width: tuple[int, ...], text: Text, block: Block, at: Places, scratch: Scratch, negatives_per_centre: int) -> None:
    """The mean of every window and its score with the centre; the weight of a centre without context is zero."""
    share = float32(-block.rate * float32(negatives_per_centre) / float32(block.negatives))
    positives = scratch.gradients[_NEGATIVE_ROWS]
    weights = scratch.gradients[_NEGATIVE_ROWS + 1]
    for t in range(block.centres):
        ask_ahead(width, scratch.prefetch)
        low, high = context_range(text, block.first + t, block.window, block.context, block.context + block.contexts)
        parts = 0
        for m in range(low, high):
            if m != block.first + t:
                parts += scratch.parts[m - block.context]
        hidden = at.hidden + t * at.row
        zero_row(width, hidden)
        weights[t] = 0
        if parts > 0:
            low -= block.context
            high -= block.context
            _add_neighbours(width, hidden, at.contexts, low, high, block.first + t - block.context, at.row, at.one)
            scale_row(width, hidden, float32(1) / float32(parts))
            weights[t] = share
        positives[t] = dot_row(width, hidden, at.centres + t * at.row)


@inner
def gradients_of(width: tuple[int, ...], text: Text, plan: Plan, block: Block, at: Places, scratch: Scratch) -> None:
    """Scores with the negatives, then all gradients in place of the scores."""
    zero = int64(0)
    positive_gradients(width, at.positives, zero, block.centres, zero, block.centres, int64(-1), block.rate)
    for t in range(0, block.centres, _TILE):
        for j in range(0, block.negatives, _TILE):
            ask_ahead(width, scratch.prefetch)
            dot_tile(width, at.hidden + t * at.row, at.negatives + j * at.row, at.towards_negatives + j * at.stride + t * 4, at.stride)
    for j in range(block.negatives):
        weighted_sigmoids(width, at.towards_negatives + j * at.stride, at.weights, block.centres)
    gradients = scratch.gradients
    for t in range(block.centres):
        if gradients[_NEGATIVE_ROWS + 1, t] == 0:
            gradients[_NEGATIVE_ROWS, t] = 0
        for j in range(block.negatives):
            if plan.negatives[block.drawn + j] == text.words[block.first + t]:
                gradients[j, t] = 0


@inner
def update_outputs(width: tuple[int, ...], text: Text, plan: Plan, block: Block, at: Places, prefetch: NDArray[np.int64]) -> None:
    """Add to each centre row its window's mean, to each negative row all means."""
    one = int64(1)
    four = int64(4)
    none = int64(0)
    for t in range(block.centres):
        ask_ahead(width, prefetch)
        place = at.outputs + text.words[block.first + t] * at.row
        gradient = at.positives + t * 4
        add_rows(width, place, at.hidden + t * at.row, one, gradient, four, at.hidden, none, gradient, four)
    for j in range(block.negatives):
        place = at.outputs + plan.negatives[block.drawn + j] * at.row
        gradient = at.towards_negatives + j * at.stride
        add_rows(width, place, at.hidden, block.centres, gradient, four, at.hidden, none, gradient, four)


@inner
def window_errors(width: tuple[int, ...], block: Block, at: Places, prefetch: NDArray[np.int64]) -> None:
    """The gradient of every window's mean."""
    one = int64(1)
    four = int64(4)
    for t in range(block.centres):
        ask_ahead(width, prefetch)
        error = at.errors + t * at.row
        zero_row(width, error)
        negative = at.towards_negatives + t * 4
        add_rows(width, error, at.negatives, block.negatives, negative, at.stride, at.centres + t * at.row, one, at.positives + t * 4, four)


@inner
def add_errors(width: tuple[int, ...], text: Text, block: Block, at: Places, m: int, destination: int) -> None:
    """Add to destination the errors of the windows that hold the context at position m."""
    low, high = context_range(text, m, block.window, block.first, block.first + block.centres)
    if low < high:
        _add_neighbours(width, destination, at.errors, low - block.first, high - block.first, m - block.first, at.row, at.one)


@inner
def gather_outputs(width: tuple[int, ...], text: Text, plan: Plan, block: Block, at: Places) -> None:
    """Copy the rows of centres and negatives."""
    for t in range(block.centres):
        copy_row(width, at.centres + t * at.row, at.outputs + text.words[block.first + t] * at.row)
    for j in range(block.negatives):
        copy_row(width, at.negatives + j * at.row, at.outputs + plan.negatives[block.drawn + j] * at.row)


@kernel
def train_blocks(
    width: tuple[int, ...],
    text: Text,
    plan: Plan,
    blocks: int,
    vectors: Floats,
    outputs: Floats,
    alpha: float,
    negatives_per_centre: int,
    scratch: Scratch,
) -> None:
    """Train blocks 1 to `blocks` of a plan: the arithmetic, with every random choice already made.

    The arguments are those of `kernels_skipgram.train_blocks`.
    """
    at = places_of(vectors, outputs, scratch)
    for number in range(1, blocks + 1):
        block = block_of(plan, number, alpha)
        plan_prefetch(text, plan, number, blocks, at, scratch.prefetch, True)
        for m in range(block.contexts):
            copy_row(width, at.contexts + m * at.row, at.vectors + text.words[block.context + m] * at.row)
        gather_outputs(width, text, plan, block, at)
        window_means(width, text, block, at, scratch, negatives_per_centre)
        gradients_of(width, text, plan, block, at, scratch)
        update_outputs(width, text, plan, block, at, scratch.prefetch)
        window_errors(width, block, at, scratch.prefetch)
        for m in range(block.context, block.context + block.contexts):
            add_errors(width, text, block, at, m, at.vectors + text.words[m] * at.row)
