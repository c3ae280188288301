"""Skip-gram with negative sampling (Mikolov 2013) on blocks (Ji 2016; Gupta & Khare 2017).

For a pair of context word c and centre word o, and negatives n drawn at random, one step of gradient ascent on
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

import numpy as np
from numpy.typing import NDArray

from engine import simd
from engine.blocks import MAX_CENTRES, MAX_CONTEXTS, MAX_NEGATIVES, Plan, context_range
from engine.jit import kernel
from engine.models import Floats
from engine.sampling import Text
from engine.simd import add_rows, add_rows_to_two, copy_row, dot_tile, positive_gradients, prefetch_row, weighted_sigmoids

# Tiles are four rows wide and a vector at most sixteen lanes: what lies past the end is computed and never used.
_TILE = 4
_MARGIN = 16
GRADIENT_ROW = MAX_CONTEXTS + _MARGIN
_STRIDE = 4 * GRADIENT_ROW
_CONTEXT_ROWS = MAX_CONTEXTS + _TILE
_CENTRE_ROWS = MAX_CENTRES + _TILE
_NEGATIVE_ROWS = MAX_NEGATIVES + _TILE
_GRADIENTS = GRADIENT_ROW * (_NEGATIVE_ROWS + _CENTRE_ROWS + 2)
_PREFETCHED = MAX_CONTEXTS + MAX_CENTRES + MAX_NEGATIVES


def new_scratch(dim: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Working memory of one thread: gathered rows, gradients, and addresses to prefetch."""
    rows = simd.aligned(_CONTEXT_ROWS + _CENTRE_ROWS + _NEGATIVE_ROWS, simd.padded(dim))
    return rows, simd.aligned(_GRADIENTS // GRADIENT_ROW, GRADIENT_ROW), np.zeros(_PREFETCHED, np.int64)


@kernel
def _rows_of_block(text: Text, plan: Plan, block: int, matrices: tuple[int, int], row: int, addresses: NDArray[np.int64]) -> int:
    """The addresses of the rows a block will read and the block before it did not; gives how many."""
    count = 0
    first = np.int64(plan.context_first[block])
    if plan.context_first[block - 1] <= first:
        first = max(first, np.int64(plan.context_last[block - 1]))
    for k in range(first, plan.context_last[block]):
        addresses[count] = matrices[0] + text.words[k] * row
        count += 1
    for k in range(plan.negatives_end[block - 1], plan.negatives_end[block]):
        addresses[count] = matrices[1] + plan.negatives[k] * row
        count += 1
    if plan.first[block] != plan.first[block - 1]:
        for k in range(plan.first[block], plan.last[block]):
            addresses[count] = matrices[1] + text.words[k] * row
            count += 1
    return count


@kernel
def train_blocks(
    width: tuple[int, ...],
    text: Text,
    plan: Plan,
    blocks: int,
    vectors: Floats,
    outputs: Floats,
    alpha: float,
    negatives_per_pair: int,
    scratch: tuple[Floats, Floats, NDArray[np.int64]],
) -> None:
    """Train blocks 1 to `blocks` of a plan: the arithmetic, with every random choice already made.

    Args:
        width: row length token (`simd.width`).
        text: sampled words; every word is a row of both matrices.
        plan: what to train.
        blocks: how many of its blocks.
        vectors: input matrix, rows padded and aligned.
        outputs: output matrix, likewise.
        alpha: learning rate.
        negatives_per_pair: K.
        scratch: from `new_scratch`.
    """
    rows, gradients, addresses = scratch
    row = np.int64(4 * vectors.shape[1])
    inputs_at = np.int64(vectors.ctypes.data)
    outputs_at = np.int64(outputs.ctypes.data)
    contexts = np.int64(rows.ctypes.data)
    centres = contexts + _CONTEXT_ROWS * row
    negatives = centres + _CENTRE_ROWS * row
    towards_negatives = np.int64(gradients.ctypes.data)
    towards_centres = towards_negatives + _NEGATIVE_ROWS * _STRIDE
    weights = gradients[_NEGATIVE_ROWS + _CENTRE_ROWS]
    weights_at = np.int64(weights.ctypes.data)
    fewer = gradients[_NEGATIVE_ROWS + _CENTRE_ROWS + 1]
    fewer_at = np.int64(fewer.ctypes.data)
    words = text.words
    for block in range(1, blocks + 1):
        first = np.int64(plan.first[block])
        centre_count = np.int64(plan.last[block]) - first
        from_ = np.int64(plan.context_first[block])
        until = np.int64(plan.context_last[block])
        context_count = until - from_
        window = np.int64(plan.window[block])
        drawn = np.int64(plan.negatives_end[block - 1])
        negative_count = np.int64(plan.negatives_end[block]) - drawn
        rate = np.float32(alpha) * plan.damping[block]
        # Position of the first centre, counted in contexts; negative when this part of the reach begins after it.
        shift = first - from_

        ahead = 0
        if block < blocks:
            ahead = _rows_of_block(text, plan, block + 1, (inputs_at, outputs_at), row, addresses)
        asked = 0

        for m in range(context_count):
            copy_row(width, contexts + m * row, inputs_at + words[from_ + m] * row)
        for t in range(centre_count):
            copy_row(width, centres + t * row, outputs_at + words[first + t] * row)
        for j in range(negative_count):
            copy_row(width, negatives + j * row, outputs_at + plan.negatives[drawn + j] * row)

        # Scores.
        for m in range(0, context_count, 4):
            for j in range(0, negative_count, 4):
                if asked < ahead:
                    prefetch_row(width, addresses[asked])
                    asked += 1
                dot_tile(width, contexts + m * row, negatives + j * row, towards_negatives + j * _STRIDE + m * 4, np.int64(_STRIDE))
        for t in range(0, centre_count, 4):
            for m in range(max(0, shift + t - window), min(context_count, shift + t + 4 + window), 4):
                if asked < ahead:
                    prefetch_row(width, addresses[asked])
                    asked += 1
                dot_tile(width, contexts + m * row, centres + t * row, towards_centres + t * _STRIDE + m * 4, np.int64(_STRIDE))

        # Gradients. weights[m] = -a K/|N| x pairs of context m.
        share = -rate * np.float32(negatives_per_pair) / np.float32(negative_count)
        for m in range(context_count + 1):
            weights[m] = 0
        for t in range(centre_count):
            low, high = context_range(text, first + t, window, from_, until)
            at = shift + t
            # The band and one position on either side, which the pairwise update below reads.
            positive_gradients(
                width,
                towards_centres + t * _STRIDE,
                min(max(0, at - window - 1), context_count),
                min(max(0, at + window + 2), context_count),
                low - from_,
                high - from_,
                at,
                rate,
            )
            if low < high:
                weights[low - from_] += share
                weights[high - from_] -= share
                if low <= first + t < high:
                    weights[at] -= share
                    weights[at + 1] += share
        total = np.float32(0)
        for m in range(context_count):
            total += weights[m]
            weights[m] = total
        for j in range(negative_count):
            word = plan.negatives[drawn + j]
            chosen = False
            for t in range(centre_count):
                chosen |= words[first + t] == word
            if not chosen:
                weighted_sigmoids(width, towards_negatives + j * _STRIDE, weights_at, context_count)
                continue
            for m in range(context_count):
                fewer[m] = weights[m]
            for t in range(centre_count):
                if words[first + t] == word:
                    low, high = context_range(text, first + t, window, from_, until)
                    for m in range(low, high):
                        if m != first + t:
                            fewer[m - from_] -= share
            weighted_sigmoids(width, towards_negatives + j * _STRIDE, fewer_at, context_count)

        # Output rows: centres by their band of contexts, negatives by all.
        for t in range(centre_count):
            if asked < ahead:
                prefetch_row(width, addresses[asked])
                asked += 1
            low, high = context_range(text, first + t, window, from_, until)
            if low < high:
                m = low - from_
                add_rows(
                    width,
                    outputs_at + words[first + t] * row,
                    contexts + m * row,
                    high - low,
                    towards_centres + t * _STRIDE + m * 4,
                    np.int64(4),
                    contexts,
                    np.int64(0),
                    towards_centres,
                    np.int64(4),
                )
        for j in range(0, negative_count - 1, 2):
            add_rows_to_two(
                width,
                outputs_at + plan.negatives[drawn + j] * row,
                outputs_at + plan.negatives[drawn + j + 1] * row,
                np.int64(_STRIDE),
                np.int64(0),
                contexts,
                context_count,
                towards_negatives + j * _STRIDE,
                np.int64(4),
                contexts,
                np.int64(0),
                towards_negatives,
                np.int64(4),
            )
        if negative_count & 1:
            j = negative_count - 1
            add_rows(
                width,
                outputs_at + plan.negatives[drawn + j] * row,
                contexts,
                context_count,
                towards_negatives + j * _STRIDE,
                np.int64(4),
                contexts,
                np.int64(0),
                towards_negatives,
                np.int64(4),
            )

        # Input rows: all negatives and the centres whose window reaches them, two rows at a time.
        for m in range(0, context_count - 1, 2):
            begin = min(max(0, m - window - shift), centre_count)
            count = max(0, min(centre_count, m + 2 + window - shift) - begin)
            add_rows_to_two(
                width,
                inputs_at + words[from_ + m] * row,
                inputs_at + words[from_ + m + 1] * row,
                np.int64(4),
                np.int64(4),
                negatives,
                negative_count,
                towards_negatives + m * 4,
                np.int64(_STRIDE),
                centres + begin * row,
                count,
                towards_centres + begin * _STRIDE + m * 4,
                np.int64(_STRIDE),
            )
        if context_count & 1:
            m = context_count - 1
            begin = min(max(0, m - window - shift), centre_count)
            count = max(0, min(centre_count, m + 1 + window - shift) - begin)
            add_rows(
                width,
                inputs_at + words[from_ + m] * row,
                negatives,
                negative_count,
                towards_negatives + m * 4,
                np.int64(_STRIDE),
                centres + begin * row,
                count,
                towards_centres + begin * _STRIDE + m * 4,
                np.int64(_STRIDE),
            )

