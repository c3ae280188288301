"""S3 objects as streams: read in ranges, each again when it breaks off, and never half of one version and half of the next."""

from __future__ import annotations

import io
from typing import Any

from blazingtext_lifecycle.processing_sources import SourceObject

from ..corpus import object_parts
from ..corpus.object_parts import Version

# A request for so much costs little beside what it brings, and it is little beside the memory of a machine.
_WINDOW = 1 << 23


class ObjectReader(io.RawIOBase):
    """The bytes of an object from some place on.

    Args:
        s3: the client; it needs to read the object.
        source: the object.
        start: the place.
    """

    def __init__(self, s3: Any, source: SourceObject, start: int = 0) -> None:
        self._s3, self._source, self._next = s3, source, start
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes: some, while there are any.

        Raises:
            CorpusError: the object has changed since it was listed.
        """
        if not self._held:
            stop = min(self._next + _WINDOW, self._source.size)
            if self._next >= stop:
                return b""
            self._held = memoryview(fetched(self._s3, self._source, self._next, stop))
            self._next = stop
        taken = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(taken) :]
        return bytes(taken)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        """Reads into a buffer; the number of bytes, 0 at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def fetched(s3: Any, source: SourceObject, start: int, stop: int) -> bytes:
    """Some bytes of an object.

    Raises:
        CorpusError: the object has changed since it was listed.
    """
    return object_parts.fetched(s3, Version(source.bucket, source.key, source.etag, source.uri), start, stop)


class LineReader(io.RawIOBase):
    """The lines of an object that begin in a range of its bytes.

    Args:
        s3: the client.
        source: the object.
        start: where the range begins.
        stop: where it ends; the last line goes on behind it.
    """

    def __init__(self, s3: Any, source: SourceObject, start: int, stop: int) -> None:
        # The byte before the range tells whether a line begins with it.
        self._at = max(start - 1, 0)
        self._stop = stop
        self._bytes = ObjectReader(s3, source, self._at)
        self._ended = False
        self._held = b""
        self._begins_a_line = start == 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes: some, while there are any."""
        if not self._begins_a_line:
            self._skip()
        if self._ended:
            return b""
        data = self._held or self._bytes.read()
        taken = data if size < 0 else data[:size]
        self._held = data[len(taken) :]
        at, self._at = self._at, self._at + len(taken)
        # The line after a line end at `stop - 1` or later begins behind the range.
        last = taken.find(b"\n", max(self._stop - 1 - at, 0)) if self._at >= self._stop else -1
        self._ended = last >= 0 or not taken
        return taken[: last + 1] if last >= 0 else taken

    def _skip(self) -> None:
        """Passes over the rest of the line in which the range begins."""
        self._begins_a_line = True
        while self._at < self._stop - 1 and (data := self._bytes.read()):
            line_end = data.find(b"\n")
            if 0 <= line_end < self._stop - 1 - self._at:
                self._held = data[line_end + 1 :]
                self._at += line_end + 1
                return
            self._at += len(data)
        # No line begins in the range.
        self._ended = True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        """Reads into a buffer; the number of bytes, 0 at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
