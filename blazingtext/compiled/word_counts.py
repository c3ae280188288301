"""How often each word of a text occurs, and how long its lines are: one pass over the bytes, and a hash table with linear probing.

Words of at most eight bytes are numbers, which are compared at once. Longer ones are hashed by FNV-1a
(http://www.isthe.com/chongo/tech/comp/fnv/). The place of either is chosen by Fibonacci hashing (Knuth, The Art of Computer Programming,
volume 3, section 6.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from .byte_rows import kernel

_BLANKS = np.zeros(256, np.uint8)
_BLANKS[[*b" \t\n\r\x0b\x0c"]] = 1
_NEWLINE = ord("\n")
_FIRST_WORDS, _FIRST_BYTES = 1 << 16, 1 << 20
# In a kernel these make machine numbers; for the type checker they are int.
_uint64: Callable[[Any], int] = cast("Any", np.uint64)
_int64: Callable[[Any], int] = cast("Any", np.int64)
_PRIME, _GOLDEN = _uint64(0x100000001B3), _uint64(0x9E3779B97F4A7C15)
_BYTE, _UPPER = _uint64(8), _uint64(29)
_SHORT = 8
# What is known of a word.
_KEY, _LENGTH, _START, _COUNT = range(4)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class LineCounts(NamedTuple):
    """Lines that are complete, and the words of the one that is not.

    Attributes:
        filled: lines with words.
        empty: lines without.
        longest: the most words of a line.
        open: words of the line that has not ended.
    """

    filled: int
    empty: int
    longest: int
    open: int


class _Table(NamedTuple):
    """Words in the order in which they came, and where each is found.

    Attributes:
        places: the number of a word, from 1, by its key; 0 where none is. Its length is a power of two.
        words: the key, the bytes, the beginning in `letters` and the count of each, (words, 4).
        letters: the words, without anything between them.
        size: how many words there are, and with how many letters.
    """

    places: Numbers
    words: Numbers
    letters: Bytes
    size: Numbers


class WordCounts:
    """Counts the words of pieces of a text, which are what `bytes.split` gives."""

    def __init__(self) -> None:
        places, words = np.zeros(2 * _FIRST_WORDS, np.int64), np.zeros((_FIRST_WORDS, 4), np.int64)
        self._table = _Table(places, words, np.zeros(_FIRST_BYTES, np.uint8), np.zeros(2, np.int64))

    def add(self, piece: bytes, open_words: int = 0) -> LineCounts:
        """Counts the words of a piece that begins and ends between words, and its lines.

        Args:
            piece: the piece.
            open_words: words of its first line that came before it.
        """
        data = np.frombuffer(piece, np.uint8)
        lines = np.array([0, 0, 0, open_words], np.int64)
        place = 0
        while (place := int(_count(data, place, self._table, lines, _BLANKS))) < len(data):
            self._grow(len(data))
        return LineCounts(*map(int, lines))

    def _grow(self, room: int) -> None:
        """Makes room for twice as many words, and for so many letters more."""
        old = self._table
        words = np.concatenate([old.words, np.zeros_like(old.words)])
        letters = np.concatenate([old.letters, np.zeros(len(old.letters) + room, np.uint8)])
        self._table = _Table(np.zeros(2 * len(words), np.int64), words, letters, old.size)
        _place(self._table)

    def items(self) -> Iterator[tuple[bytes, int]]:
        """The words and their counts, in the order in which they came."""
        letters = self._table.letters.tobytes()
        for _, length, start, count in self._table.words[: int(self._table.size[0])].tolist():
            yield letters[start : start + length], count


@kernel
def _count(data: Bytes, place: int, table: _Table, lines: Numbers, blanks: Bytes) -> int:
    """Counts from a place on; returns the place of the first word for which there is no room, or the end."""
    # Named once: to take an array out of a tuple costs as much as to count a word.
    size, places, words, letters = len(data), table.places, table.words, table.letters
    mask = len(places) - 1
    while place < size:
        if blanks[data[place]]:
            if data[place] == _NEWLINE:
                lines[0 if lines[3] else 1] += 1
                lines[2] = max(lines[2], lines[3])
                lines[3] = 0
            place += 1
            continue
        begin, code = place, _uint64(0)
        while place < size and not blanks[data[place]]:
            letter = _uint64(data[place])
            code = code << _BYTE | letter if place - begin < _SHORT else (code ^ letter) * _PRIME
            place += 1
        key, length, at = _int64(code), place - begin, _int64(code * _GOLDEN >> _UPPER) & mask
        number = places[at]
        while number and not (
            words[number - 1, _KEY] == key
            and words[number - 1, _LENGTH] == length
            and (length <= _SHORT or _are_equal(data, begin, letters, words[number - 1, _START], length))
        ):
            at = (at + 1) & mask
            number = places[at]
        if not number:
            if table.size[0] == len(words) or table.size[1] + length > len(letters):
                return begin
            number = places[at] = _added(table, key, data[begin:place])
        words[number - 1, _COUNT] += 1
        lines[3] += 1
    return place


@kernel
def _are_equal(data: Bytes, begin: int, letters: Bytes, start: int, length: int) -> bool:
    same = 0
    while same < length and letters[start + same] == data[begin + same]:
        same += 1
    return same == length


@kernel
def _added(table: _Table, key: int, word: Bytes) -> int:
    """The number of a new word."""
    last, start = int(table.size[0]), table.size[1]
    table.words[last, _KEY], table.words[last, _LENGTH], table.words[last, _START] = key, len(word), start
    table.letters[start : start + len(word)] = word
    table.size[0], table.size[1] = last + 1, start + len(word)
    return last + 1


@kernel
def _place(table: _Table) -> None:
    """Gives each word its place."""
    mask = len(table.places) - 1
    for number in range(1, table.size[0] + 1):
        at = _int64(_uint64(table.words[number - 1, _KEY]) * _GOLDEN >> _UPPER) & mask
        while table.places[at]:
            at = (at + 1) & mask
        table.places[at] = number
