"""Text from wherever it is: files, folders, globs, compressed files, zip archives, CSV columns, blog XML; always streaming."""

from __future__ import annotations

import bz2
import codecs
import csv
import glob
import gzip
import html
import io
import lzma
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

from blazingtext_lifecycle.errors import CorpusError

Advance = Callable[[int], None]
# typeshed has no common name for raw, decompressed and archived byte streams that BufferedReader takes.
Stream = Any

_STDIN = "-"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A text without line breaks (text8) is read in pieces of this many characters.
_PIECE = 1 << 20
_POST = re.compile(r"<post>(.*?)</post>", re.DOTALL | re.IGNORECASE)
_BROKEN_ARCHIVE = (OSError, EOFError, lzma.LZMAError, zipfile.BadZipFile, zlib.error)


@dataclass
class Tally:
    """What was found while reading.

    Attributes:
        files: files and archive members read.
        undecodable: bytes that are invalid in the encoding; they were dropped.
        garbled: the files that contain them.
    """

    files: int = 0
    undecodable: int = 0
    garbled: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """How sources are read.

    Args:
        encoding: of files without a byte order mark.
        column: read CSV and take this column (a name, or a number from 1).
        label_column: with `column`: the column that holds the label.
        advance: called with the number of bytes read, as stored.
    """

    encoding: str = "utf-8"
    column: str = ""
    label_column: str = ""
    advance: Advance = lambda _: None
    tally: Tally = field(default_factory=Tally)

    def texts(self, paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
        """Pairs of label ("" without one) and raw text: a line, a CSV cell or a blog post each.

        Raises:
            CorpusError: a file cannot be read, an archive is broken, a column is missing.
        """
        for path in paths:
            try:
                for name, stream in self._streams(path):
                    yield from self._decoded(name, stream)
            except _BROKEN_ARCHIVE as error:
                raise CorpusError(
                    f"{path} cannot be read. {type(error).__name__}: {error}. Check that the file is complete and readable."
                ) from error

    def _streams(self, path: Path) -> Iterator[tuple[str, Stream]]:
        """The byte streams of a file: itself, decompressed, or the members of an archive."""
        if str(path) == _STDIN:
            yield "stdin", _CountedStream(sys.stdin.buffer, self.advance)
            return
        with ExitStack() as opened:
            raw = _CountedStream(opened.enter_context(path.open("rb")), self.advance)
            if path.suffix.lower() == ".zip":
                yield from _members(raw)
                return
            unpacked = _unpacked(path, raw)
            yield (path.name if unpacked is raw else path.stem), unpacked

    def _decoded(self, name: str, stream: Stream) -> Iterator[tuple[str, str]]:
        """The texts of one stream."""
        self.tally.files += 1
        before = self.tally.undecodable
        buffered = io.BufferedReader(stream, _PIECE)
        encoding = _encoding_of_mark(buffered.peek(4)[:4]) or self.encoding
        with io.TextIOWrapper(buffered, encoding=encoding, errors=_counting(self.tally), newline="" if self.column else None) as text:
            yield from self._parsed(name, text)
        if self.tally.undecodable > before:
            self.tally.garbled.append(name)

    def _parsed(self, name: str, text: IO[str]) -> Iterator[tuple[str, str]]:
        if self.column:
            return _cells(name, text, self.column, self.label_column)
        return _posts(text) if name.lower().endswith(".xml") else (("", line) for line in lines(text))


def _unpacked(path: Path, raw: Stream) -> Stream:
    """A file's bytes after decompression; the stream itself when its name has no suffix of a compressed file."""
    match path.suffix.lower():
        case ".gz":
            return gzip.GzipFile(fileobj=raw)
        case ".bz2":
            return bz2.BZ2File(raw)
        case ".xz" | ".lzma":
            return lzma.LZMAFile(raw)
        case _:
            return raw


class _CountedStream(io.RawIOBase):
    """A stream that reports how many bytes were read."""

    def __init__(self, stream: IO[bytes], advance: Advance) -> None:
        self._stream = stream
        self._advance = advance

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # narrower than typeshed's WriteableBuffer
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


def lines(text: IO[str]) -> Iterator[str]:
    """The lines of a text; a very long line comes in pieces, cut between words."""
    held = ""
    while piece := text.readline(_PIECE):
        if piece.endswith("\n") or len(piece) < _PIECE:
            yield held + piece
            held = ""
            continue
        # No space in a whole piece: pass it on as it is, so that the file need not fit into memory.
        cut = piece.rfind(" ") + 1 or len(piece)
        yield held + piece[:cut]
        held = piece[cut:]
    if held:
        yield held


def paragraphs(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Hard-wrapped lines joined until a blank one."""
    held: list[str] = []
    for label, text in texts:
        if text.strip():
            held.append(text.strip())
        elif held:
            yield label, " ".join(held)
            held = []
    if held:
        yield "", " ".join(held)


def _posts(text: IO[str]) -> Iterator[tuple[str, str]]:
    """The posts of a Blog Authorship Corpus file: not well-formed XML (bare ampersands, no declared encoding), so no parser reads it."""
    for post in _POST.finditer(text.read()):
        # The corpus' makers put "urlLink" where a link was.
        yield from (("", html.unescape(line.replace("urlLink", " "))) for line in post.group(1).splitlines())


def _cells(name: str, text: IO[str], column: str, label_column: str) -> Iterator[tuple[str, str]]:
    """Label and text of every row of a CSV or TSV file."""
    csv.field_size_limit(sys.maxsize)
    rows: Iterator[list[str]] = csv.reader(
        (line.replace("\0", "") for line in text), delimiter="\t" if name.lower().endswith((".tsv", ".tab")) else ","
    )
    header = next(rows, [])
    at = _place(name, header, column)
    label_at = _place(name, header, label_column) if label_column else None
    if column.isdecimal():
        rows = chain([header], rows)
    for row in rows:
        if at < len(row) and (label_at is None or label_at < len(row)):
            yield ("" if label_at is None else row[label_at]), row[at]


def _place(name: str, header: list[str], column: str) -> int:
    """The index of a column, by name or by number from 1 (a file without a header)."""
    if column.isdecimal() and 1 <= int(column) <= len(header):
        return int(column) - 1
    if column in header:
        return header.index(column)
    raise CorpusError(
        f'{name} has no column "{column}". Its first row is: {", ".join(header)[:200] or "(empty)"}. '
        "Give one of these names, or a number from 1 when the file has no header."
    )


def _members(raw: Stream) -> Iterator[tuple[str, Stream]]:
    """The files inside a zip archive, in name order; nothing is written to disk."""
    with zipfile.ZipFile(raw) as archive:
        for member in sorted(archive.infolist(), key=lambda each: each.filename):
            hidden = any(part.startswith((".", "__MACOSX")) for part in Path(member.filename).parts)
            if not member.is_dir() and not hidden:
                with archive.open(member) as stream:
                    yield member.filename, stream


def _encoding_of_mark(start: bytes) -> str:
    """The encoding that a byte order mark names, or ""."""
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if start.startswith(mark)), "")


def _counting(tally: Tally) -> str:
    """The name of a codec error handler that drops invalid bytes and counts them."""
    name = f"blazingtext-count-{id(tally)}"

    def handler(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        tally.undecodable += error.end - error.start
        return "", error.end

    codecs.register_error(name, handler)
    return name


def expand(patterns: Iterable[str]) -> list[Path]:
    """The files of paths, folders (with all below) and globs, in name order, each once.

    Raises:
        CorpusError: something does not exist, or matches no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matched = [Path(_STDIN)] if pattern == _STDIN else _matching(pattern)
        if not matched:
            raise CorpusError(
                f"{pattern} was not found: it is not a file, a folder with files, or a pattern that matches files. Check the path."
            )
        found.update(dict.fromkeys(matched))
    return list(found)


def _matching(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        return sorted(
            each for each in path.rglob("*") if each.is_file() and not any(part.startswith(".") for part in each.relative_to(path).parts)
        )
    if path.exists():
        return [path]
    # pathlib's own glob takes no absolute patterns.
    found = glob.glob(str(path), recursive=True)  # noqa: PTH207 - see above
    return sorted(Path(each) for each in found if Path(each).is_file())


def stored_size(paths: Iterable[Path]) -> int | None:
    """How many bytes the files hold as stored; None when one of them is a stream."""
    sizes = [path.stat().st_size if path.is_file() else None for path in paths]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None
