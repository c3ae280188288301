"""What training is told, and what it reports on the way."""

from collections.abc import Callable
from dataclasses import dataclass

from ..corpus.words import Subwords


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
