"""Character n-grams of words, hashed into buckets exactly as fastText does (Bojanowski 2017).

The n-grams of a word are those of `<word>`: min_char to max_char characters (UTF-8, not bytes) at every position, except the single
`<` and the single `>`. Each falls into the bucket its FNV-1a hash names.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.tokenizer import hash_words
from ..kernels.jit import inner, int64, kernel
from ..kernels.row_operations import AHEAD
from ..kernels.subwords import Rows
from .settings import Floats, InputMatrix, Integers, Subwords

_BEGIN, _END = 60, 62
_CONTINUATION = 0x80


@dataclass(frozen=True)
class SubwordRows:
    """The input rows of a vocabulary with n-grams: one per word, then one per bucket that an n-gram of a word falls into.

    Attributes:
        rows: which of them make which word, its own row first.
        bucket_ids: the bucket of each row after those of the words, most used first: what is used together lies together.
    """

    rows: Rows
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
        numbers = self.rows.numbers[: len(owners)]
        size = self.words + len(self.bucket_ids)
        taught, taken = (np.bincount(numbers, weights[owners], size) for weights in (share, share / lengths))
        return float(taught @ taken)

    def word_vectors(self, vectors: Floats) -> Floats:
        """The vector of each word: the mean of its rows."""
        means = np.empty((self.words, vectors.shape[1]), np.float32)
        starts = self.rows.starts
        for first in range(0, self.words, 4096):
            last = min(first + 4096, self.words)
            numbers = self.rows.numbers[starts[first] : starts[last]]
            sums = np.add.reduceat(vectors[numbers], starts[first:last] - starts[first], axis=0)
            means[first:last] = sums / np.diff(starts[first : last + 1])[:, None]
        return means

    def input_matrix(self, vectors: Floats, buckets: int) -> InputMatrix:
        """The rows as fastText has them."""
        return InputMatrix(vectors[: self.words], buckets, self.bucket_ids, vectors[self.words :])


def word_hash(word: bytes) -> int:
    """The 32-bit FNV-1a hash of fastText, in which each byte is sign-extended before it is mixed in."""
    hashes = np.zeros(1, np.uint32)
    hash_words(np.frombuffer(word, np.uint8), np.array([0, len(word)], np.int64), hashes)
    return int(hashes[0])


def ngram_buckets(word: bytes, subwords: Subwords) -> Integers:
    """The bucket of every n-gram of `<word>`, in fastText's order, repeats included; add the number of words for the row."""
    text, offsets = _joined([word])
    found = np.empty(_count_ngrams(text, offsets, subwords.min_char, subwords.max_char, np.zeros(1, np.int64)), np.int32)
    _fill_ngrams(text, offsets, (subwords.min_char, subwords.max_char, subwords.buckets), np.zeros(1, np.int64), found)
    return found


def subword_rows(words: list[bytes], uses: NDArray[np.float64], subwords: Subwords) -> SubwordRows:
    """Lay out the rows of a vocabulary; `uses` says how often each word will be trained."""
    text, offsets = _joined(words)
    counts = np.zeros(len(words), np.int64)
    _count_ngrams(text, offsets, subwords.min_char, subwords.max_char, counts)
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum(counts + 1, out=starts[1:])
    # Gathering looks a few entries past the last.
    padded = np.zeros(starts[-1] + AHEAD, np.int32)
    numbers = padded[: starts[-1]]
    _fill_ngrams(text, offsets, (subwords.min_char, subwords.max_char, subwords.buckets), starts[:-1] + 1, numbers)
    ngrams = np.ones(len(numbers), bool)
    ngrams[starts[:-1]] = False
    numbers[starts[:-1]] = np.arange(len(words))
    weights = np.bincount(numbers[ngrams], weights=np.repeat(uses, counts), minlength=1)
    seen = np.bincount(numbers[ngrams], minlength=1) > 0
    used = np.flatnonzero(seen)
    bucket_ids = used[np.argsort(-weights[used], kind="stable")].astype(np.int32)
    places = np.zeros(len(seen), np.int32)
    places[bucket_ids] = len(words) + np.arange(len(bucket_ids))
    numbers[ngrams] = places[numbers[ngrams]]
    return SubwordRows(Rows(starts, padded), bucket_ids)


def _joined(words: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=offsets[1:])
    return np.frombuffer(b"".join(words), np.uint8), offsets


@inner
def _byte(text: NDArray[np.uint8], first: int, length: int, k: int) -> int:
    """Byte k of `<word>`; `length` counts both brackets."""
    if k == 0:
        return _BEGIN
    return _END if k == length - 1 else int64(text[first + k - 1])


@inner
def _character_end(text: NDArray[np.uint8], first: int, length: int, k: int) -> int:
    """Where the character that begins at k ends."""
    k += 1
    while k < length and (_byte(text, first, length, k) & 0xC0) == _CONTINUATION:
        k += 1
    return k


@inner
def _ngrams_of(
    text: NDArray[np.uint8], first: int, length: int, sizes: tuple[int, int, int], out: NDArray[Any], written: int, write: bool
) -> int:
    """Write the buckets of one word's n-grams from out[written] on, or only count them; gives the position after the last."""
    least, most, buckets = sizes
    for i in range(length):
        if (_byte(text, first, length, i) & 0xC0) == _CONTINUATION:
            continue
        value = np.uint32(2166136261)
        end = i
        for n in range(1, most + 1):
            if end >= length:
                break
            begin = end
            end = _character_end(text, first, length, begin)
            for k in range(begin, end):
                byte = np.uint32(np.int32(np.int8(_byte(text, first, length, k))))
                value = np.uint32((value ^ byte) * np.uint32(16777619))
            if n >= least and not (n == 1 and (i == 0 or end == length)):
                if write:
                    out[written] = np.int32(value % np.uint32(buckets))
                written += 1
    return written


@kernel
def _count_ngrams(text: NDArray[np.uint8], offsets: NDArray[np.int64], least: int, most: int, counts: NDArray[np.int64]) -> int:
    """How many n-grams each word has; gives their sum."""
    total = 0
    for word in range(len(offsets) - 1):
        counts[word] = _ngrams_of(text, offsets[word], offsets[word + 1] - offsets[word] + 2, (least, most, 1), counts, 0, False)
        total += counts[word]
    return total


@kernel
def _fill_ngrams(
    text: NDArray[np.uint8], offsets: NDArray[np.int64], sizes: tuple[int, int, int], starts: NDArray[np.int64], out: NDArray[np.int32]
) -> None:
    """Write the buckets of word w from out[starts[w]] on."""
    for word in range(len(offsets) - 1):
        _ngrams_of(text, offsets[word], offsets[word + 1] - offsets[word] + 2, sizes, out, starts[word], True)
