"""vectors.bin and model.bin written, in the layout of `fasttext.py`; the rows of buckets that were never trained are holes in the file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..training.models import ClassifierModel, InputMatrix, WordVectors
from .fasttext import DICTIONARY, MAGIC, MATRIX, PARAMETERS, START, VERSION, Kind, Loss, Parameters
from .row_blocks import row_blocks

LEARNING_RATE_UPDATE_RATE = 100  # fastText's default; only its own training reads it
IS_LABEL = b"\x01"
IS_WORD = b"\x00"
Entries = tuple[Sequence[bytes], NDArray[np.int64]]


def write_word_vectors(path: Path, model: WordVectors, *, min_count: int) -> None:
    """Save word vectors as fastText's skipgram or cbow model with negative sampling."""
    settings, grams = model.settings, model.settings.subwords
    parameters = Parameters(
        dim=settings.dim,
        window=settings.window,
        epochs=settings.epochs,
        min_count=min_count,
        negatives=settings.negatives,
        word_ngrams=1,
        loss=Loss.NEGATIVE_SAMPLING,
        kind=Kind.CBOW if settings.mode == "cbow" else Kind.SKIPGRAM,
        buckets=model.input.buckets,
        min_char=0 if grams is None else grams.min_char,
        max_char=0 if grams is None else grams.max_char,
        update_rate=LEARNING_RATE_UPDATE_RATE,
        sample=settings.sample,
    )
    words = model.vocabulary
    with path.open("wb") as file:
        _write_start(file, parameters, words=(words.words, words.counts), labels=((), words.label_counts[:0]), tokens=words.total_words)
        _write_matrices(file, model.input, model.output)


def write_classifier(path: Path, model: ClassifierModel, *, min_count: int) -> None:
    """Save a classifier as fastText's supervised model with softmax."""
    settings, words = model.settings, model.vocabulary
    parameters = Parameters(
        dim=settings.dim,
        window=5,
        epochs=settings.epochs,
        min_count=min_count,
        negatives=5,
        word_ngrams=settings.word_ngrams,
        loss=Loss.SOFTMAX,
        kind=Kind.SUPERVISED,
        buckets=model.input.buckets,
        min_char=0,
        max_char=0,
        update_rate=LEARNING_RATE_UPDATE_RATE,
        sample=1e-4,
    )
    with path.open("wb") as file:
        labels = (words.labels, words.label_counts)
        _write_start(file, parameters, words=(words.words, words.counts), labels=labels, tokens=words.total_words)
        _write_matrices(file, model.input, model.output)


def _write_start(file: BinaryIO, parameters: Parameters, *, words: Entries, labels: Entries, tokens: int) -> None:
    names = vars(parameters).values()
    file.write(START.pack(MAGIC, VERSION) + PARAMETERS.pack(*names))
    file.write(DICTIONARY.pack(len(words[0]) + len(labels[0]), len(words[0]), len(labels[0]), tokens, -1))
    file.write(b"".join(_entries(words, IS_WORD)))
    file.write(b"".join(_entries(labels, IS_LABEL)))


def _entries(entries: Entries, kind: bytes) -> Iterable[bytes]:
    counts = entries[1].astype("<i8").tobytes()
    for row, word in enumerate(entries[0]):
        yield word + b"\0" + counts[8 * row : 8 * row + 8] + kind


def _write_matrices(file: BinaryIO, matrix: InputMatrix, output: Floats) -> None:
    file.write(MATRIX.pack(False, *matrix.shape))
    start, (rows, columns) = file.tell(), matrix.shape
    for row, block in row_blocks(matrix):
        # What is passed over is zero, and where the file system can, takes no room.
        file.seek(start + 4 * row * columns)
        file.write(block.astype("<f4", copy=False).data)
    file.seek(start + 4 * rows * columns)
    file.write(MATRIX.pack(False, *output.shape))
    for _, block in row_blocks(InputMatrix.of_words(output)):
        file.write(block.astype("<f4", copy=False).data)
