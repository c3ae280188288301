"""Text from wherever it is: files, folders, globs, stdin; packed, in any encoding, as tables, JSON Lines or posts; always streaming."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.file_kinds import ENOUGH, Content, Form, form_of
from blazingtext_lifecycle.table_shape import rows_of, table_of

from . import blog_posts, decoding, json_lines, objects, plain_lines, tables, unpacking
from .corpus_lines import Block
from .hashing import HashingReader
from .input_files import STDIN, Source
from .objects import S3Object
from .shares import Share
from .tally import Decoded, Tally
from .unpacking import Leaf

Advance = Callable[[int], None]

_UTF_8 = frozenset({"utf-8", "utf-8-sig"})
# Lines of plain text, or a label and a text.
_Text = bytes | plain_lines.FileRange | tuple[str, str]
# Texts of tables and the like that are normalised at once, in characters.
_BLOCK = 65_536
_TABLE_SUFFIXES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
# A file or an object with the bytes of it that are read; None for all.
Part = tuple[Source, range | None]
# What to do about forms of text that are not read here.
_EXTRACT = {
    Form.MEDIAWIKI: "Its articles are in wiki markup. Extract them: python -m wikiextractor.WikiExtractor --json -o text {file}; "
    "then: blazingtext corpus prepare --column text text",
    Form.XML: "Of XML, only posts of the Blog Authorship Corpus are read. Extract the text: xmllint --xpath '//text()' {file} > text.txt",
    Form.HTML: "Its markup would become words. Extract the text: pandoc --to plain {file} > text.txt",
    Form.JSON: "Make JSON Lines of it, an object on each line: jq -c '.[]' {file} > texts.jsonl; then name the field with --column",
}


@dataclass(frozen=True)
class Reading:
    """How sources are read.

    Args:
        encoding: of texts that are not Unicode; without it they are refused.
        column: read tables or JSON Lines and take this column (a name, or a number from 1) or field.
        label_column: with `column`: the column that holds the label.
        header: whether the first row of tables holds names; None: when a column is named.
        plain: read texts line by line, whatever they look like.
        share: the part of the inputs that is read.
        access: how objects of S3 are reached.
        advance: called with the number of bytes read, as stored.
    """

    encoding: str = ""
    column: str = ""
    label_column: str = ""
    header: bool | None = None
    plain: bool = False
    share: Share = field(default_factory=Share)
    access: objects.Access = field(default_factory=objects.Access)
    advance: Advance = lambda _: None
    tally: Tally = field(default_factory=Tally)

    def blocks(self, paths: Sequence[Source], named: Collection[Source] = (), *, wrapped: bool = False) -> Iterator[Block]:
        """The texts of files, in order: lines of plain text; or pairs of label ("" without one) and text.

        Args:
            paths: the files and objects.
            named: those that were asked for by name: they are refused when they are no text; others are skipped.
            wrapped: join the lines of paragraphs.

        Raises:
            CorpusError: a file cannot be read as text; the message says what it is and what to do.
        """
        yield from self.blocks_of(self.share.parts(paths), named, wrapped=wrapped)

    def blocks_of(self, parts: Iterable[Part], named: Collection[Source] = (), *, wrapped: bool = False) -> Iterator[Block]:
        """The same of parts of files, which are those of a share: None for the whole.

        Raises:
            CorpusError: as above.
        """
        yield from _grouped(self._texts(parts, named, whole_lines=not wrapped))

    def _texts(self, parts: Iterable[Part], named: Collection[Source], *, whole_lines: bool) -> Iterator[_Text]:
        for path, part in parts:
            try:
                for leaf in self._leaves(path):
                    place = _Place(path, part, skippable=leaf.inside or (path not in named), whole_lines=whole_lines)
                    if place.is_elsewhere and not leaf.stored:
                        break
                    texts = self._texts_of(leaf, place)
                    yield from texts if whole_lines else paragraphs(texts)
            except unpacking.BROKEN as error:
                raise CorpusError(
                    f"{path} cannot be read. {type(error).__name__}: {error}. Check that the file is complete and readable."
                ) from error
            except UnicodeError as error:
                raise CorpusError(f"{path} cannot be decoded: {error}. Give its encoding with --encoding.") from error

    def _leaves(self, path: Source) -> Iterator[Leaf]:
        if str(path) == STDIN:
            yield from self._hashed(path, "stdin", HashingReader(sys.stdin.buffer))
            return
        with path.open("rb") as stream:
            yield from self._hashed(path, path.name, HashingReader(stream, may_seek=path.is_file()))

    def _hashed(self, path: Source, name: str, stream: HashingReader) -> Iterator[Leaf]:
        """The leaves of a file, which is hashed while it is read, unless it is read in ranges or was sought."""
        yield from unpacking.leaves(name, stream, self.advance)
        if path not in self.tally.ranged and (digest := stream.sha256()):
            self.tally.streamed[path] = (stream.size, digest)

    def _texts_of(self, leaf: Leaf, place: _Place) -> Iterator[_Text]:
        """The texts of one file or archive member."""
        if leaf.kind.content is Content.BINARY and not self.encoding:
            if place.skippable:
                self.tally.skipped[leaf.name] = f"is {leaf.kind.name}"
                return
            raise CorpusError(f"{leaf.name} is not text but {leaf.kind.name}. Extract its text, or leave it out.")
        if leaf.kind.content is Content.EMPTY:
            self.tally.files += 1
            return
        encoding = decoding.encoding_of(leaf, self.encoding)
        head = leaf.head.decode(encoding, "ignore")
        form = self._form(leaf.name, head, whole=len(leaf.head) < ENOUGH)
        if place.whole_lines and not self.column and form is not Form.BLOG and codecs.lookup(encoding).name in _UTF_8:
            self.tally.files += 1
            yield from self._plain(leaf, place, encoding)
        elif not place.is_elsewhere:
            self.tally.files += 1
            yield from self._decoded(leaf, place, encoding, head, form)

    def _plain(self, leaf: Leaf, place: _Place, encoding: str) -> Iterator[_Text]:
        """The lines of a plain text in UTF-8."""
        mark = len(codecs.BOM_UTF8) if leaf.head.startswith(codecs.BOM_UTF8) and "sig" in encoding else 0
        size = place.path.stat().st_size if leaf.stored and place.path.is_file() else 0
        # A whole object is read by one process, which hashes it: ranges would be asked for a second time.
        if size and (place.part or (size > plain_lines.RANGE and not isinstance(place.path, S3Object))):
            # It is read where it is normalised.
            self.advance(-len(leaf.head))
            self.tally.ranged[place.path] = self._noted(leaf, encoding, size)
            yield from plain_lines.ranges(place.path, place.part or range(size), mark)
            return
        leaf.stream.read(mark)
        invalid = decoding.Invalid()
        yield from plain_lines.blocks(leaf.stream, invalid)
        self._noted(leaf, encoding, leaf.stream.total, invalid.count).refuse()

    def _noted(self, leaf: Leaf, encoding: str, size: int, invalid: int = 0) -> Decoded:
        decoded = Decoded(leaf.name, encoding, leaf.head, size, invalid)
        self.tally.decoded.append(decoded)
        return decoded

    def _decoded(self, leaf: Leaf, place: _Place, encoding: str, head: str, form: Form) -> Iterator[_Text]:
        """The texts of what is not plain, or not in UTF-8."""
        invalid = decoding.Invalid()
        with decoding.decoded(leaf, encoding, invalid, newline="" if self.column else None) as text:
            try:
                yield from self._parsed(leaf.name, text, head, form)
            except tables.NoColumnError:
                if not place.skippable:
                    raise
                # Beside its tables, an archive has a readme.
                self.tally.skipped[leaf.name] = f'has no column "{self.column}"'
                self.tally.files -= 1
                return
        self._noted(leaf, encoding, leaf.stream.total, invalid.count).refuse()

    def _form(self, name: str, head: str, *, whole: bool) -> Form:
        """What a text is made of.

        Raises:
            CorpusError: it is of a form that is not read here, or a table without a column to read.
        """
        form = Form.PLAIN if self.plain else form_of(head)
        if form in _EXTRACT or (form is Form.BLOG and self.column):
            advice = _EXTRACT.get(form, "It has no columns: leave out --column").format(file=Path(name).name)
            raise CorpusError(f"{name} is {form}. {advice}. If it is plain text all the same, use --plain.")
        if not self.column and not self.plain and form is not Form.BLOG:
            _refuse_table(name, head, form, whole=whole)
        return form

    def _parsed(self, name: str, text: IO[str], head: str, form: Form) -> Iterator[tuple[str, str]]:
        if self.column:
            columns = tables.Columns(self.column, self.label_column, self.header)
            report = tables.Report(self.tally.lost, self.tally.notes)
            if form is Form.JSON_LINES:
                return json_lines.objects(name, text, columns, report)
            return tables.cells(name, text, head.lstrip("\ufeff"), columns, report)
        if form is Form.BLOG:
            return (("", line) for line in blog_posts.posts(text))
        return (("", line) for line in plain_lines.lines(text))


@dataclass(frozen=True)
class _Place:
    """Where a text is, and how it is read.

    Attributes:
        path: the file or object that it is, or is in.
        part: the bytes of the file that are wanted; None for all.
        skippable: whether it is left out when it is no text.
        whole_lines: whether plain lines are wanted as blocks.
    """

    path: Source
    part: range | None
    skippable: bool
    whole_lines: bool

    @property
    def is_elsewhere(self) -> bool:
        """Whether what cannot be divided belongs to another share."""
        return self.part is not None and self.part.start > 0


def _grouped(texts: Iterable[_Text]) -> Iterator[Block]:
    """Blocks of lines as they are; other texts, many at once."""
    held: list[tuple[str, str]] = []
    size = 0
    for text in texts:
        if isinstance(text, tuple):
            held.append(text)
            size += len(text[1])
        if held and (size >= _BLOCK or not isinstance(text, tuple)):
            yield held
            held, size = [], 0
        if not isinstance(text, tuple):
            yield text
    if held:
        yield held


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


def paragraphs(texts: Iterable[_Text]) -> Iterator[tuple[str, str]]:
    """Hard-wrapped lines joined until a blank one; a paragraph without end comes in pieces, cut between lines."""
    held: list[str] = []
    size = 0
    for _, text in (each for each in texts if isinstance(each, tuple)):
        if text.strip():
            held.append(text.strip())
            size += len(text)
        if held and (size >= plain_lines.PIECE or not text.strip()):
            yield "", " ".join(held)
            held, size = [], 0
    if held:
        yield "", " ".join(held)
