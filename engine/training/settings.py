"""What training takes and gives: settings, progress, matrices."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..corpus.vocabulary import Vocabulary

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]


@dataclass(frozen=True)
class Subwords:
    """Character n-grams of `<word>`, min_char to max_char characters long, hashed into `buckets` rows (Bojanowski 2017)."""

    min_char: int = 3
    max_char: int = 6
    buckets: int = 2_000_000


@dataclass(frozen=True)
class Word2VecSettings:
    """How word vectors are trained; the names are those of BlazingText's hyperparameters, shortened."""

    mode: str = "batch_skipgram"
    dim: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    learning_rate: float = 0.05
    sample: float = 1e-4
    batch_size: int = 11
    subwords: Subwords | None = None
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True)
class ClassifierSettings:
    """How a text classifier is trained. `patience` is None without early stopping."""

    dim: int = 100
    epochs: int = 5
    learning_rate: float = 0.05
    word_ngrams: int = 2
    buckets: int = 2_000_000
    min_epochs: int = 5
    patience: int | None = None
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Progress:
    """Where training is: the learning rate now, the fraction done (0-1), words trained per second since its first step."""

    alpha: float
    fraction: float
    words_per_second: float


@dataclass(frozen=True)
class EpochResult:
    """What early stopping saw at the end of an epoch (counted from 1): precision at one, and whether it was the best so far."""

    epoch: int
    accuracy: float
    improved: bool
    epochs_without_improvement: int


ReportProgress = Callable[[Progress], None]
StopRequested = Callable[[], bool]
ReportEpoch = Callable[[EpochResult], None]


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
    matrices: tuple[Floats, Floats] | None = field(default=None, repr=False, compare=False)
