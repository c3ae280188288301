"""Plain text in UTF-8 as blocks of whole lines, in bytes: from a stream, or as ranges of a file that are read where they are needed."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError

from . import decoding
from .objects import S3Object
from .unpacking import MeteredStream, Stream

# A text without line breaks (text8) is read in pieces of this many characters.
PIECE = 1 << 20
# What is normalised at once: the fastest size.
BLOCK = 1 << 17
# A range of a file that one process reads. It is small beside the memory of a process, and large beside what it costs to hand it over.
RANGE = 1 << 22


@dataclass(frozen=True)
class FileRange:
    """Some lines of a file.

    Attributes:
        path: the file or object; its text is UTF-8.
        start: where the first line begins.
        stop: where the line after the last one begins.
    """

    path: Path | S3Object
    start: int
    stop: int

    def blocks(self, invalid: decoding.Invalid) -> Iterator[bytes]:
        """The lines, as those of `blocks`.

        Raises:
            CorpusError: the file cannot be read any more.
        """
        try:
            with self._opened() as stream:
                yield from blocks(_Bounded(stream, self.stop - self.start), invalid)
        except OSError as error:
            raise CorpusError(
                f"{self.path} cannot be read. {error.strerror or error}. Check that nothing removes or changes it."
            ) from error

    def _opened(self) -> IO[bytes]:
        """The file where the first line begins."""
        if isinstance(self.path, S3Object):
            return self.path.opened(self.start, self.stop)
        stream = self.path.open("rb")
        stream.seek(self.start)
        return stream


class _Bounded(io.RawIOBase):
    """The next bytes of a stream."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def ranges(path: Path | S3Object, part: range, mark: int) -> Iterator[FileRange]:
    """The lines that begin in a part of a file, in ranges of about `RANGE` bytes.

    Args:
        path: the file or object.
        part: the part, in bytes.
        mark: the length of the byte order mark that the file begins with; 0 without one.
    """
    with path.open("rb") as stream:
        begun = line_at(stream, part.start)
        while begun < part.stop:
            end = line_at(stream, min(begun + RANGE, part.stop))
            yield FileRange(path, begun or mark, end)
            begun = end


def line_at(stream: IO[bytes], place: int) -> int:
    """Where the first line begins that does not begin before a place: the size of the file when none does."""
    if not place:
        return 0
    stream.seek(place - 1)
    while (data := stream.readline(PIECE)) and not data.endswith(b"\n"):
        pass
    return min(stream.tell(), stream.seek(0, os.SEEK_END))


def blocks(stream: Stream, invalid: decoding.Invalid) -> Iterator[bytes]:
    """The lines of a text, in blocks of valid UTF-8; a very long line comes in pieces, a line each.

    Args:
        stream: the text in UTF-8.
        invalid: reads and counts the bytes that are invalid in it.
    """
    held = b""
    while data := stream.read(BLOCK):
        first = data.find(b"\n")
        if len(held) + (first + 1 or len(data)) > PIECE:
            yield from _pieces(held + data, stream, invalid)
            return
        if first < 0:
            held += data
            continue
        cut = data.rfind(b"\n") + 1
        yield _valid(held + data[:cut], invalid)
        held = data[cut:]
    if held:
        yield _valid(held, invalid)


def _valid(block: bytes, invalid: decoding.Invalid) -> bytes:
    """A block, its invalid bytes replaced by the characters that they are read as."""
    if block.isascii():
        return block
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode("utf-8", invalid.handler).encode()
    return block


def _pieces(begun: bytes, stream: Stream, invalid: decoding.Invalid) -> Iterator[bytes]:
    """The rest of a text whose lines are very long."""
    rest: Stream = MeteredStream(begun, stream)
    with io.TextIOWrapper(io.BufferedReader(rest), encoding="utf-8", errors=invalid.handler) as text:
        for piece in lines(text):
            yield piece.removesuffix("\n").encode() + b"\n"


def lines(text: IO[str]) -> Iterator[str]:
    """The lines of a text; a very long line comes in pieces, cut between words."""
    held = ""
    while piece := text.readline(PIECE):
        is_last = piece.endswith("\n") or len(piece) < PIECE
        piece = piece.removeprefix("\ufeff")
        if is_last:
            if held or piece:
                yield held + piece
            held = ""
            continue
        # No space in a whole piece: pass it on as it is, so that the file need not fit into memory.
        cut = piece.rfind(" ") + 1 or len(piece)
        yield held + piece[:cut]
        held = piece[cut:]
    if held:
        yield held
