"""Text from wherever it is: files, folders, globs, stdin; packed, in any encoding, as tables, JSON Lines or posts; always streaming."""

from __future__ import annotations

import glob
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.file_kinds import ENOUGH, Content, Form, form_of
from blazingtext_lifecycle.table_shape import rows_of, table_of

from . import blog_posts, decoding, json_lines, tables, unpacking
from .unpacking import Leaf

Advance = Callable[[int], None]

_STDIN = "-"
# A text without line breaks (text8) is read in pieces of this many characters.
_PIECE = 1 << 20
_TABLE_SUFFIXES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
# What to do about forms of text that are not read here.
_EXTRACT = {
    Form.MEDIAWIKI: "Its articles are in wiki markup. Extract them: python -m wikiextractor.WikiExtractor --json -o text {file}; "
    "then: blazingtext corpus prepare --column text text",
    Form.XML: "Of XML, only posts of the Blog Authorship Corpus are read. Extract the text: xmllint --xpath '//text()' {file} > text.txt",
    Form.HTML: "Its markup would become words. Extract the text: pandoc --to plain {file} > text.txt",
    Form.JSON: "Make JSON Lines of it, an object on each line: jq -c '.[]' {file} > texts.jsonl; then name the field with --column",
}


@dataclass
class Tally:
    """What was found while reading.

    Attributes:
        files: files and archive members read.
        undecodable: bytes that are invalid in the encoding; each was read as cp1252.
        garbled: the files that contain them.
        lost: rows that were left out, by reason.
        notes: what was read otherwise than it may have been meant.
        skipped: files of folders and archives that were left out, and why: they are no text, or lack the column.
    """

    files: int = 0
    undecodable: int = 0
    garbled: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """How sources are read.

    Args:
        encoding: of texts that are not Unicode; without it they are refused.
        column: read tables or JSON Lines and take this column (a name, or a number from 1) or field.
        label_column: with `column`: the column that holds the label.
        header: whether the first row of tables holds names; None: when a column is named.
        plain: read texts line by line, whatever they look like.
        advance: called with the number of bytes read, as stored.
    """

    encoding: str = ""
    column: str = ""
    label_column: str = ""
    header: bool | None = None
    plain: bool = False
    advance: Advance = lambda _: None
    tally: Tally = field(default_factory=Tally)

    def texts(self, paths: Iterable[Path], named: Collection[Path] = ()) -> Iterator[tuple[str, str]]:
        """Pairs of label ("" without one) and raw text: a line, a cell, a field or a line of a blog post each.

        Args:
            paths: the files.
            named: those that were asked for by name: they are refused when they are no text; others are skipped.

        Raises:
            CorpusError: a file cannot be read as text; the message says what it is and what to do.
        """
        for path in paths:
            try:
                for leaf in self._leaves(path):
                    yield from self._texts_of(leaf, skippable=leaf.inside or (path not in named))
            except unpacking.BROKEN as error:
                raise CorpusError(
                    f"{path} cannot be read. {type(error).__name__}: {error}. Check that the file is complete and readable."
                ) from error
            except UnicodeError as error:
                raise CorpusError(f"{path} cannot be decoded: {error}. Give its encoding with --encoding.") from error

    def _leaves(self, path: Path) -> Iterator[Leaf]:
        if str(path) == _STDIN:
            yield from unpacking.leaves("stdin", sys.stdin.buffer, self.advance)
            return
        with path.open("rb") as stream:
            yield from unpacking.leaves(path.name, stream, self.advance)

    def _texts_of(self, leaf: Leaf, *, skippable: bool) -> Iterator[tuple[str, str]]:
        """The texts of one file or archive member."""
        if leaf.kind.content is Content.BINARY and not self.encoding:
            if skippable:
                self.tally.skipped[leaf.name] = f"is {leaf.kind.name}"
                return
            raise CorpusError(f"{leaf.name} is not text but {leaf.kind.name}. Extract its text, or leave it out.")
        self.tally.files += 1
        if leaf.kind.content is Content.EMPTY:
            return
        encoding = decoding.encoding_of(leaf, self.encoding)
        invalid = decoding.Invalid()
        head = leaf.head.decode(encoding, "ignore")
        with decoding.decoded(leaf, encoding, invalid, newline="" if self.column else None) as text:
            try:
                yield from self._parsed(leaf.name, text, head, whole=len(leaf.head) < ENOUGH)
            except tables.NoColumnError:
                if not skippable:
                    raise
                # Beside its tables, an archive has a readme.
                self.tally.skipped[leaf.name] = f'has no column "{self.column}"'
                self.tally.files -= 1
                return
        invalid.refuse(leaf, encoding, leaf.stream.total)
        if invalid.count:
            self.tally.undecodable += invalid.count
            self.tally.garbled.append(leaf.name)

    def _parsed(self, name: str, text: IO[str], head: str, *, whole: bool) -> Iterator[tuple[str, str]]:
        form = Form.PLAIN if self.plain else form_of(head)
        if form in _EXTRACT or (form is Form.BLOG and self.column):
            advice = _EXTRACT.get(form, "It has no columns: leave out --column").format(file=Path(name).name)
            raise CorpusError(f"{name} is {form}. {advice}. If it is plain text all the same, use --plain.")
        if self.column:
            columns = tables.Columns(self.column, self.label_column, self.header)
            report = tables.Report(self.tally.lost, self.tally.notes)
            if form is Form.JSON_LINES:
                return json_lines.objects(name, text, columns, report)
            return tables.cells(name, text, head.lstrip("\ufeff"), columns, report)
        if form is Form.BLOG:
            return (("", line) for line in blog_posts.posts(text))
        if not self.plain:
            _refuse_table(name, head, form, whole=whole)
        return (("", line) for line in lines(text))


def _refuse_table(name: str, head: str, form: Form, *, whole: bool) -> None:
    """Does nothing when a text is no table.

    Raises:
        CorpusError: it is one, so that its column of text has to be named.
    """
    if form is Form.JSON_LINES:
        what, columns = form.value, json_lines.fields_of(head)
    else:
        suffix = _TABLE_SUFFIXES.get(Path(name).suffix.lower())
        rows = rows_of(head, suffix, whole=whole, most=1) if suffix else []
        table = table_of(head, whole=whole)
        if table is None and not (rows and len(rows[0]) > 1):
            return
        what, columns = "a table", ", ".join(table.first if table else rows[0])
    raise CorpusError(
        f"{name} is {what}, with: {columns[:200]}. All of it would become words. Name the column of the text, and perhaps that of the "
        "label: --column ... --labels ... (a number from 1 when the first row holds no names); or use --plain if it is plain text."
    )


def lines(text: IO[str]) -> Iterator[str]:
    """The lines of a text; a very long line comes in pieces, cut between words."""
    held = ""
    while piece := text.readline(_PIECE).removeprefix("\ufeff"):
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
    """Hard-wrapped lines joined until a blank one; a paragraph without end comes in pieces, cut between lines."""
    held: list[str] = []
    size = 0
    for _, text in texts:
        if text.strip():
            held.append(text.strip())
            size += len(text)
        if held and (size >= _PIECE or not text.strip()):
            yield "", " ".join(held)
            held, size = [], 0
    if held:
        yield "", " ".join(held)


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
