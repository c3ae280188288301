"""Files to streams of numbers: each thread reads a part of the files, cut between words, into a table and a temporary file of its own.

Only the blocks being read are in memory; the threads' files are renumbered into one stream, which is mapped.
"""

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ..kernels.constants import END_OF_LINE
from ..kernels.hash_table import PADDING
from ..kernels.tokenizer import first_separator, last_separator, renumber
from .shared_words import SharedWords
from .word_table import CountedWords, WordTable

BLOCK_BYTES = 4_194_304
SHARED_BLOCK_BYTES = 262_144
# The number of words that do not appear in the stream.
DROPPED = -(2**31)
# So few threads keep the words that they read until all is read, and are merged then: it is faster, and takes little more memory.
FEW_THREADS = 4
# With more, a table of so many words is added to those of all: with the words of a block more it mostly has the room that it had empty.
SHARED_ENTRIES = 24_000
_PART_BITS = 40  # entries of all segments of a part
_NEWLINE = ord("\n")
_PROGRESS_SECONDS = 0.1
_READ_BYTES = 4_194_304

Progress = Callable[[int], None]


@dataclass(frozen=True)
class FileRange:
    """Bytes [start, stop) of a file, cut between words."""

    path: Path
    start: int
    stop: int
    ends_file: bool


@dataclass(frozen=True)
class Segment:
    """How many numbers of a part's file are entries of the same table, and how many entries that table had."""

    tokens: int
    entries: int


@dataclass
class Part:
    """What one thread reads: its text as entries of a table of its own, in a temporary file.

    With many threads, a table that is full is added to the words of all of them and emptied, so that memory does not grow with threads.
    What was written until then is a segment of the file; the codes and the counts of its entries are in a second file.

    Attributes:
        number: its place in the text.
        segments: what has been added.
        tokens: numbers written since.
        words, lines: read so far.
    """

    number: int
    ranges: list[FileRange]
    table: WordTable
    stream: IO[bytes]
    codes: IO[bytes]
    shared: SharedWords | None
    segments: list[Segment] = field(default_factory=list)
    tokens: int = 0
    words: int = 0
    lines: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the table has as many words as a thread may keep for itself."""
        return self.shared is not None and self.table.entries >= SHARED_ENTRIES

    def share_words(self) -> None:
        """Add the words of the table to those of all threads, and empty it."""
        if self.shared is not None:
            place = (self.number << _PART_BITS) + sum(segment.entries for segment in self.segments)
            counts = self.table.counts()
            self.end_segment(self.shared.add(self.table, counts, place), counts)
            self.table.clear()

    def end_segment(self, codes: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
        """Note what the entries written since the last segment are: their codes, and their counts."""
        self.codes.write(codes.data)
        self.codes.write(counts.data)
        self.segments.append(Segment(self.tokens, len(codes)))
        self.tokens = 0

    def read_segments(self) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.int64]]]:
        """How many numbers each segment has in the stream, and the codes and the counts of its entries."""
        self.codes.seek(0)
        for segment in self.segments:
            codes = np.frombuffer(self.codes.read(4 * segment.entries), np.int32)
            yield segment.tokens, codes, np.frombuffer(self.codes.read(8 * segment.entries), np.int64)


@contextmanager
def scan_files(paths: Sequence[Path], threads: int, progress: Progress | None, *, share: tuple[int, int] = (0, 1)) -> Iterator[list[Part]]:
    """Scan the files, a part by each thread; the parts' temporary files last as long as the block. `share` is as for `split_files`."""
    with ExitStack() as open_files:
        ranges = split_files(paths, threads, share)
        shared = SharedWords() if threads > FEW_THREADS else None
        parts = []
        for number, each in enumerate(ranges):
            stream, codes = (open_files.enter_context(temporary_file()) for _ in range(2))
            parts.append(Part(number, each, WordTable.empty(), stream, codes, shared))
        with ThreadPoolExecutor(len(parts)) as pool:
            pending = {pool.submit(_scan_part, part) for part in parts}
            while pending:
                done, pending = wait(pending, timeout=_PROGRESS_SECONDS)
                for future in done:
                    future.result()
                if progress is not None:
                    progress(sum(part.words for part in parts))
        yield parts


def temporary_file() -> IO[bytes]:
    """A file without a name, removed when the process ends.

    Buffered although writes are large: an unbuffered write to a full disk may write a part and report no error.
    """
    return tempfile.TemporaryFile()


def all_words(parts: Sequence[Part]) -> tuple[WordTable | CountedWords, NDArray[np.int32]]:
    """The words of all parts in order of first appearance, and the entry of each code among them.

    Tables that threads have kept are given up one by one, as they are merged.
    """
    if parts[0].shared is not None:
        return parts[0].shared.joined(len(parts))
    table = parts[0].table
    for part in parts:
        counts, entries = part.table.counts(), np.arange(part.table.entries)
        codes = entries.astype(np.int32) if part.table is table else table.merge(part.table, counts, entries)
        part.end_segment(codes, counts)
        part.table = table
    return table, np.arange(table.entries, dtype=np.int32)


def split_files(paths: Sequence[Path], threads: int, share: tuple[int, int] = (0, 1)) -> list[list[FileRange]]:
    """As many lists of ranges as threads, of equal size, cut between words; together they are the files in order, or a host's share.

    `share` is the host's number and the number of hosts; shares meet in the same place however many threads each host has.
    """
    sizes = [path.stat().st_size for path in paths]
    host, hosts = share
    cuts = [sum(sizes) * (threads * host + part) // (threads * hosts) for part in range(threads + 1)]
    lists = []
    for low, high in pairwise(cuts):
        ranges, base = [], 0
        for path, size in zip(paths, sizes, strict=True):
            begin, end = (_word_start(path, min(max(cut - base, 0), size), size) for cut in (low, high))
            if begin < end:
                ranges.append(FileRange(path, begin, end, ends_file=end == size))
            base += size
        lists.append(ranges)
    return lists


def _word_start(path: Path, cut: int, size: int) -> int:
    """The first place at or after `cut` that lies between words."""
    if not cut:
        return 0
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


def _scan_part(part: Part) -> None:
    buffer = np.empty((BLOCK_BYTES if part.shared is None else SHARED_BLOCK_BYTES) + PADDING, np.uint8)
    for file_range in part.ranges:
        buffer = _scan_range(part, file_range, buffer)
    part.share_words()


def _scan_range(part: Part, file_range: FileRange, buffer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scan a range block by block; gives the buffer, grown if a word was longer than it."""
    with file_range.path.open("rb", buffering=0) as file:
        file.seek(file_range.start)
        left, held = file_range.stop - file_range.start, 0
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
    if file_range.ends_file and last != _NEWLINE:
        part.stream.write(np.array([END_OF_LINE], np.int32).tobytes())
        part.tokens += 1
        part.lines += 1
    return buffer


def _scan_block(part: Part, buffer: NDArray[np.uint8], stop: int, held: int) -> int:
    """Number the words of buffer[:stop] and move the rest of the `held` bytes to the front; gives their number."""
    rest = buffer[stop:held].copy()
    # The padding has to separate words, or the last word of a file would run on into old bytes.
    buffer[stop : stop + PADDING] = _NEWLINE
    out = np.empty(stop, np.int32)
    written, words = part.table.add(buffer, stop, out)
    part.stream.write(out[:written].data)
    part.words += words
    part.lines += written - words
    part.tokens += written
    if part.is_full:
        part.share_words()
    buffer[: len(rest)] = rest
    return len(rest)


def write_stream(parts: list[Part], ids: NDArray[np.int32]) -> mmap.mmap | None:
    """The parts' entries, renumbered, one after another in one file that is mapped; None when there is nothing. `ids` is by code."""
    with ThreadPoolExecutor(len(parts)) as pool:
        # The size of each part is known in advance, so all can write at once.
        sizes = list(pool.map(_size, parts, [ids] * len(parts)))
        total = sum(sizes)
        if not total:
            return None
        with temporary_file() as file:
            file.truncate(4 * total)
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            starts = np.cumsum([0, *sizes[:-1]]).tolist()
            pending = [pool.submit(_write_part, part, ids, start, file.fileno()) for part, start in zip(parts, starts, strict=True)]
            for future in pending:
                future.result()
    return pages


def _size(part: Part, ids: NDArray[np.int32]) -> int:
    """How many numbers a part has when words that are left out are gone."""
    return part.lines + sum(int(counts[ids[codes] != DROPPED].sum()) for _, codes, counts in part.read_segments())


def _write_part(part: Part, ids: NDArray[np.int32], start: int, file: int) -> None:
    """Renumber a part and write it from token `start` of a file on."""
    part.stream.seek(0)
    for tokens, codes, _ in part.read_segments():
        numbers, left = ids[codes], 4 * tokens
        while left:
            entries = np.frombuffer(part.stream.read(min(left, _READ_BYTES)), np.int32)
            left -= entries.nbytes
            out = np.empty_like(entries)
            written = renumber(entries, numbers, DROPPED, out)
            _write_at(file, out[:written].data.cast("B"), 4 * start)
            start += written


def _write_at(file: int, rest: memoryview, place: int) -> None:
    """Write everything: one call may write less, and the next one then raises."""
    while rest:
        written = os.pwrite(file, rest, place)
        rest, place = rest[written:], place + written
