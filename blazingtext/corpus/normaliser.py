"""Turns raw text into sentences of words, as BlazingText expects: it does not normalise by itself.

The container neither lower-cases nor separates punctuation, so "Word," and "word" would get two vectors. One pass of
`str.translate` with a table that fills itself does all of it, for every script of Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from blazingtext_lifecycle import corpus_text

LABEL = corpus_text.LABEL.decode()

_APOSTROPHES = "'\u2019\u02bc\uff07"
# An apostrophe is kept only between two letters: don't, l'eau; it is no quotation mark there.
_STRAY_APOSTROPHE = re.compile(r"(?<!\S)'+|'+(?!\S)|'(?=')")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LABEL_TOKEN = re.compile(rf"(?<!\S){LABEL}\S+")
# A line without any of these needs no search with the expression above.
_STRAY = (" '", "' ", "''")
# A full stop, perhaps a closing quote, a space, and then something that begins a sentence; or a full-width full stop.
_SENTENCE_END = re.compile(
    r"[.!?\u2026]+[\"'\u201d\u2019)\]\u00bb]*\s+(?=[\"'\u201c\u2018(\[\u00ab\u00bf\u00a1]*[^\W_a-z])"
    r"|[\u3002\uff01\uff1f\u0964]+[\u300d\u300f\"']*"
)
# A full stop after these, or after a single letter, ends no sentence. Words that end real ones (sat, sun, no, mar) are not here.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof sr jr st mt vs etc vol eq al inc ltd co corp dept gen col lt sgt capt rev hon gov sen rep "
        "jan feb apr jun jul aug sept oct nov dec tue wed thu fri e.g i.e cf ca approx",
    )
)


_INITIALS = re.compile(r"(?:\w\.)+\w")


class Numbers(StrEnum):
    """What happens to digits."""

    KEEP = "keep"
    DROP = "drop"
    SPELL = "spell"


class Punctuation(StrEnum):
    """What happens to everything that is neither letter nor digit."""

    DROP = "drop"
    SPLIT = "split"


@dataclass(frozen=True)
class Normaliser:
    """Makes lines of space-separated words.

    Args:
        lower: convert to lower case.
        numbers: keep digits, drop them, or spell them out one by one as text8 does.
        punctuation: drop it, or make it words of its own.
        form: the Unicode normal form; NFKC makes one of a ligature, a full-width letter and its plain twin.
    """

    lower: bool = True
    numbers: Numbers = Numbers.KEEP
    punctuation: Punctuation = Punctuation.DROP
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFKC"
    _table: dict[int, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", _Characters(self.numbers, self.punctuation))

    def words(self, text: str) -> str:
        """The words of a text, joined by single spaces; words that begin with ``__label__`` stay as they are."""
        labels = _LABEL_TOKEN.findall(text) if LABEL in text else []
        plain = self.lines(_LABEL_TOKEN.sub(" ", text)) if labels else self.lines(text)
        return " ".join(each for each in (*labels, *plain) if each)

    def lines(self, text: str) -> list[str]:
        """The words of each line of a text without labels. One call for many lines is much faster than one call a line."""
        if not text.isascii():
            text = unicodedata.normalize(self.form, text)
        if self.lower:
            text = text.lower()
        return [self._joined(line.split()) for line in text.translate(self._table).split("\n")]

    def _joined(self, words: list[str]) -> str:
        line = " ".join(words)
        if "'" not in line or not any(stray in f" {line} " for stray in _STRAY):
            return line
        return " ".join(_STRAY_APOSTROPHE.sub(" ' " if self.punctuation is Punctuation.SPLIT else " ", line).split())


class _Characters(dict[int, str]):
    """What each character becomes; filled when a character is first met, so that only characters that occur take space."""

    def __init__(self, numbers: Numbers, punctuation: Punctuation) -> None:
        super().__init__()
        self._numbers = numbers
        self._punctuation = punctuation

    def __missing__(self, code: int) -> str:
        self[code] = self._becomes(chr(code))
        return self[code]

    def _becomes(self, character: str) -> str:
        if character == "\n":
            return character
        kind = unicodedata.category(character)
        if kind[0] == "N":
            return self._number(character)
        if kind[0] in "LM":
            return character
        if character in _APOSTROPHES:
            return "'"
        # Format characters (soft hyphen, joiners) are inside words and invisible.
        if kind == "Cf":
            return ""
        printable = kind[0] in "PS"
        return f" {character} " if printable and self._punctuation is Punctuation.SPLIT else " "

    def _number(self, character: str) -> str:
        if self._numbers is Numbers.KEEP:
            return character
        value = unicodedata.digit(character, -1)
        return f" {_DIGITS[value]} " if self._numbers is Numbers.SPELL and value >= 0 else " "


def sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph, by its full stops, question and exclamation marks; no text is lost."""
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        if paragraph[end.start()] == "." and _abbreviates(paragraph[start : end.start()]):
            continue
        yield paragraph[start : end.end()]
        start = end.end()
    yield paragraph[start:]


def _abbreviates(before: str) -> bool:
    """Whether the full stop after this text belongs to an abbreviation or an initial."""
    last = before[before.rfind(" ") + 1 :].rsplit("\n", 1)[-1].lstrip("(\"'[").lower()
    return last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or ("." in last and _INITIALS.fullmatch(last) is not None)


def pieces(words: str, most: int) -> Iterator[str]:
    """A line cut into lines of at most so many words; the trainers split longer ones anyway."""
    if words.count(" ") < most:
        yield words
        return
    split = words.split(" ")
    for start in range(0, len(split), most):
        yield " ".join(split[start : start + most])


def label_of(value: str) -> str:
    """A label as BlazingText reads it: one word behind ``__label__``."""
    return LABEL + "_".join(value.removeprefix(LABEL).split())
