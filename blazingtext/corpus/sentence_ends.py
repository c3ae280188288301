"""The ends of sentences in bytes, found as `normaliser.sentences` finds them in text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from .normaliser import ABBREVIATION_WINDOW, abbreviates, doubtful_stop

# Stands between the sentences of one line of input; the carriage return, which no text has once its line ends are read.
SENTENCE = "\r"
# End sentences without a space behind them.
STOPS = "\u3002\uff01\uff1f\u0964"
# May stand behind those.
STOP_CLOSING = "\u300d\u300f\"'"
TERMINATORS = ".!?\u2026"
CLOSING = "\"'\u201d\u2019)]\u00bb"
OPENING = "\"'\u201c\u2018([\u00ab\u00bf\u00a1"
WORD = re.compile(r"\w")
BEGINS = re.compile(r"[^\W_a-z]")
_MARK = SENTENCE.encode()
# What is rarer than once in so many bytes is found faster one by one.
_RARE = 200
# Longer than nearly every abbreviation, in bytes.
_NEAR = 12


@dataclass(frozen=True)
class ByteClasses:
    """Which bytes are what to the ends of sentences.

    Attributes:
        word: letters, digits and underscores.
        terminator: what ends sentences, such as full stops.
        closing: what may stand behind them.
        space: white space, but newlines and `SENTENCE`.
        opening: what may stand before a sentence.
        begins: what a sentence begins with.
        letters: expressions of one letter, and their lengths.
    """

    word: Collection[int]
    terminator: Collection[int]
    closing: Collection[int]
    space: Collection[int]
    opening: Collection[int]
    begins: Collection[int]
    letters: tuple[tuple[str, int], ...] = ()


class SentenceEnds:
    """Puts `SENTENCE` in place of the ends of sentences in bytes.

    Args:
        classes: which bytes are what.
        encoding: of the bytes.
    """

    def __init__(self, classes: ByteClasses, encoding: str) -> None:
        self._encoding = encoding
        word, terminator, space = _one_of(classes.word), _one_of(classes.terminator), _one_of(classes.space)
        rest = f"{terminator}*+{_one_of(classes.closing)}*+{space}++(?={_one_of(classes.opening)}*{_one_of(classes.begins)})"
        # Each begins with one literal byte, which is found at the speed of memory.
        ends = {each: rf"\x{each:02x}(?<!{terminator}\x{each:02x}){rest}" for each in classes.terminator}
        self._patterns = {each: re.compile(pattern.encode()) for each, pattern in ends.items()}
        self._doubtful = re.compile((doubtful_stop(word, terminator, space, classes.letters or ((word, 1),)) + rest).encode())

    def marked(self, data: bytes) -> bytes:
        """A text with `SENTENCE` in place of the punctuation and the spaces between two sentences."""
        data = self._doubtful.sub(self._judged, data)
        for terminator, pattern in self._patterns.items():
            few = data.count(terminator) * _RARE < len(data)
            data = _marked_where(data, terminator, pattern) if few else pattern.sub(_MARK, data)
        return data

    def _judged(self, end: re.Match[bytes]) -> bytes:
        return b" " if self.abbreviated(end.string, end.start()) else _MARK

    def abbreviated(self, data: bytes, place: int) -> bool:
        """Whether the full stop at a place belongs to an abbreviation or an initial."""
        # A character has four bytes at most, but nearly always the last word is within a few.
        near = data[max(0, place - _NEAR) : place]
        if b" " not in near.rstrip():
            near = data[max(0, place - 4 * ABBREVIATION_WINDOW) : place]
        return abbreviates(near.decode(self._encoding, "ignore")[-ABBREVIATION_WINDOW:])


def _marked_where(data: bytes, terminator: int, pattern: re.Pattern[bytes]) -> bytes:
    """A text with `SENTENCE` where an expression matches, all of whose matches begin with a rare byte."""
    parts: list[bytes] = []
    done, place = 0, data.find(terminator)
    while place >= 0:
        if end := pattern.match(data, place):
            parts.append(data[done:place])
            done = end.end()
        place = data.find(terminator, place + 1)
    return _MARK.join((*parts, data[done:]))


def _one_of(codes: Collection[int]) -> str:
    return "[" + "".join(rf"\x{code:02x}" for code in sorted(codes)) + "]"
