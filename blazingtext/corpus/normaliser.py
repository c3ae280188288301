"""Turns raw text into sentences of words, as BlazingText expects: it does not normalise by itself.

The container neither lower-cases nor separates punctuation, so "Word," and "word" would get two vectors. One pass of
`str.translate` with a table that fills itself does all of it, for every script of Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from blazingtext_lifecycle import corpus_text

from . import lower_case

LABEL = corpus_text.LABEL.decode()

APOSTROPHES = "'\u2019\u02bc\uff07"
# An apostrophe is kept only between two letters: don't, l'eau; it is no quotation mark there.
_STRAY_APOSTROPHE = re.compile(r"'{2,}|(?<!\S)'|'(?!\S)")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LABEL_TOKEN = re.compile(rf"(?<!\S){LABEL}\S+")
JOINERS = frozenset("\u200c\u200d")
# Zero width joiner and non-joiner are letters' business between letters of scripts that use them (Arabic to Mongolian, and the Brahmic
# ones of the later blocks; UAX 31, 2.3): elsewhere, in emoji and at the edges of words, they are taken away.
_JOINING = "\u0600-\u18af\ua800-\uabff\U00010a00-\U00011fff"
_STRAY_JOINER = re.compile(rf"[\u200c\u200d](?![{_JOINING}])|(?<![{_JOINING}])[\u200c\u200d]")
# Characters of a label that fastText takes for separators or a reader does not see.
_UNSEEN_IN_LABELS = re.compile("[\0\u200b\ufeff]")
# A line without any of these needs no search with the expression above.
_STRAY = (" '", "' ", "''")
# A full stop, perhaps a closing quote, a space, and then something that begins a sentence; or a full-width full stop.
_SENTENCE_END = re.compile(
    r"[.!?\u2026](?<![.!?\u2026]{2})[.!?\u2026]*+[\"'\u201d\u2019)\]\u00bb]*+\s++(?=[\"'\u201c\u2018(\[\u00ab\u00bf\u00a1]*[^\W_a-z])"
    r"|[\u3002\uff01\uff1f\u0964]++[\u300d\u300f\"']*"
)
# A full stop after these, or after a single letter, ends no sentence. Words that end real ones (sat, sun, no, mar) are not here.
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof sr jr st mt vs etc vol eq al inc ltd co corp dept gen col lt sgt capt rev hon gov sen rep "
        "jan feb apr jun jul aug sept oct nov dec tue wed thu fri e.g i.e cf ca approx",
    )
)
# Those without full stops within them.
WHOLE_ABBREVIATIONS = tuple(sorted(each for each in _ABBREVIATIONS if "." not in each))
# Most abbreviations have no more letters, and no letter has more bytes.
_SHORT = 4
# An abbreviation is shorter than this.
ABBREVIATION_WINDOW = 64
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
        language: one of `lower_case.LANGUAGES`, whose lower case is its own; "" for all others.
    """

    lower: bool = True
    numbers: Numbers = Numbers.KEEP
    punctuation: Punctuation = Punctuation.DROP
    form: Literal["NFC", "NFD", "NFKC", "NFKD"] = "NFKC"
    language: str = ""
    _table: _Characters = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", _Characters(self.numbers, self.punctuation))

    def __reduce__(self) -> tuple[object, ...]:
        return Normaliser, (self.lower, self.numbers, self.punctuation, self.form, self.language)

    @property
    def recipe(self) -> str:
        """What is done to a text, in words: what looks words up, or adds to a corpus later, has to do the same."""
        case = f"lower case{f' of {lower_case.LANGUAGES[self.language]}' if self.language else ''}" if self.lower else "capitals kept"
        numbers = {Numbers.KEEP: "digits kept", Numbers.DROP: "digits dropped", Numbers.SPELL: "digits spelt out"}[self.numbers]
        split = self.punctuation is Punctuation.SPLIT
        return f"{self.form}, {case}, {numbers}, punctuation {'as words' if split else 'dropped'}"

    def words(self, text: str) -> str:
        """The words of a text, joined by single spaces; words that begin with ``__label__`` stay as they are."""
        labels = [label_of(each) for each in LABEL_TOKEN.findall(text)] if LABEL in text else []
        plain = self.lines(LABEL_TOKEN.sub(" ", text)) if labels else self.lines(text)
        return " ".join(each for each in (*labels, *plain) if each)

    def lines(self, text: str) -> list[str]:
        """The words of each line of a text without labels. One call for many lines is much faster than one call a line."""
        if not text.isascii():
            text = unicodedata.normalize(self.form, text)
        if self.lower:
            text = lower_case.lower(text, self.language)
        text = text.translate(self._table)
        if not text.isascii():
            text = self._without_strays(text)
        return [self._joined(line.split()) for line in text.split("\n")]

    def _without_strays(self, text: str) -> str:
        """A text without joiners and combining marks that belong to no letter, as emoji leave them behind."""
        if "\u200d" in text or "\u200c" in text:
            text = _STRAY_JOINER.sub("", text)
        marks = self._table.marks
        if marks is not None:
            text = marks.sub("", text)
        # Lower case and what was taken away may have brought characters together that compose.
        return unicodedata.normalize(self.form, text)

    def _joined(self, words: list[str]) -> str:
        line = " ".join(words)
        if "'" not in line or not any(stray in f" {line} " for stray in _STRAY):
            return line
        return " ".join(self.without_stray_apostrophes(line).split())

    def image(self, character: str) -> str:
        """What one character becomes, after its normal form and lower case, and before what its neighbours do to it."""
        return self._table[ord(character)]

    def without_stray_apostrophes(self, text: str) -> str:
        """A text with spaces, or with words of their own, in place of apostrophes that are not between two letters."""
        return _STRAY_APOSTROPHE.sub(" ' " if self.punctuation is Punctuation.SPLIT else " ", text)


_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B, 0x180C, 0x180D, 0x180F)))


class _Characters(dict[int, str]):
    """What each character becomes; filled when a character is first met, so that only characters that occur take space."""

    def __init__(self, numbers: Numbers, punctuation: Punctuation) -> None:
        self._numbers = numbers
        self._punctuation = punctuation
        self._marks: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    @property
    def marks(self) -> re.Pattern[str] | None:
        """Finds combining marks at the beginning of a word or behind an apostrophe, of those met so far; None without any."""
        if self._pattern is None and self._marks:
            self._pattern = re.compile(rf"(?<![^\s'])[{re.escape(''.join(sorted(self._marks)))}\u200c\u200d]+")
        return self._pattern

    def __missing__(self, code: int) -> str:
        self[code] = self._becomes(chr(code))
        return self[code]

    def _becomes(self, character: str) -> str:
        kind = unicodedata.category(character)
        if kind[0] == "N":
            return self._number(character)
        if kind[0] == "M":
            return self._mark(character, kind)
        # One of them is a letter to Unicode (U+02BC, which Ukrainian is written with).
        if character in APOSTROPHES:
            return "'"
        if kind[0] == "L" or character in "\n\u200c\u200d":
            return character
        if kind == "Cf" and character != "\u200b":
            # Format characters (soft hyphen, word joiner) are inside words and invisible; U+200B is a word boundary (UAX 29, WB4).
            return ""
        printable = kind[0] in "PS"
        return f" {character} " if printable and self._punctuation is Punctuation.SPLIT else " "

    def _mark(self, character: str, kind: str) -> str:
        # Neither variation selectors nor enclosing marks (keycaps) make another word.
        if character in _VARIATION_SELECTORS or kind == "Me":
            return ""
        self._marks.add(character)
        self._pattern = None
        return character

    def _number(self, character: str) -> str:
        if self._numbers is Numbers.KEEP:
            return character
        value = unicodedata.digit(character, -1)
        return f" {_DIGITS[value]} " if self._numbers is Numbers.SPELL and value >= 0 else " "


def sentences(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph, by its full stops, question and exclamation marks; no text is lost."""
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        if paragraph[end.start()] == "." and abbreviates(paragraph[max(start, end.start() - ABBREVIATION_WINDOW) : end.start()]):
            continue
        yield paragraph[start : end.end()]
        start = end.end()
    yield paragraph[start:]


def doubtful_stop(word: str, terminator: str, space: str, letters: Sequence[tuple[str, int]]) -> str:
    """An expression for a full stop, the first of its kind in a row, that may belong to an abbreviation: `abbreviates` tells.

    It fails early where it fails, and begins with a literal character, so that it is found at the speed of memory.

    Args:
        word: an expression for a character of a word.
        terminator: one for a character that ends sentences.
        space: one for white space, behind which a full stop belongs to the word before.
        letters: some for one letter, and how many characters, or bytes, each has.
    """

    def those_of(length: int) -> str:
        words = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in each) for each in WHOLE_ABBREVIATIONS if len(each) == length)
        return rf"(?<!{word}{'[^.]' * length}\.)(?<=(?:{words})\.)"

    lengths = sorted(set(map(len, WHOLE_ABBREVIATIONS)))
    # One letter alone, as all initials end, or the letters of an abbreviation.
    tails = [rf"(?<!{word}{'[^.]' * length}\.)(?<={letter}\.)" for letter, length in letters]
    tails.append(rf"(?<={space}\.)")
    tails += [those_of(length) for length in lengths if length <= _SHORT]
    # Most words are longer than most abbreviations, which is seen at once.
    short = rf"(?<!{word * (_SHORT + 1)}\.)(?:{'|'.join(tails)})"
    return rf"\.(?<!{terminator}\.)(?:{'|'.join([short, *(those_of(length) for length in lengths if length > _SHORT)])})"


def abbreviates(before: str) -> bool:
    """Whether a full stop belongs to an abbreviation or an initial.

    Args:
        before: the sentence before the full stop, of which no more than the last `ABBREVIATION_WINDOW` characters.
    """
    last = (before.rsplit(None, 1) or [""])[-1].lstrip("(\"'[").lower()
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
    return LABEL + "_".join(_UNSEEN_IN_LABELS.sub(" ", value.removeprefix(LABEL)).split())
