"""Word vectors read from a run's files: the words of vectors.txt, the n-grams of vectors.bin."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from blazingtext_lifecycle.errors import CloudError, UserError

from ..files import atomic_file
from .subwords import Subwords
from .word_vectors import Matrix, Vectors

_CHUNK_LINES = 2000
_CACHE = "vectors.npz"
_LEAST_COSINE = 0.3
_DOWNLOAD_AGAIN = "Delete the folder {}, then run the command again: it downloads the run's artifact anew."


def load(path: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a vectors.txt, with the n-grams of the vectors.bin beside it; a binary copy is kept, which loads much faster.

    Args:
        path: the file in word2vec's text format.
        advance: called with the number of bytes parsed.

    Raises:
        CloudError: the file is broken.
    """
    cached = path.with_name(_CACHE)
    vectors = _cached(cached)
    if vectors is None:
        vectors = parse(path, advance)
        _keep(vectors, cached)
    binary = path.with_name("vectors.bin")
    return replace(vectors, subwords=_subwords(binary, vectors)) if binary.is_file() else vectors


def _subwords(path: Path, vectors: Vectors) -> Subwords | None:
    """The n-grams of a vectors.bin, unless they were never trained: whether AWS's file without subwords has rows for them is not known.

    A word's vector is near the mean of its n-grams where they were trained with it, and at right angles to it where they were not.
    """
    subwords = Subwords.read(path)
    if subwords is None:
        return None
    made = [(row, vector) for row, word in enumerate(vectors.words[:20]) if (vector := subwords.vector(word)) is not None]
    cosines = [float(vector @ vectors.directions[row]) / max(float(np.linalg.norm(vector)), 1e-12) for row, vector in made]
    return subwords if cosines and sum(cosines) / len(cosines) > _LEAST_COSINE else None


def _cached(path: Path) -> Vectors | None:
    """The binary copy; None when there is none, or it is damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            words, matrix = tuple(str(stored["words"]).split("\n")), stored["matrix"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    return Vectors(words, matrix) if matrix.ndim == 2 and len(matrix) == len(words) else None


def _keep(vectors: Vectors, path: Path) -> None:
    """Writes the binary copy. A full disk or a read-only folder only means that there is none."""
    with suppress(UserError), atomic_file(path) as stream:
        np.savez(stream, words=np.array("\n".join(vectors.words)), matrix=vectors.matrix)


def parse(path: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a file in word2vec's text format, with or without spaces at line ends; a ``</s>`` row is left out.

    Raises:
        CloudError: it has another format, or ends early.
    """
    with path.open("rb") as stream:
        try:
            count, dimension = (int(number) for number in stream.readline().split())
            words: list[str] = []
            blocks: list[Matrix] = []
            while lines := stream.readlines(_CHUNK_LINES * dimension * 10):
                advance(sum(map(len, lines)))
                blocks.append(_block(lines, dimension, words))
        except ValueError as error:
            raise CloudError(f"{path} is not in word2vec's text format: {error}. {_DOWNLOAD_AGAIN.format(path.parent)}") from error
    if len(words) != count:
        raise CloudError(
            f"{path} ends early. Its first line announces {count} words, but it holds {len(words)}. {_DOWNLOAD_AGAIN.format(path.parent)}"
        )
    return _without_end_of_sentence(words, np.concatenate(blocks) if blocks else np.zeros((0, dimension), np.float32))


def _block(lines: Sequence[bytes], dimension: int, words: list[str]) -> Matrix:
    """The numbers of some lines, blank ones left out; their words are appended.

    Raises:
        ValueError: a line has more or fewer numbers.
    """
    parts = [line.rstrip().split(b" ", 1) for line in lines if line.strip()]
    for part in parts:
        # Counting spaces is much faster than splitting; where it does not fit, a number may still be padded.
        if len(part) < 2 or (part[1].count(b" ") != dimension - 1 and len(part[1].split()) != dimension):
            numbers = len(part[1].split()) if len(part) > 1 else 0
            raise ValueError(f'the line of "{part[0].decode(errors="replace")}" has {numbers} numbers, not {dimension}')
    words.extend(part[0].decode(errors="replace") for part in parts)
    numbers_of_all = np.array(b" ".join(part[1] for part in parts).split(), dtype=np.float32)
    return numbers_of_all.reshape(len(parts), dimension)


def _without_end_of_sentence(words: list[str], matrix: Matrix) -> Vectors:
    if "</s>" not in words:
        return Vectors(tuple(words), matrix)
    row = words.index("</s>")
    return Vectors(tuple(words[:row] + words[row + 1 :]), np.delete(matrix, row, axis=0))
