"""The input rows of a vocabulary with character n-grams (Bojanowski 2017)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Integers
from ..corpus.vocabulary import joined
from ..corpus.words import Subwords
from ..kernels.ngrams import count_ngrams, fill_ngrams
from ..kernels.row_operations import AHEAD
from ..kernels.subwords import WordRows
from .models import InputMatrix

# Words whose rows are gathered to be averaged.
_WORDS_AT_ONCE = 4096


@dataclass(frozen=True)
class SubwordRows:
    """The input rows of a vocabulary with n-grams: one per word, then one per bucket that an n-gram of a word falls into.

    Attributes:
        rows: which of them make which word, its own row first.
        bucket_ids: the bucket of each row after those of the words, most used first: what is used together lies together.
    """

    rows: WordRows
    bucket_ids: Integers

    @property
    def words(self) -> int:
        """How many words there are."""
        return len(self.rows.starts) - 1

    def overlap(self, uses: NDArray[np.float64]) -> float:
        """How much of the step of one word of the text another one takes with it, through the rows they share: 0 to 1.

        Where all words are made of the same few n-grams, a block trains the same rows many times over, as if it repeated one word.

        Args:
            uses: how often each word is trained.
        """
        lengths = np.diff(self.rows.starts)
        owners = np.repeat(np.arange(self.words), lengths)
        share = uses / uses.sum()
        numbers = self.rows.row_ids[: len(owners)]
        taught, taken = (np.bincount(numbers, weights[owners]) for weights in (share, share / lengths))
        return float(taught @ taken)

    def word_vectors(self, vectors: Floats) -> Floats:
        """The vector of each word: the mean of its rows."""
        means = np.empty((self.words, vectors.shape[1]), np.float32)
        starts = self.rows.starts
        for first in range(0, self.words, _WORDS_AT_ONCE):
            last = min(first + _WORDS_AT_ONCE, self.words)
            numbers = self.rows.row_ids[starts[first] : starts[last]]
            sums = np.add.reduceat(vectors[numbers], starts[first:last] - starts[first], axis=0)
            means[first:last] = sums / np.diff(starts[first : last + 1])[:, None]
        return means

    def input_matrix(self, vectors: Floats, buckets: int) -> InputMatrix:
        """The rows as fastText has them."""
        return InputMatrix(vectors[: self.words], buckets, self.bucket_ids, vectors[self.words :])


def subword_rows(words: list[bytes], uses: NDArray[np.float64], subwords: Subwords) -> SubwordRows:
    """Lay out the rows of a vocabulary; `uses` says how often each word will be trained."""
    text, offsets = joined(words)
    counts = np.zeros(len(words), np.int64)
    count_ngrams(text, offsets, subwords.min_char, subwords.max_char, counts)
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum(counts + 1, out=starts[1:])
    # Gathering looks a few entries past the last.
    padded = np.zeros(starts[-1] + AHEAD, np.int32)
    numbers = padded[: starts[-1]]
    fill_ngrams(text, offsets, (subwords.min_char, subwords.max_char, subwords.buckets), starts[:-1] + 1, numbers)
    ngrams = np.ones(len(numbers), bool)
    ngrams[starts[:-1]] = False
    numbers[starts[:-1]] = np.arange(len(words))
    weights = np.bincount(numbers[ngrams], weights=np.repeat(uses, counts))
    seen = np.bincount(numbers[ngrams]) > 0
    used = np.flatnonzero(seen)
    bucket_ids = used[np.argsort(-weights[used], kind="stable")].astype(np.int32)
    places = np.zeros(len(seen), np.int32)
    places[bucket_ids] = len(words) + np.arange(len(bucket_ids))
    numbers[ngrams] = places[numbers[ngrams]]
    return SubwordRows(WordRows(starts, padded), bucket_ids)
