"""The SHA-256 of bytes on their way."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import IO, Any

from .objects import S3Object

_PIECE = 1 << 20


class HashingReader:
    """A stream that remembers the hash of what was read.

    Args:
        stream: what is read.
        may_seek: whether it may be sought, where the stream can be; what has been sought has no hash.

    Attributes:
        size: bytes read so far.
    """

    def __init__(self, stream: Any, *, may_seek: bool = False) -> None:
        self._stream = stream
        self._may_seek = may_seek
        self._digest = hashlib.sha256()
        self._sought = False
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many."""
        data: bytes = self._stream.read(size)
        if not self._sought:
            self._digest.update(data)
        self.size += len(data)
        return data

    def seekable(self) -> bool:
        """Whether it may be sought."""
        return self._may_seek and bool(self._stream.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes on elsewhere; returns where."""
        self._sought = True
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        """Where it is."""
        return int(self._stream.tell())

    def sha256(self) -> str:
        """The hash of the whole stream, whose rest is read for it, in hexadecimal; "" when it was sought."""
        while not self._sought and self.read(_PIECE):
            pass
        return "" if self._sought else self._digest.hexdigest()


class HashingWriter:
    """A stream that remembers the hash of what was written.

    Args:
        stream: where it goes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Writes and hashes bytes; returns how many."""
        self._digest.update(data)
        return self._stream.write(data)

    def sha256(self) -> str:
        """The hash of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()


def sha256_of(path: Path | S3Object) -> str:
    """The hash of a file or an object, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
