"""Vectors of words that no vocabulary has: those of their character n-grams, read from vectors.bin (Bojanowski 2017).

The file is fastText's, version 12 (v0.9.2: src/fasttext.cc, dictionary.cc, densematrix.cc): 14 numbers of its parameters, a dictionary,
the input matrix with a row for each word and then one for each bucket of n-grams, and the output matrix with a row for each word.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MAGIC, _VERSION = 793712314, 12
_PARAMETERS = struct.Struct("<14id")
_DICTIONARY = struct.Struct("<iiiqq")
_MATRIX = struct.Struct("<?qq")
_ENTRY = re.compile(rb"([^\0]*)\0(.{8})(.)", re.DOTALL)
_FNV_OFFSET_BASIS, _FNV_PRIME, _BITS_32 = 2166136261, 16777619, 2**32 - 1
_NO_MODEL = "it is no fastText model of words, or it was cut short: its sizes do not fit its length"
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
    """A fastText model of words.

    Attributes:
        words: how many entries its dictionary has.
        rows: (words + buckets, dimension) float32, read-only view of the file.
        subwords: its character n-grams; None when it has none.
    """

    words: int
    rows: NDArray[np.float32] = field(repr=False)
    subwords: Subwords | None
    _file: mmap.mmap = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> WordFile:
        """Maps a file.

        Raises:
            BrokenFileError: it is not a fastText model of words, or it is cut short.
        """
        with path.open("rb") as file:
            size = path.stat().st_size
            if size < _PARAMETERS.size + _DICTIONARY.size:
                raise BrokenFileError(_NO_MODEL)
            # The mapping outlives the file: the matrix holds on to it.
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, dimension, *_, buckets, min_char, max_char, _, _ = _PARAMETERS.unpack_from(data)
        _, words, labels, _, _ = _DICTIONARY.unpack_from(data, _PARAMETERS.size)
        # Both matrices end the file: where they begin follows from its size, without a walk through the dictionary.
        output = size - 4 * words * dimension
        start = output - _MATRIX.size - 4 * (words + buckets) * dimension
        if (magic, version, labels) != (MAGIC, _VERSION, 0) or start < _PARAMETERS.size + _DICTIONARY.size + _MATRIX.size:
            raise BrokenFileError(_NO_MODEL)
        found = (_MATRIX.unpack_from(data, start - _MATRIX.size), _MATRIX.unpack_from(data, output - _MATRIX.size))
        if found != ((False, words + buckets, dimension), (False, words, dimension)):
            raise BrokenFileError(_NO_MODEL)
        rows = np.frombuffer(data, "<f4", (words + buckets) * dimension, start).reshape(words + buckets, dimension)
        return cls(words, rows, Subwords(min_char, max_char, words, rows) if buckets else None, data)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How often each entry of the dictionary is in the corpus, in the order of the rows."""
        entries = islice(_ENTRY.finditer(self._file, _PARAMETERS.size + _DICTIONARY.size), self.words)
        return {entry[1].decode(errors="replace"): int.from_bytes(entry[2], "little") for entry in entries}
