"""The corpus as numbers: which words there are, how often, and the text as a stream of word ids.

Words are separated as in fastText: by space, tab, vertical tab, form feed, carriage return, newline and NUL; a newline, the end
of a file or the word `</s>` ends a line.
"""

import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bytes
from ..errors import UserError
from ..kernels.constants import END_OF_LINE
from ..kernels.ngrams import hash_words
from .scanning import DROPPED, Progress, all_words, scan_files, write_stream
from .word_table import CountedWords, WordList, WordTable
from .words import END_OF_LINE_WORD, LABEL_PREFIX


@dataclass(frozen=True)
class Vocabulary:
    """The words kept (seen at least min_count times), most frequent first, ties in order of first appearance.

    Attributes:
        words: as they stand in the text, in bytes: a corpus need not be UTF-8.
        counts: how often each occurs, int64.
        total_words: words read, those dropped included, labels and line ends excluded.
        labels: `__label__` words, kept whatever their count, most frequent first; empty for word vectors.
        label_counts: how often each occurs.
    """

    words: list[bytes]
    counts: NDArray[np.int64]
    total_words: int
    labels: list[bytes]
    label_counts: NDArray[np.int64]

    @cached_property
    def ids(self) -> dict[bytes, int]:
        """Each word's row."""
        return {word: row for row, word in enumerate(self.words)}

    @property
    def kept_words(self) -> int:
        """Running words that are in the vocabulary."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class TokenStream:
    """The text as int32, in a temporary file mapped into memory, so that its size costs no memory.

    Value n >= 0 is word n of the vocabulary; -1 ends a line; with labels, -2 - n is label n, and values from the size of the
    vocabulary on are words below min_count, whose hashes word n-grams still need.

    Attributes:
        ids: the stream.
        hashes: with labels, fastText's hash of every word, those below min_count after those of the vocabulary.
    """

    ids: NDArray[np.int32]
    hashes: NDArray[np.uint32]
    _pages: mmap.mmap | None = None

    def release(self) -> None:
        """Give the pages read so far back to the system; they come again when read."""
        if self._pages is not None and hasattr(self._pages, "madvise"):
            self._pages.madvise(mmap.MADV_DONTNEED)

    @classmethod
    def of(cls, pages: mmap.mmap | None, hashes: NDArray[np.uint32]) -> Self:
        """A stream in mapped pages."""
        return cls(np.empty(0, np.int32) if pages is None else np.frombuffer(pages, np.int32), hashes, pages)


@dataclass(frozen=True)
class Corpus:
    """What training reads."""

    vocabulary: Vocabulary
    tokens: TokenStream


def read_corpus(
    paths: Sequence[Path],
    *,
    min_count: int,
    threads: int,
    progress: Progress | None = None,
    labels: bool = False,
    known: Sequence[bytes] = (),
) -> Corpus:
    """Read the files as one text.

    Args:
        paths: plain text files of any size, read in this order.
        min_count: words seen less often are dropped; 0 and 1 keep all.
        threads: how many threads read; the result does not depend on it.
        progress: called from the main thread with the number of words read so far, ten times a second and at the end.
        labels: whether `__label__` words are labels (supervised mode) and `</s>` is a word, as fastText counts.
        known: words that are kept whatever their count; those that the text lacks follow its own, in this order and with count 0.

    Raises:
        UserError: when nothing is left to train on; the message says the remedy.
    """
    with scan_files(paths, threads, progress) as parts:
        table, entries = all_words(parts)
        numbering = _assign_ids(table, min_count=min_count, labels=labels, lines=sum(part.lines for part in parts), known=known)
        _raise_if_empty(numbering.vocabulary, table, min_count, paths)
        return Corpus(numbering.vocabulary, TokenStream.of(write_stream(parts, numbering.ids[entries]), numbering.hashes))


def read_corpus_with(
    vocabulary: Vocabulary, paths: Sequence[Path], *, threads: int, progress: Callable[[int], None] | None = None
) -> Corpus:
    """Read labelled lines in terms of an existing vocabulary; words it lacks get numbers after its own, labels it lacks are left out."""
    with scan_files(paths, threads, progress) as parts:
        table, entries = all_words(parts)
        ids, extra = _known_ids(table, vocabulary)
        pages = write_stream(parts, ids[entries])
        return Corpus(vocabulary, TokenStream.of(pages, _hashes([*vocabulary.words, *extra])))


def _known_ids(table: WordList, vocabulary: Vocabulary) -> tuple[NDArray[np.int32], list[bytes]]:
    """The number of each entry in terms of a vocabulary, and the words it lacks."""
    known, labels = vocabulary.ids, {label: -2 - n for n, label in enumerate(vocabulary.labels)}
    ids = np.empty(table.entries, np.int32)
    extra: list[bytes] = []
    for entry, word in enumerate(table.words(np.arange(table.entries))):
        if word.startswith(LABEL_PREFIX):
            ids[entry] = labels.get(word, DROPPED)
        elif word == END_OF_LINE_WORD:
            ids[entry] = END_OF_LINE
        elif word in known:
            ids[entry] = known[word]
        else:
            ids[entry] = len(known) + len(extra)
            extra.append(word)
    return ids, extra


def number_words(table: WordTable | CountedWords, *, min_count: int, paths: Sequence[Path]) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The vocabulary of a table without labels, and the number of each of its entries in the stream.

    Raises:
        UserError: nothing is left to train on; `paths` are named in the message.
    """
    numbering = _assign_ids(table, min_count=min_count, labels=False, lines=0, known=())
    _raise_if_empty(numbering.vocabulary, table, min_count, paths)
    return numbering.vocabulary, numbering.ids


@dataclass(frozen=True)
class _Numbering:
    vocabulary: Vocabulary
    ids: NDArray[np.int32]
    hashes: NDArray[np.uint32]


def _assign_ids(table: WordTable | CountedWords, *, min_count: int, labels: bool, lines: int, known: Sequence[bytes]) -> _Numbering:
    """Decide which entries are words of the vocabulary, and the number of each entry in the stream."""
    counts = table.counts()
    kind = np.zeros(table.entries, np.int8)
    if labels:
        kind[table.find(LABEL_PREFIX, whole=False)] = 1
    ends = table.find(END_OF_LINE_WORD, whole=True)
    kind[ends] = 2
    order = np.argsort(-counts, kind="stable").astype(np.int32)
    ordinary = order[kind[order] == 0]
    is_kept = _is_kept(table, ordinary, counts[ordinary] >= min_count, known)
    words, rare = ordinary[is_kept], ordinary[~is_kept]
    label_entries = order[kind[order] == 1]
    ids = np.full(table.entries, DROPPED, np.int32)
    ids[kind == 2] = END_OF_LINE
    names, kept, ranks = table.words(words), counts[words], np.arange(len(words), dtype=np.int32)
    if labels:
        line_ends = lines + int(counts[ends].sum())
        if line_ends >= min_count:
            # fastText counts line ends as a word like any other: it takes its place in the order.
            rank = int(np.count_nonzero(kept >= line_ends))
            names.insert(rank, END_OF_LINE_WORD)
            kept = np.insert(kept, rank, line_ends)
            ranks[rank:] += 1
        ids[label_entries] = -2 - np.arange(len(label_entries))
        ids[rare] = len(names) + np.arange(len(rare))
    ids[words] = ranks
    absent = _absent(names, known)
    if labels:
        ids[rare] += len(absent)
    names, kept = names + absent, np.concatenate([kept, np.zeros(len(absent), np.int64)])
    vocabulary = Vocabulary(names, kept, int(counts[ordinary].sum()), table.words(label_entries), counts[label_entries])
    hashes = _hashes([*names, *table.words(rare)]) if labels else np.empty(0, np.uint32)
    return _Numbering(vocabulary, ids, hashes)


def _is_kept(
    table: WordTable | CountedWords, entries: NDArray[np.int32], frequent: NDArray[np.bool_], known: Sequence[bytes]
) -> NDArray[np.bool_]:
    """Which entries are words of the vocabulary: the frequent ones, and those that are known before."""
    if not known:
        return frequent
    names = set(known)
    is_known = np.fromiter((word in names for word in table.words(entries)), np.bool_, len(entries))
    return np.logical_or(frequent, is_known)


def _absent(words: list[bytes], known: Sequence[bytes]) -> list[bytes]:
    """The known words that a vocabulary lacks, but for what is no word in a text."""
    there = {*words, END_OF_LINE_WORD}
    return [word for word in dict.fromkeys(known) if word not in there and not word.startswith(LABEL_PREFIX)]


def joined(words: Sequence[bytes]) -> tuple[Bytes, NDArray[np.int64]]:
    """The words as one text, and where each begins and the last ends."""
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=offsets[1:])
    return np.frombuffer(b"".join(words), np.uint8), offsets


def _hashes(words: list[bytes]) -> NDArray[np.uint32]:
    hashes = np.zeros(len(words), np.uint32)
    hash_words(*joined(words), hashes)
    return hashes


def _raise_if_empty(vocabulary: Vocabulary, table: WordTable | CountedWords, min_count: int, paths: Sequence[Path]) -> None:
    """Raise when there is no word to train on."""
    if np.count_nonzero(vocabulary.counts) > vocabulary.words.count(END_OF_LINE_WORD):
        return
    names = ", ".join(path.name for path in paths)
    counts = table.counts()
    if vocabulary.labels and not vocabulary.total_words:
        raise UserError(f"No words in {names}: there are labels only. Write words behind the labels: __label__<name> word word ...")
    if not vocabulary.total_words:
        raise UserError(f"No words in {names}: the files are empty or hold only spaces. Give a text with one sentence per line.")
    if vocabulary.labels:
        counts[table.find(LABEL_PREFIX, whole=False)] = 0
    counts[table.find(END_OF_LINE_WORD, whole=True)] = 0
    word = table.word(int(counts.argmax())).decode("utf-8", "replace")
    raise UserError(
        f"No word occurs {min_count} times in {names} (most frequent: {word!r}, {counts.max()} times). Lower min_count or add text."
    )
