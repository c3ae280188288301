"""Which words that stand side by side are phrases, by the statistics of gensim's `Phrases`.

Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality (https://arxiv.org/abs/1310.4546), section 4;
Bouma, Normalized (Pointwise) Mutual Information in Collocation Extraction (2009); https://radimrehurek.com/gensim/models/phrases.html.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import log

from blazingtext_lifecycle.corpus_text import LABEL
from blazingtext_lifecycle.errors import UserError

# gensim's ENGLISH_CONNECTOR_WORDS.
ENGLISH = ("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "without")
# To count many words at once is much faster.
_MANY = 50_000


class Scoring(StrEnum):
    """How far two words belong together."""

    DEFAULT = "default"
    NPMI = "npmi"


class PhraseSettingsError(UserError):
    """Phrases cannot be found by such settings."""


@dataclass(frozen=True)
class PhraseSettings:
    """What makes a phrase; defaults as of gensim.

    Args:
        minimum_count: what is rarer is no phrase, at least 1; with the default scoring it is taken from every count.
        threshold: a phrase has a higher score: above 0, or with NPMI from -1 to 1.
        scoring: how far two words belong together.
        delimiter: what joins the words of a phrase.
        connector_words: words that may stand within a phrase (bank of america), neither first nor last, and do not change its score.
        maximum_vocabulary: words and pairs in memory; beyond it the rarest are forgotten, as gensim forgets them.

    Raises:
        PhraseSettingsError: a value is outside its range.
    """

    minimum_count: int = 5
    threshold: float = 10.0
    scoring: Scoring = Scoring.DEFAULT
    delimiter: str = "_"
    connector_words: tuple[str, ...] = ()
    maximum_vocabulary: int = 40_000_000

    def __post_init__(self) -> None:
        npmi = self.scoring == Scoring.NPMI
        if not (-1 <= self.threshold <= 1 if npmi else 0 < self.threshold < float("inf")):
            allowed = "from -1 to 1 with NPMI, such as 0.5" if npmi else "above 0 with the default scoring, such as 10"
            raise PhraseSettingsError(f"A threshold of {self.threshold:g} tells no phrases from other words: it is {allowed}.")
        if self.minimum_count < 1 or self.maximum_vocabulary < 1:
            raise PhraseSettingsError("Counts of phrases are whole numbers from 1 on.")
        if not self.delimiter or self.delimiter.split() != [self.delimiter]:
            raise PhraseSettingsError(f"{self.delimiter!r} joins no words: a delimiter has no white space, such as _.")
        if bad := [each for each in self.connector_words if each.split() != [each] or set(each) & set(self.delimiter)]:
            raise PhraseSettingsError(f"{bad[0]!r} is no connector word: those are single words without {self.delimiter!r}.")


def sentences(line: bytes) -> Iterator[tuple[bool, list[bytes]]]:
    """The words of a line in runs, and whether a run is of labels: no phrase reaches over a label."""
    if LABEL not in line:
        yield False, line.split()
        return
    run: list[bytes] = []
    labels = False
    for word in line.split():
        if word.startswith(LABEL) != labels and run:
            yield labels, run
            run = []
        labels = word.startswith(LABEL)
        run.append(word)
    yield labels, run


class PhraseCounts:
    """Counts words and pairs of a corpus, and tells which pairs are phrases.

    Args:
        settings: what makes a phrase.

    Attributes:
        words: words counted so far, connector words among them.
        pruned: how often the rarest were forgotten.
    """

    def __init__(self, settings: PhraseSettings) -> None:
        self.words = 0
        self.pruned = 0
        self._settings = settings
        self._delimiter = settings.delimiter.encode()
        self._connectors = frozenset(each.encode() for each in settings.connector_words)
        self._counts: Counter[bytes] = Counter()
        self._held: list[bytes] = []

    def add(self, sentence: Sequence[bytes]) -> None:
        """Counts a sentence, labels excluded."""
        self.words += len(sentence)
        tokens = self._tokens(sentence)
        if len(self._counts) + len(self._held) + len(tokens) <= self._settings.maximum_vocabulary:
            self._held += tokens
            if len(self._held) > _MANY:
                self._count()
            return
        self._count()
        self._counts.update(tokens)
        if len(self._counts) > self._settings.maximum_vocabulary:
            self.pruned += 1
            # The first time nothing goes: `>=`, as gensim's code has it, and not `>`, as its comment has it (utils.prune_vocab).
            self._counts = Counter({token: count for token, count in self._counts.items() if count >= self.pruned})

    def _count(self) -> None:
        self._counts.update(self._held)
        self._held.clear()

    def _tokens(self, sentence: Sequence[bytes]) -> list[bytes]:
        """What is counted of a sentence: its words but the connectors, and its pairs."""
        if self._connectors.isdisjoint(sentence):
            return [*sentence, *map(self._delimiter.join, pairwise(sentence))]
        found: list[bytes] = []
        waiting: list[bytes] = []
        for word in sentence:
            if word not in self._connectors:
                found.append(word)
                if waiting:
                    found.append(self._delimiter.join((*waiting, word)))
                waiting = [word]
            elif waiting:
                waiting.append(word)
        return found

    def phrases(self) -> Iterable[bytes]:
        """The phrases that were found: their words with single spaces between them."""
        self._count()
        for token, together in self._counts.items():
            if together >= self._settings.minimum_count and self._delimiter in token:
                for first, between, last in self._readings(token):
                    if self._score(first, last, together) > self._settings.threshold:
                        yield b" ".join((first, *between, last))

    def _readings(self, token: bytes) -> Iterator[tuple[bytes, tuple[bytes, ...], bytes]]:
        """The pairs that have a token for their joined form: what was joined before has delimiters of its own."""
        place = token.find(self._delimiter, 1)
        while place > 0:
            rest = token[place + len(self._delimiter) :]
            between: tuple[bytes, ...] = ()
            while rest:
                yield token[:place], between, rest
                word, _, after = rest.partition(self._delimiter)
                if word not in self._connectors:
                    break
                rest, between = after, (*between, word)
            place = token.find(self._delimiter, place + 1)

    def _score(self, first: bytes, last: bytes, together: int) -> float:
        """How far two words belong together; minus infinity when one of them is unknown."""
        # `get`, because a Counter would be asked for what it lacks through a method in Python.
        one, other = self._counts.get(first, 0), self._counts.get(last, 0)
        if not one or not other:
            return float("-inf")
        if self._settings.scoring == Scoring.DEFAULT:
            return (together - self._settings.minimum_count) / float(one * other) * len(self._counts)
        total = float(self.words)
        both = together / total
        return log(both / (one / total * (other / total))) / -log(both)
