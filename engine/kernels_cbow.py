"""Continuous bag of words with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

The mean h of the context rows within the window predicts the centre word o against negatives n:

    h = (1/|C|) sum_c v_c     g_o = a (1 - s(h . u_o))     g_n = -a s(h . u_n)
    e = g_o u_o + sum_n g_n u_n     v_c += e for every context     u_o += g_o h     u_n += g_n h

The error is not divided by |C|, as in word2vec.c with its mean. A block holds consecutive centres, whose windows overlap: the rows of
the reach are read once, and row c receives the sum of the errors of all centres that see it. All centres of a block share their
negatives, each weighted K/|N|; a negative that is the centre itself does not count for that centre.

The words of a line within the window of c are exactly those that have c in theirs: the same range serves means and errors.
"""

import numpy as np
from numpy.typing import NDArray

from engine import simd
from engine.blocks import MAX_NEGATIVES, Plan, Sizes, context_range
from engine.jit import kernel
from engine.models import Floats
from engine.sampling import Text
from engine.simd import add_rows, copy_row, dot_row, dot_tile, positive_gradients, prefetch_row, scale_row, weighted_sigmoids, zero_row

_TILE = 4
_MARGIN = 16
_NEGATIVE_ROWS = MAX_NEGATIVES + _TILE

Scratch = tuple[Floats, Floats, NDArray[np.int64]]


def new_scratch(dim: int, sizes: Sizes) -> Scratch:
    """Working memory of one thread: gathered rows; gradients (a row per negative, then positives, weights and the number one)."""
    rows = simd.aligned(sizes.contexts + 3 * (sizes.centres + _TILE) + _NEGATIVE_ROWS, simd.padded(dim))
    gradients = simd.aligned(_NEGATIVE_ROWS + 3, -(-sizes.centres // _MARGIN) * _MARGIN + _MARGIN)
    gradients[-1] = 1
    return rows, gradients, np.zeros(sizes.contexts + sizes.centres + MAX_NEGATIVES, np.int64)


@kernel
def _rows_of_block(text: Text, plan: Plan, block: int, matrices: tuple[int, int], row: int, addresses: NDArray[np.int64]) -> int:
    """The addresses of the rows a block will read and the block before it did not; gives how many."""
    count = 0
    for k in range(max(plan.context_first[block], plan.context_last[block - 1]), plan.context_last[block]):
        addresses[count] = matrices[0] + text.words[k] * row
        count += 1
    for k in range(plan.negatives_end[block - 1], plan.negatives_end[block]):
        addresses[count] = matrices[1] + plan.negatives[k] * row
        count += 1
    for k in range(plan.first[block], plan.last[block]):
        addresses[count] = matrices[1] + text.words[k] * row
        count += 1
    return count


@kernel
def _add_neighbours(width: tuple[int, ...], destination: int, source: int, low: int, high: int, centre: int, row: int, one: int) -> None:
    """destination += rows [low, high) of source, without the centre's."""
    before = min(max(low, centre), high)
    after = min(max(low, centre + 1), high)
    stay = np.int64(0)
    add_rows(width, destination, source + low * row, before - low, one, stay, source + after * row, high - after, one, stay)


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
    rows, gradients, addresses = scratch
    row = np.int64(4 * vectors.shape[1])
    stride = np.int64(4 * gradients.shape[1])
    inputs_at = np.int64(vectors.ctypes.data)
    outputs_at = np.int64(outputs.ctypes.data)
    spare = np.int64((rows.shape[0] - len(addresses) + MAX_NEGATIVES - _NEGATIVE_ROWS - 3 * _TILE) // 2 + _TILE)
    # `spare` is centres + tile: rows = contexts + 3 (centres + tile) + negatives, addresses = contexts + centres + MAX_NEGATIVES.
    negatives = np.int64(rows.ctypes.data)
    hidden = negatives + _NEGATIVE_ROWS * row
    errors = hidden + spare * row
    centres = errors + spare * row
    contexts = centres + spare * row
    towards_negatives = np.int64(gradients.ctypes.data)
    positives = gradients[_NEGATIVE_ROWS]
    positives_at = np.int64(positives.ctypes.data)
    weights = gradients[_NEGATIVE_ROWS + 1]
    weights_at = np.int64(weights.ctypes.data)
    one = np.int64(gradients[_NEGATIVE_ROWS + 2].ctypes.data)
    four = np.int64(4)
    nothing = np.int64(0)
    words = text.words
    for block in range(1, blocks + 1):
        first = np.int64(plan.first[block])
        last = np.int64(plan.last[block])
        centre_count = last - first
        from_ = np.int64(plan.context_first[block])
        until = np.int64(plan.context_last[block])
        window = np.int64(plan.window[block])
        drawn = np.int64(plan.negatives_end[block - 1])
        negative_count = np.int64(plan.negatives_end[block]) - drawn
        rate = np.float32(alpha) * plan.damping[block]
        share = -rate * np.float32(negatives_per_centre) / np.float32(negative_count)

        ahead = 0
        if block < blocks:
            ahead = _rows_of_block(text, plan, block + 1, (inputs_at, outputs_at), row, addresses)
        asked = 0

        for m in range(until - from_):
            copy_row(width, contexts + m * row, inputs_at + words[from_ + m] * row)
        for j in range(negative_count):
            copy_row(width, negatives + j * row, outputs_at + plan.negatives[drawn + j] * row)

        # Means of the windows, and the score of each with its centre.
        for t in range(centre_count):
            copy_row(width, centres + t * row, outputs_at + words[first + t] * row)
            zero_row(width, hidden + t * row)
            low, high = context_range(text, first + t, window, from_, until)
            pairs = high - low - np.int64(low <= first + t < high)
            weights[t] = 0
            if pairs > 0:
                _add_neighbours(width, hidden + t * row, contexts, low - from_, high - from_, first + t - from_, row, one)
                scale_row(width, hidden + t * row, np.float32(1) / np.float32(pairs))
                weights[t] = share
            positives[t] = dot_row(width, hidden + t * row, centres + t * row)
            if asked < ahead:
                prefetch_row(width, addresses[asked])
                asked += 1
        positive_gradients(width, positives_at, nothing, centre_count, nothing, centre_count, np.int64(-1), rate)
        for t in range(0, centre_count, 4):
            for j in range(0, negative_count, 4):
                if asked < ahead:
                    prefetch_row(width, addresses[asked])
                    asked += 1
                dot_tile(width, hidden + t * row, negatives + j * row, towards_negatives + j * stride + t * 4, stride)
        for j in range(negative_count):
            weighted_sigmoids(width, towards_negatives + j * stride, weights_at, centre_count)
        for t in range(centre_count):
            if weights[t] == 0:
                positives[t] = 0
            for j in range(negative_count):
                if plan.negatives[drawn + j] == words[first + t]:
                    gradients[j, t] = 0

        # Output rows, then the error of each window, then the input rows.
        for t in range(centre_count):
            if asked < ahead:
                prefetch_row(width, addresses[asked])
                asked += 1
            place = outputs_at + words[first + t] * row
            add_rows(width, place, hidden + t * row, np.int64(1), positives_at + t * 4, four, hidden, nothing, positives_at, four)
        for j in range(negative_count):
            place = outputs_at + plan.negatives[drawn + j] * row
            add_rows(width, place, hidden, centre_count, towards_negatives + j * stride, four, hidden, nothing, positives_at, four)
        for t in range(centre_count):
            if asked < ahead:
                prefetch_row(width, addresses[asked])
                asked += 1
            zero_row(width, errors + t * row)
            add_rows(
                width,
                errors + t * row,
                negatives,
                negative_count,
                towards_negatives + t * 4,
                stride,
                centres + t * row,
                np.int64(1),
                positives_at + t * 4,
                four,
            )
        for m in range(from_, until):
            low, high = context_range(text, m, window, first, last)
            if low < high:
                _add_neighbours(width, inputs_at + words[m] * row, errors, low - first, high - first, m - first, row, one)

