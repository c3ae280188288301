"""Raw text becomes a corpus: UTF-8, one sentence a line, words separated by single spaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from blazingtext_lifecycle.errors import CorpusError

from ..files import atomic_file
from . import sources
from .normaliser import LABEL, Normaliser, label_of, pieces, sentences

# fastText's reader, and so BlazingText's, splits a line after 1,024 words.
LONGEST_LINE = 1000
_BLOCK = 1 << 16


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
        undecodable: bytes of the input that are invalid in its encoding; they were dropped.
        garbled: the files that contain them.
    """

    path: Path
    files: int
    lines: int
    words: int
    size: int
    undecodable: int
    garbled: tuple[str, ...]


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
        output: the file to write.
        normaliser: what happens to characters.
        shape: what happens to lines.
        reading: encoding, CSV columns and progress.
        force: replace an existing file.

    Raises:
        CorpusError: an input is missing or broken, or holds no words.
        UserError: the output exists or cannot be written.
    """
    reading = replace(sources.Reading() if reading is None else reading, tally=sources.Tally())
    made = _lines(reading.texts(sources.expand(inputs)), normaliser or Normaliser(), shape or Shape(), labelled=bool(reading.label_column))
    with atomic_file(output, force=force) as stream:
        count, words = _write(made, stream)
        if not count:
            raise CorpusError(
                f"No words were found in {reading.tally.files} files: nothing is left after normalisation. "
                "Check the inputs, --encoding and --csv-column."
            )
    tally = reading.tally
    return Prepared(output, tally.files, count, words, output.stat().st_size, tally.undecodable, tuple(tally.garbled))


def _lines(texts: Iterator[tuple[str, str]], normaliser: Normaliser, shape: Shape, *, labelled: bool) -> Iterator[str]:
    """The lines of the corpus."""
    for label, text in _blocks(sources.paragraphs(texts) if shape.wrapped else texts, labelled=labelled):
        if labelled or LABEL in text:
            # A labelled text is one example, however many sentences it has.
            words = normaliser.words(text)
            if words and _length(words) >= shape.minimum_words:
                yield f"{label_of(label)} {words}" if labelled else words
            continue
        marked = "\n".join(sentences(text)) if shape.split_sentences else text
        for words in normaliser.lines(marked):
            if words and _length(words) >= shape.minimum_words:
                yield from pieces(words, shape.maximum_words)


def _length(words: str) -> int:
    return words.count(" ") + 1


def _blocks(texts: Iterable[tuple[str, str]], *, labelled: bool) -> Iterator[tuple[str, str]]:
    """Labelled texts one by one; others in blocks, a line each: normalising a block takes little longer than a line."""
    held: list[str] = []
    size = 0
    for label, text in texts:
        if labelled or LABEL in text:
            yield label, text
            continue
        held.append(text.rstrip("\n").replace("\n", " "))
        size += len(text)
        if size >= _BLOCK:
            yield "", "\n".join(held)
            held, size = [], 0
    yield "", "\n".join(held)


def _write(made: Iterable[str], stream: IO[bytes]) -> tuple[int, int]:
    """Writes the lines; how many lines and words that were."""
    count = words = 0
    for line in made:
        stream.write(line.encode() + b"\n")
        count += 1
        words += _length(line) - line.count(LABEL)
    return count, words
