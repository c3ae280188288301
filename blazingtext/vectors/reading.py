"""Word vectors read from files: word2vec's text format, and fastText's binary one with its n-grams."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from blazingtext_lifecycle.errors import CloudError, UserError
from blazingtext_lifecycle.plurals import count as plural

from ..files import atomic_file
from .subwords import BrokenFileError, Subwords, WordFile
from .word_vectors import Matrix, Vectors

_CHUNK_LINES = 2000
_CACHE = "vectors.npz"
_LEAST_COSINE = 0.3
_END_OF_SENTENCE = "</s>"
# Of a file that is something else, the first line may be all of it.
_LONGEST_HEAD = 1000


def load(path: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a run's vectors.txt, with the n-grams of the vectors.bin beside it; a binary copy is kept, which loads much faster.

    Args:
        path: the file in word2vec's text format.
        advance: called with the number of bytes parsed.

    Raises:
        CloudError: a file is broken.
    """
    try:
        return of_text(path, path.with_name(_CACHE), advance)
    except BrokenFileError as error:
        raise CloudError(
            f"The model in {path.parent} cannot be read: {error}. "
            "Delete that folder, then run the command again: it downloads the run's artifact anew."
        ) from error


def of_text(path: Path, cache: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a file in word2vec's text format, with the n-grams of a vectors.bin beside it.

    Args:
        path: the file.
        cache: where a binary copy is kept, or was.
        advance: called with the number of bytes parsed.

    Raises:
        BrokenFileError: a file is broken.
    """
    vectors = _kept(cache, lambda: parse(path, advance))
    binary = path.with_name("vectors.bin")
    if not binary.is_file():
        return vectors
    file = WordFile.read(binary)
    return replace(vectors, subwords=_trained(file.subwords, vectors), file=file)


def of_binary(path: Path, cache: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of fastText's binary format: of a word the mean of its row and those of its n-grams, if there are any.

    Args:
        path: the file.
        cache: where a copy is kept, or was.
        advance: called with the number of bytes of rows that have been read.

    Raises:
        BrokenFileError: the file is broken, or has no words.
    """
    file = WordFile.read(path)
    return replace(_kept(cache, lambda: _means(file, advance)), subwords=file.subwords, file=file)


def of_compressed(path: Path) -> Vectors:
    """The vectors of a file that `export` wrote as fp16 or int8.

    Raises:
        BrokenFileError: it is none, or damaged.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            words, matrix = tuple(str(stored["words"]).split("\n")), stored["matrix"].astype(np.float32)
            if "scales" in stored:
                matrix = matrix * stored["scales"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise BrokenFileError(f"{path.name} is no file that `blazingtext export` compressed, or it is damaged: {error}") from error
    if matrix.ndim != 2 or len(matrix) != len(words):
        raise BrokenFileError(
            f"{path.name} is damaged: it names {plural(len(words), 'words')}, and its matrix has the shape {matrix.shape}"
        )
    return Vectors(words, matrix)


def _means(file: WordFile, advance: Callable[[int], None]) -> Vectors:
    matrix: Matrix = np.array(file.rows[: file.words])
    if file.subwords is not None:
        for row, word in enumerate(file.counts):
            numbers = [row, *(file.words + bucket for bucket in file.subwords.buckets_of(word))]
            matrix[row] = file.rows[numbers].mean(axis=0, dtype=np.float64)
            advance(4 * matrix.shape[1])
    return _without_end_of_sentence(list(file.counts), matrix)


def _kept(cache: Path, read: Callable[[], Vectors]) -> Vectors:
    vectors = _cached(cache)
    if vectors is None:
        vectors = read()
        _keep(vectors, cache)
    return vectors


def _trained(subwords: Subwords | None, vectors: Vectors) -> Subwords | None:
    """The n-grams of a vectors.bin, unless they were never trained: whether AWS's file without subwords has rows for them is not known.

    A word's vector is near the mean of its n-grams where they were trained with it, and at right angles to it where they were not.
    """
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
        BrokenFileError: it has another format, or ends early.
    """
    count, dimension = shape_of_text(path)
    with path.open("rb") as stream:
        stream.readline()
        try:
            words: list[str] = []
            blocks: list[Matrix] = []
            while lines := stream.readlines(_CHUNK_LINES * dimension * 10):
                advance(sum(map(len, lines)))
                blocks.append(_block(lines, dimension, words))
        except ValueError as error:
            raise BrokenFileError(f"{path.name} is not in word2vec's text format: {error}") from error
    if len(words) != count:
        raise BrokenFileError(f"{path.name} ends early: its first line announces {plural(count, 'words')}, but it holds {len(words)}")
    return _without_end_of_sentence(words, np.concatenate(blocks) if blocks else np.zeros((0, dimension), np.float32))


def shape_of_text(path: Path) -> tuple[int, int]:
    """How many words a file in word2vec's text format announces, and their dimension.

    Raises:
        BrokenFileError: it has another format.
    """
    with path.open("rb") as stream:
        head = stream.readline(_LONGEST_HEAD).split()
    if len(head) != 2 or not all(number.isdigit() for number in head):
        raise BrokenFileError(f"{path.name} is not in word2vec's text format: its first line does not hold two numbers")
    return int(head[0]), int(head[1])


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
    if _END_OF_SENTENCE not in words:
        return Vectors(tuple(words), matrix)
    row = words.index(_END_OF_SENTENCE)
    return Vectors(tuple(words[:row] + words[row + 1 :]), np.delete(matrix, row, axis=0))
