"""A file of vectors to start a training from: fastText's binary format, or word2vec's text format."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..arrays import Floats
from ..errors import ModelError
from ..training.initial import InitialVectors
from .fasttext import MAGIC, Kind, read

_LINES_AT_ONCE = 4096
_LONGEST_HEAD = 1000


def read_initial_vectors(path: Path) -> InitialVectors:
    """Read the words and vectors of a file; of a classifier, the words' rows.

    Raises:
        ModelError: it cannot be read, or is of another format.
    """
    try:
        with path.open("rb") as file:
            is_binary = int.from_bytes(file.read(4), "little") == MAGIC
            file.seek(0)
            return _of_binary(path) if is_binary else _of_text(path, file)
    except OSError as error:
        raise ModelError(f"{path} cannot be read. {error.strerror or error}. Check the path and its permissions.") from error


def _of_binary(path: Path) -> InitialVectors:
    model = read(path)
    words = len(model.words)
    # The buckets of a classifier hold word n-grams, unless it has character n-grams, too, and then both.
    subwords = None if model.parameters.kind == Kind.SUPERVISED else model.parameters.subwords
    return InitialVectors(path.name, list(model.words), model.input[:words], subwords, model.input[words:])


def _of_text(path: Path, file: BinaryIO) -> InitialVectors:
    head = file.readline(_LONGEST_HEAD).split()
    if len(head) != 2 or not all(number.isdigit() for number in head):
        raise ModelError(
            f"{path.name} holds no vectors that can be read: its first line does not hold two numbers. "
            "Name a .bin of fastText or a file in word2vec's text format."
        )
    count, dim = map(int, head)
    words: list[bytes] = []
    blocks = list(_blocks(path, file, dim, words))
    if len(words) != count:
        raise ModelError(f"{path.name} ends early: its first line announces {count} words, and it holds {len(words)}. Write it once more.")
    rows = np.concatenate([np.empty((0, dim), np.float32), *blocks])
    return InitialVectors(path.name, words, rows, None, np.empty((0, dim), np.float32))


def _blocks(path: Path, file: BinaryIO, dim: int, words: list[bytes]) -> Iterator[Floats]:
    """The vectors, some thousand lines at a time; their words are appended."""
    while lines := list(islice(file, _LINES_AT_ONCE)):
        parts = [line.split() for line in lines if line.strip()]
        try:
            yield np.array([part[1:] for part in parts], np.float32).reshape(len(parts), dim)
        except ValueError as error:
            raise ModelError(
                f"{path.name} is not in word2vec's text format: a line does not hold a word and {dim} numbers. Write it once more."
            ) from error
        words += [part[0] for part in parts]
