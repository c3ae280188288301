"""The linear classifier of fastText (Joulin 2017), one document at a time.

A document's features are its words and its word n-grams, each a row of the input matrix; their mean h is scored against each label:

    h = (1/n) sum_i v_i     p = softmax(W h)     d = a (onehot(label) - p)
    e = sum_q d_q w_q       w_q += d_q h         v_i += e / n

Word n-grams are hashed as fastText does: over the signed 32-bit hashes of the words, h = h x 116049371 + hash, modulo the buckets.
Only buckets that occur in the text have a row, in order of first appearance: the rows of a line's rarer n-grams lie side by side. The
rows of the lines to train on are noted once: finding them anew in every pass takes several times as long as reading them. No block
here: documents are long and labels are few, so that each row is used once and waiting for memory is what counts.

Every line changes the rows of all labels. Were they written by several threads at once, each line would wait for them to come from the
other processor's cache, for longer than everything else takes: a thread trains a few lines on rows of its own and then adds what
has changed to those of all (Hogwild, Recht 2011, with one update for several lines).
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import simd
from engine.jit import float32, inner, int64, kernel
from engine.label_rows import LEAST_ROWS, add_changes, copy_rows, score_rows, train_rows
from engine.models import Floats
from engine.sampling import Bits, random_below
from engine.simd import dot_row, exponentials, gather_scaled, scatter_scaled
from engine.tokenizer import END_OF_LINE

# So many lines, of all threads together, may be trained before the others hear of it: all of them step from where they were.
LINES_UNTOLD = 32
# With fewer lines at a time, taking and giving back the rows costs as much as waiting for them.
LEAST_LINES = 4
# More than this of a thread's own would leave the processor's cache.
_OWN_BYTES = 1 << 18
_MARGIN = 16
_NO_LABEL = -1


class Documents(NamedTuple):
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


class Lines(NamedTuple):
    """Lines as input rows, to train on.

    Attributes:
        features: the input rows of all lines, one line after another; simd.AHEAD more are readable.
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


class Scratch(NamedTuple):
    """Working memory of one thread: features and word hashes of one line, mean and error, scores, and label rows of its own.

    `own` are the label rows as this thread trains them, then as it took them; `lines_alone` is for how many lines. Both are empty and
    0 when it trains the rows of all.
    """

    features: NDArray[np.int32]
    line_hashes: NDArray[np.int64]
    rows: Floats
    scores: Floats
    own: Floats
    lines_alone: int


def lines_alone(labels: int, dim: int, threads: int) -> int:
    """How many lines at a time a thread trains on label rows of its own: none when it is the only one, or labels or threads are many."""
    lines = LINES_UNTOLD // threads
    fits = 2 * labels * simd.padded(dim) * 4 <= _OWN_BYTES
    return lines if fits and threads > 1 and lines >= LEAST_LINES else 0


def new_scratch(dim: int, labels: int, longest_line: int, ngrams: int, *, alone: int = 0) -> Scratch:
    """Room for lines of that many tokens, and for label rows of its own to train that many lines on."""
    columns = simd.padded(dim)
    return Scratch(
        np.zeros((longest_line + 1) * ngrams + simd.AHEAD, np.int32),
        np.zeros(longest_line + 1, np.int64),
        simd.aligned(2, columns),
        simd.aligned(1, labels + _MARGIN)[0],
        simd.aligned(2 * labels if alone else 0, columns),
        alone,
    )


@kernel
def index_lines(ids: NDArray[np.int32], starts: NDArray[np.int64]) -> tuple[int, int, int]:
    """Note where each line begins, and one past the last; gives how many lines and labels, and the tokens of the longest line.

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
def _words(documents: Documents, line: int, scratch: Scratch) -> tuple[int, int]:
    """Write the words of a line and `</s>` as features, and the hashes of all; gives how many features and how many words."""
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
    return count, words


@inner
def _buckets(documents: Documents, words: int, scratch: Scratch, count: int) -> int:
    """Write the buckets of the n-grams of a line of so many words from features[count] on; gives the position after the last."""
    buckets = np.uint64(len(documents.rows))
    if buckets == 0:
        return count
    for first in range(words + 1):
        mixed = np.uint64(scratch.line_hashes[first])
        for last in range(first + 1, min(words + 1, first + documents.ngrams)):
            mixed = mixed * np.uint64(116049371) + np.uint64(scratch.line_hashes[last])
            scratch.features[count] = np.int32(mixed % buckets)
            count += 1
    return count


@inner
def _features(documents: Documents, line: int, scratch: Scratch) -> int:
    """Write the features of a line, in fastText's order: words, `</s>`, n-grams; gives how many."""
    first, words = _words(documents, line, scratch)
    count = _buckets(documents, words, scratch, first)
    for k in range(first, count):
        scratch.features[k] = documents.rows[scratch.features[k]]
    return count


@inner
def _note_labels(documents: Documents, line: int, lines: Lines) -> None:
    at = lines.label_starts[line]
    for place in range(documents.starts[line], documents.starts[line + 1] - 1):
        token = documents.ids[place]
        if token < END_OF_LINE:
            lines.labels[at] = -2 - token
            at += 1
    lines.label_starts[line + 1] = at


@kernel
def note_lines(
    documents: Documents, first: int, scratch: Scratch, used: NDArray[np.int32], count: int, lines: Lines, out: NDArray[np.int32]
) -> tuple[int, int, int]:
    """Note lines from `first` on, as many as fit into `out`, and give each bucket they are the first to use the next row.

    Args:
        documents: the lines; `documents.rows` is -1 where no n-gram has fallen yet.
        first: the first line; what is before it has been noted.
        scratch: from `new_scratch`.
        used: receives the buckets with a row, in the order of the rows; as long as `documents.rows`.
        count: how many those are.
        lines: receives all but the features.
        out: receives the features; a line of any length fits into it.

    Returns:
        The line after the last one noted, the buckets with a row now, the features written.
    """
    written = 0
    for line in range(first, len(documents.starts) - 1):
        tokens = documents.starts[line + 1] - documents.starts[line]
        if written + tokens * documents.ngrams > len(out):
            return line, count, written
        known, words = _words(documents, line, scratch)
        features = _buckets(documents, words, scratch, known)
        for k in range(known):
            out[written + k] = scratch.features[k]
        for k in range(known, features):
            bucket = scratch.features[k]
            if documents.rows[bucket] < 0:
                documents.rows[bucket] = documents.words + count
                used[count] = bucket
                count += 1
            out[written + k] = documents.rows[bucket]
        written += features
        lines.starts[line + 1] = lines.starts[line] + features
        lines.words[line] = words
        _note_labels(documents, line, lines)
    return len(documents.starts) - 1, count, written


@inner
def _scores(width: tuple[int, ...], vectors: Floats, outputs: int, labels: int, numbers: int, features: int, scratch: Scratch) -> None:
    """The mean of `features` rows, and in scratch.scores the score of each label; row numbers and label rows begin at those addresses."""
    row = int64(4 * vectors.shape[1])
    mean = int64(scratch.rows.ctypes.data)
    gather_scaled(width, mean, int64(vectors.ctypes.data), int64(numbers), int64(features), float32(1) / float32(features))
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
    scatter_scaled(width, int64(vectors.ctypes.data), numbers, features, error, float32(1) / float32(features))


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
    width: tuple[int, ...], documents: Documents, first: int, last: int, vectors: Floats, outputs: Floats, labels: int, scratch: Scratch
) -> tuple[int, int]:
    """Of the lines [first, last) with label and features: for how many the likeliest label is one of theirs, and how many there are."""
    hits = 0
    lines = 0
    for line in range(first, last):
        labelled = False
        for at in range(documents.starts[line], documents.starts[line + 1] - 1):
            labelled |= documents.ids[at] < END_OF_LINE
        features = _features(documents, line, scratch)
        if not labelled or features == 0:
            continue
        # What a previous line left behind the last feature is as good a row to ask for as any.
        _scores(width, vectors, int64(outputs.ctypes.data), labels, int64(scratch.features.ctypes.data), features, scratch)
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
