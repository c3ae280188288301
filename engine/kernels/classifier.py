"""The linear classifier of fastText (Joulin 2017), one document at a time.

A document's features are its words and its word n-grams, each a row of the input matrix; their mean h is scored against each label:

    h = (1/n) sum_i v_i     p = softmax(W h)     d = a (onehot(label) - p)
    e = sum_q d_q w_q       w_q += d_q h         v_i += e / n

Which features a line has is found in `kernels_lines`. No block here: documents are long and labels are few, so that each row is used once
and waiting for memory is what counts.

Every line changes the rows of all labels. Were they written by several threads at once, each line would wait for them to come from the
other processor's cache, for longer than everything else takes: a thread trains a few lines on rows of its own and then adds what
has changed to those of all (Hogwild, Recht 2011, with one update for several lines).
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits, Floats
from . import row_operations as simd
from .constants import END_OF_LINE
from .jit import float32, inner, int64, kernel
from .label_rows import LEAST_ROWS, add_changes, copy_rows, score_rows, train_rows
from .line_features import Documents, LineMemory, Lines, features_of
from .row_operations import dot_row, exponentials, gather_scaled, scatter_scaled
from .sampling import random_below
from .vector_ir import IndexedRows

# So many lines, of all threads together, may be trained before the others hear of it: all of them step from where they were.
LINES_UNTOLD = 32
# With fewer lines at a time, taking and giving back the rows costs as much as waiting for them.
LEAST_LINES = 4
# More than this of a thread's own would leave the processor's cache.
_OWN_BYTES = 1 << 18
_MARGIN = 16
_NO_LABEL = -1


class Scratch(NamedTuple):
    """Working memory of one thread.

    Attributes:
        rows: mean and error.
        scores: of the labels.
        own: the label rows as this thread trains them, then as it took them; empty when it trains those of all.
        lines_alone: on how many lines it trains its own; 0 when it has none.
    """

    rows: Floats
    scores: Floats
    own: Floats
    lines_alone: int


def lines_alone(labels: int, dim: int, threads: int) -> int:
    """How many lines at a time a thread trains on label rows of its own: none when it is the only one, or labels or threads are many."""
    lines = LINES_UNTOLD // threads
    fits = 2 * labels * simd.padded(dim) * 4 <= _OWN_BYTES
    return lines if fits and threads > 1 and lines >= LEAST_LINES else 0


def new_scratch(dim: int, labels: int, *, alone: int = 0) -> Scratch:
    """Room for one line at a time, and for label rows of its own to train that many lines on."""
    columns = simd.padded(dim)
    own = simd.aligned(2 * labels if alone else 0, columns)
    return Scratch(simd.aligned(2, columns), simd.aligned(1, labels + _MARGIN)[0], own, alone)


@inner
def _scores(width: tuple[int, ...], vectors: Floats, outputs: int, labels: int, numbers: int, features: int, scratch: Scratch) -> None:
    """The mean of `features` rows, and in scratch.scores the score of each label; row numbers and label rows begin at those addresses."""
    row = int64(4 * vectors.shape[1])
    mean = int64(scratch.rows.ctypes.data)
    gather_scaled(width, mean, IndexedRows(int64(vectors.ctypes.data), int64(numbers), int64(features)), float32(1) / float32(features))
    if labels >= LEAST_ROWS:
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
def _random_label(lines: Lines, line: int, state: Bits) -> int:
    """One of the labels of a line, each as likely as the others; _NO_LABEL when it has none."""
    first = lines.label_starts[line]
    count = lines.label_starts[line + 1] - first
    if count == 0:
        return _NO_LABEL
    return int64(lines.labels[first + (random_below(count, state) if count > 1 else 0)])


@inner
def _train_line(
    width: tuple[int, ...],
    lines: Lines,
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
    lines: Lines,
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
    alone = scratch.lines_alone
    own = int64(scratch.own.ctypes.data) if alone else shared
    taken = own + int64(4 * labels * outputs.shape[1])
    step = alone or max(last - first, 1)
    for begin in range(first, last, step):
        if alone:
            copy_rows(width, own, taken, shared, int64(labels))
        for k in range(begin, min(begin + step, last)):
            read += lines.words[order[k]]
            _train_line(width, lines, order[k], vectors, own, labels, alpha, state, scratch)
        if alone:
            add_changes(width, shared, own, taken, int64(labels))
    return read


@kernel
def count_hits(
    width: tuple[int, ...],
    documents: Documents,
    first: int,
    last: int,
    vectors: Floats,
    outputs: Floats,
    labels: int,
    memory: LineMemory,
    scratch: Scratch,
) -> tuple[int, int]:
    """Of the lines [first, last) with label and features: for how many the likeliest label is one of theirs, and how many there are."""
    hits = 0
    lines = 0
    for line in range(first, last):
        labelled = False
        for at in range(documents.starts[line], documents.starts[line + 1] - 1):
            labelled |= documents.ids[at] < END_OF_LINE
        features = features_of(documents, line, memory)
        if not labelled or features == 0:
            continue
        # What a previous line left behind the last feature is as good a row to ask for as any.
        _scores(width, vectors, int64(outputs.ctypes.data), labels, int64(memory.features.ctypes.data), features, scratch)
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
