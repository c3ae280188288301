"""Bytes from whatever they are packed in: compressed files, archives, and both within each other, to any suffix and without one.

What a file is comes from `lifecycle.file_kinds`. Everything streams; only a zip archive within another archive is copied to a temporary
file, because its directory is at its end.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from blazingtext_lifecycle import file_kinds
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.file_kinds import Content, FileKind, kind_of

if sys.version_info >= (3, 14):
    from compression import zstd

    _HAS_ZSTD = True
else:
    try:
        from backports import zstd
    except ModuleNotFoundError:
        # AWS's Spark image has none, and what is compiled cannot be sent along in an archive.
        _HAS_ZSTD = False
    else:
        _HAS_ZSTD = True

Advance = Callable[[int], None]
# typeshed has no common name for raw, decompressed and archived byte streams.
Stream = Any

# What the libraries raise for damaged, cut, encrypted or unknown contents.
BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    OverflowError,
    struct.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    *((zstd.ZstdError,) if _HAS_ZSTD else ()),
)
_PIECE = 1 << 20
_DEEPEST = 6
# Text shrinks to a tenth, logs to a hundredth. What grows more is a decompression bomb; small files are let through.
MOST_GROWTH = 250
_HARMLESS_BYTES = 1 << 30
_IN_MEMORY = 1 << 24
_ZIP_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}


@dataclass
class Leaf:
    """A file that is in nothing else: itself, decompressed, or a member of an archive.

    Attributes:
        name: what it is called, for messages: ``archive.zip/member.txt``.
        head: its first bytes, at most `file_kinds.ENOUGH`.
        kind: what they are.
        stream: all its bytes, the head included.
        inside: whether it came out of an archive.
        stored: whether it is the stored file itself, packed in nothing.
    """

    name: str
    head: bytes
    kind: FileKind
    stream: MeteredStream
    inside: bool
    stored: bool


@dataclass
class Budget:
    """How much a stored file may become when it is unpacked.

    Attributes:
        name: the file, for messages.
        stored: bytes read of it so far.
        unpacked: bytes that came out.
    """

    name: str
    stored: int = 0
    unpacked: int = 0

    def spend(self, size: int) -> None:
        """Counts unpacked bytes.

        Raises:
            CorpusError: they are too many: a decompression bomb.
        """
        self.unpacked += size
        if self.unpacked > _HARMLESS_BYTES and self.unpacked > MOST_GROWTH * self.stored:
            raise CorpusError(
                f"{self.name} grows to more than {MOST_GROWTH} times its size when it is unpacked, as a decompression bomb does. "
                "Nothing was written. If it is trustworthy, unpack it yourself and prepare the text."
            )


class MeteredStream(io.RawIOBase):
    """A stream that begins with bytes read before, and counts what is read.

    Args:
        head: the bytes read before.
        stream: the rest.
        spend: called with the number of bytes read, the head's excepted.
    """

    def __init__(self, head: bytes, stream: Stream, spend: Advance = lambda _: None) -> None:
        self._head = memoryview(head)
        self._stream = stream
        self._spend = spend
        self.total = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        """Reads into a buffer; the number of bytes, 0 at the end."""
        if self._head:
            data = self._head[: len(buffer)]
            self._head = self._head[len(data) :]
        else:
            data = memoryview(self._stream.read(len(buffer)))
            self._spend(len(data))
        buffer[: len(data)] = data
        self.total += len(data)
        return len(data)


def leaves(name: str, stream: Stream, advance: Advance = lambda _: None) -> Iterator[Leaf]:
    """The files in a file: itself when it is not packed.

    A leaf's stream is valid until the next leaf is asked for.

    Args:
        name: what to call it.
        stream: its bytes; a zip archive that cannot be sought is copied to a temporary file.
        advance: called with the number of stored bytes read.

    Raises:
        CorpusError: it is encrypted, of a kind that cannot be unpacked, or a decompression bomb.
        OSError: and the others of `BROKEN`: it is damaged or cut.
    """
    budget = Budget(name)

    def read(size: int) -> None:
        budget.stored += size
        advance(size)

    yield from _within(name, _Stored(stream, read), budget, depth=0)


class _Stored(io.RawIOBase):
    """The stored file, which tells how many bytes were read."""

    def __init__(self, stream: Stream, read: Advance) -> None:
        self._stream = stream
        self._read = read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._stream.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stream.tell())

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._read(len(data))
        return len(data)


def _within(name: str, stream: Stream, budget: Budget, *, depth: int, inside: bool = False) -> Iterator[Leaf]:
    """The leaves of one stream, at some depth."""
    if depth > _DEEPEST:
        raise CorpusError(f"{name}: archives within archives, more than {_DEEPEST} deep. Unpack it yourself and prepare the text.")
    spend = budget.spend if depth else lambda _: None
    head = _beginning(stream)
    spend(len(head))
    kind = kind_of(head, whole=len(head) < file_kinds.ENOUGH)
    if kind.content is not Content.PACKED:
        yield Leaf(name, head, kind, MeteredStream(head, stream, spend), inside, stored=depth == 0)
    elif kind.name == file_kinds.ZIP:
        with closing(_seekable(head, stream, spend)) as archive:
            yield from _zip_members(name, archive, budget, depth)
    elif kind.name == file_kinds.TAR:
        yield from _tar_members(name, MeteredStream(head, stream, spend), budget, depth)
    elif kind.name in _DECOMPRESSED:
        with _DECOMPRESSED[kind.name](MeteredStream(head, stream, spend)) as decompressed:
            yield from _within(_without_suffix(name), decompressed, budget, depth=depth + 1, inside=inside)
    else:
        command = _UNPACK_WITH[kind.name].format(PurePosixPath(name).name)
        raise CorpusError(f"{name} is a {kind.name} archive, which cannot be read here. Unpack it with: {command}")


_DECOMPRESSED: dict[str, Callable[[Stream], Stream]] = {
    file_kinds.GZIP: lambda stream: gzip.GzipFile(fileobj=stream),
    file_kinds.BZIP2: bz2.BZ2File,
    file_kinds.XZ: lzma.LZMAFile,
    file_kinds.LZMA: lzma.LZMAFile,
    **({file_kinds.ZSTD: zstd.ZstdFile} if _HAS_ZSTD else {}),
}


# Zstandard's, where there is no library that reads it.
_UNPACK_WITH = {**file_kinds.UNPACK_WITH, file_kinds.ZSTD: "zstd -d {}"}


def _beginning(stream: Stream) -> bytes:
    """The first bytes of a stream; one read may give fewer."""
    held = bytearray()
    while len(held) < file_kinds.ENOUGH and (data := stream.read(file_kinds.ENOUGH - len(held))):
        held += data
    return bytes(held)


def _without_suffix(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix and path.stem else name


def _seekable(head: bytes, stream: Stream, spend: Advance) -> Stream:
    """A stream that can be sought; where it is, a zip archive does not mind."""
    if isinstance(stream, _Stored) and stream.seekable():
        return stream
    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    metered = MeteredStream(head, stream, spend)
    try:
        while data := metered.read(_PIECE):
            copy.write(data)
    except BaseException:
        copy.close()
        raise
    return copy


def _zip_members(name: str, stream: Stream, budget: Budget, depth: int) -> Iterator[Leaf]:
    """The files in a zip archive, in name order."""
    with zipfile.ZipFile(stream) as archive:
        for member in sorted(archive.infolist(), key=lambda each: each.filename):
            if member.is_dir() or _hidden(member.filename):
                continue
            path = f"{name}/{member.filename}"
            if member.flag_bits & 1:
                raise CorpusError(f"{path} is encrypted. Unpack the archive with its password, and prepare the text.")
            try:
                opened = archive.open(member)
            except NotImplementedError as error:
                method = _ZIP_METHODS.get(member.compress_type, "unknown")
                raise CorpusError(
                    f"{path} is compressed with method {member.compress_type} ({method}), which cannot be read here. "
                    f"Unpack the archive with: 7z x {PurePosixPath(name).name}"
                ) from error
            with opened:
                yield from _within(path, opened, budget, depth=depth + 1, inside=True)


# Entries that are read into memory as a whole: extended headers and long names.
_NAMES_OF_NEXT = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})


class _Entry(tarfile.TarInfo):
    """A tar header. The library takes a damaged one for the end of the archive, which would lose the rest in silence."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Entry:
        try:
            entry = super().frombuf(buf, encoding, errors)
        except (tarfile.EmptyHeaderError, tarfile.EOFHeaderError):  # type: ignore[attr-defined] # in the library, not in typeshed
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"damaged header: {error}") from error
        if entry.size > _PIECE and entry.type in _NAMES_OF_NEXT:
            raise tarfile.ReadError(f"a name of {entry.size:,} bytes")
        return entry


def _tar_members(name: str, stream: Stream, budget: Budget, depth: int) -> Iterator[Leaf]:
    """The files in a tar archive, in the order of the archive: it is read once."""
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry) as archive:
        while (member := archive.next()) is not None:
            # The library keeps all members, in case they are asked for again.
            archive.members.clear()  # type: ignore[attr-defined] # in the library, not in typeshed
            opened = archive.extractfile(member) if member.isfile() and not _hidden(member.name) else None
            if opened is not None:
                with opened:
                    yield from _within(f"{name}/{member.name}", opened, budget, depth=depth + 1, inside=True)


def _hidden(path: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part not in {".", ".."} for part in PurePosixPath(path).parts)
