"""Distinct words and their counts, numbered in order of first appearance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits, Bytes
from ..errors import UserError
from ..kernels.hash_table import MAX_ENTRIES, PADDING, merge, read_counts, rehash
from ..kernels.tokenizer import new_token_batch, scan

_INITIAL_SLOTS = 65_536


@dataclass
class WordList:
    """Distinct words.

    Attributes:
        offsets: where entry n begins in `text`; offsets[n + 1] is where it ends.
        text: the bytes of all entries one after another.
        entries: how many there are.
    """

    offsets: NDArray[np.int64]
    text: Bytes
    entries: int

    def word(self, entry: int) -> bytes:
        """The bytes of an entry."""
        return self.text[self.offsets[entry] : self.offsets[entry + 1]].tobytes()

    def words(self, entries: NDArray[np.integer[Any]]) -> list[bytes]:
        """The bytes of many entries."""
        text = self.text[: self.offsets[self.entries]].tobytes()
        starts, stops = self.offsets[entries].tolist(), self.offsets[1:][entries].tolist()
        return [text[start:stop] for start, stop in zip(starts, stops, strict=True)]

    def find(self, prefix: bytes, *, whole: bool) -> NDArray[np.int64]:
        """The entries that begin with `prefix`, or that are it."""
        lengths = np.diff(self.offsets[: self.entries + 1])
        entries = np.flatnonzero(lengths == len(prefix) if whole else lengths >= len(prefix))
        for k, byte in enumerate(prefix):
            entries = entries[self.text[self.offsets[entries] + k] == byte]
        return entries


@dataclass
class CountedWords(WordList):
    """Distinct words that are all counted.

    Attributes:
        totals: how often each was seen.
    """

    totals: NDArray[np.int64]

    def counts(self) -> NDArray[np.int64]:
        """How often each entry was seen."""
        return self.totals


@dataclass
class WordTable(WordList):
    """Distinct words in order of first appearance, with their counts.

    Attributes:
        slots: key, value, key, value, ...; at most half full.
    """

    slots: Bits

    @classmethod
    def empty(cls, shares: int = 1) -> "WordTable":
        """A table without words, with the usual room or a share of it."""
        slots = max(2, _INITIAL_SLOTS // shares)
        return cls(np.zeros(slots // 2 + 1, np.int64), np.zeros(PADDING, np.uint8), 0, np.zeros(2 * slots, np.uint64))

    @classmethod
    def of(cls, words: CountedWords) -> "WordTable":
        """A table of the same words, to which more can be added."""
        table = cls.empty()
        table.merge_words(words.text, words.offsets, words.totals)
        return table

    def clear(self) -> None:
        """Forget all words, but keep the room for them."""
        self.slots[:] = 0
        self.entries = 0

    def grow(self) -> None:
        """Make room for four times as many words.

        Raises:
            UserError: when there would be more than a slot can number.
        """
        raise_if_too_many(self.entries + 1)
        slots = np.zeros(4 * len(self.slots), np.uint64)
        rehash(self.slots, slots)
        self.slots = slots
        self.offsets = np.concatenate([self.offsets, np.zeros(len(slots) // 4 + 1 - len(self.offsets), np.int64)])

    def reserve(self, size: int) -> None:
        """Make room for that many bytes of new words."""
        used = int(self.offsets[self.entries])
        if len(self.text) < used + size + PADDING:
            text = np.zeros(max(used + size + PADDING, 2 * len(self.text)), np.uint8)
            text[:used] = self.text[:used]
            self.text = text

    def counts(self) -> NDArray[np.int64]:
        """How often each entry was seen."""
        counts = np.zeros(self.entries, np.int64)
        read_counts(self.slots, counts)
        return counts

    def merge(self, other: "WordList", counts: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int32]:
        """Add the chosen words of another table and their counts; gives this table's entry of each chosen one."""
        lengths = other.offsets[chosen + 1] - other.offsets[chosen]
        return self._merge(other.text, other.offsets[: other.entries + 1], counts, chosen, int(lengths.sum()))

    def merge_words(self, text: Bytes, offsets: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int32]:
        """Add words that begin at `offsets` of `text`, with PADDING readable bytes after the last; gives this table's entry of each."""
        return self._merge(text, offsets, counts, np.arange(len(counts)), int(offsets[len(counts)]))

    def _merge(
        self, text: Bytes, offsets: NDArray[np.int64], counts: NDArray[np.int64], chosen: NDArray[np.int64], size: int
    ) -> NDArray[np.int32]:
        self.reserve(size)
        here, done = np.zeros(len(chosen), np.int32), 0
        while True:
            # Most words of a text are in both tables: room for all of them would be up to eight times what is needed.
            done, self.entries = merge(text, offsets, counts, chosen, here, done, self.slots, self.offsets, self.text, self.entries)
            if done == len(chosen):
                return here
            self.grow()

    def add(self, buffer: Bytes, stop: int, out: NDArray[np.int32]) -> tuple[int, int]:
        """Add the words of buffer[:stop], which ends with a separator and has PADDING readable bytes after it.

        `out` receives an entry number for each word and END_OF_LINE for each newline (it must be as long as `stop`); gives how many
        numbers it received, and how many of them are words.
        """
        self.reserve(stop)
        position = written = words = 0
        batch = new_token_batch()
        while True:
            position, written, more, self.entries = scan(
                buffer, position, stop, out, written, self.slots, self.offsets, self.text, self.entries, batch
            )
            words += more
            if position >= stop:
                return written, words
            self.grow()


def raise_if_too_many(words: int) -> None:
    """Raise when there are more words than a slot can number.

    Raises:
        UserError: there are.
    """
    if words > MAX_ENTRIES:
        raise UserError(
            f"The text has more than {MAX_ENTRIES:,} different words, more than can be numbered. It is hardly text: "
            "separate words by spaces, and drop what is no word."
        )
