"""Skip-gram and cbow with character n-grams (Bojanowski 2017) on the same blocks.

A word's input vector is the mean of its own row and the rows of its n-grams, as in fastText; its gradient is added to each of these
rows whole. For cbow the mean runs over all rows of all words in the window, so that, as in fastText, a word with more n-grams weighs
more.

A word has about twenty rows, and memory latency dominates. So the words of a span, some dozens of blocks, are composed once:
every different word becomes one row, trained by `skipgram` or `cbow` as if there were no n-grams, and at the end its
change is added to the rows it was made of. Within a span a word sees its own updates exactly: if each of its rows moves by e, so
does their mean. Updates through an n-gram shared with another word are seen from the next span on.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from . import cbow, row_operations, skipgram
from .block_plan import BlockSizes, Plan
from .block_rows import Matrices, Step
from .jit import float32, inner, int64, kernel
from .row_operations import AHEAD, copy_row, gather_scaled, prefetch_list, scatter_change
from .sampling import TextChunk
from .vector_ir import IndexedRows


class WordRows(NamedTuple):
    """Which input rows make a word: those of word w are row_ids[starts[w]:starts[w + 1]]."""

    starts: NDArray[np.int64]
    row_ids: NDArray[np.int32]


class Span(NamedTuple):
    """The words of a span: working memory of one thread.

    Attributes:
        max_positions: how many positions of the text a span may reach over, unless one block does.
        vectors: a row for each different word.
        before: the same, as composed.
        words: which words those are.
        ends: where the rows that make each of them begin in `row_ids`, and the last end.
        row_ids: those rows.
        slots: by word, its row of `vectors`, or -1.
        inputs: by position of the text, the row of its word.
        rows_before: by position, a running count of the rows that the words before it are made of.
    """

    max_positions: int
    vectors: Floats
    before: Floats
    words: NDArray[np.int32]
    ends: NDArray[np.int32]
    row_ids: NDArray[np.int32]
    slots: NDArray[np.int32]
    inputs: NDArray[np.int32]
    rows_before: NDArray[np.int32]


def new_span(dim: int, sizes: BlockSizes, rows: WordRows, length: int, text_words: int) -> Span:
    """Room for spans of that length, over blocks of that size and texts of so many words."""
    room = max(length, sizes.contexts)
    # One very long word must not take as much memory as a span full of them.
    longest_lists = np.sort(np.diff(rows.starts))[-room:]
    return Span(
        length,
        row_operations.aligned(room, row_operations.padded(dim)),
        row_operations.aligned(room, row_operations.padded(dim)),
        np.zeros(room, np.int32),
        np.zeros(room + 1, np.int32),
        np.zeros(int(longest_lists.sum()) + AHEAD, np.int32),
        np.full(len(rows.starts) - 1, -1, np.int32),
        np.zeros(text_words, np.int32),
        np.zeros(text_words + 1, np.int32),
    )


@inner
def _span_extent(plan: Plan, first: int, blocks: int, max_positions: int) -> tuple[int, int, int]:
    """The last block of the span that begins with block `first`, and the positions [begin, end) of its contexts."""
    begin = int64(plan.context_first[first])
    end = int64(plan.context_last[first])
    for number in range(first + 1, blocks + 1):
        low = min(begin, int64(plan.context_first[number]))
        high = max(end, int64(plan.context_last[number]))
        if high - low > max_positions:
            return number - 1, begin, end
        begin = low
        end = high
    return blocks, begin, end


@inner
def _collect_words(text: TextChunk, begin: int, end: int, rows: WordRows, span: Span) -> int:
    """List the different words at positions [begin, end) and the rows they are made of; gives how many words."""
    count = 0
    for position in range(begin, end):
        word = text.words[position]
        if span.slots[word] < 0:
            prefetch_list(int64(rows.starts.ctypes.data) + 8 * word)
            span.slots[word] = count
            span.words[count] = word
            count += 1
        span.inputs[position] = span.slots[word]
    listed = 0
    for k in range(count):
        ahead = span.words[min(k + AHEAD, count - 1)]
        prefetch_list(int64(rows.row_ids.ctypes.data) + 4 * rows.starts[ahead])
        word = span.words[k]
        for i in range(rows.starts[word], rows.starts[word + 1]):
            span.row_ids[listed] = rows.row_ids[i]
            listed += 1
        span.ends[k + 1] = listed
    for position in range(begin, end):
        place = span.inputs[position]
        span.rows_before[position + 1] = span.rows_before[position] + span.ends[place + 1] - span.ends[place]
    return count


@inner
def _compose(width: tuple[int, ...], words: int, vectors: Floats, span: Span, means: bool) -> None:
    """Make each word of the span from its rows: their mean, or their sum."""
    row = int64(4 * vectors.shape[1])
    for k in range(words):
        place = int64(span.vectors.ctypes.data) + k * row
        first = int64(span.ends[k])
        count = int64(span.ends[k + 1]) - first
        scale = float32(1) / float32(count) if means else float32(1)
        gather_scaled(width, place, IndexedRows(int64(vectors.ctypes.data), int64(span.row_ids.ctypes.data) + 4 * first, count), scale)
        copy_row(width, int64(span.before.ctypes.data) + k * row, place)


@inner
def _scatter_updates(width: tuple[int, ...], words: int, vectors: Floats, span: Span, means: bool) -> None:
    """Add the change of each word to its rows, and reset the span."""
    row = int64(4 * vectors.shape[1])
    for k in range(words):
        first = int64(span.ends[k])
        count = int64(span.ends[k + 1]) - first
        scatter_change(
            width,
            IndexedRows(int64(vectors.ctypes.data), int64(span.row_ids.ctypes.data) + 4 * first, count),
            int64(span.vectors.ctypes.data) + k * row,
            int64(span.before.ctypes.data) + k * row,
            float32(1) if means else float32(1) / float32(count),
        )
        span.slots[span.words[k]] = -1


@kernel
def train_skipgram_blocks(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    blocks: int,
    matrices: Matrices,
    step: Step,
    scratch: skipgram.Scratch,
    span: Span,
    rows: WordRows,
) -> None:
    """Skip-gram: `skipgram.train_blocks` with words made of `rows` of the input matrix; `span` is from `new_span`."""
    first = 1
    while first <= blocks:
        last, begin, end = _span_extent(plan, first, blocks, span.max_positions)
        words = _collect_words(text, begin, end, rows, span)
        _compose(width, words, matrices.inputs, span, True)
        skipgram.train_range(width, text, plan, first, last, span.inputs, Matrices(span.vectors, matrices.outputs), step, scratch)
        _scatter_updates(width, words, matrices.inputs, span, True)
        first = last + 1


@kernel
def train_cbow_blocks(
    width: tuple[int, ...],
    text: TextChunk,
    plan: Plan,
    blocks: int,
    matrices: Matrices,
    step: Step,
    scratch: cbow.Scratch,
    span: Span,
    rows: WordRows,
) -> None:
    """Cbow: `cbow.train_blocks` with words made of `rows` of the input matrix; `span` is from `new_span`."""
    first = 1
    while first <= blocks:
        last, begin, end = _span_extent(plan, first, blocks, span.max_positions)
        words = _collect_words(text, begin, end, rows, span)
        _compose(width, words, matrices.inputs, span, False)
        inputs = cbow.Inputs(span.inputs, span.rows_before)
        cbow.train_range(width, text, plan, first, last, inputs, Matrices(span.vectors, matrices.outputs), step, scratch)
        _scatter_updates(width, words, matrices.inputs, span, False)
        first = last + 1
