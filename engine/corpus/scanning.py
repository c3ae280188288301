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
from .word_table import WordTable

BLOCK_BYTES = 4_194_304
# The number of words that do not appear in the stream.
DROPPED = -(2**31)
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


@dataclass
class Part:
    """What one thread read: its words, and its text as entries of its own table in a temporary file."""

    ranges: list[FileRange]
    table: WordTable
    stream: IO[bytes]
    words: int = 0
    lines: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


@contextmanager
def scan_files(paths: Sequence[Path], threads: int, progress: Progress | None, *, share: tuple[int, int] = (0, 1)) -> Iterator[list[Part]]:
    """Scan the files, a part by each thread; the parts' temporary files last as long as the block. `share` is as for `split_files`."""
    with ExitStack() as open_files:
        ranges = split_files(paths, threads, share)
        parts = [Part(each, WordTable.empty(), open_files.enter_context(temporary_file())) for each in ranges]
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


def merge_tables(parts: list[Part]) -> tuple[WordTable, list[NDArray[np.int32]]]:
    """One table of the words of all parts, and for each part the entries of that table its own entries became.

    The parts' tables are given up one by one, as they are merged: of many threads, each has most of the words.
    """
    table, maps = parts[0].table, list[NDArray[np.int32]]()
    for part in parts:
        part.counts = part.table.counts()
        maps.append(table.merge(part.table) if maps else np.arange(table.entries, dtype=np.int32))
        part.table = table
    return table, maps


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
    buffer = np.empty(BLOCK_BYTES + PADDING, np.uint8)
    for file_range in part.ranges:
        buffer = _scan_range(part, file_range, buffer)


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
    buffer[: len(rest)] = rest
    return len(rest)


def write_stream(parts: list[Part], ids: list[NDArray[np.int32]]) -> mmap.mmap | None:
    """The parts' entries, renumbered, one after another in one file that is mapped; None when there is nothing."""
    # The size of each part is known in advance, so all can write at once.
    sizes = [part.lines + int(part.counts[numbers != DROPPED].sum()) for part, numbers in zip(parts, ids, strict=True)]
    total = sum(sizes)
    if not total:
        return None
    with temporary_file() as file:
        file.truncate(4 * total)
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with ThreadPoolExecutor(len(parts)) as pool:
            starts = np.cumsum([0, *sizes[:-1]]).tolist()
            pending = [pool.submit(_write_part, *each, file.fileno()) for each in zip(parts, ids, starts, strict=True)]
            for future in pending:
                future.result()
    return pages


def _write_part(part: Part, ids: NDArray[np.int32], start: int, file: int) -> None:
    """Renumber a part and write it from token `start` of a file on."""
    part.stream.seek(0)
    while chunk := part.stream.read(_READ_BYTES):
        entries = np.frombuffer(chunk, np.int32)
        out = np.empty_like(entries)
        written = renumber(entries, ids, DROPPED, out)
        _write_at(file, out[:written].data.cast("B"), 4 * start)
        start += written


def _write_at(file: int, rest: memoryview, place: int) -> None:
    """Write everything: one call may write less, and the next one then raises."""
    while rest:
        written = os.pwrite(file, rest, place)
        rest, place = rest[written:], place + written
