"""How well vectors do on sets of word pairs and of analogies, by gensim's rules (`evaluate_word_pairs`, `evaluate_word_analogies`).

`evaluation` scores WordSim-353 as BlazingText's container does, whose rules differ in small things (the last of two spellings, a pair
given twice once); here the most frequent spelling counts, and every line.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..html_tables import table
from .evaluation import spearman
from .intervals import Interval, interval
from .sets import AnalogySet, Pair, Question, Set, SimilaritySet
from .word_vectors import Matrix, Vectors

# gensim's restrict_vocab.
MOST_FREQUENT: Final = 300_000
_RESAMPLES = 1000
_BLOCK_BYTES = 64 << 20

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Rules:
    """How words are looked up, and what those without a vector mean.

    Args:
        top: only so many of the most frequent words are known (gensim's ``restrict_vocab``); the answer to an analogy is one of them.
        match_case: Paris is not paris (gensim's ``case_insensitive=False``).
        count_unknown: a pair without a vector has similarity 0, an analogy is answered wrongly (gensim's ``dummy4unknown=True``); else
            they are left out.
        ngrams: a word of a pair outside the vocabulary has the vector of its character n-grams, where the model has them. gensim leaves
            such pairs out.
    """

    top: int = MOST_FREQUENT
    match_case: bool = False
    count_unknown: bool = False
    ngrams: bool = True


@dataclass(frozen=True)
class Section:
    """Analogies of one kind.

    Attributes:
        name: of the section.
        correct: how many were answered rightly.
        found: how many have vectors for all words.
        total: how many there are.
        accuracy: the share that counts, 0 to 1; None when none counts.
    """

    name: str
    correct: int
    found: int
    total: int
    accuracy: float | None


@dataclass(frozen=True)
class Result:
    """What vectors reached on one set.

    Attributes:
        name: of the set.
        kind: similarity, whose score is Spearman's rank correlation with people's scores, or analogy, whose score is the accuracy.
        score: -1 to 1, or 0 to 1; None when no word pair or analogy has vectors.
        interval: where it lies in 95 of 100 resamples of the pairs or questions; None without a score.
        found: pairs or questions that have vectors.
        total: pairs or questions in the set.
        of_ngrams: how many of those found have a word outside the vocabulary, whose vector is made of its n-grams.
        sections: of analogies.
    """

    name: str
    kind: Literal["similarity", "analogy"]
    score: float | None
    interval: Interval | None
    found: int
    total: int
    of_ngrams: int = 0
    sections: tuple[Section, ...] = field(default=(), repr=False)

    @property
    def coverage(self) -> float:
        """The share of pairs or questions that have vectors, 0 to 1."""
        return self.found / self.total if self.total else 0.0


@dataclass(frozen=True)
class Benchmark:
    """What vectors reached on several sets.

    Attributes:
        source: what the vectors are.
        results: one for each set.
    """

    source: str
    results: tuple[Result, ...]

    def __repr__(self) -> str:
        shown = ", ".join(f"{each.name} {'-' if each.score is None else format(each.score, '.3f')}" for each in self.results)
        return f"Benchmark({self.source}: {shown})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return table(COLUMNS, self.rows(), caption=self.source, right=(2, 4, 5))

    def rows(self) -> list[tuple[str, ...]]:
        """The table: a row for each set, and under analogies one for each section."""
        return [row for result in self.results for row in _rows(result)]

    def records(self) -> list[tuple[object, ...]]:
        """The table for programs, as `FIELDS` names its columns: full numbers, None where there is none."""
        return [record for result in self.results for record in _records(result)]


COLUMNS: Final = ("set", "kind", "score", "95 % interval", "found", "of")


def _rows(result: Result) -> Iterator[tuple[str, ...]]:
    score = "-" if result.score is None else f"{result.score:.4f}"
    between = "-" if result.interval is None else f"{result.interval.low:.3f} to {result.interval.high:.3f}"
    yield result.name, result.kind, score, between, f"{result.found:,}", f"{result.total:,}"
    # One section is the whole set.
    for section in result.sections if len(result.sections) > 1 else ():
        accuracy = "-" if section.accuracy is None else f"{section.accuracy:.4f}"
        yield f"  {section.name}", "", accuracy, "", f"{section.found:,}", f"{section.total:,}"


FIELDS: Final = ("set", "kind", "section", "score", "low", "high", "found", "total", "of_ngrams")


def _records(result: Result) -> Iterator[tuple[object, ...]]:
    low, high = (None, None) if result.interval is None else (result.interval.low, result.interval.high)
    yield result.name, result.kind, None, result.score, low, high, result.found, result.total, result.of_ngrams
    for each in result.sections if len(result.sections) > 1 else ():
        yield result.name, result.kind, each.name, each.accuracy, None, None, each.found, each.total, 0


def score(
    vectors: Vectors,
    sets: Sequence[Set],
    rules: Rules | None = None,
    *,
    source: str = "vectors",
    advance: Callable[[int], None] = lambda _: None,
) -> Benchmark:
    """Scores vectors on sets.

    Args:
        vectors: what to score, most frequent word first.
        sets: word pairs and analogies.
        rules: None means gensim's, with n-grams.
        source: what to call the vectors.
        advance: called with the number of pairs and questions done.
    """
    rules = Rules() if rules is None else rules
    words = _Words(vectors, rules)
    results = tuple(
        _similarity(each, words, advance) if isinstance(each, SimilaritySet) else _analogy(each, words, advance) for each in sets
    )
    return Benchmark(source, results)


class _Words:
    """The words that are known, however they are written: the most frequent spelling counts."""

    def __init__(self, vectors: Vectors, rules: Rules) -> None:
        self.vectors, self.rules = vectors, rules
        self.folded = [self.fold(word) for word in vectors.words[: rules.top]]
        self.rows: dict[str, list[int]] = defaultdict(list)
        for row, word in enumerate(self.folded):
            self.rows[word].append(row)

    def fold(self, word: str) -> str:
        """A word as it is compared."""
        return word if self.rules.match_case else word.upper()

    def known(self, word: str) -> str | None:
        """A word as it is compared, if it has a vector: as it is written, with underscores for spaces, or composed otherwise."""
        for spelt in (word, word.replace(" ", "_")):
            if self.fold(spelt) in self.rows:
                return self.fold(spelt)
        forms: tuple[Literal["NFC", "NFD", "NFKC"], ...] = () if word.isascii() else ("NFC", "NFD", "NFKC")
        return next((each for form in forms if (each := self.fold(unicodedata.normalize(form, word))) in self.rows), None)

    def row(self, word: str) -> int | None:
        """The row of the most frequent spelling of a word."""
        found = self.known(word)
        return None if found is None else self.rows[found][0]

    def unit(self, word: str) -> Matrix | None:
        """The unit vector of a word: its own, else that of its n-grams."""
        row = self.row(word)
        if row is not None:
            own: Matrix = self.vectors.directions[row]
            return own
        spelt = word if self.rules.match_case else word.lower()
        if not self.rules.ngrams or spelt in self.vectors or not self.vectors.has_vector(spelt):
            return None
        return self.vectors.unit(spelt)


def _similarity(pairs: SimilaritySet, words: _Words, advance: Callable[[int], None]) -> Result:
    human, model, found, of_ngrams = [], [], 0, 0
    for pair in pairs.pairs:
        cosine = _cosine(pair, words)
        if cosine is not None:
            found += 1
            of_ngrams += words.row(pair.first) is None or words.row(pair.second) is None
        if cosine is not None or words.rules.count_unknown:
            human.append(pair.score)
            model.append(0.0 if cosine is None else cosine)
    rho, between = _correlated(np.array(human), np.array(model))
    advance(len(pairs.pairs))
    return Result(pairs.name, "similarity", rho, between, found, len(pairs.pairs), of_ngrams)


def _cosine(pair: Pair, words: _Words) -> float | None:
    first, second = words.unit(pair.first), words.unit(pair.second)
    return None if first is None or second is None else float(first.astype(np.float64) @ second)


def _correlated(human: NDArray[np.float64], model: NDArray[np.float64]) -> tuple[float | None, Interval | None]:
    if not len(human):
        return None, None
    rho = spearman(human, model)
    samples = np.random.default_rng(1).integers(0, len(human), (_RESAMPLES, len(human)))
    return rho, interval(rho, np.array([spearman(human[rows], model[rows]) for rows in samples]))


def _analogy(asked: AnalogySet, words: _Words, advance: Callable[[int], None]) -> Result:
    known = [place for place, question in enumerate(asked.questions) if _answerable(question, words)]
    right = np.zeros(len(asked.questions), bool)
    right[known] = _answered([asked.questions[place] for place in known], words, advance)
    advance(len(asked.questions) - len(known))
    found = np.zeros(len(asked.questions), bool)
    found[known] = True
    counted = np.ones_like(found) if words.rules.count_unknown else found
    names = np.array([question.section for question in asked.questions], object)
    sections = tuple(
        Section(name, int(right[here].sum()), int(found[here].sum()), int(here.sum()), _share(right[here & counted]))
        for name in dict.fromkeys(names.tolist())
        if (here := names == name) is not None
    )
    accuracy = _share(right[counted])
    return Result(
        asked.name, "analogy", accuracy, _of_share(accuracy, int(counted.sum())), len(known), len(asked.questions), sections=sections
    )


def _share(right: NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if len(right) else None


def _of_share(share: float | None, number: int) -> Interval | None:
    """The interval of a share: drawing questions again draws their number of right ones from a binomial distribution."""
    return None if share is None else interval(share, np.random.default_rng(1).binomial(number, share, _RESAMPLES) / number)


def _answerable(question: Question, words: _Words) -> bool:
    return all(words.known(each) for each in (question.first, question.second, question.third)) and any(map(words.known, question.answers))


def _answered(questions: Sequence[Question], words: _Words, advance: Callable[[int], None]) -> NDArray[np.bool_]:
    """Which of some questions are answered rightly: the word nearest to second - first + third, none of these three itself (3CosAdd)."""
    directions = words.vectors.directions[: words.rules.top]
    block = max(1, _BLOCK_BYTES // (4 * max(1, len(directions))))
    right = np.zeros(len(questions), bool)
    for start in range(0, len(questions), block):
        some = questions[start : start + block]
        asked = [[words.known(each) or "" for each in (question.first, question.second, question.third)] for question in some]
        first, second, third = np.array([[words.rows[each][0] for each in three] for three in asked]).T
        scores = (directions[second] - directions[first] + directions[third]) @ directions.T
        for place, (three, question) in enumerate(zip(asked, some, strict=True)):
            scores[place, [row for each in three for row in words.rows[each]]] = -np.inf
            answers = {words.known(each) for each in question.answers}
            right[start + place] = words.folded[int(scores[place].argmax())] in answers
        advance(len(some))
    return right
