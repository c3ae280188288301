"""One text read by several hosts: each scans its share of the bytes, and all get the vocabulary of the whole.

The text's words are counted as if one host had read it: shares are merged in their order, so that even ties are broken alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes
from ..kernels.hash_table import PADDING
from ..network.group import Group
from .scanning import Progress, all_words, scan_files, write_stream
from .vocabulary import Corpus, TokenStream, Vocabulary, joined, number_words
from .word_table import WordTable


@dataclass(frozen=True)
class Share:
    """A host's share of a text.

    Attributes:
        corpus: the vocabulary of the whole text, and the tokens of the share.
        words: running words of the vocabulary in the share.
    """

    corpus: Corpus
    words: int


def read_share(paths: Sequence[Path], group: Group, *, min_count: int, threads: int, progress: Progress | None = None) -> Share:
    """Read this host's share of the files, which every host has whole; cuts are between words.

    Args:
        paths: plain text files of any size, the same on every host.
        group: all hosts; each has to call this.
        min_count: words seen less often in the whole text are dropped.
        threads: how many threads read.
        progress: called with the number of words of the share read so far.

    Raises:
        UserError: nothing is left to train on.
        EngineError: another host has ended.
    """

    def heeded(words: int) -> None:
        group.raise_if_ended()
        if progress is not None:
            progress(words)

    with scan_files(paths, threads, heeded, share=(group.rank, group.size)) as parts:
        words, entries = all_words(parts)
        table = words if isinstance(words, WordTable) else WordTable.of(words)
        counts = table.counts()
        if group.rank == 0:
            vocabulary, ids = _number_for_all(table, group, min_count, paths)
        else:
            vocabulary, ids = _number_by_master(table, counts, group)
        tokens = TokenStream.of(write_stream(parts, ids[entries]), np.empty(0, np.uint32))
        return Share(Corpus(vocabulary, tokens), int(counts[ids >= 0].sum()))


def _number_for_all(table: WordTable, group: Group, min_count: int, paths: Sequence[Path]) -> tuple[Vocabulary, NDArray[np.int32]]:
    """On the master: the vocabulary of all shares, and what each word of this host's table is in it; every host is told the same."""
    own = table.entries
    entries = [table.merge_words(*_receive_words(group, rank)) for rank in range(1, group.size)]
    vocabulary, ids = number_words(table, min_count=min_count, paths=paths)
    group.broadcast([_numbers(np.array([len(vocabulary.words), vocabulary.total_words], np.int64))])
    text, offsets = joined(vocabulary.words)
    for numbers in (offsets, text, vocabulary.counts):
        group.broadcast([_numbers(numbers)])
    for rank, found in enumerate(entries, 1):
        group.exchange(to=rank, parts=[_numbers(ids[found])])
    return vocabulary, ids[:own]


def _number_by_master(table: WordTable, counts: NDArray[np.int64], group: Group) -> tuple[Vocabulary, NDArray[np.int32]]:
    """On every other host: the same, from the master."""
    offsets = table.offsets[: table.entries + 1]
    for numbers in (offsets, table.text[: offsets[-1]], counts):
        group.exchange(to=0, parts=[_numbers(numbers)])
    words, total = np.frombuffer(group.broadcast([]), np.int64).tolist()
    starts = np.frombuffer(group.broadcast([], allowed=_just(8 * (words + 1))), np.int64).tolist()
    text = bytes(group.broadcast([], allowed=_just(starts[-1])))
    kept = np.frombuffer(group.broadcast([], allowed=_just(8 * words)), np.int64)
    ids = np.frombuffer(group.exchange(source=0, allowed=_just(4 * table.entries)), np.int32)
    names = [text[start:stop] for start, stop in pairwise(starts)]
    return Vocabulary(names, kept, total, [], np.empty(0, np.int64)), ids


def _receive_words(group: Group, rank: int) -> tuple[Bytes, NDArray[np.int64], NDArray[np.int64]]:
    """The words of another host's table: their text, where each begins and the last ends, and their counts."""
    offsets = np.frombuffer(group.exchange(source=rank, allowed=lambda length: length % 8 == 0), np.int64)
    text = np.zeros(offsets[-1] + PADDING, np.uint8)
    text[: offsets[-1]] = np.frombuffer(group.exchange(source=rank, allowed=_just(int(offsets[-1]))), np.uint8)
    return text, offsets, np.frombuffer(group.exchange(source=rank, allowed=_just(8 * (len(offsets) - 1))), np.int64)


def _numbers(numbers: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(numbers).data


def _just(size: int) -> Callable[[int], bool]:
    return lambda length: length == size
