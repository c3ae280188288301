"""Files that one process reads, unpacks and normalises by itself: many small ones together, and large ones that are packed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from blazingtext_lifecycle.errors import CorpusError

from . import plain_lines
from .batches import batches
from .corpus_lines import Block, LineMaker, Made
from .input_files import Source
from .objects import S3Object
from .plain_lines import FileRange
from .sources import Part, Reading
from .tally import Tally

# Stored bytes of small files that are handed over together, and how many files they are at most.
_TOGETHER = 1 << 20
_MOST_FILES = 256
# Larger files are unpacked by the process that writes: what other processes make of them meanwhile might need too much room.
_LARGEST = 1 << 30


@dataclass
class MadeOfFiles(Made):
    """Lines of files.

    Attributes:
        read: stored bytes that were read for them.
        tally: what was found in the files, behind the last lines of all.
    """

    read: int = 0
    tally: Tally | None = None


@dataclass(frozen=True)
class WholeFiles:
    """Files that a process makes lines of.

    Attributes:
        parts: the files.
        named: those of them that were asked for by name.
        reading: how they are read.
        wrapped: join the lines of paragraphs.
        size: their stored bytes.
        tally: gets what was found in them.
    """

    parts: tuple[Part, ...]
    named: frozenset[Source]
    reading: Reading
    wrapped: bool
    size: int
    tally: Tally = field(default_factory=Tally)

    def made(self, maker: LineMaker) -> Iterator[MadeOfFiles]:
        """Their lines, in pieces.

        Raises:
            CorpusError: a file cannot be read as text.
        """
        read: list[int] = []
        reading = replace(self.reading, tally=Tally(), advance=read.append)
        for batch in batches(reading.blocks_of(self.parts, self.named, wrapped=self.wrapped)):
            made = maker.made(batch)
            for block in batch:
                if isinstance(block, FileRange):
                    read.append(block.stop - block.start)
                    reading.tally.ranged[block.path].invalid += made.invalid
            yield MadeOfFiles(**vars(made), read=sum(read))
            read.clear()
        yield MadeOfFiles(read=sum(read), tally=reading.tally)


@dataclass(frozen=True)
class Distribution:
    """Sources as work for several processes.

    Args:
        reading: how they are read.
        named: the files that were asked for by name.
        wrapped: join the lines of paragraphs.
        workers: how many processes there are.
    """

    reading: Reading
    named: frozenset[Source]
    wrapped: bool
    workers: int
    _tallies: list[Tally] = field(default_factory=list)

    def work(self, paths: Sequence[Source]) -> Iterator[Block | WholeFiles]:
        """What has to be done, in order: blocks of what is read here, and files that others read.

        Raises:
            CorpusError: a file that is read here cannot be read as text.
        """
        parts = [(each, _stored(each)) for each in self.reading.share.parts(paths)]
        # A process's share of everything, so that none works long alone.
        largest = min(_LARGEST, -(-sum(size for _, size in parts if size) // self.workers))
        for group in _groups(parts):
            files, sizes = zip(*group, strict=True)
            if sizes[0] is not None and (_is_small(sizes[0]) or (sizes[0] <= largest and not self._is_divided(files[0]))):
                yield self._whole(files, sum(sizes))
            else:
                yield from replace(self.reading, tally=self._new_tally()).blocks_of(files, self.named, wrapped=self.wrapped)

    def expected(self, paths: Sequence[Source]) -> int:
        """How many bytes of text each process will get at least, as far as that is known before anything is read."""
        return sum(map(_wanted, self.reading.share.parts(paths))) // self.workers

    def finish(self) -> None:
        """Adds what was found in all files, in their order, to the tally of the whole."""
        for tally in self._tallies:
            self.reading.tally.add(tally)

    def _whole(self, parts: tuple[Part, ...], size: int) -> WholeFiles:
        named = self.named.intersection(path for path, _ in parts)
        return WholeFiles(parts, named, replace(self.reading, tally=Tally(), advance=_unheard), self.wrapped, size, self._new_tally())

    def _new_tally(self) -> Tally:
        # What is read in ranges is noted when its lines are made.
        self._tallies.append(Tally(ranged=self.reading.tally.ranged))
        return self._tallies[-1]

    def _is_divided(self, part: Part) -> bool:
        """Whether a file is plain lines, which many processes read in ranges."""
        if isinstance(part[0], S3Object):
            return False
        looking = replace(self.reading, tally=Tally(), advance=_unheard)
        try:
            return isinstance(next(looking.blocks_of([part], self.named, wrapped=self.wrapped), None), FileRange)
        except CorpusError:
            # The process that reads it tells why.
            return False


def _unheard(_: int) -> None:
    """Nobody sees the progress of another process but by its answers."""


def _stored(part: Part) -> int | None:
    """The stored bytes of a file that one process can read whole; None for parts of files, and for what has no size."""
    path, wanted = part
    if not path.is_file():
        return None
    size = path.stat().st_size
    return size if wanted is None or len(wanted) == size else None


def _wanted(part: Part) -> int:
    """The stored bytes of a file or its part; 0 for what has no size."""
    path, wanted = part
    if wanted is not None:
        return len(wanted)
    return path.stat().st_size if path.is_file() else 0


def _is_small(size: int | None) -> bool:
    return size is not None and size <= plain_lines.RANGE


def _groups(parts: Iterable[tuple[Part, int | None]]) -> Iterator[list[tuple[Part, int | None]]]:
    """Small files in a row, together; every other alone."""
    held: list[tuple[Part, int | None]] = []
    size = 0
    for each in parts:
        stored = each[1] or 0
        if held and not (_is_small(each[1]) and _is_small(held[-1][1]) and size + stored <= _TOGETHER and len(held) < _MOST_FILES):
            yield held
            held, size = [], 0
        held.append(each)
        size += stored
    if held:
        yield held
