"""What a task does: it makes lines of its parts, and leaves them in the bucket.

A task may be killed, and run again, or run twice at once: its lines are the same.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any

import boto3
from botocore.config import Config

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.file_kinds import ENOUGH, Content, kind_of
from blazingtext_lifecycle.processing_sources import SourceObject

from ..corpus import decoding, plain_lines
from ..corpus.corpus_lines import Block, LineMaker
from ..corpus.plain_lines import FileRange
from ..corpus.tally import Tally
from .objects import LineReader, ObjectReader, fetched
from .options import Preparing
from .tasks import Part, Task

_RETRIES = Config(
    retries={"mode": "standard", "total_max_attempts": 9}, connect_timeout=10, read_timeout=60, user_agent_extra="blazingtext-cdk"
)


@dataclass(frozen=True)
class Place:
    """Where tasks work.

    Attributes:
        bucket: the bucket that gets their lines.
        prefix: where in it.
        region: the bucket's.
        scratch: the folder for what has to be a file.
    """

    bucket: str
    prefix: str
    region: str
    scratch: str

    @property
    def s3(self) -> Any:
        """The client, one a process."""
        return _client(self.region)

    def key(self, number: int) -> str:
        """The key of what a task makes."""
        return f"{self.prefix}{number:06}"


@cache
def _client(region: str) -> Any:
    return boto3.client("s3", region_name=region, config=_RETRIES)


@dataclass
class Done:
    """What a task did.

    Attributes:
        number: the task's place.
        size: bytes of its lines.
        lines: how many.
        words: theirs, labels excluded.
        labelled: whether one has a label.
        files: files and members of archives that were begun.
        invalid: bytes that are invalid in a text's encoding, by its name.
        of_lines: the same of objects of which other tasks read lines, too: all of them together tell whether these are too many.
        lost: rows of tables that did not become lines, by reason.
        notes: what was read otherwise than it may have been meant.
        skipped: what was left out, and why.
        refusal: why the text cannot be a corpus; ``""`` when it can.
    """

    number: int
    size: int = 0
    lines: int = 0
    words: int = 0
    labelled: bool = False
    files: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    of_lines: Counter[SourceObject] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


def is_divisible(source: SourceObject, preparing: Preparing, place: Place) -> bool:
    """Whether an object is plain lines in UTF-8, so that several tasks can share it: seen from its beginning, as one process sees it."""
    reading = dataclasses.replace(preparing.reading, tally=Tally())
    if reading.column or source.size <= plain_lines.RANGE:
        return False
    head = fetched(place.s3, source, 0, min(2 * ENOUGH, source.size))
    if kind_of(head[:ENOUGH]).content is not Content.TEXT:
        return False
    with _scratch(place) as folder:
        path = Path(folder) / _name(source)
        path.write_bytes(head)
        try:
            first = next(reading.blocks([path], {path}), None)
        except UserError:
            # The task that reads it whole tells why.
            return False
    return isinstance(first, (bytes, FileRange))


def work(task: Task, preparing: Preparing, place: Place) -> Done:
    """Makes the lines of a task and leaves them in the bucket, as one object, which appears when it is complete.

    What is wrong with the text is a result, not an exception: trying again would not help.
    """
    done = Done(task.number)
    with _scratch(place) as folder:
        target = Path(folder) / "lines"
        try:
            with target.open("wb") as stream:
                writer = _Writer(preparing, stream, done)
                for part in task.parts:
                    writer.write(part, place)
        except UserError as error:
            return Done(task.number, refusal=str(error))
        if done.size:
            place.s3.upload_file(str(target), place.bucket, place.key(task.number))
    return done


def _scratch(place: Place) -> tempfile.TemporaryDirectory[str]:
    Path(place.scratch).mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=place.scratch)


def _name(source: SourceObject) -> str:
    return PurePosixPath(source.key).name


class _Writer:
    """Writes the lines of parts, and counts.

    Args:
        preparing: how text becomes lines.
        stream: where they go.
        done: what was done.
    """

    def __init__(self, preparing: Preparing, stream: IO[bytes], done: Done) -> None:
        self._preparing, self._stream, self._done = preparing, stream, done
        self._maker = LineMaker(preparing.normaliser, preparing.shape, labelled=bool(preparing.reading.label_column))

    def write(self, part: Part, place: Place) -> None:
        """Writes the lines of a part.

        Raises:
            UserError: it cannot be read as text, or has changed.
        """
        if part.of_lines:
            invalid = decoding.Invalid()
            self._lines(plain_lines.blocks(LineReader(place.s3, part.source, part.start, part.stop), invalid))
            self._done.files += part.start == 0
            self._done.of_lines[part.source] += invalid.count
            return
        with _scratch(place) as folder:
            path = Path(folder) / _name(part.source)
            with path.open("wb") as copy:
                shutil.copyfileobj(ObjectReader(place.s3, part.source), copy, plain_lines.RANGE)
            self._whole(path, is_named=part.source.named)

    def _whole(self, path: Path, *, is_named: bool) -> None:
        """Writes the lines of a file, whatever it is packed in."""
        tally, done = Tally(), self._done
        reading = dataclasses.replace(self._preparing.reading, tally=tally)
        self._lines(reading.blocks([path], {path} if is_named else ()), tally)
        for decoded in tally.ranged.values():
            decoded.refuse()
        done.files += tally.files
        for each in tally.decoded:
            done.invalid[each.name] += each.invalid
        done.lost.update(tally.lost)
        done.notes.update(tally.notes)
        done.skipped |= tally.skipped

    def _lines(self, blocks: Iterator[Block], tally: Tally | None = None) -> None:
        done = self._done
        for block in blocks:
            made = self._maker.made([block])
            self._stream.write(made.data)
            done.size += len(made.data)
            done.lines += made.lines
            done.words += made.words
            done.labelled = done.labelled or made.labelled
            done.lost.update(made.lost)
            done.notes.update(made.notes)
            if tally is not None and isinstance(block, FileRange):
                tally.ranged[block.path].invalid += made.invalid
