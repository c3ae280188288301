"""Text of which every byte has a kind and an image: its words in lines, by a table and expressions, or by one pass in machine code.

The extra `engine` has the machine code's Numba. It takes a second to load, so that it is used once there is enough text.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from .normaliser import WHOLE_ABBREVIATIONS
from .sentence_ends import ByteClasses, SentenceEnds

if TYPE_CHECKING:
    from ..compiled.sentence_lines import Finished, SentenceLines

# What the table makes of everything between words but spaces: it is rarer than these, so that a text is quickly split there.
_SEPARATOR = 0x1F
_BLANK = ord(" ")
_STRAY_APOSTROPHE = re.compile(rb"'(?:'+|(?![^ \x1f\r\n])|(?<![^ \x1f\r\n]'))")
# Stand for line ends while spaces are stripped.
_LINE_ENDS = ((b"\n", b"\x1e"), (b"\r", b"\x1d"))
# Bytes that a process normalises before machine code is worth loading.
WORTH = 1 << 25


class ByteTables:
    """Makes lines of words of a text whose characters have been replaced by what tables know.

    Args:
        classes: which bytes are what to the ends of sentences.
        encoding: of the bytes.
        images: what becomes of each byte, 256 of them; a space of what separates words.
        dropped: bytes that vanish.
    """

    def __init__(self, classes: ByteClasses, encoding: str, images: bytes, dropped: bytes) -> None:
        self._classes = classes
        self._images = images
        self._dropped = dropped
        self._table = bytes(_SEPARATOR if image == _BLANK != code else image for code, image in enumerate(images))
        self._ends = SentenceEnds(classes, encoding)
        self._seen = 0

    def normalised(self, data: bytes, *, split: bool) -> bytes:
        """The words of a text, in lines as they were; single spaces between words, and perhaps around line ends.

        Args:
            data: the text; a newline ends each line.
            split: put `SENTENCE` between the sentences of a line.
        """
        if (code := self._worth(data)) is not None:
            return code.made(data, self._kept(code, data, split=split), split=split)
        if split:
            data = self._ends.marked(data)
        return _single_spaced(data.translate(self._table, self._dropped))

    def finished(self, data: bytes, *, split: bool) -> Finished | None:
        """The same as lines of a corpus, a sentence a line; None where expressions would make them.

        Args:
            data: the text; a newline ends each line.
            split: make lines of the sentences of a line.
        """
        code = self._worth(data) if self._seen > WORTH else None
        return None if code is None else code.finished(data, self._kept(code, data, split=split), split=split)

    def _worth(self, data: bytes) -> SentenceLines | None:
        """The machine code, once there is enough text."""
        self._seen += len(data)
        return self._compiled if self._seen > WORTH else None

    def _kept(self, code: SentenceLines, data: bytes, *, split: bool) -> list[int]:
        """Where a full stop ends no sentence."""
        doubtful = code.doubtful(data) if split else []
        return [each for each in doubtful if self._ends.abbreviated(data, each)]

    @cached_property
    def _compiled(self) -> SentenceLines | None:
        try:
            from ..compiled import sentence_lines as code  # noqa: PLC0415 - Numba takes a second to load, and may not be there
        except ImportError:
            return None
        classes = self._classes
        kinds = bytearray(256)
        for bytes_, kind in (
            (classes.word, code.WORD),
            (classes.terminator, code.TERMINATOR),
            (classes.closing, code.CLOSING),
            (classes.space, code.SPACE),
            (classes.opening, code.OPENING),
            (classes.begins, code.BEGINS),
            (self._dropped, code.DROPPED),
        ):
            for byte in bytes_:
                kinds[byte] |= kind
        return code.SentenceLines(bytes(kinds), self._images, [each.encode() for each in WHOLE_ABBREVIATIONS])


def _single_spaced(data: bytes) -> bytes:
    """Words without apostrophes that are not between two letters, and with single spaces between them.

    Args:
        data: words in lines, with `_SEPARATOR` or spaces between them.
    """
    if b"'" in data:
        data = _STRAY_APOSTROPHE.sub(b"\x1f", data)
    for end, mark in _LINE_ENDS:
        data = data.replace(end, mark)
    for between in (b"\x1f", b"  "):
        data = b" ".join(filter(None, map(bytes.strip, data.split(between))))
    for end, mark in _LINE_ENDS:
        data = data.replace(mark, end)
    return data
