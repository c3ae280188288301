"""Blocks of raw text become lines of a corpus: the work that many processes share."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from itertools import groupby
from typing import TYPE_CHECKING, cast

from .alphabets import Alphabet, alphabet_of
from .character_kinds import CharacterKinds
from .decoding import Invalid
from .normaliser import LABEL, LABEL_TOKEN, WHOLE_ABBREVIATIONS, Normaliser, label_of, pieces
from .plain_lines import FileRange
from .sentence_ends import SENTENCE
from .tables import EMPTY_LABEL, LABEL_SEPARATOR
from .utf8_text import beyond_ascii, utf8_text
from .word_forms import WordForms

if TYPE_CHECKING:
    from ..compiled.utf8_lines import Finished, Utf8Lines

# Whole lines in UTF-8, or a label and a text.
Block = bytes | FileRange | Sequence[tuple[str, str]]

# With a plural first, as notes have it.
_DOTTED = "capitals \u0130 became i; if the text is Turkish or Azerbaijani, whose I becomes \u0131, add --language tr or az"
# fastText's reader, and so BlazingText's, splits a line after 1,024 words.
LONGEST_LINE = 1000
# Bytes that a process normalises before machine code is worth loading, which takes half a second of processor time.
WORTH = 1 << 24
_LABEL = LABEL.encode()
_DOTTED_CAPITAL = "\u0130".encode()
_BYTE_ORDER_MARK = codecs.BOM_UTF8
_SURROGATE = re.compile("[\ud800-\udfff]")
# Alphabets that are not Latin, a byte a character.
_ENCODINGS = ("cp1251", "cp1253", "cp1255", "cp1256")
# An alphabet is likely when of so many characters so few are not of it.
_SAMPLE = 512
_FEW = 10


class Unit(StrEnum):
    """What is compared."""

    LINES = "lines"
    DOCUMENTS = "documents"


@dataclass(frozen=True)
class Deduplication:
    """What counts as a duplicate; the first one stays.

    Args:
        unit: lines of the corpus, or documents: what the input has as one text, such as a row of a table, an object of JSON Lines, a
            post, a paragraph or a line of plain text. Documents are the same when the same lines are made of them.
        near: also what resembles an earlier one by this Jaccard similarity of shingles of five words, or more; None for exact ones only.
    """

    unit: Unit
    near: float | None = None


@dataclass(frozen=True)
class Shape:
    """What the lines of a prepared corpus are.

    Args:
        split_sentences: one sentence a line; otherwise one line of input a line.
        wrapped: the input's lines are hard-wrapped: join them up to the next blank one.
        minimum_words: drop shorter lines.
        maximum_words: split longer lines.
        deduplicate: leave out what was there before; None for nothing.
    """

    split_sentences: bool = True
    wrapped: bool = False
    minimum_words: int = 1
    maximum_words: int = LONGEST_LINE
    deduplicate: Deduplication | None = None


@dataclass
class Made:
    """Lines of a corpus.

    Attributes:
        data: the lines, in UTF-8.
        lines: how many.
        words: their words, labels excluded.
        labelled: whether one of them has a label.
        invalid: bytes of the input that are invalid in UTF-8.
        lost: how many rows of tables did not become lines, by reason.
        notes: what was read otherwise than it may have been meant, and how often.
        documents: the lines of each document, where documents are compared.
    """

    data: bytes = b""
    lines: int = 0
    words: int = 0
    labelled: bool = False
    invalid: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    documents: list[int] = field(default_factory=list)


class LineMaker:
    """Makes lines of blocks; one remembers what it has met, so that it gets faster.

    Args:
        normaliser: what happens to characters.
        shape: what happens to lines.
        labelled: whether every text has a label of its own beside it.
        expected: bytes of text that will come, as far as that is known.

    Attributes:
        expected: the same.
    """

    def __init__(self, normaliser: Normaliser, shape: Shape, *, labelled: bool, expected: int = 0) -> None:
        self._normaliser = normaliser
        self._shape = shape
        self._labelled = labelled
        self.expected = expected
        self._by_document = shape.deduplicate is not None and shape.deduplicate.unit == Unit.DOCUMENTS
        self._text = _FastText(normaliser, expected)

    def __reduce__(self) -> tuple[object, ...]:
        return partial(LineMaker, labelled=self._labelled, expected=self.expected), (self._normaliser, self._shape)

    def made(self, blocks: Iterable[Block]) -> Made:
        """The lines of some blocks."""
        made, invalid = Made(), Invalid()
        parts: list[bytes] = []
        for block in blocks:
            if isinstance(block, FileRange):
                parts += (self._plain(each, made) for each in block.blocks(invalid))
            elif isinstance(block, bytes):
                parts.append(self._plain(block, made))
            else:
                parts.append(self._paired(block, made))
        made.data = b"".join(parts)
        made.invalid = invalid.count
        return made

    def _plain(self, block: bytes, made: Made) -> bytes:
        """The lines of a block of plain lines."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if _BYTE_ORDER_MARK in block:
            block = block.removeprefix(_BYTE_ORDER_MARK).replace(b"\n" + _BYTE_ORDER_MARK, b"\n")
        if _LABEL in block:
            return self._paired([("", line) for line in block.decode().split("\n")], made)
        self._note_dotted(block.count(_DOTTED_CAPITAL), made)
        return self._shaped(block, made)

    def _paired(self, pairs: Sequence[tuple[str, str]], made: Made) -> bytes:
        """The lines of texts, with or without labels."""
        self._note_dotted(sum(text.count("\u0130") for _, text in pairs), made)
        if self._labelled:
            words = self._words([text for _, text in pairs])
            examples = (self._example(label, each, made) for (label, _), each in zip(pairs, words, strict=True))
            return self._written([line for line in examples if line], made)
        parts: list[bytes] = []
        for has_label, texts in _runs(text for _, text in pairs):
            if has_label:
                labelled = (words for words in self._words(texts) if words and _length(words) >= self._shape.minimum_words)
                parts.append(self._written(list(labelled), made))
            else:
                parts.append(self._shaped(_encoded("\n".join(map(_on_one_line, texts))), made))
        return b"".join(parts)

    def _note_dotted(self, count: int, made: Made) -> None:
        if count and self._normaliser.lower and not self._normaliser.language:
            made.notes[_DOTTED] += count

    def _words(self, texts: Sequence[str]) -> Iterator[str]:
        """The words of each text as `Normaliser.words` gives them, the labels within it first."""
        labels = [[label_of(each) for each in LABEL_TOKEN.findall(text)] if LABEL in text else [] for text in texts]
        plain = (LABEL_TOKEN.sub(" ", text) if found else text for text, found in zip(texts, labels, strict=True))
        block = _encoded("\n".join(map(_on_one_line, plain)))
        lines = self._text.normalised(block, split=False).decode().split("\n")
        for found, line in zip(labels, lines, strict=True):
            yield " ".join(filter(None, [*found, line.strip()]))

    def _example(self, label: str, words: str, made: Made) -> str:
        """The line of a labelled row, or "" and a count."""
        names = [name for name in map(label_of, label.split(LABEL_SEPARATOR)) if name != LABEL]
        if names and words and _length(words) >= self._shape.minimum_words:
            return " ".join([*names, words])
        made.lost[EMPTY_LABEL if not names else "rows without a word" if not words else "rows shorter than the minimum"] += 1
        return ""

    def _shaped(self, block: bytes, made: Made) -> bytes:
        """Lines of the right length of lines in UTF-8, which have no labels."""
        shape = self._shape
        final = not self._by_document and shape.minimum_words < 2
        data = self._text.lines(block, split=shape.split_sentences, final=final)
        if not isinstance(data, bytes):
            if data.longest <= 2 * shape.maximum_words:
                made.lines += data.lines
                made.words += data.words
                return data.data
            data = data.data
        return b"".join(self._document(each, made) for each in data.split(b"\n")) if self._by_document else self._cut(data, made)

    def _document(self, data: bytes, made: Made) -> bytes:
        """The same of one document."""
        before = made.lines
        data = self._cut(data, made)
        made.documents += [made.lines - before] if made.lines > before else []
        return data

    def _cut(self, data: bytes, made: Made) -> bytes:
        lines = list(filter(None, map(bytes.strip, data.replace(SENTENCE.encode(), b"\n").split(b"\n"))))
        shape = self._shape
        if shape.minimum_words > 1:
            lines = [line for line in lines if line.count(b" ") >= shape.minimum_words - 1]
        # A longer line has as many letters and spaces.
        if max(map(len, lines), default=0) > 2 * shape.maximum_words - 1:
            lines = [piece.encode() for line in lines for piece in pieces(line.decode(), shape.maximum_words)]
        return _counted(lines, made)

    def _written(self, lines: Sequence[str], made: Made) -> bytes:
        """Lines with labels."""
        # A lone surrogate can only stand in a label.
        data = _counted([line.encode("utf-8", "replace") for line in lines], made)
        labels = data.count(_LABEL)
        made.words -= labels
        made.labelled = made.labelled or labels > 0
        made.documents += [1] * len(lines) if self._by_document else []
        return data


class _FastText:
    """Text normalised in the fastest way that its characters allow.

    Args:
        normaliser: the definition.
        expected: bytes of text that will come, as far as that is known.
    """

    def __init__(self, normaliser: Normaliser, expected: int) -> None:
        self._normaliser = normaliser
        self._has_tables = Alphabet.serves(normaliser)
        self._forms = WordForms(normaliser)
        # What was normalised, and what will be.
        self._size = expected

    def normalised(self, block: bytes, *, split: bool) -> bytes:
        """The words of lines in UTF-8, in lines as they were; spaces perhaps around line ends.

        Args:
            block: the lines.
            split: put `SENTENCE` between the sentences of a line.
        """
        return cast("bytes", self.lines(block, split=split, final=False))

    def lines(self, block: bytes, *, split: bool, final: bool) -> bytes | Finished:
        """The same; with `final` lines of a corpus, a sentence a line, where machine code makes them."""
        if not self._has_tables:
            return self._forms.normalised(block.decode(), split=split).encode()
        self._size += len(block)
        if self._size > WORTH and self._compiled is not None:
            return self._compiled.finished(block, split=split) if final else self._compiled.made(block, split=split)
        others = beyond_ascii(block)
        if 2 * len(others) > len(block):
            return self._foreign(block, split=split)
        return self._latin(block, others, split=split)

    @cached_property
    def _compiled(self) -> Utf8Lines | None:
        """Machine code, where the Numba of the extra `engine` is."""
        try:
            from ..compiled.utf8_lines import Utf8Lines  # noqa: PLC0415 - takes half a second to load, and may not be there
        except ImportError:
            return None
        abbreviations = [each.encode() for each in WHOLE_ABBREVIATIONS]
        return Utf8Lines(CharacterKinds(self._normaliser).page, self._forms.formed, abbreviations)

    def _latin(self, block: bytes, others: bytes, *, split: bool) -> bytes:
        """The same of lines of which most are in Latin letters.

        Args:
            block: the lines.
            others: the same without most of ASCII, from `beyond_ascii`.
            split: as above.
        """
        latin = utf8_text(self._normaliser)
        eased, hard = latin.eased(block, others)
        if not hard:
            return latin.normalised(eased, split=split)
        lines, raw = eased.split(b"\n"), block.split(b"\n")
        found = self._foreign(b"\n".join(raw[place] for place in hard), split=split).split(b"\n")
        for place in hard:
            lines[place] = b""
        made = latin.normalised(b"\n".join(lines), split=split).split(b"\n")
        for place, line in zip(hard, found, strict=True):
            made[place] = line
        return b"\n".join(made)

    def _foreign(self, block: bytes, *, split: bool) -> bytes:
        """The same of lines of which most are in another alphabet."""
        text = block.decode()
        alphabet = self._likeliest(text)
        if alphabet is None:
            return self._forms.normalised(text, split=split).encode()
        encoded = alphabet.encoded(text)
        if encoded is not None:
            return alphabet.normalised(encoded, split=split).decode(alphabet.encoding).encode()
        lines = text.split("\n")
        hard = [place for place, line in enumerate(lines) if alphabet.foreign.search(line)]
        others = self._forms.normalised("\n".join(lines[place] for place in hard), split=split).split("\n")
        for place in hard:
            lines[place] = ""
        encoded = "\n".join(lines).encode(alphabet.encoding)
        made = alphabet.normalised(encoded, split=split).decode(alphabet.encoding).split("\n")
        for place, line in zip(hard, others, strict=True):
            made[place] = line
        return "\n".join(made).encode()

    def _likeliest(self, text: str) -> Alphabet | None:
        """The alphabet of nearly all characters at the beginning of a text."""
        sample = text[:_SAMPLE]
        characters = set(sample)
        for encoding in _ENCODINGS:
            alphabet = alphabet_of(self._normaliser, encoding)
            others = characters - alphabet.characters
            if len(others) <= _FEW and sum(map(sample.count, others)) <= _FEW:
                return alphabet
        return None


def _counted(lines: Sequence[bytes], made: Made) -> bytes:
    """Lines as they are written, counted."""
    data = b"".join((b"\n".join(lines), b"\n")) if lines else b""
    made.lines += len(lines)
    made.words += data.count(b" ") + len(lines)
    return data


def _runs(texts: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """Texts in a row that all may have labels within them, or none of which has one."""
    for has_label, run in groupby(texts, key=lambda text: LABEL in text):
        yield has_label, list(run)


def _on_one_line(text: str) -> str:
    return text.rstrip("\n").replace("\n", " ").replace("\r", " ")


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        # What a lone surrogate is to the normaliser, a character of private use is, too.
        return _SURROGATE.sub("\ue000", text).encode()


def _length(words: str) -> int:
    return words.count(" ") + 1
