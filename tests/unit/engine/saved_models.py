"""Small models on disk, of random rows, for tests of what serves them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from blazingtext_engine.corpus.vocabulary import Vocabulary
from blazingtext_engine.corpus.words import Subwords
from blazingtext_engine.formats.fasttext_writer import write_classifier, write_word_vectors
from blazingtext_engine.training.models import ClassifierModel, InputMatrix, WordVectors
from blazingtext_engine.training.settings import ClassifierSettings, Word2VecSettings

WORDS = [b"awesome", b"blazing", b"caf\xc3\xa9", b"\xff"]
LABELS = [b"__label__Company", b"__label__Artist", b"__label__Album"]
NO_LABELS = (list[bytes](), np.empty(0, np.int64))


def random(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def counts(items: list[bytes]) -> np.ndarray:
    return np.arange(len(items), 0, -1, dtype=np.int64)


def save_vectors(folder: Path, subwords: Subwords | None = None, dim: int = 5) -> np.ndarray:
    words = random(len(WORDS), dim)
    matrix = InputMatrix.of_words(words)
    if subwords is not None:
        matrix = InputMatrix(words, subwords.buckets, np.arange(subwords.buckets, dtype=np.int32), random(subwords.buckets, dim, 2))
    settings = Word2VecSettings(dim=dim, subwords=subwords)
    vocabulary = Vocabulary(WORDS, counts(WORDS), 10, *NO_LABELS)
    model = WordVectors(vocabulary, settings, words, matrix, words, 1.0, 1.0, completed=True)
    write_word_vectors(folder / "vectors.bin", model, min_count=1)
    return words


def save_classifier(folder: Path, words: Sequence[bytes] = (b"</s>", b"good", b"bad")) -> None:
    settings = ClassifierSettings(dim=5, word_ngrams=1, buckets=0)
    vocabulary = Vocabulary([*words], counts([*words]), 10, LABELS, counts(LABELS))
    matrix, output = InputMatrix.of_words(random(len(words), 5)), random(len(LABELS), 5, 3)
    matrices = (matrix.words, output)
    model = ClassifierModel(vocabulary, settings, matrix, output, 1.0, 1.0, completed=True, results=(), matrices=matrices)
    write_classifier(folder / "model.bin", model, min_count=1)
