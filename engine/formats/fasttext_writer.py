"""vectors.bin and model.bin written, in the layout of `fasttext.py`; the rows of buckets that were never trained are holes in the file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..corpus.vocabulary import Vocabulary
from ..training.models import ClassifierModel, InputMatrix, WordVectors
from .fasttext import DICTIONARY, MAGIC, MATRIX, PARAMETERS, START, VERSION, Kind, Loss, Parameters
from .row_blocks import row_blocks

LEARNING_RATE_UPDATE_RATE = 100  # fastText's default; only its own training reads it
IS_LABEL = b"\x01"
IS_WORD = b"\x00"


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
    _write(path, parameters, model)


def write_classifier(path: Path, model: ClassifierModel, *, min_count: int) -> None:
    """Save a classifier as fastText's supervised model with softmax."""
    settings = model.settings
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
    _write(path, parameters, model)


def _write(path: Path, parameters: Parameters, model: WordVectors | ClassifierModel) -> None:
    with path.open("wb") as file:
        file.write(START.pack(MAGIC, VERSION) + PARAMETERS.pack(*vars(parameters).values()))
        _write_dictionary(file, model.vocabulary)
        _write_matrices(file, model.input, model.output)


def _write_dictionary(file: BinaryIO, vocabulary: Vocabulary) -> None:
    words, labels = vocabulary.words, vocabulary.labels
    file.write(DICTIONARY.pack(len(words) + len(labels), len(words), len(labels), vocabulary.total_words, -1))
    file.write(b"".join(_entries(words, vocabulary.counts, IS_WORD)))
    file.write(b"".join(_entries(labels, vocabulary.label_counts, IS_LABEL)))


def _entries(names: Sequence[bytes], counts: NDArray[np.int64], kind: bytes) -> Iterable[bytes]:
    packed = counts.astype("<i8").tobytes()
    for row, name in enumerate(names):
        yield name + b"\0" + packed[8 * row : 8 * row + 8] + kind


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
