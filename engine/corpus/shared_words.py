"""The words that several threads read, in one table that all of them add to: partitions of words by their hash, each with a lock."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..kernels.hash_table import PADDING, copy_words, partition
from .word_table import CountedWords, WordTable, raise_if_too_many

_BITS = 6  # partitions: more than the threads of most machines, so that one seldom waits for another
_PARTITIONS = 1 << _BITS


class SharedWords:
    """Distinct words with their counts and where each came first, whoever adds them and in whatever order.

    A word's code, which threads know it by until all have been read, is its entry in its partition, times the number of partitions, plus
    the partition.
    """

    def __init__(self) -> None:
        self._tables = [WordTable.empty(_PARTITIONS) for _ in range(_PARTITIONS)]
        self._firsts = [np.empty(0, np.int64) for _ in range(_PARTITIONS)]
        self._known = [0] * _PARTITIONS
        self._locks = [threading.Lock() for _ in range(_PARTITIONS)]

    def add(self, table: WordTable, counts: NDArray[np.int64], place: int) -> NDArray[np.int32]:
        """Add the words of a table, the first of which comes at `place` in the order of the text; gives the code of each.

        Raises:
            UserError: there are too many.
        """
        parts = np.zeros(table.entries, np.uint8)
        partition(table.text, table.offsets, _BITS, parts)
        chosen = np.split(np.argsort(parts, kind="stable"), np.cumsum(np.bincount(parts, minlength=_PARTITIONS))[:-1])
        codes = np.zeros(table.entries, np.int32)
        for number in range(_PARTITIONS):
            # Each begins with another partition, so that threads do not queue up for one after the other.
            part = (number + threading.get_ident()) % _PARTITIONS
            if len(chosen[part]):
                with self._locks[part]:
                    codes[chosen[part]] = self._add_to(part, table, counts, chosen[part], place) * _PARTITIONS + part
        raise_if_too_many(sum(each.entries for each in self._tables))
        return codes

    def _add_to(self, part: int, table: WordTable, counts: NDArray[np.int64], chosen: NDArray[np.int64], place: int) -> NDArray[np.int32]:
        entries = self._tables[part].merge(table, counts, chosen)
        known, room = self._known[part], len(self._tables[part].offsets)
        if len(self._firsts[part]) < room:
            firsts = np.empty(room, np.int64)
            firsts[:known] = self._firsts[part][:known]
            self._firsts[part] = firsts
        self._known[part] = self._tables[part].entries
        self._firsts[part][known : self._known[part]] = np.iinfo(np.int64).max
        self._firsts[part][entries] = np.minimum(self._firsts[part][entries], place + chosen)
        return entries

    def joined(self, threads: int) -> tuple[CountedWords, NDArray[np.int32]]:
        """All words in order of first appearance, and the entry of each code among them. Nothing can be added any more."""
        order = np.argsort(np.concatenate([firsts[: table.entries] for firsts, table in zip(self._firsts, self._tables, strict=True)]))
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        ends = np.cumsum([table.entries for table in self._tables]).tolist()
        of_partition = np.split(ranks, ends[:-1])
        entries = np.zeros((max(table.entries for table in self._tables), _PARTITIONS), np.int32)
        offsets, totals = np.zeros(len(order) + 1, np.int64), np.zeros(len(order), np.int64)
        for part, (table, own) in enumerate(zip(self._tables, of_partition, strict=True)):
            entries[: len(own), part] = own
            offsets[own + 1] = np.diff(table.offsets[: table.entries + 1])
            totals[own] = table.counts()
        np.cumsum(offsets, out=offsets)
        text = np.zeros(int(offsets[-1]) + PADDING, np.uint8)

        def copy(part: int) -> None:
            table, self._tables[part] = self._tables[part], WordTable.empty(_PARTITIONS)
            copy_words(table.text, table.offsets, of_partition[part], text, offsets)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(copy, range(_PARTITIONS)))
        return CountedWords(offsets, text, len(order), totals), entries.reshape(-1)
