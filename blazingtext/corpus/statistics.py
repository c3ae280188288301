"""What a corpus contains, and what would probably train badly: known before training costs anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blazingtext_lifecycle import corpus_text
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.corpus_text import LABEL, UNSEEN_SEPARATORS
from blazingtext_lifecycle.errors import CorpusError

from ..errors import NotACorpusError, UnreadableFileError

# fastText's reader, and so BlazingText's, splits a line after 1,024 words.
_LONGEST_LINE = 1024
_PIECE = 1 << 20
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


@dataclass
class Tally:
    """The running counts of `statistics`."""

    words: Counter[bytes] = field(default_factory=Counter)
    lines: int = 0
    empty: int = 0
    longest: int = 0
    unlabelled: int = 0
    length: int = 0
    labelled: bool = False
    form: tuple[str, ...] = ()

    def add(self, piece: bytes) -> None:
        """Counts a piece of a line, up to and with its line break when it has one."""
        found = piece.split()
        self.words.update(found)
        self.length += len(found)
        self.labelled = self.labelled or bool(corpus_text.labels_of(piece))
        if piece.endswith(b"\n"):
            self.end_line()

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


def statistics(path: Path, *, min_count: int = 5, top: int = 20, advance: Callable[[int], None] = lambda _: None) -> Statistics:
    """Counts a prepared corpus, whatever its size; a text without line breaks is one line.

    Args:
        path: the corpus.
        min_count: the hyperparameter under which the vocabulary is counted.
        top: how many frequent words to report.
        advance: called with the number of bytes read.

    Raises:
        CorpusError: the file cannot be read, is empty, or is no prepared text.
    """
    tally = Tally(form=_form(path))
    for piece in _pieces(path):
        tally.add(piece)
        advance(len(piece))
    if tally.length:
        tally.end_line()
    labels = Counter({word: count for word, count in tally.words.items() if word.startswith(LABEL)})
    for label in labels:
        del tally.words[label]
    return _summary(path, tally, labels, min_count, top)


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
    """The lines of a file; a very long line in pieces that end between words."""
    try:
        with path.open("rb") as stream:
            held = b""
            while piece := stream.readline(_PIECE):
                piece = held + piece
                cut = len(piece) if piece.endswith(b"\n") or len(piece) < _PIECE else piece.rfind(b" ") + 1
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
    )


def _named(counts: list[tuple[bytes, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((word.decode(errors="replace"), count) for word, count in counts)


def _warnings(tally: Tally, labels: Counter[bytes], vocabulary: int, min_count: int) -> Iterator[str]:
    """What would train, but probably not as intended."""
    total = tally.words.total()
    if not vocabulary:
        yield _nothing_to_learn(tally.words, min_count)
    elif total < 1_000_000 and not labels:
        yield f"{total:,} words are few: the vectors of {vocabulary:,} words will be poor. Add text, or raise epochs."
    yield from _warnings_of_form(tally, total)
    yield from (each.text for each in corpus_text.separator_findings(_separators({**tally.words, **labels}), "The text"))
    if labels and tally.unlabelled:
        unlabelled = f"{tally.unlabelled:,} of {tally.lines:,} lines have no label"
        yield f"{unlabelled}: supervised training ignores them. Label them or drop them."
    if len(labels) == 1:
        yield "There is only one label: a classifier has nothing to learn. Add lines with other labels."
    elif labels:
        yield from corpus_text.label_warnings(labels, tally.lines, "The text")


def _separators(words: Mapping[bytes, int]) -> Counter[str]:
    """How often each separator occurs that BlazingText does not see."""
    found: Counter[str] = Counter()
    for word, count in words.items():
        for separator in UNSEEN_SEPARATORS.findall(word.decode("utf-8", "ignore")):
            found[separator] += count
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
