"""Raw text becomes a corpus: UTF-8, one sentence a line, words separated by single spaces."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError, UserError

from . import input_files, processes, recipe, sources
from .corpus_lines import LONGEST_LINE, LineMaker, Made, Shape
from .duplicates import Deduplicator
from .hashing import FollowingHashes, HashingWriter
from .normaliser import Normaliser
from .objects import S3Object
from .plain_lines import FileRange
from .tally import Tally
from .whole_files import Distribution, MadeOfFiles, WholeFiles
from .writing import complete

__all__ = ["LONGEST_LINE", "STDOUT", "Prepared", "Shape", "prepare"]

STDOUT = "-"


@dataclass(frozen=True)
class Prepared:
    """A corpus that was written.

    Attributes:
        path: where.
        files: how many files and archive members were read.
        lines: lines written.
        words: words written, labels excluded.
        size: bytes written.
        undecodable: bytes of the input that are invalid in its encoding; each was read as cp1252.
        garbled: the files that contain them.
        labelled: whether its lines have labels.
        left_out: how many rows of tables did not become lines, and how many lines or documents are duplicates, by reason.
        notes: what was read otherwise than it may have been meant, and how often.
        skipped: files of folders and archives that were left out, and why.
        recipe: what was done to the characters, in words.
        sha256: of what was written, in hexadecimal.
        recipe_file: the recipe beside it; None where nothing can lie beside it: stdout, a pipe, a device.
    """

    path: Path | S3Object
    files: int
    lines: int
    words: int
    size: int
    undecodable: int
    garbled: tuple[str, ...]
    labelled: bool
    left_out: Mapping[str, int]
    notes: Mapping[str, int]
    skipped: Mapping[str, str]
    recipe: str
    sha256: str
    recipe_file: Path | S3Object | None


def prepare(
    inputs: Iterable[str],
    output: Path | S3Object,
    *,
    normaliser: Normaliser | None = None,
    shape: Shape | None = None,
    reading: sources.Reading | None = None,
    workers: int = 1,
    force: bool = False,
) -> Prepared:
    """Writes a corpus as BlazingText wants it: UTF-8, one sentence per line, words separated by single spaces.

    Streams, so memory does not grow with the input; the file appears only when it is complete, and then its recipe beside it. Its bytes
    depend neither on how many processes work on it nor on the shares in which it is made. To leave out duplicates takes memory, see
    `duplicates.Digests` and `deduplication.near`.

    Args:
        inputs: files, folders, globs, addresses of S3 (``s3://bucket/key``, a folder, a glob), or "-" for stdin.
        output: the file or object to write; "-" for stdout.
        normaliser: what happens to characters.
        shape: what happens to lines.
        reading: encoding, columns of tables, the share and progress.
        workers: how many processes normalise; 1 is this one alone.
        force: replace an existing file.

    Raises:
        CorpusError: an input is missing or broken, or holds no words.
        UserError: the output exists or cannot be written, or a share shall be without duplicates.
        MissingExtraError: near duplicates are to be left out, and the library that finds them is not installed.
        LifecycleError: AWS refuses, or cannot be reached.
        WorkerEndedError: one of the processes was killed.
    """
    reading = replace(sources.Reading() if reading is None else reading, tally=Tally())
    shape = shape or Shape()
    keep = _without_duplicates(shape, reading)
    inputs = list(inputs)
    paths = input_files.expand(inputs, reading.access)
    distribution = Distribution(reading, frozenset(input_files.named(inputs, paths)), shape.wrapped, workers)
    normaliser = normaliser or Normaliser()
    maker = LineMaker(normaliser, shape, labelled=bool(reading.label_column), expected=distribution.expected(paths))
    with (
        _opened(output, force=force) as stream,
        closing(processes.made(maker, distribution.work(paths), workers, _beside(output))) as made,
        FollowingHashes() as hashes,
    ):
        hashed = HashingWriter(stream)
        written = _write(((batch, keep(each)) for batch, each in made), hashed, reading, hashes)
        distribution.finish()
        reading.tally.lost.update(written.lost)
        reading.tally.notes.update(written.notes)
        for decoded in reading.tally.ranged.values():
            decoded.refuse()
        if not written.lines and reading.share.is_all:
            raise CorpusError(_nothing(reading.tally))
    found = _summary(output, reading.tally, written, normaliser.recipe, hashed.sha256())
    if str(output) == STDOUT or not output.is_file():
        return found
    target = recipe.beside(output)
    recipe.write(_recipe(found, normaliser, shape, reading, recipe.sources_of(paths, reading.tally.streamed)), target)
    return replace(found, recipe_file=target)


def _without_duplicates(shape: Shape, reading: sources.Reading) -> Callable[[Made], Made]:
    """What leaves out duplicates, when they are to be left out."""
    if shape.deduplicate is None:
        return lambda made: made
    if not reading.share.is_all:
        raise UserError(
            f"A share does not know what the others hold, so no duplicates can be left out of {reading.share}. Prepare the shares without, "
            "and leave them out of all together: corpus prepare SHARE... --lines --deduplicate lines, with the same options otherwise."
        )
    return Deduplicator(shape.deduplicate).kept


@dataclass
class _Written:
    """What was written, and what was not, or was read otherwise than it may have been meant, by what made the lines."""

    lines: int = 0
    words: int = 0
    size: int = 0
    labelled: bool = False
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def _write(
    made: Iterable[tuple[processes.Batch, Made]], stream: HashingWriter, reading: sources.Reading, hashes: FollowingHashes
) -> _Written:
    """Writes the lines; what was found while their texts were read is added to the tallies, with the hashes of files read in ranges."""
    written, tally = _Written(), reading.tally
    for batch, each in made:
        stream.write(each.data)
        written.lines += each.lines
        written.words += each.words
        written.size += len(each.data)
        written.labelled = written.labelled or each.labelled
        written.lost.update(each.lost)
        written.notes.update(each.notes)
        if isinstance(each, MadeOfFiles) and isinstance(batch, WholeFiles):
            reading.advance(each.read)
            batch.tally.add(each.tally or Tally())
        for block in batch if isinstance(batch, list) else ():
            if isinstance(block, FileRange):
                reading.advance(block.stop - block.start)
                tally.ranged[block.path].invalid += each.invalid
                if isinstance(block.path, Path):
                    hashes.follow(block.path, block.stop)
    # What cannot be read any more is an error of its own, once all are hashed.
    with suppress(OSError):
        tally.streamed.update(hashes.finished())
    return written


def _recipe(found: Prepared, normaliser: Normaliser, shape: Shape, reading: sources.Reading, made_of: recipe.Sources) -> recipe.Recipe:
    """What lies beside a corpus that was written."""
    told = {name: getattr(reading, name) for name in ("encoding", "column", "label_column", "header", "plain")}
    told["share"] = str(reading.share)
    content = recipe.Content(found.lines, found.words, found.size, found.sha256)
    return recipe.made(normaliser, content, lines=asdict(shape), reading=told, sources=made_of, left_out=found.left_out)


def _summary(output: Path | S3Object, tally: Tally, written: _Written, in_words: str, sha256: str) -> Prepared:
    return Prepared(
        path=output,
        files=tally.files,
        lines=written.lines,
        words=written.words,
        size=written.size,
        undecodable=sum(decoded.invalid for decoded in tally.decoded),
        garbled=tuple(decoded.name for decoded in tally.decoded if decoded.invalid),
        labelled=written.labelled,
        left_out=dict(tally.lost),
        notes=dict(tally.notes),
        skipped=tally.skipped,
        recipe=in_words,
        sha256=sha256,
        recipe_file=None,
    )


def _beside(output: Path | S3Object) -> Path | None:
    """The folder of what is written, which has to have room for all of it; None when it is no file."""
    if isinstance(output, S3Object) or str(output) == STDOUT or (output.exists() and not output.is_file()):
        return None
    return output.resolve().parent


def _opened(output: Path | S3Object, *, force: bool) -> AbstractContextManager[IO[bytes]]:
    """The stream to write to."""
    return nullcontext(sys.stdout.buffer) if str(output) == STDOUT else complete(output, force=force)


def _nothing(tally: Tally) -> str:
    """Why there is no line."""
    reasons = [f"{count:,} {reason}" for reason, count in tally.lost.items()] + [f"{name} {why}" for name, why in tally.skipped.items()]
    because = f" ({'; '.join(reasons[:5])})" if reasons else ""
    return (
        f"No words were found in {tally.files} files: nothing is left after normalisation{because}. "
        "Check the inputs, --encoding and --column."
    )
