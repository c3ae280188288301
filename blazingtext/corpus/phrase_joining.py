"""The phrases of a corpus are found in one reading and joined in another: new york becomes new_york."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from blazingtext_lifecycle import corpus_text, recipe_keys
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.corpus_text import LABEL
from blazingtext_lifecycle.errors import CorpusError, UserError

from ..errors import NotACorpusError, UnreadableFileError
from ..files import atomic_file, refuse_existing
from . import recipe
from .hashing import HashingWriter
from .phrase_counts import PhraseCounts, PhraseSettings, sentences
from .phrases import Joiner, Phrases

_PIECE = 1 << 20
_SHOWN = 10

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Joined:
    """A corpus whose phrases were joined.

    Attributes:
        path: where.
        phrases: how many different ones there are.
        joined: how often one was joined.
        frequent: the most frequent ones, and how often each was joined.
        lines: lines written, empty ones included.
        words: words written, a phrase as one, labels excluded.
        size: bytes written.
        sha256: of what was written, in hexadecimal.
        recipe_file: the recipe beside it; None where the source has none.
        notes: what to know about it.
    """

    path: Path
    phrases: int
    joined: int
    frequent: tuple[tuple[str, int], ...]
    lines: int
    words: int
    size: int
    sha256: str
    recipe_file: Path | None
    notes: tuple[str, ...]


@dataclass
class _Reading:
    """Prepared files that are read one after the other, as one.

    Attributes:
        paths: the files.
        advance: called with the number of bytes read.
        hashes: of the files that were read to their ends.
    """

    paths: Sequence[Path]
    advance: Advance
    hashes: dict[Path, tuple[int, str]] = field(default_factory=dict)

    def lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Each line, and what is behind it: a line end, or a space where a very long line goes on.

        Raises:
            CorpusError: a file cannot be read, or is no prepared text.
        """
        for path in self.paths:
            try:
                with path.open("rb") as stream:
                    yield from self._of(stream, path)
            except OSError as error:
                raise UnreadableFileError(path, error) from error

    def _of(self, stream: IO[bytes], path: Path) -> Iterator[tuple[bytes, bytes]]:
        digest, read, held = hashlib.sha256(), 0, b""
        while block := stream.read(_PIECE):
            if not read and (refusal := corpus_text.refusal_of(block[:SAMPLE_BYTES], str(path), len(block) < SAMPLE_BYTES)):
                raise NotACorpusError(refusal, path)
            digest.update(block)
            read += len(block)
            *lines, held = (held + block).split(b"\n")
            yield from ((line, b"\n") for line in lines)
            if len(held) >= _PIECE and (cut := held.rfind(b" ")) > 0:
                yield held[:cut], b" "
                held = held[cut + 1 :]
            self.advance(len(block))
        if held:
            yield held, b"\n"
        self.hashes[path] = read, digest.hexdigest()


def find(paths: Sequence[Path], settings: PhraseSettings, *, advance: Advance = lambda _: None) -> Phrases:
    """The phrases of prepared files together; memory grows to `maximum_vocabulary` words and pairs, some 100 bytes each.

    Args:
        paths: the files, as one corpus.
        settings: what makes a phrase.
        advance: called with the number of bytes read.

    Raises:
        CorpusError: a file cannot be read, or is no prepared text.
    """
    return _found(_Reading(paths, advance), settings)


def _found(reading: _Reading, settings: PhraseSettings) -> Phrases:
    counts = PhraseCounts(settings)
    for line, _ in reading.lines():
        for is_labels, run in sentences(line):
            if not is_labels:
                counts.add(run)
    return Phrases.of(settings, frozenset(counts.phrases()))


def join(
    inputs: Sequence[Path],
    output: Path,
    *,
    settings: PhraseSettings | None = None,
    phrases: Phrases | None = None,
    force: bool = False,
    advance: Advance = lambda _: None,
) -> Joined:
    """Writes a corpus with its phrases joined, and its recipe beside it, so that questions are joined the same way.

    Args:
        inputs: prepared files that are one corpus, such as shares in their order; each is read twice, or once with `phrases`.
        output: the file to write; it appears only when it is complete.
        settings: what makes a phrase; None for gensim's defaults.
        phrases: those of another corpus, instead of finding some in this one.
        force: replace an existing file.
        advance: called with the number of bytes read.

    Raises:
        CorpusError: a file cannot be read, changes meanwhile, or is no prepared text.
        RecipeError: a recipe beside one of the files is broken.
        UserError: the output exists or cannot be written.
    """
    refuse_existing(output, force=force)
    if bad := next((each for each in inputs if each.exists() and not each.is_file()), None):
        raise CorpusError(f"{bad} is not a file, and phrases take two readings: one counts, one joins. Write it to a file first.")
    first, second = _Reading(inputs, advance), _Reading(inputs, advance)
    found = phrases or _found(first, settings or PhraseSettings())
    with atomic_file(output, force=force) as stream:
        written = _write(second, found.joiner(), stream)
        if first.hashes not in ({}, second.hashes):
            raise CorpusError("The corpus has changed between the two readings of it. Try again when nothing writes to it.")
    return _with_recipe(_joined(output, found, written), found, second)


@dataclass
class _Written:
    """What was written."""

    occurrences: Counter[bytes] = field(default_factory=Counter)
    lines: int = 0
    words: int = 0
    size: int = 0
    sha256: str = ""


def _write(reading: _Reading, joiner: Joiner, stream: IO[bytes]) -> _Written:
    written, hashed = _Written(), HashingWriter(stream)
    for line, end in reading.lines():
        made, joined = joiner.line(line)
        written.occurrences.update(joined)
        written.lines += end == b"\n"
        words = made.count(b" ") + 1 if made else 0
        written.words += words - (sum(word.startswith(LABEL) for word in made.split(b" ")) if LABEL in made else 0)
        written.size += hashed.write(made + end)
    written.sha256 = hashed.sha256()
    return written


def _joined(output: Path, found: Phrases, written: _Written) -> Joined:
    return Joined(
        path=output,
        phrases=found.count,
        joined=written.occurrences.total(),
        frequent=tuple((word.decode(errors="replace"), count) for word, count in written.occurrences.most_common(_SHOWN)),
        lines=written.lines,
        words=written.words,
        size=written.size,
        sha256=written.sha256,
        recipe_file=None,
        notes=(),
    )


def _with_recipe(joined: Joined, found: Phrases, reading: _Reading) -> Joined:
    """The report, after the recipe was written where there can be one."""
    source, notes = recipe.of_files([(path, reading.hashes[path][1]) for path in reading.paths])
    if not joined.path.is_file():
        return joined
    target = recipe.beside(joined.path)
    if source is None:
        # One of a file that was replaced would be another's.
        target.unlink(missing_ok=True)
        why = notes or ["The corpus has no recipe beside it, so there is none of its phrases, and `predict --prepare` cannot join them."]
        return replace(joined, notes=tuple(why))
    content = recipe.Content(joined.lines, joined.words, joined.size, joined.sha256)
    sizes, hashes = zip(*(reading.hashes[path] for path in reading.paths), strict=True)
    of = recipe.Sources(len(hashes), sum(sizes), recipe_keys.joined_sha256(list(hashes)))
    made = recipe.with_phrases(source, found, of, content)
    if made.phrases[-1].table is None:
        notes = [f"Its {found.count:,} phrases are too many for a recipe: `predict --prepare` will refuse. Raise --threshold for fewer."]
    recipe.write(made, target)
    return replace(joined, recipe_file=target, notes=tuple(notes))


def of_corpus(path: Path) -> Phrases:
    """The phrases that were joined last in a corpus, from the recipe beside it.

    Raises:
        UserError: there is no recipe, or it holds no phrases.
        RecipeError: the recipe is broken.
    """
    found = recipe.read(recipe.beside(path))
    if found is None or not found.phrases:
        raise UserError(f"{path} has no recipe with phrases beside it. Join them first, with: blazingtext corpus phrases")
    if found.phrases[-1].table is None:
        raise UserError(f"The phrases of {path} did not fit into its recipe. Join both corpora as one, or raise --threshold for fewer.")
    return found.phrases[-1]
