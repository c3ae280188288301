"""The linear classifier of fastText (Joulin 2017), one document at a time.

A document's features are its words and its word n-grams, each a row of the input matrix; their mean h is scored against each label:

    h = (1/n) sum_i v_i     p = softmax(W h)     d = a (onehot(label) - p)
    e = sum_q d_q w_q       w_q += d_q h         v_i += e / n

`line_features` finds the features of a line. Documents are not grouped into blocks: they are long and labels are few, so each row is used
once and memory latency dominates.

Every line changes the rows of all labels. If several threads wrote them, each line would wait for cache lines of another core, longer
than for everything else. So a thread trains a small batch of lines on a private copy and then adds the changes to the shared rows
(Hogwild, Recht 2011, with one update for several lines).
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits, Floats
from . import row_operations
from .constants import END_OF_LINE
from .jit import float32, inner, int64, kernel
from .label_rows import MIN_ROWS, add_changes, copy_rows, score_rows, train_rows
from .line_features import EncodedLines, LabelledLines, LineBuffers, features_of
from .row_operations import dot_row, exponentials, gather_scaled, scatter_scaled
from .sampling import random_below
from .vector_ir import IndexedRows

# At most this many lines, of all threads together, are trained on label rows that miss the changes of other threads.
MAX_STALE_LINES = 32
# With smaller batches, copying the rows costs as much as sharing them.
MIN_BATCH_LINES = 4
# Private rows larger than this would not stay in the processor's cache.
_PRIVATE_BYTES = 1 << 18
_MARGIN = 16
_NO_LABEL = -1


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        rows: mean and error.
        scores: of the labels.
        private_rows: a copy of the label rows that this thread trains, then a snapshot of them; empty when it trains the shared rows.
        private_batch_lines: how many lines it trains on them before it adds the changes to the shared rows; 0 without private rows.
    """

    rows: Floats
    scores: Floats
    private_rows: Floats
    private_batch_lines: int


def private_batch_lines(labels: int, dim: int, threads: int) -> int:
    """How many lines at a time a thread trains on a private copy of the label rows: 0 for a single thread, many labels or many threads."""
    lines = MAX_STALE_LINES // threads
    fits = 2 * labels * row_operations.padded(dim) * 4 <= _PRIVATE_BYTES
    return lines if fits and threads > 1 and lines >= MIN_BATCH_LINES else 0


def new_scratch(dim: int, labels: int, *, batch_lines: int = 0) -> Scratch:
    """Room for one line at a time, and with `batch_lines` for private label rows."""
    columns = row_operations.padded(dim)
    private = row_operations.aligned(2 * labels if batch_lines else 0, columns)
    return Scratch(row_operations.aligned(2, columns), row_operations.aligned(1, labels + _MARGIN)[0], private, batch_lines)


@inner
def _scores(width: tuple[int, ...], vectors: Floats, outputs: int, labels: int, numbers: int, features: int, scratch: Scratch) -> None:
    """The mean of `features` rows, and in scratch.scores the score of each label; row numbers and label rows begin at those addresses."""
    row = int64(4 * vectors.shape[1])
    mean = int64(scratch.rows.ctypes.data)
    gather_scaled(width, mean, IndexedRows(int64(vectors.ctypes.data), int64(numbers), int64(features)), float32(1) / float32(features))
    if labels >= MIN_ROWS:
        score_rows(width, mean, outputs, int64(labels), int64(scratch.scores.ctypes.data))
        return
    for label in range(labels):
        scratch.scores[label] = dot_row(width, mean, outputs + label * row)


@inner
def _gradients(width: tuple[int, ...], labels: int, label: int, alpha: float, scratch: Scratch) -> None:
    """Scores to gradients: the learning rate times the difference between what is true (1 for `label`) and its probability."""
    scores = scratch.scores
    largest = scores[0]
    for q in range(1, labels):
        largest = max(largest, scores[q])
    exponentials(width, int64(scores.ctypes.data), int64(labels), largest)
    total = float32(0)
    for q in range(labels):
        total += scores[q]
    scale = -float32(alpha) / total
    for q in range(labels):
        scores[q] *= scale
    scores[label] += float32(alpha)


@inner
def _random_label(lines: EncodedLines, line: int, state: Bits) -> int:
    """One of the labels of a line, each as likely as the others; _NO_LABEL when it has none."""
    first = lines.label_starts[line]
    count = lines.label_starts[line + 1] - first
    if count == 0:
        return _NO_LABEL
    return int64(lines.labels[first + (random_below(count, state) if count > 1 else 0)])


@inner
def _train_line(
    width: tuple[int, ...],
    lines: EncodedLines,
    line: int,
    vectors: Floats,
    outputs: int,
    labels: int,
    alpha: float,
    state: Bits,
    scratch: Scratch,
) -> None:
    """One step on one line, with the label rows at the address `outputs`."""
    numbers = int64(lines.features.ctypes.data) + int64(4 * lines.starts[line])
    features = int64(lines.starts[line + 1] - lines.starts[line])
    label = _random_label(lines, line, state)
    if features == 0 or label == _NO_LABEL:
        return
    mean = int64(scratch.rows.ctypes.data)
    error = mean + int64(4 * vectors.shape[1])
    _scores(width, vectors, outputs, labels, numbers, features, scratch)
    _gradients(width, labels, label, alpha, scratch)
    train_rows(width, outputs, int64(labels), int64(scratch.scores.ctypes.data), mean, error)
    scatter_scaled(width, IndexedRows(int64(vectors.ctypes.data), numbers, features), error, float32(1) / float32(features))


@kernel
def train_lines(
    width: tuple[int, ...],
    lines: EncodedLines,
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
    """Train on the lines order[first:last] at one learning rate; gives the words read. Lines without label or feature are skipped.

    Args:
        width: row length token (`row_operations.row_width`).
        lines: the lines.
        order: line numbers.
        first: where to begin in `order`.
        last: where to end.
        vectors: input matrix: words, then n-grams.
        outputs: output matrix, a row per label.
        labels: how many.
        alpha: learning rate.
        state: random generator: for a line with several labels, one is drawn each time.
        scratch: from `new_scratch`.
    """
    read = 0
    shared = int64(outputs.ctypes.data)
    batch_lines = scratch.private_batch_lines
    private = int64(scratch.private_rows.ctypes.data) if batch_lines else shared
    snapshot = private + int64(4 * labels * outputs.shape[1])
    step = batch_lines or max(last - first, 1)
    for begin in range(first, last, step):
        if batch_lines:
            copy_rows(width, private, snapshot, shared, int64(labels))
        for k in range(begin, min(begin + step, last)):
            read += lines.words[order[k]]
            _train_line(width, lines, order[k], vectors, private, labels, alpha, state, scratch)
        if batch_lines:
            add_changes(width, shared, private, snapshot, int64(labels))
    return read


@kernel
def count_hits(
    width: tuple[int, ...],
    documents: LabelledLines,
    first: int,
    last: int,
    vectors: Floats,
    outputs: Floats,
    labels: int,
    buffers: LineBuffers,
    scratch: Scratch,
) -> tuple[int, int]:
    """Of the lines [first, last) with label and features: for how many the likeliest label is one of theirs, and how many there are."""
    hits = 0
    lines = 0
    for line in range(first, last):
        labelled = False
        for at in range(documents.starts[line], documents.starts[line + 1] - 1):
            labelled |= documents.ids[at] < END_OF_LINE
        features = features_of(documents, line, buffers)
        if not labelled or features == 0:
            continue
        # gather_scaled prefetches the ids after the last feature: those of an earlier line are valid rows.
        _scores(width, vectors, int64(outputs.ctypes.data), labels, int64(buffers.features.ctypes.data), features, scratch)
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
