"""Words of other scripts within a text in Latin letters: each is normalised by the definition once, and what came of it stands in the text.

What stands for a word has to look the same to what finds the ends of sentences and abbreviations around it; where it cannot, nothing does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from .normaliser import ABBREVIATION_WINDOW, Normaliser, abbreviates
from .sentence_ends import BEGINS, CLOSING, OPENING, STOPS, TERMINATORS

# Longer words are left alone: within these, an abbreviation is seen whole.
_LONGEST = ABBREVIATION_WINDOW
# Words that are kept; then all are forgotten.
_MOST = 1 << 16
_EDGES = re.compile(rb"([^0-9A-Za-z\x80-\xff]*)(.*?)([^0-9A-Za-z\x80-\xff]*)", re.DOTALL)
# With any of these between its edges, a word may be several, or end a sentence.
_UNFIT = re.compile(rf"[\s{re.escape(TERMINATORS + STOPS)}{''.join(each for each in CLOSING + OPENING if not each.isascii())}]")
# Its lower case looks at neighbours, even across some signs.
_SIGMA = "\u03a3"


class ForeignWords:
    """What stands for words, looked up.

    Args:
        normaliser: the definition.
        stand_ins: what becomes of bytes that stand for characters.
    """

    def __init__(self, normaliser: Normaliser, stand_ins: Mapping[int, str]) -> None:
        self._normaliser = normaliser
        # A hyphen separates as any of them does, but is no white space.
        self._meant = {byte: "-" if image == " " else image for byte, image in stand_ins.items()}
        self._dropped = {byte for byte, image in stand_ins.items() if not image}
        self._forms: dict[bytes, bytes | None] = {}

    def formed(self, data: bytes, places: Iterable[int]) -> tuple[bytes, list[int]]:
        """A text in which words are replaced by what stands for them, and where a word is in it that nothing can stand for.

        Args:
            data: the text, with stand-ins for the characters that have one.
            places: a place in each of the words, in order; some may be in the same.
        """
        parts: list[bytes] = []
        unformed: list[int] = []
        done = length = 0
        for place in places:
            if place < done:
                continue
            start = max(data.rfind(each, done, place) for each in (b" ", b"\n")) + 1 or done
            end = min(len(data) if (found := data.find(each, place)) < 0 else found for each in (b" ", b"\n"))
            word = data[start:end]
            form = self._form(word)
            if form is None:
                unformed.append(length + start - done)
                form = word
            parts += data[done:start], form
            length += start - done + len(form)
            done = end
        return b"".join((*parts, data[done:])), unformed

    def _form(self, word: bytes) -> bytes | None:
        if len(word) > _LONGEST:
            return None
        if word not in self._forms:
            if len(self._forms) >= _MOST:
                self._forms.clear()
            self._forms[word] = self._new(word)
        return self._forms[word]

    def _new(self, word: bytes) -> bytes | None:
        """What stands for a word, between ASCII signs at its edges, which are left as they are."""
        before, core, behind = _EDGES.fullmatch(word).groups()  # type: ignore[union-attr] # it matches everything
        text = core.decode()
        separated = any(self._meant.get(byte) == "-" for byte in core)
        if separated and _SIGMA in unicodedata.normalize(self._normaliser.form, text):
            return None
        text = text.translate(self._meant)
        # An underscore may be part of initials.
        if self._dropped.intersection(core) or b"_" in word or _UNFIT.search(text):
            return None
        image = "-".join(self._normaliser.lines(text)[0].split(" ")) or "-"
        first = text[0]
        if first.isascii() and image[0] in {first, first.lower()}:
            # The table makes it lower case, once sentences are found.
            image = first + image[1:]
        if BEGINS.match(image) and not BEGINS.match(first):
            image = f"-{image}"
        alike = bool(BEGINS.match(first)) == bool(BEGINS.match(image)) and abbreviates(text) == abbreviates(image)
        return before + image.encode() + behind if alike and len(image) <= _LONGEST else None
