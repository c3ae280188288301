"""The SHA-256 of bytes on their way."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Self

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


class FollowingHashes:
    """The SHA-256 of files that others read in ranges, in order: a thread reads behind them what the system still has in memory."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._digests: dict[Path, Any] = {}
        self._sizes: dict[Path, int] = {}
        self._waiting: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def follow(self, path: Path, stop: int) -> None:
        """Hashes a file up to a place, in time."""
        self._waiting = [each for each in self._waiting if not each.done() or each.exception()]
        self._waiting.append(self._thread.submit(self._hash, path, stop))

    def _hash(self, path: Path, stop: int) -> None:
        digest, size = self._digests.setdefault(path, hashlib.sha256()), self._sizes.get(path, 0)
        with path.open("rb") as stream:
            stream.seek(size)
            while size < stop and (data := stream.read(min(_PIECE, stop - size))):
                digest.update(data)
                size += len(data)
        self._sizes[path] = size

    def finished(self) -> dict[Path | S3Object, tuple[int, str]]:
        """Size and hash, in hexadecimal, of each of the files, whose rests are read for it.

        Raises:
            OSError: one cannot be read any more.
        """
        for path in list(dict.fromkeys(self._digests)):
            self.follow(path, path.stat().st_size)
        for each in self._waiting:
            each.result()
        return {path: (self._sizes[path], digest.hexdigest()) for path, digest in self._digests.items()}


def sha256_of(path: Path | S3Object) -> str:
    """The hash of a file or an object, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
