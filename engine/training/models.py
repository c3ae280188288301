"""What training gives: the words or labels, the matrices, and how it went."""

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Integers
from ..corpus.vocabulary import Vocabulary
from .settings import ClassifierSettings, EpochResult, Word2VecSettings


@dataclass(frozen=True)
class InputMatrix:
    """fastText's input matrix: one row per word, then one per bucket.

    Buckets no n-gram of the corpus falls into were never trained: their rows are zero and are not held in memory.

    Attributes:
        words: (number of words, dim) rows of the words alone.
        buckets: how many bucket rows follow; 0 without n-grams.
        bucket_ids: the trained buckets, each once, in any order.
        bucket_rows: (len(bucket_ids), dim) their rows, in the same order.
    """

    words: Floats
    buckets: int
    bucket_ids: Integers
    bucket_rows: Floats

    @classmethod
    def of_words(cls, words: Floats) -> "InputMatrix":
        """A matrix without n-grams."""
        return cls(words, 0, np.empty(0, np.int32), np.empty((0, words.shape[1]), np.float32))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (words and all buckets) and columns, as fastText stores them."""
        return len(self.words) + self.buckets, self.words.shape[1]


@dataclass(frozen=True)
class WordVectors:
    """Trained word vectors.

    Attributes:
        vocabulary: the words, in the order of the rows.
        settings: what they were trained with.
        vectors: (number of words, dim) the vector of each word; with subwords the mean of its word row and its n-gram rows.
        input: the rows behind the vectors, for fastText's binary format.
        output: (number of words, dim) the context matrix.
        train_seconds: from the first training step to the last.
        words_per_second: words x epochs / train_seconds.
        completed: False when training was asked to stop early.
    """

    vocabulary: Vocabulary
    settings: Word2VecSettings
    vectors: Floats
    input: InputMatrix
    output: Floats
    train_seconds: float
    words_per_second: float
    completed: bool


@dataclass(frozen=True)
class ClassifierModel:
    """A trained text classifier (Joulin 2017): softmax over the mean of word and word n-gram rows.

    Attributes:
        vocabulary: words (`</s>` among them, as in fastText) and labels, in the order of the rows.
        settings: what it was trained with.
        input: word rows and bucket rows; `input.buckets` is 0 when word_ngrams is 1.
        output: (number of labels, dim).
        train_seconds: from the first training step to the last, validation included.
        words_per_second: words x epochs / train_seconds.
        completed: False when training was asked to stop early.
        results: one entry per validated epoch.
        matrices: the padded matrices behind `input` and `output`, as kernels take them; None for a model that was not trained here.
    """

    vocabulary: Vocabulary
    settings: ClassifierSettings
    input: InputMatrix
    output: Floats
    train_seconds: float
    words_per_second: float
    completed: bool
    results: tuple[EpochResult, ...]
    matrices: tuple[Floats, Floats] | None = None
