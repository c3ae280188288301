"""Phrases that were found in a corpus: they join its words, and those of a question."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from .phrase_counts import PhraseSettings, Scoring, sentences

# Of the table in a recipe, compressed: about two million phrases.
_MOST = 12_000_000
_MOST_UNPACKED = 1 << 28


@dataclass(frozen=True)
class Phrases:
    """The phrases of a corpus.

    Attributes:
        settings: by which they were found.
        count: how many there are.
        table: each with single spaces between its words, in UTF-8; None where there were too many for a recipe.
    """

    settings: PhraseSettings
    count: int
    table: frozenset[bytes] | None

    @classmethod
    def of(cls, settings: PhraseSettings, found: frozenset[bytes]) -> Phrases:
        """Phrases as they were found."""
        return cls(settings, len(found), found)

    def joiner(self) -> Joiner:
        """What joins words by them.

        Raises:
            ValueError: the table is not at hand.
        """
        if self.table is None:
            raise ValueError("the table of the phrases did not fit into the recipe")
        return Joiner(self.settings, self.table)

    def fitting(self) -> Phrases:
        """These phrases as a recipe takes them: without the table where that is too large."""
        fits = self.table is None or len(_packed(self.table)) <= _MOST
        return self if fits else replace(self, table=None)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"settings": asdict(self.settings), "count": self.count, "table": None if self.table is None else _packed(self.table)}

    @classmethod
    def parse(cls, found: Mapping[str, Any]) -> Phrases:
        """Phrases from the document.

        Raises:
            ValueError: it is none.
        """
        told = dict(found["settings"])
        settings = PhraseSettings(
            int(told["minimum_count"]),
            float(told["threshold"]),
            Scoring(told["scoring"]),
            str(told["delimiter"]),
            tuple(map(str, told["connector_words"])),
            int(told["maximum_vocabulary"]),
        )
        if found["table"] is None:
            return cls(settings, int(found["count"]), None)
        table = frozenset(_unpacked(str(found["table"])).split(b"\n")) - {b""}
        if len(table) != found["count"]:
            raise ValueError("its table of phrases is incomplete")
        return cls(settings, len(table), table)


def _packed(table: frozenset[bytes]) -> str:
    return base64.b64encode(zlib.compress(b"\n".join(sorted(table)), 9)).decode()


def _unpacked(packed: str) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(base64.b64decode(packed, validate=True), _MOST_UNPACKED)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("its table of phrases is damaged") from error
    if not unpacking.eof:
        raise ValueError("its table of phrases is damaged")
    return unpacked


class Joiner:
    """Joins the words of phrases, from left to right.

    Args:
        settings: delimiter and connector words.
        table: the phrases.
    """

    def __init__(self, settings: PhraseSettings, table: frozenset[bytes]) -> None:
        self._delimiter = settings.delimiter.encode()
        self._connectors = frozenset(each.encode() for each in settings.connector_words)
        self._table = table

    def line(self, line: bytes) -> tuple[bytes, list[bytes]]:
        """A line with its phrases joined, labels as they are, and the phrases, each as often as it was joined."""
        words: list[bytes] = []
        joined: list[bytes] = []
        for is_labels, run in sentences(line):
            words += run if is_labels else self._sentence(run, joined)
        return b" ".join(words), joined

    def _sentence(self, words: Sequence[bytes], joined: list[bytes]) -> Sequence[bytes]:
        """The words of a sentence, phrases joined; what was joined is added to a list."""
        connectors, table = self._connectors, self._table
        if connectors.isdisjoint(words) and table.isdisjoint(map(b" ".join, pairwise(words))):
            return words
        found: list[bytes] = []
        # A word that may begin a phrase, and the connector words behind it.
        waiting: list[bytes] = []
        for word in words:
            if word in connectors:
                (waiting or found).append(word)
                continue
            waiting.append(word)
            if len(waiting) > 1 and b" ".join(waiting) in table:
                found.append(self._delimiter.join(waiting))
                joined.append(found[-1])
                waiting = []
            else:
                found += waiting[:-1]
                waiting = [word]
        return found + waiting
