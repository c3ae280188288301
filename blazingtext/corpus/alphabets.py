"""Text whose characters are single bytes, normalised by tables and expressions over bytes: the fast way for most alphabets.

`normaliser.Normaliser` and `normaliser.sentences` are the definition; the tables are asked of them, and what they do to a character
because of its neighbours is not done here: such a character is none of an alphabet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

from .byte_tables import ByteTables
from .normaliser import JOINERS, Normaliser, Numbers, Punctuation
from .sentence_ends import BEGINS, CLOSING, OPENING, SENTENCE, TERMINATORS, WORD, ByteClasses


class Alphabet:
    """The characters of an 8-bit encoding that the normaliser treats by themselves.

    Args:
        normaliser: the definition of what becomes of them; one that `serves`.
        encoding: an encoding of one byte a character whose lower half is ASCII.
    """

    def __init__(self, normaliser: Normaliser, encoding: str) -> None:
        self.encoding = encoding
        images = dict(_images(normaliser, encoding))
        self._members = bytes(images)
        characters = bytes(images).decode(encoding)
        self.characters = frozenset(characters)
        # Finds a character of another alphabet in a text.
        self.foreign = re.compile(f"[^{re.escape(characters)}]")
        table = bytes(images.get(code) or ord(" ") for code in range(256))
        dropped = bytes(code for code, image in images.items() if image is None)
        self._tables = ByteTables(_classes(characters, encoding), encoding, table, dropped)

    @staticmethod
    def serves(normaliser: Normaliser) -> bool:
        """Whether a normaliser makes at most one character of one, in every language."""
        return normaliser.punctuation is Punctuation.DROP and normaliser.numbers is not Numbers.SPELL and not normaliser.language

    def encoded(self, text: str) -> bytes | None:
        """A text's bytes in this alphabet, or None when it has other characters."""
        try:
            data = text.encode("ascii" if text.isascii() else self.encoding)
        except UnicodeEncodeError:
            return None
        return None if data.translate(None, self._members) else data

    def normalised(self, data: bytes, *, split: bool) -> bytes:
        """The words of a text in this alphabet, in lines as they were; single spaces between words, and perhaps around line ends.

        Args:
            data: the text; a newline ends each line.
            split: put `SENTENCE` between the sentences of a line.
        """
        return self._tables.normalised(data, split=split)


def _classes(characters: str, encoding: str) -> ByteClasses:
    def those(wanted: Callable[[str], object]) -> list[int]:
        return [each.encode(encoding)[0] for each in characters if wanted(each)]

    return ByteClasses(
        word=those(WORD.match),
        terminator=those(TERMINATORS.__contains__),
        closing=those(CLOSING.__contains__),
        space=those(lambda each: each.isspace() and each not in {"\n", SENTENCE}),
        opening=those(OPENING.__contains__),
        begins=those(BEGINS.match),
    )


@cache
def alphabet_of(normaliser: Normaliser, encoding: str) -> Alphabet:
    """The alphabet of an encoding; made once."""
    return Alphabet(normaliser, encoding)


def _images(normaliser: Normaliser, encoding: str) -> Iterator[tuple[int, int | None]]:
    """Each byte of an alphabet with the one that it becomes; None where it vanishes."""
    codes = [code for code in range(256) if bytes([code]).decode(encoding, "ignore")]
    characters = [bytes([code]).decode(encoding) for code in codes]
    # A line each: what becomes of a line end is known.
    probes = ["a" if each == "\n" else f"a{each}a" for each in characters]
    for code, character, image in zip(codes, characters, normaliser.lines("\n".join(probes)), strict=True):
        encoded = image[1:-1].encode(encoding, "ignore")
        if character in {"\n", SENTENCE}:
            yield code, code
        elif len(image[1:-1]) == len(encoded) < 2 and not looks_around(character, normaliser):
            yield code, encoded[0] if encoded else None


def looks_around(character: str, normaliser: Normaliser) -> bool:
    """Whether what becomes of a character depends on its neighbours: a joiner, a mark, or one with another lower case at a word's end."""
    if character in JOINERS:
        return True
    marked = any(unicodedata.category(each)[0] == "M" for each in unicodedata.normalize(normaliser.form, character))
    return marked or f"a{character}".lower() != f"a{character}a".lower()[:-1]
