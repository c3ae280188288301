"""Objects of S3 where a path of this machine could stand: found by address, and read in ranges of which several are on their way."""

from __future__ import annotations

import io
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
# Bytes that are asked for at once; the first ones where something is sought, for it may be all that is wanted.
_PART = 1 << 21
_FIRST = 1 << 16
# Parts on their way at the same time.
_AHEAD = 8


class Access:
    """How S3 is reached: with the credentials, the region and the endpoint of the command line.

    It can be sent to another process, which makes its own client.

    Args:
        region: overrides the environment's region.
        profile: overrides the environment's profile.
    """

    def __init__(self, region: str | None = None, profile: str | None = None) -> None:
        self._region = region
        self._profile = profile

    def __reduce__(self) -> tuple[object, ...]:
        return _shared, (self._region, self._profile)

    @cached_property
    def s3(self) -> S3Client:
        """The client."""
        # Processes that read files need nothing of this.
        import boto3  # noqa: PLC0415

        from ..aws_errors import translating_aws_errors  # noqa: PLC0415
        from ..cloud import Cloud  # noqa: PLC0415

        with translating_aws_errors("use the AWS settings"):
            return Cloud("", boto3.Session(region_name=self._region, profile_name=self._profile)).s3


@cache
def _shared(region: str | None, profile: str | None) -> Access:
    """The access of a process that was sent one, again and again."""
    return Access(region, profile)


@dataclass(frozen=True)
class Stat:
    """What is known of an object: as `os.stat_result` names it.

    Attributes:
        st_size: its bytes.
    """

    st_size: int


class S3Object:
    """An object, with as much of a path's manners as sources of a corpus need.

    Args:
        access: how it is reached.
        bucket: its bucket.
        key: its key.
        size: its bytes; 0 for one that is yet to be written.
        etag: what S3 calls its content; "" likewise.
    """

    def __init__(self, access: Access, bucket: str, key: str, size: int = 0, etag: str = "") -> None:
        self.access = access
        self.bucket = bucket
        self.key = key
        self.etag = etag
        self._size = size

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    def __repr__(self) -> str:
        return f"S3Object({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, S3Object) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]

    def with_name(self, name: str, /) -> Self:
        """The address of an object beside this one."""
        return type(self)(self.access, self.bucket, self.key.removesuffix(self.name) + name)

    def is_file(self) -> bool:
        """Always: it has a size, and can be read again."""
        return True

    def stat(self) -> Stat:
        """Its size."""
        return Stat(self._size)

    def open(self, _mode: str = "rb") -> io.BufferedReader:
        """Its bytes, to be read from the start or sought."""
        return self.opened(0, self._size)

    def opened(self, start: int, stop: int) -> io.BufferedReader:
        """Some of its bytes, which can be sought within the whole."""
        raw: Any = _Ranges(self, start, stop)
        return io.BufferedReader(raw, _FIRST)


class _Ranges(io.RawIOBase):
    """An object's bytes in parts, of which some are asked for before they are read.

    Args:
        whole: the object.
        start: where it is read first.
        stop: where reading ends.
    """

    def __init__(self, whole: S3Object, start: int, stop: int) -> None:
        from .object_parts import Version, part  # noqa: PLC0415 - as above

        self._whole = whole
        self._part = partial(part, whole.access.s3, Version(whole.bucket, whole.key, whole.etag, str(whole)))
        self._stop = stop
        self._pool = ThreadPoolExecutor(_AHEAD, thread_name_prefix="s3")
        self._waiting: deque[Future[bytes]] = deque()
        self._begin(start, _PART, _AHEAD)

    def _begin(self, place: int, size: int, ahead: int) -> None:
        for each in self._waiting:
            each.cancel()
        self._waiting.clear()
        self._held = memoryview(b"")
        self._place = self._asked = place
        # Where something was sought, more and more is read ahead.
        self._size, self._ahead = size, ahead

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._whole.stat().st_size}[whence]
        if place != self._place:
            self._begin(place, _FIRST, 1)
        return place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        if not self._held:
            self._held = memoryview(self._next())
        data = self._held[: len(buffer)]
        buffer[: len(data)] = data
        self._held = self._held[len(data) :]
        self._place += len(data)
        return len(data)

    def _next(self) -> bytes:
        """The part at the place, empty behind the last."""
        while self._asked < self._stop and len(self._waiting) < self._ahead:
            end = min(self._asked + self._size, self._stop)
            self._waiting.append(self._pool.submit(self._part, self._asked, end))
            self._asked = end
        self._size = min(4 * self._size, _PART)
        self._ahead = min(2 * self._ahead, _AHEAD)
        return self._waiting.popleft().result() if self._waiting else b""

    def close(self) -> None:
        if not self.closed:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()


def is_address(text: str) -> bool:
    """Whether a text means S3 and not a path."""
    return text.startswith(SCHEME)
