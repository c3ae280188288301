"""What the explorer page shows: places, clusters and nearest words of one model, or of two with what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.plurals import count

from . import comparison, layout
from .nearest import nearest
from .stop_words import stop_words
from .word_vectors import Matrix, Vectors

NEIGHBORS = 10
_ATTRACTING = 15
_FEWEST_WORDS = 5
_WORDS_PER_CLUSTER, _MOST_CLUSTERS = 20, 12
_NAMES = 3
_CHANGED, _CHANGED_AMONG = 30, 5000
# How many of a cluster's words may name it; those near its centre that nobody knows do not.
_NAMED_AMONG = 400

Advance = Callable[[int], None]
# Rows and cosines of the nearest words of each word.
Near = tuple[NDArray[np.int64], Matrix]


@dataclass(frozen=True)
class Side:
    """One model on the page.

    Attributes:
        name: the run, or the path.
        words: its most frequent words, most frequent first.
        total: how many words it has in all.
        places: where they are on the map, n x 2.
        clusters: the cluster of each.
        neighbors: the rows of the nearest of these words to each, n x 10 or fewer, nearest first.
        cosines: of these, n x 10 or fewer.
        same: the cosine of the two vectors of each word once the models are aligned, NaN where one model has it; None with one model.
    """

    name: str
    words: tuple[str, ...]
    total: int
    places: NDArray[np.float64] = field(repr=False)
    clusters: NDArray[np.int64] = field(repr=False)
    neighbors: NDArray[np.int64] = field(repr=False)
    cosines: Matrix = field(repr=False)
    same: NDArray[np.float64] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Exploration:
    """What the page shows.

    Attributes:
        sides: one model or two.
        clusters: words that name each cluster; the clusters of a second model are those of the first.
        changed: the words that changed most of the 5,000 most frequent that both have; none with one model.
    """

    sides: tuple[Side, ...]
    clusters: tuple[tuple[str, ...], ...]
    changed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{len(side.words):,} words of {side.name}" for side in self.sides)
        return f"Exploration({shown}, {len(self.clusters)} clusters)"


def steps(models: Sequence[Vectors], words: int) -> int:
    """How many steps `explore` reports for some models."""
    return sum(min(words, len(model)) + layout.ITERATIONS * _weight(min(words, len(model))) for model in models)


def _weight(count: int) -> int:
    """How many words' nearest words take as long as one iteration of the layout."""
    return max(1, count // 200)


def explore(models: Sequence[tuple[str, Vectors]], words: int, advance: Advance = lambda _: None) -> Exploration:
    """Lays out the most frequent words of a model, or of two.

    The second model is turned onto the first (orthogonal Procrustes), its words begin where the first has them, and they are coloured by
    the first's clusters: what is elsewhere on its map is elsewhere in its vectors.

    Args:
        models: one or two, each with its name.
        words: how many words of each.
        advance: called with the number of steps done, of `steps`.

    Raises:
        UserError: a model has fewer than 5 words, or two share fewer than 5.
    """
    for name, model in models:
        if len(model) < _FEWEST_WORDS:
            raise UserError(
                f"{name} has {count(len(model), 'words')}, which is too few for a map. Train on more text, or with a lower min_count."
            )
    first, *others = models
    side, centres = _first(first, words, advance)
    if not others:
        return Exploration((side,), _names(side))
    turn = _turn(first[1], others[0][1])
    other = _second(others[0], side, centres @ turn.T, words, advance)
    same = _same(side, other, first[1], others[0][1], turn)
    beside = replace(side, same=np.array([same.get(word, np.nan) for word in side.words]))
    other = replace(other, same=np.array([same.get(word, np.nan) for word in other.words]))
    return Exploration((beside, other), _names(side), _changed(beside))


def _first(named: tuple[str, Vectors], words: int, advance: Advance) -> tuple[Side, NDArray[np.float64]]:
    """A model by itself, and the centres of its clusters."""
    directions = named[1].directions[:words]
    near = _near(directions, advance)
    places = layout.arrange(near[0], layout.start_of(directions), _weighted(advance, len(directions)))
    # The largest spread is horizontal.
    places = places @ np.linalg.svd(places, full_matrices=False)[2].T
    centres = _centres(directions)
    return _side(named, places, _closest(directions, centres), near), centres


def _second(named: tuple[str, Vectors], beside: Side, centres: NDArray[np.float64], words: int, advance: Advance) -> Side:
    """A model beside another, with the centres of the other's clusters turned onto it."""
    directions = named[1].directions[:words]
    own = named[1].words[:words]
    near = _near(directions, advance)
    begun = _beginning(own, near[0], dict(zip(beside.words, beside.places, strict=True)))
    places = layout.arrange(near[0], begun, _weighted(advance, len(own)), of_a_map=True)
    return _side(named, _onto(places, own, beside), _closest(directions, centres), near)


def _turn(first: Vectors, second: Vectors) -> NDArray[np.float64]:
    """What turns the second model onto the first.

    Raises:
        UserError: they share too few words.
    """
    shared = list(islice((word for word in first.words if word in second.rows), comparison.ALIGNED_ON))
    if len(shared) < _FEWEST_WORDS:
        raise UserError(
            f"The models share {count(len(shared), 'words')}, which is too few to show one beside the other. Show each by itself."
        )
    return comparison.rotation(_directions(first, shared), _directions(second, shared))


def _same(side: Side, other: Side, first: Vectors, second: Vectors, turn: NDArray[np.float64]) -> dict[str, float]:
    """The cosine of the two vectors of each word that both sides have."""
    there = set(other.words)
    shared = [word for word in side.words if word in there]
    cosines = comparison.cosines(_directions(first, shared), _directions(second, shared), turn)
    return dict(zip(shared, cosines.tolist(), strict=True))


def _directions(model: Vectors, words: Sequence[str]) -> Matrix:
    found: Matrix = model.directions[[model.rows[word] for word in words]]
    return found


def _near(directions: Matrix, advance: Advance) -> Near:
    return nearest(directions, min(_ATTRACTING, len(directions) - 1), advance=advance)


def _weighted(advance: Advance, count: int) -> Advance:
    return lambda number: advance(number * _weight(count))


def _side(named: tuple[str, Vectors], places: NDArray[np.float64], clusters: NDArray[np.int64], near: Near) -> Side:
    name, model = named
    shown = slice(0, NEIGHBORS)
    return Side(name, model.words[: len(places)], len(model), places, clusters, near[0][:, shown], near[1][:, shown])


def _centres(directions: Matrix) -> NDArray[np.float64]:
    """The centres of k-means, the largest cluster first."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - scikit-learn takes two seconds to load

    count = max(2, min(_MOST_CLUSTERS, len(directions) // _WORDS_PER_CLUSTER))
    # With one thread, sums have one order, and the same vectors one page.
    with threadpool_limits(1):
        found = KMeans(n_clusters=count, n_init=1, random_state=1).fit(directions.astype(np.float64))
    sizes = np.bincount(found.labels_, minlength=count)
    ordered: NDArray[np.float64] = found.cluster_centers_[np.argsort(-sizes, kind="stable")]
    return ordered


def _closest(directions: Matrix, centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """The nearest centre of each word."""
    scores = directions.astype(np.float64) @ centres.T - (centres**2).sum(axis=1) / 2
    found: NDArray[np.int64] = scores.argmax(axis=1)
    return found


def _names(side: Side) -> tuple[tuple[str, ...], ...]:
    """The most frequent words of each cluster, function words left out while there are others."""
    plain = stop_words()
    found: list[tuple[str, ...]] = []
    for cluster in range(int(side.clusters.max()) + 1):
        words = [side.words[row] for row in np.flatnonzero(side.clusters == cluster)[:_NAMED_AMONG].tolist()]
        telling = [word for word in words if word not in plain and (len(word) > 2 or not word.isascii())]
        found.append(tuple((telling or words)[:_NAMES]))
    return tuple(found)


def _beginning(words: Sequence[str], near: NDArray[np.int64], known: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Where words begin: where the other map has them, or amid their nearest words that it has."""
    there = np.array([word in known for word in words])
    begun = np.array([known.get(word, np.zeros(2)) for word in words])
    new = np.flatnonzero(~there)
    shares = there[near[new]][:, :, None]
    begun[new] = (begun[near[new]] * shares).sum(axis=1) / np.maximum(shares.sum(axis=1), 1)
    return begun


def _onto(places: NDArray[np.float64], words: Sequence[str], side: Side) -> NDArray[np.float64]:
    """A map turned, or mirrored, onto another by the words that both have."""
    rows = {word: row for row, word in enumerate(side.words)}
    pairs = [(row, rows[word]) for row, word in enumerate(words) if word in rows]
    if len(pairs) < _FEWEST_WORDS:
        return places
    own, other = (np.array(each) for each in zip(*pairs, strict=True))
    left, _, right = np.linalg.svd(places[own].T @ side.places[other])
    turned: NDArray[np.float64] = places @ left @ right
    return turned


def _changed(side: Side) -> tuple[str, ...]:
    same = side.same if side.same is not None else np.empty(0)
    rows = np.flatnonzero(~np.isnan(same))[:_CHANGED_AMONG]
    return tuple(side.words[row] for row in rows[np.argsort(same[rows], kind="stable")][:_CHANGED].tolist())
