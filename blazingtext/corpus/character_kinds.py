"""What each character is to machine code, and what becomes of it: asked of the definition, by the page.

`normaliser.Normaliser` and `normaliser.sentences` are the definition. A character is strange when what becomes of it depends on neighbours
that machine code does not look at: its word is left to the definition.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

from .normaliser import JOINERS, Normaliser
from .sentence_ends import BEGINS, CLOSING, OPENING, SENTENCE, STOP_CLOSING, STOPS, TERMINATORS, WORD

# White space is what `str.isspace` says, but for newlines.
TERMINATOR, CLOSING_SIGN, SPACE, OPENING_SIGN, BEGINS_SENTENCE, STOP, STOP_CLOSING_SIGN = (1 << place for place in range(7))
# In lower case one character of a word, as initials have; and one letter.
INITIAL, LETTER = (1 << place for place in range(7, 9))
# Becomes letters and digits, whatever is before it; or does where one of those is before it: a mark.
PLAIN, FOLLOWS = (1 << place for place in range(9, 11))
# A mark, which vanishes at the beginning of a word; one that stays as it is; one that is left to the definition.
MARK, SAME, STRANGE = (1 << place for place in range(11, 14))
# May compose with a character behind it, or before it.
FIRST, SECOND = (1 << place for place in range(14, 16))
# Of a page that has not been asked for.
UNKNOWN = 1 << 16
# Where the canonical combining classes of the first and the last character of its decomposition are, a byte each.
FIRST_CLASS, LAST_CLASS = 24, 32
# Where machine code keeps the bytes of what becomes of a character.
LENGTH = 40

PAGE = 64
# Bytes of the longest image that is kept.
LONGEST_IMAGE = 15
# No character composes with it or changes its case; it is on both sides of a character whose image is looked for.
_BASE = "\u0e01"
_SIGMA = "\u03a3"
_LEADING, _VOWELS, _TRAILING = range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3)
# Where composites are: not among ideographs, syllables and characters of private use, nor beyond the second plane.
_WITH_COMPOSITES = (range(0x3100), range(0xA000, 0xAC00), range(0xF900, 0x20000))


class CharacterKinds:
    """Characters of a normaliser.

    Args:
        normaliser: the definition; one that `alphabets.Alphabet` serves.
    """

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser

    def page(self, number: int) -> Iterator[tuple[int, bytes]]:
        """The kinds of the characters of a page, sums of the numbers above, and what becomes of each, in UTF-8.

        Args:
            number: that of the page; `PAGE` characters are on one.
        """
        characters = [chr(code) for code in range(number * PAGE, (number + 1) * PAGE)]
        probes = "\n".join(_BASE + ("" if each == "\n" else each) + _BASE for each in characters)
        for character, line in zip(characters, self._normaliser.lines(probes), strict=True):
            yield self._known(character, line[1:-1], line[:1] == line[-1:] == _BASE)

    def _known(self, character: str, image: str, is_apart: bool) -> tuple[int, bytes]:
        if character in {"\n", SENTENCE}:
            return 0, b""
        normal = unicodedata.normalize(self._normaliser.form, character)
        kind = _of_sentences(character) | self._of_composing(character, normal, image)
        encoded = image.encode("utf-8", "replace")
        marks = [unicodedata.category(each)[0] == "M" for each in image]
        surrogate = 0xD800 <= ord(character) < 0xE000
        unfit = len(encoded) > LONGEST_IMAGE or (any(marks[:1]) and not all(marks)) or surrogate
        if unfit or not is_apart or {_SIGMA, *JOINERS}.intersection(normal):
            return kind | STRANGE, b""
        kind |= SAME * (image == character) | MARK * any(marks[:1])
        in_words = image and not {" ", "'"}.intersection(image) and not kind & (SECOND | TERMINATOR | STOP | SPACE | 255 << FIRST_CLASS)
        if in_words and not kind & MARK:
            kind |= PLAIN
        elif in_words and not kind >> LAST_CLASS:
            kind |= FOLLOWS
        return kind, encoded

    def _of_composing(self, character: str, normal: str, image: str) -> int:
        firsts, seconds = _composing()
        decomposed = unicodedata.normalize("NFKD", character)
        changed = unicodedata.normalize("NFKD", image)
        kind = unicodedata.combining(decomposed[0]) << FIRST_CLASS | unicodedata.combining(decomposed[-1]) << LAST_CLASS
        if not firsts.isdisjoint(normal + decomposed + changed):
            kind |= FIRST
        if not seconds.isdisjoint((character, decomposed[0], changed[:1])):
            kind |= SECOND
        return kind


def _of_sentences(character: str) -> int:
    """What a character is to the ends of sentences and to abbreviations."""
    lowered = character.lower()
    told = (
        (TERMINATOR, character in TERMINATORS),
        (CLOSING_SIGN, character in CLOSING),
        (SPACE, character.isspace()),
        (OPENING_SIGN, character in OPENING),
        (BEGINS_SENTENCE, BEGINS.match(character)),
        (STOP, character in STOPS),
        (STOP_CLOSING_SIGN, character in STOP_CLOSING),
        (INITIAL, WORD.fullmatch(lowered)),
        (LETTER, len(lowered) == 1 and lowered.isalpha()),
    )
    return sum(flag for flag, is_one in told if is_one)


@cache
def _composing() -> tuple[frozenset[str], frozenset[str]]:
    """The characters that compose with one behind them, and those that do with one before them."""
    pairs = [unicodedata.decomposition(chr(code)).split() for part in _WITH_COMPOSITES for code in part]
    canonical = [[chr(int(each, 16)) for each in pair] for pair in pairs if len(pair) == 2 and pair[0][0] != "<"]
    firsts = {first for first, _ in canonical} | set(map(chr, _LEADING))
    return frozenset(firsts), frozenset({second for _, second in canonical} | set(map(chr, (*_VOWELS, *_TRAILING))))


def pages_of(text: str) -> set[int]:
    """The numbers of the pages of a text's characters."""
    return {ord(each) // PAGE for each in set(text)}
