"""The corpus as numbers: which words there are, how often, and the text as a stream of word ids.

Words are separated as in fastText: by space, tab, vertical tab, form feed, carriage return, newline and NUL; a newline, the end
of a file or the word `</s>` ends a line.
"""

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.tokenizer import END_OF_LINE, PADDING, WordTable, first_separator, hash_words, last_separator, renumber

END_OF_LINE_WORD = b"</s>"
LABEL_PREFIX = b"__label__"
BLOCK_BYTES = 1 << 22
_NEWLINE = ord("\n")
_DROPPED = -(2**31)
_TICK_SECONDS = 0.1
_READ_BYTES = 1 << 22

Progress = Callable[[int], None]


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
    _pages: mmap.mmap | None = field(default=None, repr=False, compare=False)

    def release(self) -> None:
        """Give the pages read so far back to the system; they come again when read."""
        if self._pages is not None and hasattr(self._pages, "madvise"):
            self._pages.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class Corpus:
    """What training reads."""

    vocabulary: Vocabulary
    tokens: TokenStream


@dataclass(frozen=True)
class Piece:
    """A stretch of a file: bytes [start, stop), moved to where words begin."""

    path: Path
    start: int
    stop: int
    ends_file: bool


def read_corpus(paths: Sequence[Path], *, min_count: int, threads: int, progress: Progress | None = None, labels: bool = False) -> Corpus:
    """Read the files as one text.

    Args:
        paths: plain text files of any size, read in this order.
        min_count: words seen less often are dropped; 0 and 1 keep all.
        threads: how many threads read; the result does not depend on it.
        progress: called from the main thread with the number of words read so far, now and then and at the end.
        labels: whether `__label__` words are labels (supervised mode) and `</s>` is a word, as fastText counts.

    Raises:
        UserError: when nothing is left to train on; the message says the remedy.
    """
    with _scanned(paths, threads, progress) as parts:
        table, maps = _merged(parts)
        numbering = _number(table, min_count=min_count, labels=labels, lines=sum(part.lines for part in parts))
        _refuse_nothing(numbering.vocabulary, table, min_count, paths)
        ids = [numbering.ids[entries] for entries in maps]
        return Corpus(numbering.vocabulary, _write_stream(parts, ids, numbering.hashes))


def read_with(vocabulary: Vocabulary, paths: Sequence[Path], *, threads: int) -> Corpus:
    """Read labelled lines in terms of an existing vocabulary; words it lacks get numbers after its own, labels it lacks are left out."""
    with _scanned(paths, threads, None) as parts:
        table, maps = _merged(parts)
        ids, extra = _known_ids(table, vocabulary)
        return Corpus(vocabulary, _write_stream(parts, [ids[entries] for entries in maps], _hashes([*vocabulary.words, *extra])))


def _known_ids(table: WordTable, vocabulary: Vocabulary) -> tuple[NDArray[np.int32], list[bytes]]:
    """The number of each entry in terms of a vocabulary, and the words it lacks."""
    known, labels = vocabulary.ids, {label: -2 - n for n, label in enumerate(vocabulary.labels)}
    ids = np.empty(table.entries, np.int32)
    extra: list[bytes] = []
    for entry, word in enumerate(table.words(np.arange(table.entries))):
        if word.startswith(LABEL_PREFIX):
            ids[entry] = labels.get(word, _DROPPED)
        elif word == END_OF_LINE_WORD:
            ids[entry] = END_OF_LINE
        elif word in known:
            ids[entry] = known[word]
        else:
            ids[entry] = len(known) + len(extra)
            extra.append(word)
    return ids, extra


@dataclass
class _Part:
    """What one thread read: its words, and its text as entries of its own table in a temporary file."""

    pieces: list[Piece]
    table: WordTable
    stream: IO[bytes]
    words: int = 0
    lines: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@dataclass(frozen=True)
class _Numbering:
    vocabulary: Vocabulary
    ids: NDArray[np.int32]
    hashes: NDArray[np.uint32]


@contextmanager
def _scanned(paths: Sequence[Path], threads: int, progress: Progress | None) -> Iterator[list[_Part]]:
    """The files scanned, a part by each thread; the parts' temporary files last as long as the block."""
    with ExitStack() as open_files:
        parts = [_Part(pieces, WordTable.empty(), open_files.enter_context(_temporary())) for pieces in split_files(paths, threads)]
        with ThreadPoolExecutor(len(parts)) as pool:
            pending = {pool.submit(_scan_part, part) for part in parts}
            while pending:
                done, pending = wait(pending, timeout=_TICK_SECONDS, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                if progress is not None:
                    progress(sum(part.words for part in parts))
        yield parts


def _temporary() -> IO[bytes]:
    """A file without a name: it is gone with the process, however that ends. No buffer: what is written is large."""
    return tempfile.TemporaryFile(buffering=0)


def _merged(parts: list[_Part]) -> tuple[WordTable, list[NDArray[np.int32]]]:
    """One table of the words of all parts, and for each part the entries of that table its own entries became."""
    for part in parts:
        part.counts = part.table.counts()
    table = parts[0].table
    return table, [np.arange(table.entries, dtype=np.int32), *(table.merge(part.table) for part in parts[1:])]


def split_files(paths: Sequence[Path], threads: int) -> list[list[Piece]]:
    """As many lists of pieces as threads, of equal size, cut between words; together they are the files in order."""
    sizes = [path.stat().st_size for path in paths]
    cuts = [sum(sizes) * part // threads for part in range(threads + 1)]
    lists = []
    for low, high in pairwise(cuts):
        pieces, base = [], 0
        for path, size in zip(paths, sizes, strict=True):
            start, stop = max(low - base, 0), min(high - base, size)
            if start < stop:
                begin, end = _word_start(path, start, size), _word_start(path, stop, size)
                if begin < end:
                    pieces.append(Piece(path, begin, end, ends_file=end == size))
            base += size
        lists.append(pieces)
    return lists


def _word_start(path: Path, cut: int, size: int) -> int:
    """The first place at or after `cut` that lies between words."""
    if cut in {0, size}:
        return cut
    with path.open("rb") as file:
        # The byte before the cut may be the separator, then the cut stays.
        file.seek(cut - 1)
        at = cut - 1
        while chunk := file.read(BLOCK_BYTES):
            found = first_separator(np.frombuffer(chunk, np.uint8), len(chunk))
            at += found
            if found < len(chunk):
                return at + 1
    return size


def _scan_part(part: _Part) -> None:
    buffer = np.empty(BLOCK_BYTES + PADDING, np.uint8)
    for piece in part.pieces:
        buffer = _scan_piece(part, piece, buffer)


def _scan_piece(part: _Part, piece: Piece, buffer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scan a piece block by block; gives the buffer, grown if a word was longer than it."""
    with piece.path.open("rb", buffering=0) as file:
        file.seek(piece.start)
        left, held = piece.stop - piece.start, 0
        last = _NEWLINE
        while left:
            if held == len(buffer) - PADDING:
                buffer = np.concatenate([buffer, np.empty_like(buffer)])
            room = min(left, len(buffer) - PADDING - held)
            got = file.readinto(buffer[held : held + room].data)
            if not got:
                break
            left -= got
            held += got
            last = int(buffer[held - 1])
            stop = last_separator(buffer, held) if left else held
            held = _scan_block(part, buffer, stop, held)
        if held:
            held = _scan_block(part, buffer, held, held)
    if piece.ends_file and last != _NEWLINE:
        part.stream.write(np.array([END_OF_LINE], np.int32).tobytes())
        part.lines += 1
    return buffer


def _scan_block(part: _Part, buffer: NDArray[np.uint8], stop: int, held: int) -> int:
    """Number the words of buffer[:stop] and move the rest of the `held` bytes to the front; gives their number."""
    rest = buffer[stop:held].copy()
    # What is past the end must separate, or the last word of a file would run on into old bytes.
    buffer[stop : stop + PADDING] = _NEWLINE
    out = np.empty(stop, np.int32)
    written, words = part.table.scan(buffer, stop, out)
    part.stream.write(out[:written].data)
    part.words += words
    part.lines += written - words
    buffer[: len(rest)] = rest
    return len(rest)


def _number(table: WordTable, *, min_count: int, labels: bool, lines: int) -> _Numbering:
    """Decide which entries are words of the vocabulary, and the number of each entry in the stream."""
    counts = table.counts()
    special = np.zeros(table.entries, np.int8)
    if labels:
        special[table.find(LABEL_PREFIX, whole=False)] = 1
    ends = table.find(END_OF_LINE_WORD, whole=True)
    special[ends] = 2
    order = np.argsort(-counts, kind="stable").astype(np.int32)
    ordinary = order[special[order] == 0]
    words, rare = ordinary[counts[ordinary] >= min_count], ordinary[counts[ordinary] < min_count]
    marks = order[special[order] == 1]
    ids = np.full(table.entries, _DROPPED, np.int32)
    ids[special == 2] = END_OF_LINE
    names, kept, ranks = table.words(words), counts[words], np.arange(len(words), dtype=np.int32)
    if labels:
        line_ends = lines + int(counts[ends].sum())
        if line_ends >= min_count:
            # fastText counts line ends as a word like any other: it takes its place in the order.
            rank = int(np.count_nonzero(kept >= line_ends))
            names.insert(rank, END_OF_LINE_WORD)
            kept = np.insert(kept, rank, line_ends)
            ranks[rank:] += 1
        ids[marks] = -2 - np.arange(len(marks))
        ids[rare] = len(names) + np.arange(len(rare))
    ids[words] = ranks
    vocabulary = Vocabulary(names, kept, int(counts[ordinary].sum()), table.words(marks), counts[marks])
    hashes = _hashes([*names, *table.words(rare)]) if labels else np.empty(0, np.uint32)
    return _Numbering(vocabulary, ids, hashes)


def _hashes(words: list[bytes]) -> NDArray[np.uint32]:
    offsets = np.zeros(len(words) + 1, np.int64)
    np.cumsum([len(word) for word in words], out=offsets[1:])
    hashes = np.zeros(len(words), np.uint32)
    hash_words(np.frombuffer(b"".join(words), np.uint8), offsets, hashes)
    return hashes


def _refuse_nothing(vocabulary: Vocabulary, table: WordTable, min_count: int, paths: Sequence[Path]) -> None:
    """Raise when there is no word to train on."""
    if set(vocabulary.words) - {END_OF_LINE_WORD}:
        return
    names = ", ".join(path.name for path in paths)
    if not vocabulary.total_words:
        raise UserError(f"No words in {names}: the files are empty or hold only spaces. Give a text with one sentence per line.")
    counts = table.counts()
    word = table.word(int(counts.argmax())).decode("utf-8", "replace")
    raise UserError(
        f"No word occurs {min_count} times in {names} (most frequent: {word!r}, {counts.max()} times). Lower min_count or add text."
    )


def _write_stream(parts: list[_Part], ids: list[NDArray[np.int32]], hashes: NDArray[np.uint32]) -> TokenStream:
    """The parts' entries, renumbered, one after another in one mapped file."""
    # How much each part will write is known before: all can write at once.
    sizes = [part.lines + int(part.counts[numbers != _DROPPED].sum()) for part, numbers in zip(parts, ids, strict=True)]
    total = sum(sizes)
    if not total:
        return TokenStream(np.empty(0, np.int32), hashes)
    with _temporary() as file:
        file.truncate(4 * total)
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with ThreadPoolExecutor(len(parts)) as pool:
            starts = np.cumsum([0, *sizes[:-1]]).tolist()
            pending = [pool.submit(_write_part, *each, file.fileno()) for each in zip(parts, ids, starts, strict=True)]
            for future in pending:
                future.result()
    return TokenStream(np.frombuffer(pages, np.int32), hashes, pages)


def _write_part(part: _Part, ids: NDArray[np.int32], start: int, file: int) -> None:
    """Renumber a part and write it from token `start` of a file on."""
    part.stream.seek(0)
    out = np.empty(_READ_BYTES // 4 + 1, np.int32)
    while chunk := part.stream.read(_READ_BYTES):
        written = renumber(np.frombuffer(chunk, np.int32), ids, _DROPPED, out)
        os.pwrite(file, out[:written].data, 4 * start)
        start += written
