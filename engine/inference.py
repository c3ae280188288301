"""Answers of a saved model: vectors for words, labels for texts. Equal to the fastText library's to 1e-5.

A word's vector is its row; with subwords, the mean of its row and its n-grams' rows (Bojanowski 2017); an unknown word has its
n-grams alone, and without subwords a vector of zeros. A text's label distribution is a softmax, a tree of sigmoids or one sigmoid
per label (whatever the file was trained with) over the mean of its rows (Joulin 2017).
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .arrays import Doubles, Floats, Integers
from .corpus.words import END_OF_LINE_WORD, LABEL_PREFIX, SEPARATORS, ngram_buckets, word_hash, word_ngram_buckets
from .errors import ModelError
from .formats.fasttext import FastTextModel, Kind, Loss, read

CACHED_WORDS = 65_536
UNKNOWN = -1
SORTED_LABELS = 1000  # so few are sorted sooner than searched
_SIGMOID_BOUND, _STEPS_PER_UNIT = np.float32(8), np.float32(32)
PROBABILITY_OFFSET = np.float32(1e-5)  # fastText's std_log adds it before the logarithm, and its answers show it


class WordVectorModel:
    """Vectors by word.

    Attributes:
        words: the model's, most frequent first.
        dim: how many numbers a vector has.
    """

    def __init__(self, model: FastTextModel) -> None:
        self.words, self.dim, self._input = model.words, model.parameters.dim, model.input
        self._rows_of_word = None if model.parameters.subwords is None else _rows_of_word(model)

    def vectors(self, words: Sequence[str]) -> Doubles:
        """(words, dim) the vectors, float32 widened to double; zeros for a word nothing is known of."""
        found = np.zeros((len(words), self.dim))
        if self._rows_of_word is None:
            rows = np.array([UNKNOWN if (row := self.words.place(word.encode())) is None else row for word in words], np.int64)
            known = np.flatnonzero(rows != UNKNOWN)
            found[known] = self._input[rows[known]]
            return found
        for place, word in enumerate(words):
            rows_of_word = self._rows_of_word(word.encode())
            if len(rows_of_word):
                found[place] = self._input[rows_of_word].mean(axis=0)
        return found


class TextClassifier:
    """Labels by text.

    Attributes:
        labels: the model's, in the order of its output rows.
    """

    def __init__(self, model: FastTextModel) -> None:
        self._model = model
        self.labels = [label.decode("utf-8", "replace") for label in model.labels]
        self._known_labels = set(model.labels)
        self._rows_of_word = _rows_of_word(model)
        self._hash = lru_cache(CACHED_WORDS)(word_hash)
        self._probabilities = _loss(model)

    def predict(self, text: str, k: int) -> tuple[list[str], Doubles]:
        """The `k` most probable labels, all when there are fewer, most probable first, and their probabilities."""
        best, probabilities = self.ranked(text.encode(), k)
        return [self.labels[label] for label in best], probabilities

    def ranked(self, text: bytes, k: int) -> tuple[NDArray[np.int64], Doubles]:
        """The places in `labels` of the `k` most probable ones, most probable first, and their probabilities; nothing for unknown text."""
        rows = np.fromiter(self._features(text), np.int64)
        if not len(rows):
            return np.empty(0, np.int64), np.empty(0)
        hidden = self._model.input[rows].mean(axis=0)
        probabilities = self._probabilities(hidden) + PROBABILITY_OFFSET
        best = most_probable(probabilities, k)
        return best, probabilities[best].astype(np.float64)

    def _features(self, text: bytes) -> Iterator[int]:
        """The input rows of a text: of its words, of the end of the line, of its word n-grams."""
        tokens = (token for token in SEPARATORS.split(text) if token and not self._is_label(token))
        words = [*itertools.takewhile(lambda token: token != END_OF_LINE_WORD, tokens), END_OF_LINE_WORD]
        for word in words:
            yield from self._rows_of_word(word)
        parameters = self._model.parameters
        if parameters.word_ngrams > 1 and parameters.buckets > 0:
            first = len(self._model.words)
            for bucket in word_ngram_buckets([self._hash(word) for word in words], parameters.word_ngrams, parameters.buckets):
                yield first + bucket

    def _is_label(self, word: bytes) -> bool:
        return word.startswith(LABEL_PREFIX) or word in self._known_labels


def most_probable(probabilities: Floats, k: int) -> NDArray[np.int64]:
    """The places of the `k` largest values, largest first; of equal ones those that come first.

    Only what is as large as the k-th is sorted: with very many labels, sorting all of them takes longer than the prediction itself.
    """
    if k >= len(probabilities) or len(probabilities) <= SORTED_LABELS:
        return np.argsort(-probabilities, kind="stable")[:k]
    least = np.partition(probabilities, -k)[-k]
    candidates = np.flatnonzero(probabilities >= least)
    return candidates[np.argsort(-probabilities[candidates], kind="stable")[:k]]


Model = WordVectorModel | TextClassifier


def load(folder: Path) -> Model:
    """The model of a folder, mapped.

    Raises:
        ModelError: the folder holds no .bin file or several, or the file cannot be read.
    """
    files = sorted(folder.glob("*.bin"))
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise ModelError(
            f"The model folder has to hold exactly one .bin file, and it holds {len(files)} ({found}). BlazingText serves vectors.bin or "
            "model.bin from the root of model.tar.gz. Pack the archive with one of them and no folder around it."
        )
    model = read(files[0])
    return TextClassifier(model) if model.parameters.kind == Kind.SUPERVISED else WordVectorModel(model)


def _rows_of_word(model: FastTextModel) -> Callable[[bytes], Integers]:
    """A function from a word to its input rows; the most recent words are cached."""
    words, subwords, labels = len(model.words), model.parameters.subwords, dict[bytes, int]()
    if subwords is not None and model.parameters.kind != Kind.SUPERVISED:
        # fastText numbers labels behind the words, and takes that number for a row: it is a bucket's (Dictionary::initNgrams).
        labels = {label: words + place for place, label in enumerate(model.labels[: subwords.buckets])}

    def rows(word: bytes) -> Integers:
        row = labels.get(word)
        if row is None:
            row = model.words.place(word)
        own = np.array([] if row is None else [row], np.int32)
        if subwords is None or word == END_OF_LINE_WORD:
            return own
        return np.concatenate([own, np.array(ngram_buckets(word, subwords), np.int32) + np.int32(words)])

    return lru_cache(CACHED_WORDS)(rows)


def _sigmoid(scores: Floats) -> Floats:
    with np.errstate(over="ignore"):  # exp of a large number is infinite, and the quotient then rightly zero
        values: Floats = np.float32(1) / (np.float32(1) + np.exp(-scores))
    return values


def _tabled_sigmoid(scores: Floats) -> Floats:
    """The sigmoid as fastText takes it for independent labels: from a table of 512 steps over [-8, 8], which its answers show."""
    within = np.clip(scores, -_SIGMOID_BOUND, _SIGMOID_BOUND)
    steps = ((within + _SIGMOID_BOUND) * _STEPS_PER_UNIT).astype(np.int64)
    values = _sigmoid((steps / _STEPS_PER_UNIT - _SIGMOID_BOUND).astype(np.float32))
    return np.where(scores == within, values, np.float32(scores > 0))


def _aligned(matrix: Floats) -> Floats:
    """A matrix whose numbers begin at a multiple of their size: in the file they do not, and BLAS takes only what does."""
    return matrix if matrix.flags.aligned else matrix.copy()


def _loss(model: FastTextModel) -> Callable[[Floats], Floats]:
    """The function from a text's mean row to the probability of each label.

    Raises:
        ModelError: the model's loss is none of fastText's.
    """
    output = _aligned(model.output)

    def softmax(hidden: Floats) -> Floats:
        scores = output @ hidden
        powers = np.exp(scores - scores.max())
        shares: Floats = powers / powers.sum()
        return shares

    def independent(hidden: Floats) -> Floats:
        return _tabled_sigmoid(output @ hidden)

    match model.parameters.loss:
        case Loss.SOFTMAX:
            return softmax
        case Loss.HIERARCHICAL_SOFTMAX:
            return _HuffmanTree(model.label_counts, output).probabilities
        case Loss.NEGATIVE_SAMPLING | Loss.ONE_VERSUS_ALL:
            return independent
        case other:
            raise ModelError(f"The model is damaged: it names the loss {other}, which fastText does not have. Upload the file once more.")


class _HuffmanTree:
    """Hierarchical softmax: a label's probability is the product of the turns on the way to it in a Huffman tree of the counts."""

    def __init__(self, counts: NDArray[np.int64], output: Floats) -> None:
        self._output = output
        paths = list(_huffman_paths([int(count) for count in counts]))
        shape = len(paths), max(len(path) for path in paths)
        self._nodes, self._right, self._on_the_way = np.zeros(shape, np.int64), np.zeros(shape, bool), np.zeros(shape, bool)
        for label, path in enumerate(paths):
            for level, (node, turn) in enumerate(path):
                self._nodes[label, level], self._right[label, level], self._on_the_way[label, level] = node, turn, True

    def probabilities(self, hidden: Floats) -> Floats:
        right = _sigmoid(self._output @ hidden)[self._nodes]
        steps = np.where(self._right, right, np.float32(1) - right) + PROBABILITY_OFFSET
        # The last turn's logarithm is the answer's: what it adds is added once, by the caller.
        product: Floats = steps.prod(axis=1, where=self._on_the_way) - PROBABILITY_OFFSET
        return product


def _huffman_paths(counts: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Each label's turns from the root: (row of the output matrix, right?).

    The labels are sorted by count, so the two rarest of all are always among the last leaf and the first inner node not yet joined.
    Ties go to the inner node: another choice would be as good a tree, but not the one fastText trained.
    """
    leaves = len(counts)
    weights = [*counts]
    parents: dict[int, tuple[int, int]] = {}
    leaf, inner = leaves - 1, leaves
    for joined in range(leaves, 2 * leaves - 1):
        weight = 0
        for turn in (0, 1):
            if leaf >= 0 and (inner == len(weights) or weights[leaf] < weights[inner]):
                child, leaf = leaf, leaf - 1
            else:
                child, inner = inner, inner + 1
            parents[child] = (joined, turn)
            weight += weights[child]
        weights.append(weight)
    for label in range(leaves):
        yield _path(parents, label, leaves)


def _path(parents: Mapping[int, tuple[int, int]], label: int, leaves: int) -> list[tuple[int, int]]:
    path = []
    step = label
    while step in parents:
        step, turn = parents[step]
        path.append((step - leaves, turn))
    return path[::-1]
