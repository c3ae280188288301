"""Bytes in which the ends of sentences are marked, characters replaced and spaces made single: one pass of an automaton.

What the bytes are is told by tables of `corpus/sentence_ends.py` and of those who use it: the rules are theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .byte_rows import kernel

WORD, TERMINATOR, CLOSING, SPACE, OPENING, BEGINS, DROPPED = (1 << place for place in range(7))
_STOP, _NEWLINE, _SENTENCE, _BLANK, _APOSTROPHE = b".\n\r '"
# More letters than an abbreviation has that is spelt without full stops; as many fit into a number.
_LONGEST = 7

Bytes = NDArray[np.uint8]


class _Tables(NamedTuple):
    """What each byte is, and what becomes of it."""

    kinds: Bytes
    images: Bytes


class Finished(NamedTuple):
    """Lines of a corpus.

    Attributes:
        data: the lines, each with its end.
        lines: how many.
        words: theirs.
        longest: the bytes of the longest, its end included.
    """

    data: bytes
    lines: int
    words: int
    longest: int


class SentenceLines:
    """Makes lines of words of bytes, as tables tell.

    Args:
        kinds: what each byte is: a sum of the numbers above; 256 of them.
        images: what becomes of each byte; a space for whatever separates words; 256 of them.
        abbreviations: words before full stops that may end no sentence, in small letters, of at most 7 bytes.
    """

    def __init__(self, kinds: bytes, images: bytes, abbreviations: Collection[bytes]) -> None:
        self._kinds = np.frombuffer(kinds, np.uint8)
        # Without what ends sentences.
        self._unsplit = self._kinds & ~np.uint8(TERMINATOR)
        self._images = np.frombuffer(images, np.uint8)
        self._abbreviations = np.array(sorted(int.from_bytes(each, "little") for each in abbreviations), np.int64)

    def doubtful(self, data: bytes) -> list[int]:
        """Where a full stop, the first of its row, may belong to an abbreviation or an initial, and would else end a sentence."""
        read = np.frombuffer(data, np.uint8)
        found = np.empty(data.count(b".") + 1, np.int64)
        return [*map(int, found[: _doubtful(read, self._kinds, self._abbreviations, found)])]

    def made(self, data: bytes, kept: list[int], *, split: bool) -> bytes:
        """The words of a text in lines, with a carriage return between sentences.

        Args:
            data: the text; a newline ends each line.
            kept: where a full stop ends no sentence.
            split: mark the ends of sentences.
        """
        return self._lines(data, kept, split=split, final=False).data

    def finished(self, data: bytes, kept: list[int], *, split: bool) -> Finished:
        """The same with a newline behind each line and each sentence, without empty ones."""
        return self._lines(data, kept, split=split, final=True)

    def _lines(self, data: bytes, kept: list[int], *, split: bool, final: bool) -> Finished:
        made = np.empty(len(data) + 1, np.uint8)
        tables = _Tables(self._kinds if split else self._unsplit, self._images)
        places = np.array([*kept, len(data)], np.int64)
        size, *counts = map(int, _made(np.frombuffer(data, np.uint8), tables, places, made, final))
        return Finished(made[:size].tobytes(), *counts)


@kernel
def _end(data: Bytes, kinds: Bytes, place: int) -> int:
    """Where the next sentence begins when the one before ends at a place, and 0 when it does not."""
    size = len(data)
    if place and kinds[data[place - 1]] & TERMINATOR:
        return 0
    place += 1
    while place < size and kinds[data[place]] & TERMINATOR:
        place += 1
    while place < size and kinds[data[place]] & CLOSING:
        place += 1
    begun = place
    while place < size and kinds[data[place]] & SPACE:
        place += 1
    next_one = place
    while place < size and kinds[data[place]] & OPENING:
        place += 1
    return next_one if next_one > begun and place < size and kinds[data[place]] & BEGINS else 0


@kernel
def _doubtful(data: Bytes, kinds: Bytes, abbreviations: Any, found: Any) -> int:
    count = 0
    for place in range(1, len(data)):
        if data[place] != _STOP or not _end(data, kinds, place):
            continue
        letters, packed = 0, np.int64(0)
        while letters <= _LONGEST and letters < place and kinds[data[place - 1 - letters]] & WORD:
            letter = np.int64(data[place - 1 - letters])
            # Capitals of ASCII become small.
            packed = packed << 8 | (letter | 32 if 65 <= letter <= 90 else letter)
            letters += 1
        if letters > _LONGEST:
            continue
        first = data[place - letters]
        # White space before it, one letter of some bytes, or an abbreviation.
        if letters <= 1 or (first > 127 and letters <= 4) or abbreviations[np.searchsorted(abbreviations[:-1], packed)] == packed:
            found[count] = place
            count += 1
    return count


@kernel
def _made(data: Bytes, tables: _Tables, kept: Any, made: Bytes, final: bool) -> tuple[int, int, int, int]:
    kinds, images = tables.kinds, tables.images
    size, place, next_kept, apostrophes = 0, 0, 0, 0
    start, lines, spaces, longest = 0, 0, 0, 0
    # Whether a space is due before the next letter, and whether a letter was written in this line.
    spaced, begun = False, False
    while place < len(data):
        kind, image = kinds[data[place]], images[data[place]]
        end = _end(data, kinds, place) if kind & TERMINATOR else 0
        if end:
            image = _BLANK if place == kept[next_kept] else _SENTENCE
            next_kept += place == kept[next_kept]
        place = end or place + 1
        if kind & DROPPED and not end:
            continue
        if image == _APOSTROPHE:
            apostrophes += 1
        elif image == _BLANK:
            spaced, apostrophes = True, 0
        elif image in (_NEWLINE, _SENTENCE):
            if begun or not final:
                made[size] = _NEWLINE if final else image
                size, lines = size + 1, lines + 1
            longest, start = max(longest, size - start), size
            spaced, begun, apostrophes = False, False, 0
        else:
            inside = apostrophes == 1 and not spaced
            if begun and (spaced or apostrophes):
                made[size] = _APOSTROPHE if inside else _BLANK
                size, spaces = size + 1, spaces + (not inside)
            made[size] = image
            size += 1
            spaced, begun, apostrophes = False, True, 0
    if begun and final:
        made[size] = _NEWLINE
        size, lines = size + 1, lines + 1
        longest = max(longest, size - start)
    return size, lines, lines + spaces, longest
