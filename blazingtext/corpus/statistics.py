"""What a corpus contains, and what would probably train badly: known before training costs anything."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from blazingtext_lifecycle import corpus_text
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.corpus_text import LABEL, UNSEEN_SEPARATORS
from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.plurals import count

from ..errors import NotACorpusError, UnreadableFileError
from . import recipe

if TYPE_CHECKING:
    from ..compiled.word_counts import LineCounts, WordCounts

# fastText's reader, and so BlazingText's, splits a line after 1,024 words.
_LONGEST_LINE = 1024
_PIECE = 1 << 20
# Bytes of a corpus for which machine code is worth loading.
WORTH = 1 << 26
_PUNCTUATION = b'.,;:!?"()[]{}'


@dataclass(frozen=True)
class Statistics:
    """What a corpus contains.

    Attributes:
        path: which.
        size: in bytes.
        lines: lines that are not empty.
        empty_lines: lines that are.
        words: words, labels excluded.
        distinct: distinct words.
        vocabulary: distinct words that occur at least `min_count` times: what the model will know.
        covered: the share of all words that the vocabulary covers, 0 to 1.
        min_count: the hyperparameter.
        longest_line: its length in words.
        frequent: the most frequent words and their counts.
        labels: the labels and their counts, most frequent first.
        unlabelled: lines without a label.
        warnings: what is allowed but probably a mistake.
        sha256: of the file, in hexadecimal.
        recipe: how it was prepared, in words; "" without a recipe beside it, or when it has changed since.
    """

    path: Path
    size: int
    lines: int
    empty_lines: int
    words: int
    distinct: int
    vocabulary: int
    covered: float
    min_count: int
    longest_line: int
    frequent: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]
    unlabelled: int
    warnings: tuple[str, ...]
    sha256: str
    recipe: str


@dataclass
class Tally:
    """The running counts of `statistics`; with `counts`, that counts the words until all are."""

    words: Counter[bytes] = field(default_factory=Counter)
    lines: int = 0
    empty: int = 0
    longest: int = 0
    unlabelled: int = 0
    length: int = 0
    labelled: bool = False
    form: tuple[str, ...] = ()
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    counts: WordCounts | None = None
    # Whether the last piece has left a line open.
    _open: bool = False

    def add(self, piece: bytes) -> None:
        """Counts a piece of a text that begins and ends between words; its lines may begin before it and end behind it."""
        if self.counts is None:
            self.words.update(piece.split())
        else:
            lines = self.counts.add(piece, self.length)
            if LABEL not in piece and not self.labelled:
                self._add_counted(lines, is_open=not piece.endswith(b"\n"))
                return
        if self._open:
            end, found, piece = piece.partition(b"\n")
            self._add_to_line(end)
            if not found:
                return
            self.end_line()
        whole, found, rest = piece.rpartition(b"\n")
        if found:
            self._add_lines(whole.split(b"\n"), labelled=LABEL in whole)
        self._open = bool(rest)
        self._add_to_line(rest)

    def _add_counted(self, lines: LineCounts, *, is_open: bool) -> None:
        """Adds lines without labels that are counted."""
        self.lines += lines.filled
        self.unlabelled += lines.filled
        self.empty += lines.empty
        self.longest = max(self.longest, lines.longest)
        self.length = lines.open
        self._open = is_open

    def _add_lines(self, lines: list[bytes], *, labelled: bool) -> None:
        """Counts whole lines."""
        filled = list(filter(None, map(bytes.strip, lines)))
        self.lines += len(filled)
        self.empty += len(lines) - len(filled)
        # A line with more words than the longest has at least as many bytes.
        longer = [line for line in filled if len(line) > 2 * self.longest]
        self.longest = max([self.longest, *(len(line.split()) for line in longer)])
        self.unlabelled += sum(not corpus_text.labels_of(line) for line in filled) if labelled else len(filled)

    def _add_to_line(self, part: bytes) -> None:
        """Counts a part of a line."""
        self.length += len(part.split())
        self.labelled = self.labelled or bool(corpus_text.labels_of(part))

    def end_line(self) -> None:
        """Counts a line that is complete."""
        if self.length:
            self.lines += 1
            self.longest = max(self.longest, self.length)
            self.unlabelled += not self.labelled
        else:
            self.empty += 1
        self.length = 0
        self.labelled = False
        self._open = False


def statistics(path: Path, *, min_count: int = 5, top: int = 20, advance: Callable[[int], None] = lambda _: None) -> Statistics:
    """Counts a prepared corpus, whatever its size; a text without line breaks is one line.

    Args:
        path: the corpus.
        min_count: the hyperparameter under which the vocabulary is counted.
        top: how many frequent words to report.
        advance: called with the number of bytes read.

    Raises:
        CorpusError: the file cannot be read, is empty, or is no prepared text.
        RecipeError: what lies beside it is no recipe.
    """
    prepared = recipe.read(recipe.beside(path))
    tally = Tally(form=_form(path), counts=_counts(path))
    for piece in _pieces(path):
        tally.add(piece)
        tally.digest.update(piece)
        advance(len(piece))
    if tally.length:
        tally.end_line()
    if tally.counts is not None:
        tally.words.update(dict(tally.counts.items()))
    labels = Counter({word: count for word, count in tally.words.items() if word.startswith(LABEL)})
    for label in labels:
        del tally.words[label]
    found = _summary(path, tally, labels, min_count, top)
    return found if prepared is None else _with_recipe(found, prepared)


def _counts(path: Path) -> WordCounts | None:
    """What counts the words of a large corpus in machine code, where the Numba of the extra `engine` is."""
    try:
        if path.stat().st_size < WORTH:
            return None
        from ..compiled.word_counts import WordCounts as Compiled  # noqa: PLC0415 - Numba takes a second to load, and may not be there
    except (ImportError, OSError):
        return None
    return Compiled()


def _with_recipe(found: Statistics, prepared: recipe.Recipe) -> Statistics:
    """Statistics with the recipe, or with a warning that it is another file's."""
    if recipe.is_of(prepared, found.sha256):
        return replace(found, recipe=prepared.in_words)
    changed = (
        f"{found.path} has changed since it was prepared: its SHA-256 is not the one in {recipe.beside(found.path)}. "
        "`upload` sends no recipe with it, and `predict --prepare` will have none. Prepare it again to have one."
    )
    return replace(found, warnings=(*found.warnings, changed))


def _form(path: Path) -> tuple[str, ...]:
    """Warnings about what a file is, from its beginning.

    Raises:
        CorpusError: it cannot be read, or is no prepared text.
    """
    if path.exists() and not path.is_file():
        raise CorpusError(f"{path} is not a file. Statistics are of a prepared corpus in a file. Name the file.")
    try:
        with path.open("rb") as stream:
            sample = stream.read(SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFileError(path, error) from error
    whole = len(sample) < SAMPLE_BYTES
    refusal = corpus_text.refusal_of(sample, str(path), whole)
    if refusal and sample.split():
        raise NotACorpusError(refusal, path)
    return tuple(each.text for each in corpus_text.form_findings(sample, str(path), whole))


def _pieces(path: Path) -> Iterator[bytes]:
    """A file in pieces that end behind a line, or within a very long one between words."""
    try:
        with path.open("rb") as stream:
            held = b""
            while data := stream.read(_PIECE):
                piece = held + data
                cut = piece.rfind(b"\n") + 1 or piece.rfind(b" ") + 1
                held = piece[cut:]
                if cut:
                    yield piece[:cut]
            if held:
                yield held
    except OSError as error:
        raise UnreadableFileError(path, error) from error


def _summary(path: Path, tally: Tally, labels: Counter[bytes], min_count: int, top: int) -> Statistics:
    total = tally.words.total()
    kept = [count for count in tally.words.values() if count >= min_count]
    if not tally.lines:
        raise NotACorpusError(f"{path} contains no words, only {path.stat().st_size} bytes of blank lines.", path)
    return Statistics(
        path=path,
        size=path.stat().st_size,
        lines=tally.lines,
        empty_lines=tally.empty,
        words=total,
        distinct=len(tally.words),
        vocabulary=len(kept),
        covered=sum(kept) / total if total else 0.0,
        min_count=min_count,
        longest_line=tally.longest,
        frequent=_named(tally.words.most_common(top)),
        labels=_named(labels.most_common()),
        unlabelled=tally.unlabelled if labels else 0,
        warnings=(*tally.form, *_warnings(tally, labels, len(kept), min_count)),
        sha256=tally.digest.hexdigest(),
        recipe="",
    )


def _named(counts: list[tuple[bytes, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((word.decode(errors="replace"), count) for word, count in counts)


def _warnings(tally: Tally, labels: Counter[bytes], vocabulary: int, min_count: int) -> Iterator[str]:
    """What would train, but probably not as intended."""
    total = tally.words.total()
    if not vocabulary:
        yield _nothing_to_learn(tally.words, min_count)
    elif total < 1_000_000 and not labels:
        yield f"{count(total, 'words', 'are')} few: the vectors of {count(vocabulary, 'words')} will be poor. Add text, or raise epochs."
    yield from _warnings_of_form(tally, total)
    yield from (each.text for each in corpus_text.separator_findings(_separators({**tally.words, **labels}), "The text"))
    if labels and tally.unlabelled:
        unlabelled = f"{tally.unlabelled:,} of {count(tally.lines, 'lines')} without a label"
        yield f"{unlabelled}: supervised training ignores them. Label them or drop them."
    if len(labels) == 1:
        yield "There is only one label: a classifier has nothing to learn. Add lines with other labels."
    elif labels:
        yield from corpus_text.label_warnings(labels, tally.lines, "The text")


def _separators(words: Mapping[bytes, int]) -> Counter[str]:
    """How often each separator occurs that BlazingText does not see."""
    found: Counter[str] = Counter()
    for word, times in words.items():
        for separator in UNSEEN_SEPARATORS.findall(word.decode("utf-8", "ignore")):
            found[separator] += times
    return found


def _nothing_to_learn(words: Counter[bytes], min_count: int) -> str:
    if not words:
        return "There are labels only, and no word. Training would fail. Put words behind the labels."
    word, count = words.most_common(1)[0]
    return (
        f'No word occurs {min_count} times (most frequent: "{word.decode(errors="replace")}", {count}). Training would fail. '
        "Lower min_count or add text."
    )


def _warnings_of_form(tally: Tally, total: int) -> Iterator[str]:
    """Signs that the text was not normalised."""
    if tally.longest > _LONGEST_LINE:
        length = f"The longest line has {tally.longest:,} words: trainers split lines after {_LONGEST_LINE:,}."
        yield f"{length} Harmless for running text such as text8."
    attached = sum(count for word, count in tally.words.items() if len(word) > 1 and word[-1] in _PUNCTUATION)
    if total and attached > total / 50:
        yield f'{attached / total:.0%} of the words end in punctuation ("word," is not "word"). Run: blazingtext corpus prepare'
    capital = sum(count for word, count in tally.words.items() if word != word.lower())
    broken = sum(count for word, count in tally.words.items() if not _is_utf8(word))
    if broken:
        yield f"{broken:,} words are not UTF-8: they will be broken in every answer. Run: blazingtext corpus prepare --encoding ..."
    if total and capital > total / 20:
        yield f'{capital / total:.0%} of the words have capitals ("Word" is not "word"). Run: blazingtext corpus prepare'


def _is_utf8(word: bytes) -> bool:
    return word.decode(errors="ignore").encode() == word
