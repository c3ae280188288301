"""Raw text becomes a corpus: UTF-8, one sentence a line, words separated by single spaces."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError

from ..files import atomic_file
from . import sources
from .normaliser import LABEL, Normaliser, label_of, pieces, sentences
from .tables import EMPTY_LABEL, LABEL_SEPARATOR

STDOUT = "-"

# With a plural first, as notes have it.
_DOTTED = "capitals \u0130 became i; if the text is Turkish or Azerbaijani, whose I becomes \u0131, add --language tr or az"
# fastText's reader, and so BlazingText's, splits a line after 1,024 words.
LONGEST_LINE = 1000
# Characters that are normalised at once.
_BLOCK = 65_536


@dataclass(frozen=True)
class Shape:
    """What the lines of a prepared corpus are.

    Args:
        split_sentences: one sentence a line; otherwise one line of input a line.
        wrapped: the input's lines are hard-wrapped: join them up to the next blank one.
        minimum_words: drop shorter lines.
        maximum_words: split longer lines.
    """

    split_sentences: bool = True
    wrapped: bool = False
    minimum_words: int = 1
    maximum_words: int = LONGEST_LINE


@dataclass(frozen=True)
class Prepared:
    """A corpus that was written.

    Attributes:
        path: where.
        files: how many files and archive members were read.
        lines: lines written.
        words: words written, labels excluded.
        size: bytes written.
        undecodable: bytes of the input that are invalid in its encoding; each was read as cp1252.
        garbled: the files that contain them.
        labelled: whether its lines have labels.
        left_out: how many rows of tables did not become lines, by reason.
        notes: what was read otherwise than it may have been meant, and how often.
        skipped: files of folders and archives that were left out, and why.
        recipe: what was done to the characters, in words.
    """

    path: Path
    files: int
    lines: int
    words: int
    size: int
    undecodable: int
    garbled: tuple[str, ...]
    labelled: bool
    left_out: Mapping[str, int]
    notes: Mapping[str, int]
    skipped: Mapping[str, str]
    recipe: str


def prepare(
    inputs: Iterable[str],
    output: Path,
    *,
    normaliser: Normaliser | None = None,
    shape: Shape | None = None,
    reading: sources.Reading | None = None,
    force: bool = False,
) -> Prepared:
    """Writes a corpus as BlazingText wants it: UTF-8, one sentence per line, words separated by single spaces.

    Streams, so memory does not grow with the input; the file appears only when it is complete.

    Args:
        inputs: files, folders, globs, or "-" for stdin.
        output: the file to write; "-" for stdout.
        normaliser: what happens to characters.
        shape: what happens to lines.
        reading: encoding, columns of tables and progress.
        force: replace an existing file.

    Raises:
        CorpusError: an input is missing or broken, or holds no words.
        UserError: the output exists or cannot be written.
    """
    tally = sources.Tally()
    reading = replace(sources.Reading() if reading is None else reading, tally=tally)
    inputs = list(inputs)
    texts = reading.texts(sources.expand(inputs), {Path(each).expanduser() for each in inputs})
    normaliser = normaliser or Normaliser()
    made = _lines(texts, normaliser, shape or Shape(), tally, labelled=bool(reading.label_column))
    with _opened(output, force=force) as stream:
        written = _write(made, stream)
        if not written.lines:
            raise CorpusError(_nothing(tally))
    return _summary(output, tally, written, normaliser.recipe)


def _summary(output: Path, tally: sources.Tally, written: _Written, recipe: str) -> Prepared:
    return Prepared(
        path=output,
        files=tally.files,
        lines=written.lines,
        words=written.words,
        size=written.size,
        undecodable=tally.undecodable,
        garbled=tuple(tally.garbled),
        labelled=written.labelled,
        left_out=dict(tally.lost),
        notes=dict(tally.notes),
        skipped=tally.skipped,
        recipe=recipe,
    )


def _opened(output: Path, *, force: bool) -> AbstractContextManager[IO[bytes]]:
    """The stream to write to."""
    return nullcontext(sys.stdout.buffer) if str(output) == STDOUT else atomic_file(output, force=force)


def _nothing(tally: sources.Tally) -> str:
    """Why there is no line."""
    reasons = [f"{count:,} {reason}" for reason, count in tally.lost.items()] + [f"{name} {why}" for name, why in tally.skipped.items()]
    because = f" ({'; '.join(reasons[:5])})" if reasons else ""
    return (
        f"No words were found in {tally.files} files: nothing is left after normalisation{because}. "
        "Check the inputs, --encoding and --column."
    )


def _lines(
    texts: Iterator[tuple[str, str]], normaliser: Normaliser, shape: Shape, tally: sources.Tally, *, labelled: bool
) -> Iterator[str]:
    """The lines of the corpus."""
    for label, text in _blocks(sources.paragraphs(texts) if shape.wrapped else texts, labelled=labelled):
        if normaliser.lower and not normaliser.language and (dotted := text.count("\u0130")):
            tally.notes[_DOTTED] += dotted
        if labelled:
            yield from _example(label, normaliser.words(text), shape, tally)
            continue
        if LABEL in text:
            # A labelled text is one example, however many sentences it has.
            words = normaliser.words(text)
            if words and _length(words) >= shape.minimum_words:
                yield words
            continue
        marked = "\n".join(sentences(text)) if shape.split_sentences else text
        for words in normaliser.lines(marked):
            if words and _length(words) >= shape.minimum_words:
                yield from pieces(words, shape.maximum_words)


def _example(label: str, words: str, shape: Shape, tally: sources.Tally) -> Iterator[str]:
    """The line of a labelled row, or nothing and a count."""
    names = [name for name in map(label_of, label.split(LABEL_SEPARATOR)) if name != LABEL]
    if not names:
        tally.lost[EMPTY_LABEL] += 1
    elif not words:
        tally.lost["rows without a word"] += 1
    elif _length(words) < shape.minimum_words:
        tally.lost["rows shorter than the minimum"] += 1
    else:
        yield " ".join([*names, words])


def _length(words: str) -> int:
    return words.count(" ") + 1


def _blocks(texts: Iterable[tuple[str, str]], *, labelled: bool) -> Iterator[tuple[str, str]]:
    """Labelled texts one by one; others in blocks, a line each: normalising a block takes little longer than a line."""
    held: list[str] = []
    size = 0
    for label, text in texts:
        alone = labelled or LABEL in text
        if not alone:
            held.append(text.rstrip("\n").replace("\n", " "))
            size += len(text)
        if held and (alone or size >= _BLOCK):
            yield "", "\n".join(held)
            held, size = [], 0
        if alone:
            yield label, text
    if held:
        yield "", "\n".join(held)


@dataclass
class _Written:
    """What was written."""

    lines: int = 0
    words: int = 0
    size: int = 0
    labelled: bool = False


def _write(made: Iterable[str], stream: IO[bytes]) -> _Written:
    """Writes the lines."""
    written = _Written()
    for line in made:
        # A lone surrogate can only stand in a label.
        data = line.encode("utf-8", "replace") + b"\n"
        stream.write(data)
        labels = line.count(LABEL)
        written.lines += 1
        written.words += _length(line) - labels
        written.size += len(data)
        written.labelled = written.labelled or labels > 0
    return written
