"""What was found while reading sources: how much, what is invalid, what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from . import decoding
from .input_files import Source


@dataclass
class Decoded:
    """A text that was read.

    Attributes:
        name: what it is called, for messages.
        encoding: what it was read in.
        head: its first bytes.
        size: how many bytes it has.
        invalid: how many of those that were read are invalid in its encoding; each was read as cp1252.
    """

    name: str
    encoding: str
    head: bytes
    size: int
    invalid: int = 0

    def refuse(self) -> None:
        """Does nothing when the invalid bytes are few.

        Raises:
            CorpusError: they are so many that the text has another encoding.
        """
        decoding.refuse(self.name, self.encoding, self.head, invalid=self.invalid, size=self.size)


@dataclass
class Tally:
    """What was found while reading.

    Attributes:
        files: files and archive members read.
        decoded: the texts that were read.
        ranged: those of them whose lines are read where they are normalised, by file.
        lost: rows that were left out, by reason.
        notes: what was read otherwise than it may have been meant.
        skipped: files of folders and archives that were left out, and why: they are no text, or lack the column.
        streamed: size and SHA-256 of what was read once from its beginning to its end.
    """

    files: int = 0
    decoded: list[Decoded] = field(default_factory=list)
    ranged: dict[Source, Decoded] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    streamed: dict[Source, tuple[int, str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Adds what was found in the files behind these."""
        self.files += other.files
        self.decoded += other.decoded
        self.ranged.update(other.ranged)
        self.lost.update(other.lost)
        self.notes.update(other.notes)
        self.skipped.update(other.skipped)
        self.streamed.update(other.streamed)
