"""How a tuning job chooses the next values: at random, from a grid, or by a model of what is known so far.

Source: "Understand the hyperparameter tuning strategies available in Amazon SageMaker AI", developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from .gaussian_process import GaussianProcess, Matrix, Vector
from .space import Space

Texts = Mapping[str, str]
#: Points that are chosen at random before there is a model.
RANDOM_FIRST: Final = 4
_CANDIDATES: Final = 1000
_NEARBY: Final = 100
#: How often a point that was tried already is replaced.
_ATTEMPTS: Final = 100


class Search(Protocol):
    """Chooses the values of the next training job."""

    def next(self, running: Sequence[Texts], /) -> dict[str, str] | None:
        """The next values, or None when there are no more.

        Args:
            running: the values of the jobs that have not ended.
        """

    def tell(self, values: Texts, score: float, /) -> None:
        """A job ended with this objective; larger is better."""


class RandomSearch:
    """Values drawn independently, on each range's scale; a combination is drawn twice only when chance finds no other.

    Args:
        space: the ranges.
        random: where chance comes from.
    """

    def __init__(self, space: Space, random: np.random.Generator) -> None:
        self._space, self._random = space, random
        self._given: list[dict[str, str]] = []

    def next(self, _running: Sequence[Texts], /) -> dict[str, str]:
        """Values that were not given before, if there are such."""
        found: dict[str, str] = {}
        for _ in range(_ATTEMPTS):
            found = self._space.texts(list(self._random.random(self._space.width)))
            if found not in self._given:
                break
        self._given.append(found)
        return found

    def tell(self, _values: Texts, _score: float, /) -> None:
        """Chance learns nothing."""


class GridSearch:
    """Every combination of categorical values, once.

    Args:
        space: the ranges.
    """

    def __init__(self, space: Space) -> None:
        self._rest = space.grid()

    def next(self, _running: Sequence[Texts], /) -> dict[str, str] | None:
        """The next combination."""
        return next(self._rest, None)

    def tell(self, _values: Texts, _score: float, /) -> None:
        """The grid is walked whatever it gives."""


class BayesianSearch:
    """The values of the largest expected improvement by a Gaussian process; a job that runs counts with the value expected of it.

    Args:
        space: the ranges.
        random: where chance comes from.
    """

    def __init__(self, space: Space, random: np.random.Generator) -> None:
        self._space, self._random = space, random
        self._fallback = RandomSearch(space, random)
        self._points: list[list[float]] = []
        self._scores: list[float] = []
        self._given: list[Mapping[str, str]] = []

    def next(self, running: Sequence[Texts], /) -> dict[str, str]:
        """The next values: random ones until something is known."""
        if len(self._points) < RANDOM_FIRST:
            found = self._fallback.next(running)
        else:
            found = self._best([self._space.point(values) for values in running])
        self._given.append(found)
        return found

    def tell(self, values: Texts, score: float, /) -> None:
        """What the model learns from; values outside the ranges, of a parent job's, teach it nothing."""
        try:
            point = self._space.point(values)
        except (KeyError, ValueError):
            return
        self._points.append(point)
        self._scores.append(score)
        self._given.append({each.name: values[each.name] for each in self._space.ranges})

    def _best(self, running: list[list[float]]) -> dict[str, str]:
        points, values = np.array(self._points), _standardised(self._scores)
        process = GaussianProcess.fit(points, values, self._random)
        if running:
            # The kriging believer of Ginsbourger et al. 2010: a running job gives what the model expects of it.
            believed, _ = process.predict(np.array(running))
            points, values = np.vstack([points, running]), np.concatenate([values, believed])
            process = GaussianProcess.fit(points, values, self._random)
        candidates = self._candidates(points[int(values.argmax())])
        order = np.argsort(-process.expected_improvement(candidates, float(values.max())))
        for place in order:
            found = self._space.texts(list(candidates[place]))
            if found not in self._given:
                return found
        return self._fallback.next(())

    def _candidates(self, best: Vector) -> Matrix:
        """Points everywhere, and points near the best one; each as its values would place it."""
        anywhere = self._random.random((_CANDIDATES, self._space.width))
        near = np.clip(best + self._random.normal(0, 0.05, (_NEARBY, self._space.width)), 0, 1)
        return np.array([self._space.point(self._space.texts(list(point))) for point in np.vstack([anywhere, near])])


def _standardised(scores: Sequence[float]) -> Vector:
    values = np.array(scores)
    deviation = values.std()
    standard: Vector = (values - values.mean()) / (deviation if deviation > 0 else 1.0)
    return standard
