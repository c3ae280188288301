"""Vectors of words that no vocabulary has: those of their character n-grams, read from vectors.bin (Bojanowski 2017).

The file is fastText's, version 12 (v0.9.2: src/fasttext.cc, dictionary.cc, densematrix.cc): 14 numbers of its parameters, a dictionary,
the input matrix with a row for each word and then one for each bucket of n-grams, and the output matrix with a row for each word, or, in
a classifier, for each label.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC, _VERSION, _SUPERVISED = 793712314, 12, 3
_PARAMETERS = struct.Struct("<14id")
_DICTIONARY = struct.Struct("<iiiqq")
_MATRIX = struct.Struct("<?qq")
_ENTRY = re.compile(rb"([^\0]*)\0(.{8})(.)", re.DOTALL)
_FNV_OFFSET_BASIS, _FNV_PRIME, _BITS_32 = 2166136261, 16777619, 2**32 - 1
_NO_MODEL = "it is no fastText model, or it was cut short: its sizes do not fit its length"
_QUANTISED = "it is a quantised fastText model (.ftz), and only whole ones (.bin) are read: save the model before quantising it"
# fastText hashes signed characters: bytes from 128 on are sign-extended to 32 bits.
_SIGN_EXTENDED = tuple(byte if byte < 128 else byte | 0xFFFFFF00 for byte in range(256))


class BrokenFileError(ValueError):
    """A file does not hold what its format says; the message is the reason."""


@dataclass(frozen=True)
class Subwords:
    """The character n-grams of a model.

    Attributes:
        min_char: characters of the shortest n-gram, brackets included.
        max_char: characters of the longest.
        words: how many rows of `rows` belong to words.
        rows: (words + buckets, dimension) float32, read-only view of the file.
    """

    min_char: int
    max_char: int
    words: int
    rows: NDArray[np.float32] = field(repr=False)

    def vector(self, word: str) -> NDArray[np.float32] | None:
        """The mean of the rows of a word's n-grams, (dimension,) float32; None for a word too short to have one."""
        numbers = [self.words + bucket for bucket in self.buckets_of(word)]
        if not numbers:
            return None
        mean: NDArray[np.float32] = self.rows[numbers].mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    def buckets_of(self, word: str) -> list[int]:
        """The bucket of each n-gram of ``<word>``, repeats included; the brackets alone are none."""
        characters = [character.encode() for character in f"<{word}>"]
        buckets, last = len(self.rows) - self.words, len(characters) - 1
        found = []
        for start in range(len(characters)):
            value = _FNV_OFFSET_BASIS
            for end in range(start, min(start + self.max_char, len(characters))):
                for byte in characters[end]:
                    value = (value ^ _SIGN_EXTENDED[byte]) * _FNV_PRIME & _BITS_32
                if end - start + 1 >= self.min_char and not (start == end and start in {0, last}):
                    found.append(value % buckets)
        return found


@dataclass(frozen=True)
class WordFile:
    """A fastText model.

    Attributes:
        words: how many words its dictionary has.
        labels: the labels of a classifier, as they stand in text; empty for word vectors.
        rows: (words + buckets, dimension) float32, read-only view of the file.
        subwords: its character n-grams; None when it has none.
    """

    words: int
    labels: tuple[str, ...] = field(repr=False)
    rows: NDArray[np.float32] = field(repr=False)
    subwords: Subwords | None
    _file: mmap.mmap = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> WordFile:
        """Maps a file.

        Raises:
            BrokenFileError: it is not a fastText model, is quantised, or is cut short.
        """
        with path.open("rb") as file:
            size = path.stat().st_size
            if size < _PARAMETERS.size + _DICTIONARY.size:
                raise BrokenFileError(_NO_MODEL)
            # The mapping outlives the file: the matrix holds on to it.
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, dimension, *_, kind, buckets, min_char, max_char, _, _ = _PARAMETERS.unpack_from(data)
        _, words, labels, _, _ = _DICTIONARY.unpack_from(data, _PARAMETERS.size)
        # Both matrices end the file: where they begin follows from its size, without a walk through the dictionary.
        outputs = labels if kind == _SUPERVISED else words
        output = size - 4 * outputs * dimension
        start = output - _MATRIX.size - 4 * (words + buckets) * dimension
        if (magic, version) != (MAGIC, _VERSION) or bool(labels) != (kind == _SUPERVISED):
            raise BrokenFileError(_NO_MODEL)
        found = [_matrix_at(data, place - _MATRIX.size) for place in (start, output)]
        if found != [(False, words + buckets, dimension), (False, outputs, dimension)]:
            raise BrokenFileError(_QUANTISED if _is_quantised(data, words + labels) else _NO_MODEL)
        rows = np.frombuffer(data, "<f4", (words + buckets) * dimension, start).reshape(words + buckets, dimension)
        # A classifier's buckets are of word n-grams, unless it has those of characters, too.
        has_ngrams = buckets and (kind != _SUPERVISED or max_char)
        names = tuple(name for name, _ in islice(_entries(data), words, words + labels))
        return cls(words, names, rows, Subwords(min_char, max_char, words, rows) if has_ngrams else None, data)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each entry of the dictionary is in the corpus, in the order of the rows."""
        return dict(islice(_entries(self._file), self.words))


def _entries(data: mmap.mmap) -> Iterator[tuple[str, int]]:
    """The entries of the dictionary, words before labels, with their counts; goes on into the numbers after it."""
    for entry in _ENTRY.finditer(data, _PARAMETERS.size + _DICTIONARY.size):
        yield entry[1].decode(errors="replace"), int.from_bytes(entry[2], "little")


def _matrix_at(data: mmap.mmap, place: int) -> tuple[bool, int, int] | None:
    """The head of a matrix: quantised or not, rows, columns; None before the end of the dictionary's head."""
    if place < _PARAMETERS.size + _DICTIONARY.size:
        return None
    is_quantised, rows, columns = _MATRIX.unpack_from(data, place)
    return is_quantised, rows, columns


def _is_quantised(data: mmap.mmap, entries: int) -> bool:
    """Whether the input matrix, which follows the dictionary, is quantised."""
    last = next(islice(_ENTRY.finditer(data, _PARAMETERS.size + _DICTIONARY.size), entries - 1, None), None) if entries else None
    return last is not None and data[last.end() : last.end() + 1] == b"\1"
