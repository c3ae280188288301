"""The dictionary of a model file, left where it is: where each word begins, and an index that finds a word's place.

As Python objects a million words take a quarter of a gigabyte in every process that serves them, and seconds to make.
"""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes

WINDOW = 262_144  # bytes searched for the ends of words at once
_COUNT, _COUNT_AND_KIND = 8, 9  # bytes behind a word and its NUL: int64 count, int8 kind
_HASH_BITS = 32


class CutShortError(Exception):
    """The file ends before its dictionary does."""


@dataclass(frozen=True)
class Entries:
    """The entries of a dictionary, in the order of the file.

    Attributes:
        starts: (entries,) where each word begins; it ends with a NUL.
        counts: (entries,) how often each occurs.
        kinds: (entries,) the type of each.
        stop: where the dictionary ends.
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    kinds: NDArray[np.int8]
    stop: int


class Words(Sequence[bytes]):
    """Words of a mapped file, by their places in it.

    Args:
        data: the file.
        starts: (words,) where each begins; it ends with a NUL.
    """

    def __init__(self, data: mmap.mmap, starts: NDArray[np.int64]) -> None:
        self._data, self._starts = data, starts.data
        # Words in the order of the first bits of their checksums: where those with the same bits begin, their places, the other bits.
        self._firsts, self._places, self._shift = self._index()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> list[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | list[bytes]:
        """The bytes of one, or of several."""
        if isinstance(place, slice):
            return [self._word(start) for start in self._starts[place]]
        return self._word(self._starts[place])

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of each."""
        return map(self._word, self._starts)

    def place(self, word: bytes) -> int | None:
        """Where a word stands, of two that are equal the last; None when it is not there."""
        bucket = crc32(word) >> self._shift
        first, at = self._firsts[bucket], self._firsts[bucket + 1]
        while at > first:
            at -= 1
            place: int = self._places[at]
            start = self._starts[place]
            if self._data[start : start + len(word) + 1] == word + b"\0" and b"\0" not in word:
                return place
        return None

    def _index(self) -> tuple[memoryview, memoryview, int]:
        shift = _HASH_BITS - len(self).bit_length()
        buckets = np.fromiter(map(crc32, self), np.uint32, len(self)) >> np.uint32(shift)
        firsts = np.zeros((1 << (_HASH_BITS - shift)) + 1, np.int32)
        np.cumsum(np.bincount(buckets, minlength=len(firsts) - 1), out=firsts[1:])
        return firsts.data, np.argsort(buckets, kind="stable").astype(np.int32).data, shift

    def _word(self, start: int) -> bytes:
        return self._data[start : self._data.find(b"\0", start)]


def read_entries(data: mmap.mmap, start: int, count: int, window: int = WINDOW) -> Entries:
    """Find `count` entries from byte `start` of a file on.

    Raises:
        CutShortError: the file ends before.
    """
    content = np.frombuffer(data, np.uint8)
    starts, stops, found = list[NDArray[np.int64]](), list[NDArray[np.int64]](), 0
    size = window
    while found < count:
        ends = start + _ends(content[start : start + size], count - found)
        if not len(ends):
            if start + size >= len(content):
                raise CutShortError
            size *= 2  # a word that is longer than the window
            continue
        starts.append(np.concatenate([[start], ends[:-1] + 1 + _COUNT_AND_KIND]))
        stops.append(ends)
        start, found = int(ends[-1]) + 1 + _COUNT_AND_KIND, found + len(ends)
        if start > len(content):
            raise CutShortError
    return _entries(content, np.concatenate([[], *starts]).astype(np.int64), np.concatenate([[], *stops]).astype(np.int64), start)


def _ends(window: Bytes, most: int) -> NDArray[np.int64]:
    """Where the words of consecutive entries end: at the first NUL behind the count and the type of the entry before."""
    zeros = np.flatnonzero(window == 0)
    following = np.searchsorted(zeros, zeros + 1 + _COUNT_AND_KIND).tolist()
    ends, at, last = [], 0, len(following)
    while at < last:
        ends.append(at)
        at = following[at]
    return zeros[ends[:most]]


def _entries(content: Bytes, starts: NDArray[np.int64], stops: NDArray[np.int64], stop: int) -> Entries:
    counts = np.zeros(len(stops), "<u8")
    for byte in range(_COUNT):
        counts |= content[stops + 1 + byte].astype("<u8") << np.uint64(8 * byte)
    return Entries(starts, counts.astype(np.int64), content[stops + 1 + _COUNT].view(np.int8), stop)
