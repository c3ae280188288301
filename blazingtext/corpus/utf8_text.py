"""Text in Latin letters, normalised as the UTF-8 that it is: ASCII by a table, what is changed of the rest by stand-ins of one byte.

`normaliser.Normaliser` and `normaliser.sentences` are the definition; the tables are asked of them. A character that looks at its
neighbours, or becomes several, is hard: its word is normalised by the definition, once, and what came of it stands in the text. Lines with
a word that nothing can stand for are left to others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from .alphabets import looks_around
from .byte_tables import ByteTables
from .foreign_words import ForeignWords
from .normaliser import JOINERS, Normaliser
from .sentence_ends import BEGINS, CLOSING, OPENING, SENTENCE, TERMINATORS, WORD, ByteClasses

# Control characters that no text has; one that has them is hard.
_STAND_INS = bytes([*range(1, 9), *range(14, 27)])
_CONTROLS = frozenset(_STAND_INS.decode())
_ASCII = bytes(sorted({*range(128)} - {*_STAND_INS}))
# Latin, Greek and Cyrillic letters, and signs: the scripts of which some characters occur in every text. Jamo, which compose, are not here.
_LOOKED_AT = (range(0x80, 0x530), range(0x1E00, 0x2C00))
_NON_ASCII = frozenset(range(0x80, 0x100))
_LETTERS = (
    (r"[0-9A-Za-z_]", 1),
    (r"[\xc2-\xdf][\x80-\xbf]", 2),
    (r"[\xe0-\xef][\x80-\xbf][\x80-\xbf]", 3),
    (r"[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf]", 4),
)
# Of so many bytes, the first bytes of fewer characters are looked at one by one.
_RARE = 500


class Utf8Text:
    """Text in UTF-8 whose characters the normaliser treats by themselves.

    Args:
        normaliser: the definition of what becomes of them; one that `alphabets.Alphabet` serves.
    """

    def __init__(self, normaliser: Normaliser) -> None:
        characters = [chr(code) for part in _LOOKED_AT for code in part]
        images = dict(zip(characters, _images(characters, normaliser), strict=True))
        known = {each: image for each, image in images.items() if image is not None and not looks_around(each, normaliser)}
        self._kinds: dict[tuple[bool, bool, bool, str], int] = {}
        stand_ins = {each: self._stand_in(each, image) for each, image in known.items()}
        self._changed = {each: stand_in for each, stand_in in stand_ins.items() if stand_in is not None and stand_in != each.encode()}
        self._easy = {each for each, image in known.items() if stand_ins[each] is not None or each == image}
        leads: dict[int, list[bytes]] = {}
        for each in self._changed:
            leads.setdefault(each.encode()[0], []).append(each.encode())
        # Each begins with one literal byte, which is found at the speed of memory.
        self._patterns = {lead: re.compile(re.escape(bytes([lead])) + _tails(group)) for lead, group in leads.items()}
        ascii_images = [normaliser.image(chr(code)) for code in range(128)]
        lowered = [image.lower() if normaliser.lower else image for image in ascii_images]
        table = dict(enumerate(map(ord, lowered))) | {ord(each): ord(each) for each in ("\n", SENTENCE)}
        dropped = bytes(byte for (_, _, _, image), byte in self._kinds.items() if not image)
        table |= {byte: ord(image) for (_, _, _, image), byte in self._kinds.items() if image}
        becomes = bytes(table.get(code, code) for code in range(256))
        self._tables = ByteTables(self._classes(), "utf-8", becomes, dropped)
        self._words = ForeignWords(normaliser, {byte: image for (_, _, _, image), byte in self._kinds.items()})

    def _stand_in(self, character: str, image: str) -> bytes | None:
        """What stands for a character until sentences are found; None when nothing can."""
        if WORD.match(character):
            same = image.isalpha() == character.isalpha() and WORD.match(image) and BEGINS.match(image)
            return image.encode() if same and len(image) == 1 else None
        if character.isspace():
            return b" " if image == " " else None
        if image not in {"", " ", "'"}:
            return None
        kind = (character in TERMINATORS, character in CLOSING, character in OPENING, image)
        return bytes([self._kinds.setdefault(kind, _STAND_INS[len(self._kinds)])])

    def _classes(self) -> ByteClasses:
        ascii_ = range(128)

        def with_stand_ins(characters: str, place: int) -> list[int]:
            return [code for code in ascii_ if chr(code) in characters] + [byte for kind, byte in self._kinds.items() if kind[place]]

        return ByteClasses(
            word={code for code in ascii_ if WORD.match(chr(code))} | _NON_ASCII,
            terminator=with_stand_ins(TERMINATORS, 0),
            closing=with_stand_ins(CLOSING, 1),
            space=[code for code in ascii_ if chr(code).isspace() and chr(code) not in {"\n", SENTENCE}],
            opening=with_stand_ins(OPENING, 2),
            begins={code for code in ascii_ if BEGINS.match(chr(code))} | _NON_ASCII,
            letters=_LETTERS,
        )

    def eased(self, data: bytes, others: bytes) -> tuple[bytes, list[int]]:
        """A text with stand-ins for what needs one, and the numbers, from 0, of the lines with a word that nothing can stand for.

        Args:
            data: the text; a newline ends each line.
            others: the same without most of ASCII, from `beyond_ascii`.
        """
        if not others:
            return data, []
        present = set(others.decode())
        strange = present - self._easy
        controls = strange & _CONTROLS
        lines = _lines_with(data, _places(data, {ord(each) for each in controls}))
        data = self._changed_in(data, others, present)
        if strange - controls:
            data, unformed = self._words.formed(data, _places_of(data, strange - controls))
            lines += _lines_with(data, unformed)
        return data, sorted(set(lines))

    def _changed_in(self, data: bytes, others: bytes, present: set[str]) -> bytes:
        """A text with stand-ins in place of the characters that have one."""
        changed = {each.encode(): self._changed[each] for each in present if each in self._changed}
        rare: set[bytes] = set()
        for lead in {each[0] for each in changed}:
            if others.count(lead) * _RARE < len(data):
                rare |= {each for each in changed if each[0] == lead}
            else:
                data = self._patterns[lead].sub(lambda found: changed[found[0]], data)
        parts: list[bytes] = []
        done = 0
        for place, character in _found(data, rare):
            parts += data[done:place], changed[character]
            done = place + len(character)
        return b"".join((*parts, data[done:]))

    def normalised(self, data: bytes, *, split: bool) -> bytes:
        """The words of a text that was `eased`, in lines as they were; single spaces between words, and perhaps around line ends.

        Args:
            data: the text; a newline ends each line.
            split: put `SENTENCE` between the sentences of a line.
        """
        return self._tables.normalised(data, split=split)


def beyond_ascii(data: bytes) -> bytes:
    """A text without what is plain in ASCII: the rare is searched where there is little to search."""
    return data.translate(None, _ASCII)


@cache
def utf8_text(normaliser: Normaliser) -> Utf8Text:
    """What normalises Latin letters as a normaliser does; made once."""
    return Utf8Text(normaliser)


def _images(characters: list[str], normaliser: Normaliser) -> Iterator[str | None]:
    """What becomes of each character between letters; None for joiners, which look at their neighbours."""
    lines = normaliser.lines("\n".join(f"a{each}a" for each in characters))
    for character, line in zip(characters, lines, strict=True):
        yield None if character in JOINERS or unicodedata.category(character)[0] == "M" else line[1:-1]


def _tails(group: list[bytes]) -> bytes:
    """An expression for what follows the first byte of some characters."""
    if len(group[0]) == 2:
        return b"[" + b"".join(rb"\x%02x" % each[1] for each in group) + b"]"
    seconds: dict[int, list[int]] = {}
    for each in group:
        seconds.setdefault(each[1], []).append(each[2])
    parts = (rb"\x%02x[%b]" % (second, b"".join(rb"\x%02x" % third for third in thirds)) for second, thirds in seconds.items())
    return b"(?:" + b"|".join(parts) + b")"


def _places(data: bytes, leads: Iterable[int]) -> list[int]:
    """Where one of some bytes is."""
    places: list[int] = []
    for lead in leads:
        place = data.find(lead)
        while place >= 0:
            places.append(place)
            place = data.find(lead, place + 1)
    return sorted(places)


def _found(data: bytes, characters: Collection[bytes]) -> Iterator[tuple[int, bytes]]:
    """Where some characters are, and which."""
    lengths = {each[0]: len(each) for each in characters}
    for place in _places(data, lengths):
        character = data[place : place + lengths[data[place]]]
        if character in characters:
            yield place, character


def _places_of(data: bytes, characters: Collection[str]) -> list[int]:
    return [place for place, _ in _found(data, {each.encode() for each in characters})]


def _lines_with(data: bytes, places: Iterable[int]) -> list[int]:
    """The numbers of the lines that have some places."""
    return [data.count(b"\n", 0, place) for place in places]
