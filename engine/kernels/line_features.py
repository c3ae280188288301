"""Lines of a labelled text as features of the classifier: words, and word n-grams hashed into buckets (Joulin 2017).

Word n-grams are hashed as fastText does: over the signed 32-bit hashes of the words, h = h x 116049371 + hash, modulo the buckets.
Only buckets that occur in the text have a row, in order of first appearance: the rows of a line's rarer n-grams lie side by side. The
rows of the lines to train on are encoded once: hashing them again in every epoch takes several times as long as reading them.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .constants import END_OF_LINE, WORD_NGRAM_FACTOR
from .jit import inner, int64, kernel
from .row_operations import AHEAD


class LabelledLines(NamedTuple):
    """Lines as words.

    Attributes:
        ids: the token stream.
        starts: where each line begins; line k ends before its END_OF_LINE at starts[k + 1] - 1.
        hashes: fastText's hash of every word, reinterpreted as signed; the last is that of `</s>`.
        words: the size of the vocabulary: ids from there on are features only as parts of n-grams.
        line_end: the row of `</s>`, or -1 when it is not in the vocabulary.
        ngrams: the longest word n-gram.
        rows: the input row of every bucket n-grams are hashed into; empty without n-grams.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    hashes: NDArray[np.int32]
    words: int
    line_end: int
    ngrams: int
    rows: NDArray[np.int32]


class EncodedLines(NamedTuple):
    """Lines as input rows, to train on.

    Attributes:
        features: the input rows of all lines, one line after another; row_operations.AHEAD more are readable.
        starts: where the features of each line begin; line k ends at starts[k + 1].
        labels: the labels of all lines, one line after another.
        label_starts: where the labels of each line begin, likewise.
        words: how many words each line has, unknown ones included.
    """

    features: NDArray[np.int32]
    starts: NDArray[np.int64]
    labels: NDArray[np.int32]
    label_starts: NDArray[np.int64]
    words: NDArray[np.int32]


class LineBuffers(NamedTuple):
    """Working memory of one thread: features and word hashes of one line."""

    features: NDArray[np.int32]
    hashes: NDArray[np.int64]


def new_line_buffers(longest_line: int, ngrams: int) -> LineBuffers:
    """Room for lines of that many tokens."""
    return LineBuffers(np.zeros((longest_line + 1) * ngrams + AHEAD, np.int32), np.zeros(longest_line + 1, np.int64))


@kernel
def index_lines(ids: NDArray[np.int32], starts: NDArray[np.int64]) -> tuple[int, int, int]:
    """Write where each line begins, and one past the last; gives how many lines and labels, and the tokens of the longest line.

    With an empty `starts`, only counts. The stream ends with END_OF_LINE.
    """
    lines = 0
    labels = 0
    longest = 0
    first = 0
    if len(starts):
        starts[0] = 0
    for at in range(len(ids)):
        labels += int64(ids[at] < END_OF_LINE)
        if ids[at] == END_OF_LINE:
            longest = max(longest, at - first)
            first = at + 1
            lines += 1
            if len(starts):
                starts[lines] = first
    return lines, labels, longest


@inner
def _words(documents: LabelledLines, line: int, buffers: LineBuffers) -> tuple[int, int]:
    """Write the words of a line and `</s>` as features, and the hashes of all; gives how many features and how many words."""
    count = 0
    words = 0
    for at in range(documents.starts[line], documents.starts[line + 1] - 1):
        token = documents.ids[at]
        if token >= 0:
            buffers.hashes[words] = documents.hashes[token]
            words += 1
            if token < documents.words:
                buffers.features[count] = token
                count += 1
    buffers.hashes[words] = documents.hashes[len(documents.hashes) - 1]
    if documents.line_end >= 0:
        buffers.features[count] = documents.line_end
        count += 1
    return count, words


@inner
def _buckets(documents: LabelledLines, words: int, buffers: LineBuffers, count: int) -> int:
    """Write the buckets of the n-grams of a line of so many words from features[count] on; gives the position after the last."""
    buckets = np.uint64(len(documents.rows))
    if buckets == 0:
        return count
    for first in range(words + 1):
        mixed = np.uint64(buffers.hashes[first])
        for last in range(first + 1, min(words + 1, first + documents.ngrams)):
            mixed = mixed * np.uint64(WORD_NGRAM_FACTOR) + np.uint64(buffers.hashes[last])
            buffers.features[count] = np.int32(mixed % buckets)
            count += 1
    return count


@inner
def features_of(documents: LabelledLines, line: int, buffers: LineBuffers) -> int:
    """Write the features of a line, in fastText's order: words, `</s>`, n-grams; gives how many."""
    first, words = _words(documents, line, buffers)
    count = _buckets(documents, words, buffers, first)
    for k in range(first, count):
        buffers.features[k] = documents.rows[buffers.features[k]]
    return count


@inner
def _encode_labels(documents: LabelledLines, line: int, lines: EncodedLines) -> None:
    at = lines.label_starts[line]
    for place in range(documents.starts[line], documents.starts[line + 1] - 1):
        token = documents.ids[place]
        if token < END_OF_LINE:
            lines.labels[at] = -2 - token
            at += 1
    lines.label_starts[line + 1] = at


@kernel
def encode_lines(
    documents: LabelledLines,
    first: int,
    buffers: LineBuffers,
    used: NDArray[np.int32],
    count: int,
    lines: EncodedLines,
    out: NDArray[np.int32],
) -> tuple[int, int, int]:
    """Encode lines from `first` on, as many as fit into `out`; each bucket not seen before gets the next row.

    Args:
        documents: the lines; `documents.rows` is -1 where no n-gram has fallen yet.
        first: the first line; those before it are encoded.
        buffers: from `new_line_buffers`.
        used: receives the buckets with a row, in the order of the rows; as long as `documents.rows`.
        count: how many those are.
        lines: receives all but the features.
        out: receives the features; a line of any length fits into it.

    Returns:
        The line after the last one encoded, the buckets with a row now, the features written.
    """
    written = 0
    for line in range(first, len(documents.starts) - 1):
        tokens = documents.starts[line + 1] - documents.starts[line]
        if written + tokens * documents.ngrams > len(out):
            return line, count, written
        known, words = _words(documents, line, buffers)
        features = _buckets(documents, words, buffers, known)
        for k in range(known):
            out[written + k] = buffers.features[k]
        for k in range(known, features):
            bucket = buffers.features[k]
            if documents.rows[bucket] < 0:
                documents.rows[bucket] = documents.words + count
                used[count] = bucket
                count += 1
            out[written + k] = documents.rows[bucket]
        written += features
        lines.starts[line + 1] = lines.starts[line] + features
        lines.words[line] = words
        _encode_labels(documents, line, lines)
    return len(documents.starts) - 1, count, written
