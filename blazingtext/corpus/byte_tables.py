"""Text of which every byte has a kind and an image: its words in lines, by a table and expressions."""

from __future__ import annotations

import re

from .sentence_ends import ByteClasses, SentenceEnds

# What the table makes of everything between words but spaces: it is rarer than these, so that a text is quickly split there.
_SEPARATOR = 0x1F
_BLANK = ord(" ")
_STRAY_APOSTROPHE = re.compile(rb"'(?:'+|(?![^ \x1f\r\n])|(?<![^ \x1f\r\n]'))")
# Stand for line ends while spaces are stripped.
_LINE_ENDS = ((b"\n", b"\x1e"), (b"\r", b"\x1d"))


class ByteTables:
    """Makes lines of words of a text whose characters have been replaced by what tables know.

    Args:
        classes: which bytes are what to the ends of sentences.
        encoding: of the bytes.
        images: what becomes of each byte, 256 of them; a space of what separates words.
        dropped: bytes that vanish.
    """

    def __init__(self, classes: ByteClasses, encoding: str, images: bytes, dropped: bytes) -> None:
        self._dropped = dropped
        self._table = bytes(_SEPARATOR if image == _BLANK != code else image for code, image in enumerate(images))
        self._ends = SentenceEnds(classes, encoding)

    def normalised(self, data: bytes, *, split: bool) -> bytes:
        """The words of a text, in lines as they were; single spaces between words, and perhaps around line ends.

        Args:
            data: the text; a newline ends each line.
            split: put `SENTENCE` between the sentences of a line.
        """
        if split:
            data = self._ends.marked(data)
        return _single_spaced(data.translate(self._table, self._dropped))


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
