"""Text classification as fastText does it (Joulin 2017): softmax over the mean of word and word n-gram vectors."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.models import ClassifierModel, ClassifierSettings, Floats, Integers, ReportEpoch, ReportProgress, StopRequested
from engine.vocabulary import Corpus, Vocabulary


def train(
    corpus: Corpus,
    settings: ClassifierSettings,
    *,
    progress: ReportProgress,
    stop: StopRequested,
    validation: Corpus | None = None,
    on_epoch: ReportEpoch | None = None,
) -> ClassifierModel:
    """Train a classifier on a corpus read with labels=True.

    With `settings.patience` and a validation corpus, accuracy is measured after every epoch from min_epochs on (`on_epoch` hears of
    it), the best weights are kept, and training ends after `patience` epochs without improvement.

    Raises:
        UserError: when no line has both a label and a word, or training diverges.
    """
    raise NotImplementedError


def read_documents(paths: Sequence[Path], vocabulary: Vocabulary, *, threads: int) -> Corpus:
    """Labelled lines (a validation channel) in terms of an existing vocabulary; words and labels it lacks are unknown."""
    raise NotImplementedError


def accuracy(model: ClassifierModel, documents: Corpus) -> tuple[float, int]:
    """Precision at one over the lines that have a known label, and how many those are."""
    raise NotImplementedError


def features(line: bytes, ids: Mapping[bytes, int], *, words: int, word_ngrams: int, buckets: int) -> Integers:
    """The rows of the input matrix a line of text activates, in fastText's order: known words, `</s>`, hashed word n-grams."""
    raise NotImplementedError


def probabilities(rows: Integers, input_matrix: Floats, output_matrix: Floats) -> Floats:
    """The probability of each label; matrices may be memory maps. Uniform when `rows` is empty."""
    raise NotImplementedError
