"""The linear classifier of fastText (Joulin 2017), one document at a time.

A document's features are its words and its word n-grams, each a row of the input matrix; their mean h is scored against each label:

    h = (1/n) sum_i v_i     p = softmax(W h)     d = a (onehot(label) - p)
    e = sum_q d_q w_q       w_q += d_q h         v_i += e / n

Word n-grams are hashed as fastText does: over the signed 32-bit hashes of the words, h = h x 116049371 + hash, modulo the buckets.
They are hashed anew in every pass: a multiplication costs less than reading them from memory would. No block here: documents are
long and labels are few, so that each row is used once and waiting for memory is what counts; rows are asked for ahead.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import simd
from engine.jit import float32, inner, int64, kernel
from engine.models import Floats
from engine.sampling import Bits, random_below
from engine.simd import add_rows, dot_row, exponentials, gather_scaled, scatter_scaled, zero_row
from engine.tokenizer import END_OF_LINE

_MARGIN = 16
_NO_LABEL = -1


class Documents(NamedTuple):
    """Lines to train on or to classify.

    Attributes:
        ids: the token stream.
        starts: where each line begins; line k ends before its END_OF_LINE at starts[k + 1] - 1.
        hashes: fastText's hash of every word, reinterpreted as signed; the last is that of `</s>`.
        words: the size of the vocabulary: ids from there on are features only as parts of n-grams.
        line_end: the row of `</s>`, or -1 when it is not in the vocabulary.
        ngrams: the longest word n-gram.
        buckets: how many rows n-grams are hashed into.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    hashes: NDArray[np.int32]
    words: int
    line_end: int
    ngrams: int
    buckets: int


class Scratch(NamedTuple):
    """Working memory of one thread: features and word hashes of one line, mean and error, scores."""

    features: NDArray[np.int32]
    line_hashes: NDArray[np.int64]
    rows: Floats
    scores: Floats


def new_scratch(dim: int, labels: int, longest_line: int, ngrams: int) -> Scratch:
    """Room for lines of that many tokens."""
    return Scratch(
        np.zeros((longest_line + 1) * ngrams + simd.AHEAD, np.int32),
        np.zeros(longest_line + 1, np.int64),
        simd.aligned(2, simd.padded(dim)),
        simd.aligned(1, labels + _MARGIN)[0],
    )


@kernel
def index_lines(ids: NDArray[np.int32], starts: NDArray[np.int64]) -> tuple[int, int]:
    """Note where each line begins, and one past the last; gives how many lines and the tokens of the longest.

    With an empty `starts`, only counts. The stream ends with END_OF_LINE.
    """
    lines = 0
    longest = 0
    first = 0
    if len(starts):
        starts[0] = 0
    for at in range(len(ids)):
        if ids[at] == END_OF_LINE:
            longest = max(longest, at - first)
            first = at + 1
            lines += 1
            if len(starts):
                starts[lines] = first
    return lines, longest


@inner
def _features(documents: Documents, line: int, scratch: Scratch) -> tuple[int, int]:
    """Write the features of a line, in fastText's order: words, `</s>`, n-grams; gives how many features and how many words."""
    count = 0
    words = 0
    for at in range(documents.starts[line], documents.starts[line + 1] - 1):
        token = documents.ids[at]
        if token >= 0:
            scratch.line_hashes[words] = documents.hashes[token]
            words += 1
            if token < documents.words:
                scratch.features[count] = token
                count += 1
    scratch.line_hashes[words] = documents.hashes[len(documents.hashes) - 1]
    if documents.line_end >= 0:
        scratch.features[count] = documents.line_end
        count += 1
    if documents.buckets == 0:
        return count, words
    for first in range(words + 1):
        mixed = np.uint64(scratch.line_hashes[first])
        for last in range(first + 1, min(words + 1, first + documents.ngrams)):
            mixed = mixed * np.uint64(116049371) + np.uint64(scratch.line_hashes[last])
            scratch.features[count] = documents.words + int64(mixed % np.uint64(documents.buckets))
            count += 1
    return count, words


@inner
def _probabilities(width: tuple[int, ...], vectors: Floats, outputs: Floats, labels: int, features: int, scratch: Scratch) -> None:
    """The mean of the features and, in scratch.scores, the probability of each label."""
    row = int64(4 * vectors.shape[1])
    mean = int64(scratch.rows.ctypes.data)
    scores = int64(scratch.scores.ctypes.data)
    numbers = int64(scratch.features.ctypes.data)
    # What a previous line left behind the last feature is as good a row to ask for as any.
    gather_scaled(width, mean, int64(vectors.ctypes.data), numbers, int64(features), float32(1) / float32(features))
    largest = float32(-np.inf)
    for label in range(labels):
        score = dot_row(width, mean, int64(outputs.ctypes.data) + label * row)
        scratch.scores[label] = score
        largest = max(largest, score)
    exponentials(width, scores, int64(labels), largest)
    total = float32(0)
    for label in range(labels):
        total += scratch.scores[label]
    for label in range(labels):
        scratch.scores[label] /= total


@inner
def _random_label(documents: Documents, line: int, state: Bits) -> int:
    """One of the labels of a line, each as likely as the others; _NO_LABEL when it has none."""
    count = 0
    for at in range(documents.starts[line], documents.starts[line + 1] - 1):
        count += int64(documents.ids[at] < END_OF_LINE)
    if count == 0:
        return _NO_LABEL
    chosen = random_below(count, state) if count > 1 else 0
    for at in range(documents.starts[line], documents.starts[line + 1] - 1):
        token = documents.ids[at]
        if token < END_OF_LINE:
            if chosen == 0:
                return int64(-2 - token)
            chosen -= 1
    return _NO_LABEL


@kernel
def train_documents(
    width: tuple[int, ...],
    documents: Documents,
    order: NDArray[np.int64],
    first: int,
    last: int,
    vectors: Floats,
    outputs: Floats,
    labels: int,
    alpha: float,
    state: Bits,
    scratch: Scratch,
) -> int:
    """Train on the lines order[first:last] at one learning rate; gives the words read. Lines without label or feature are passed over.

    Args:
        width: row length token (`simd.width`).
        documents: the lines.
        order: line numbers.
        first: where to begin in `order`.
        last: where to end.
        vectors: input matrix, words then buckets.
        outputs: output matrix, a row per label.
        labels: how many.
        alpha: learning rate.
        state: random generator: for a line with several labels, one is drawn each time.
        scratch: from `new_scratch`.
    """
    row = int64(4 * vectors.shape[1])
    inputs_at = int64(vectors.ctypes.data)
    outputs_at = int64(outputs.ctypes.data)
    mean = int64(scratch.rows.ctypes.data)
    error = mean + row
    scores = int64(scratch.scores.ctypes.data)
    four = int64(4)
    none = int64(0)
    one = int64(1)
    read = 0
    for k in range(first, last):
        line = order[k]
        features, words = _features(documents, line, scratch)
        read += words
        label = _random_label(documents, line, state)
        if features == 0 or label == _NO_LABEL:
            continue
        _probabilities(width, vectors, outputs, labels, features, scratch)
        for q in range(labels):
            scratch.scores[q] = float32(alpha) * (float32(q == label) - scratch.scores[q])
        zero_row(width, error)
        add_rows(width, error, outputs_at, int64(labels), scores, four, mean, none, scores, four)
        for q in range(labels):
            add_rows(width, outputs_at + q * row, mean, one, scores + q * 4, four, mean, none, scores, four)
        numbers = int64(scratch.features.ctypes.data)
        scatter_scaled(width, inputs_at, numbers, int64(features), error, float32(1) / float32(features))
    return read


@kernel
def count_hits(
    width: tuple[int, ...], documents: Documents, first: int, last: int, vectors: Floats, outputs: Floats, labels: int, scratch: Scratch
) -> tuple[int, int]:
    """Of the lines [first, last) with label and features: for how many the likeliest label is one of theirs, and how many there are."""
    hits = 0
    lines = 0
    for line in range(first, last):
        labelled = False
        for at in range(documents.starts[line], documents.starts[line + 1] - 1):
            labelled |= documents.ids[at] < END_OF_LINE
        features, _ = _features(documents, line, scratch)
        if not labelled or features == 0:
            continue
        _probabilities(width, vectors, outputs, labels, features, scratch)
        best = 0
        for label in range(1, labels):
            if scratch.scores[label] > scratch.scores[best]:
                best = label
        hit = False
        for at in range(documents.starts[line], documents.starts[line + 1] - 1):
            hit |= documents.ids[at] == -2 - best
        hits += int64(hit)
        lines += 1
    return hits, lines
