"""Two models side by side: vocabulary, neighbours, the words that moved, and how sure the difference of their scores is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.plurals import count

from . import evaluation
from .intervals import Interval, interval
from .nearest import nearest
from .word_vectors import Matrix, Vectors

_FEWEST_WORDS = 20
_SAMPLE = 500
ALIGNED_ON = 5000
_SHOWN = 10
_RESAMPLES = 2000


@dataclass(frozen=True)
class PairSet:
    """The scores of two models on one set of word pairs, over the pairs that both know.

    Attributes:
        name: the set's file.
        pairs: how many pairs both know.
        first, second: Spearman's rank correlation of each.
        difference: the second's minus the first's; resampled together, so that what makes a pair hard for both does not count.
    """

    name: str
    pairs: int
    first: Interval
    second: Interval
    difference: Interval


@dataclass(frozen=True)
class Moved:
    """A word whose vector changed.

    Attributes:
        word: the word.
        similarity: the cosine of its vectors once the models are aligned, -1 to 1; 1 has not moved.
        first: its nearest words in the first model.
        second: its nearest words in the second.
    """

    word: str
    similarity: float
    first: tuple[str, ...]
    second: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """How a second model differs from a first one.

    Attributes:
        shared: how many words both know.
        lost: the most frequent words that only the first knows.
        lost_count: how many those are in all.
        gained: the most frequent words that only the second knows.
        gained_count: how many those are in all.
        neighbors: how many nearest words were looked at.
        overlap_frequent: share of nearest words that both name, of the most frequent shared words, 0 to 1.
        overlap_rare: the same of the least frequent ones.
        moved: the words that moved most, of the frequent ones.
        pair_sets: the scores.
    """

    shared: int
    lost: tuple[str, ...]
    lost_count: int
    gained: tuple[str, ...]
    gained_count: int
    neighbors: int
    overlap_frequent: float
    overlap_rare: float
    moved: tuple[Moved, ...]
    pair_sets: tuple[PairSet, ...]


def compare(first: Vectors, second: Vectors, pair_sets: Sequence[Traversable] = (), *, neighbors: int = 10) -> Comparison:
    """Compares two models over the words that both know.

    Neighbours are looked for among the shared words only, so that a larger vocabulary alone is no difference. Vectors of different
    trainings are comparable up to a rotation: the second model is turned onto the first by orthogonal Procrustes (Hamilton 2016,
    section 3.2) on the 5,000 most frequent shared words; of these, those with the lowest cosine have moved most.

    Args:
        first: the model to compare with.
        second: the model compared; its dimension may be another.
        pair_sets: word pairs; empty means WordSim-353.
        neighbors: how many nearest words to look at.

    Raises:
        UserError: they share fewer than 20 words, or not more than `neighbors`.
    """
    shared = [word for word in first.words if word in second.rows]
    if len(shared) < max(_FEWEST_WORDS, neighbors + 1):
        raise UserError(
            f"The models share {count(len(shared), 'words')}, which is too few to compare them. "
            "Compare runs on corpora of one language and spelling."
        )
    a = first.directions[[first.rows[word] for word in shared]]
    b = second.directions[[second.rows[word] for word in shared]]
    frequent, rare = np.arange(min(_SAMPLE, len(shared))), np.arange(max(0, len(shared) - _SAMPLE), len(shared))
    lost = [word for word in first.words if word not in second.rows]
    gained = [word for word in second.words if word not in first.rows]
    return Comparison(
        shared=len(shared),
        lost=tuple(lost[:_SHOWN]),
        lost_count=len(lost),
        gained=tuple(gained[:_SHOWN]),
        gained_count=len(gained),
        neighbors=neighbors,
        overlap_frequent=_overlap(a, b, frequent, neighbors),
        overlap_rare=_overlap(a, b, rare, neighbors),
        moved=_moved(shared, a, b),
        pair_sets=tuple(_scores(pairs, first, second) for pairs in pair_sets or evaluation.wordsim()),
    )


def _overlap(first: Matrix, second: Matrix, rows: NDArray[np.int64], count: int) -> float:
    pairs = zip(*(nearest(side, count, rows)[0].tolist() for side in (first, second)), strict=True)
    return float(np.mean([len(set(a) & set(b)) / count for a, b in pairs]))


def rotation(first: Matrix, second: Matrix) -> NDArray[np.float64]:
    """What turns the second model onto the first by orthogonal Procrustes: second's dimension x first's.

    Args:
        first: directions of the words that both know, the most frequent first.
        second: of the same words.
    """
    a, b = first[:ALIGNED_ON].astype(np.float64), second[:ALIGNED_ON].astype(np.float64)
    left, _, right = np.linalg.svd(b.T @ a, full_matrices=False)
    turn: NDArray[np.float64] = left @ right
    return turn


def cosines(first: Matrix, second: Matrix, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cosine of the two vectors of each word once the second model is turned onto the first."""
    a, turned = first.astype(np.float64), second.astype(np.float64) @ turn
    lengths = np.linalg.norm(turned, axis=1) * np.linalg.norm(a, axis=1)
    found: NDArray[np.float64] = (a * turned).sum(axis=1) / np.maximum(lengths, 1e-12)
    return found


def _moved(words: list[str], first: Matrix, second: Matrix) -> tuple[Moved, ...]:
    frequent = slice(0, ALIGNED_ON)
    same = cosines(first[frequent], second[frequent], rotation(first, second))
    rows = np.argsort(same, kind="stable")[:_SHOWN]
    near = [_named(words, side, rows) for side in (first, second)]
    return tuple(Moved(words[row], round(float(same[row]), 6), near[0][k], near[1][k]) for k, row in enumerate(rows.tolist()))


def _named(words: list[str], directions: Matrix, rows: NDArray[np.int64]) -> list[tuple[str, ...]]:
    """The three nearest words of each row, nearest first."""
    return [tuple(words[each] for each in near) for near in nearest(directions, 3, rows)[0].tolist()]


def _scores(pairs: Traversable, first: Vectors, second: Vectors) -> PairSet:
    known = [evaluation.judged(pairs, model) for model in (first, second)]
    both = [pair for pair in known[0] if pair in known[1]]
    human = np.array([known[0][pair][0] for pair in both])
    a, b = (np.array([each[pair][1] for pair in both]) for each in known)
    chance = np.random.default_rng(1)
    samples = chance.integers(0, len(both), (_RESAMPLES, len(both))) if both else np.empty((0, 0), np.int64)
    resampled = np.array([[evaluation.spearman(human[rows], model[rows]) for model in (a, b)] for rows in samples]).reshape(-1, 2)
    values = [evaluation.spearman(human, model) for model in (a, b)]
    return PairSet(
        pairs.name,
        len(both),
        interval(values[0], resampled[:, 0]),
        interval(values[1], resampled[:, 1]),
        interval(values[1] - values[0], resampled[:, 1] - resampled[:, 0]),
    )
