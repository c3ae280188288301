"""Places in the plane for tens of thousands of words: t-SNE whose repulsion is interpolated on a grid (FIt-SNE, Linderman 2019).

Every word is attracted by its nearest words with equal weights, which gives the same maps as a perplexity per word (Boehm, Berens and
Kobak 2022, Journal of Machine Learning Research 23). Learning rate and start are those of Kobak and Berens 2019 (Nature
Communications 10:5416). Nothing is random: the same words give the same map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]
# Iterations while clusters form, and after that.
EXAGGERATED, PLAIN = 150, 350
ITERATIONS = EXAGGERATED + PLAIN
_EXAGGERATION = 12.0
# Where a map is begun that is laid out already: enough for words to leave those that are near them no more, not to dissolve it.
_EXAGGERATION_OF_A_MAP = 4.0
_NODES = 3
# Boxes along an axis: with three nodes each and room to wrap around, sizes that a Fourier transform is fast at.
_BOXES = (50, 60, 64, 80, 90, 100, 120)
_LEAST_GAIN = 0.01
# Up to here every pair is computed, which is faster then.
_EXACT_WORDS = 1000
# The longest step of a word in one iteration; the map ends some hundred wide.
_LONGEST_STEP = 5.0


@dataclass(frozen=True)
class Attractions:
    """Who attracts whom: symmetric, sorted by row; every row has one.

    Attributes:
        rows, columns: the pairs.
        weights: of each pair; their sum is 1.
        starts: where each row begins.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.float64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, neighbors: NDArray[np.int64]) -> Attractions:
        """Those of the nearest words of each word, n x k."""
        count, near = neighbors.shape
        own = np.repeat(np.arange(count), near)
        other = neighbors.ravel()
        keys, times = np.unique(np.concatenate([own * count + other, other * count + own]), return_counts=True)
        rows = keys // count
        return cls(rows, keys % count, times / times.sum(), np.searchsorted(rows, np.arange(count)))


def start_of(directions: NDArray[np.float32]) -> Places:
    """Where words begin: their first two principal components, n x 2."""
    centred = directions.astype(np.float64) - directions.mean(axis=0)
    axes = np.linalg.eigh(centred.T @ centred)[1][:, -2:][:, ::-1]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    found = np.zeros((len(directions), 2))
    found[:, : axes.shape[1]] = centred @ axes
    return found


def arrange(
    neighbors: NDArray[np.int64], start: Places, advance: Callable[[int], None] = lambda _: None, *, of_a_map: bool = False
) -> Places:
    """Places for words, near each other when they are among each other's nearest words.

    Args:
        neighbors: the rows of the nearest words of each word, n x k.
        start: where they begin, n x 2, in any unit; words in the same place are told apart by their rows.
        advance: called with 1 after each of `ITERATIONS`.
        of_a_map: whether the start is the outcome of another layout, whose scale and order are to be kept.

    Returns:
        n x 2, centred.
    """
    attractions = Attractions.of(neighbors)
    scale = 1.0 if of_a_map else 1e-4 / max(float(start[:, 0].std()), 1e-12)
    exaggeration = _EXAGGERATION_OF_A_MAP if of_a_map else _EXAGGERATION
    places = scale * start + 1e-7 * _spiral(len(start))
    speed, gains, rate = np.zeros_like(places), np.ones_like(places), max(200.0, len(places) / 12)
    for step in range(EXAGGERATED + PLAIN):
        early = step < EXAGGERATED
        gradient = gradient_of(places, attractions, exaggeration if early else 1.0)
        # Those of van der Maaten's reference implementation.
        gains = np.maximum(np.where(np.sign(gradient) != np.sign(speed), gains + 0.2, gains * 0.8), _LEAST_GAIN)
        speed = (0.5 if early else 0.8) * speed - rate * gains * gradient
        places = places + np.clip(speed, -_LONGEST_STEP, _LONGEST_STEP)
        places -= places.mean(axis=0)
        advance(1)
    return places


def _spiral(count: int) -> Places:
    """Different places for any number of words, n x 2."""
    numbers = np.arange(count)
    found: Places = np.sqrt(numbers / max(count, 1))[:, None] * np.stack([np.cos(numbers * 2.4), np.sin(numbers * 2.4)], axis=1)
    return found


def gradient_of(places: Places, attractions: Attractions, exaggeration: float) -> Places:
    """The gradient of t-SNE's divergence, n x 2."""
    apart = places[attractions.rows] - places[attractions.columns]
    pull = attractions.weights / (1 + (apart**2).sum(axis=1))
    attracted = np.add.reduceat(pull[:, None] * apart, attractions.starts, axis=0)
    return 4 * (exaggeration * attracted - repulsion(places))


def repulsion(places: Places) -> Places:
    """How each word is pushed away by all others, n x 2: sum of (1 + d^2)^-2 times the way from each, over the sum of (1 + d^2)^-1."""
    if len(places) <= _EXACT_WORDS:
        return _exact_repulsion(places)
    low = places.min(axis=0)
    grid = _Grid.over(places - low)
    ones = np.ones((len(places), 1))
    near = grid.potentials(ones, 1)
    forces = grid.potentials(np.hstack([ones, places - low]), 2)
    # A word does not push itself.
    total = max(float(near.sum()) - len(places), 1e-12)
    pushed: Places = ((places - low) * forces[:, :1] - forces[:, 1:]) / total
    return pushed


def _exact_repulsion(places: Places) -> Places:
    across, down = (places[:, None, axis] - places[:, axis] for axis in (0, 1))
    kernel = 1 / (1 + across**2 + down**2)
    # A word does not push itself.
    total = max(float(kernel.sum()) - len(places), 1e-12)
    kernel *= kernel
    return np.stack([(kernel * across).sum(axis=1), (kernel * down).sum(axis=1)], axis=1) / total


@dataclass(frozen=True)
class _Grid:
    """Nodes over the plane, three by three a box, and how much of each word its nine nodes take (Lagrange's polynomials).

    Attributes:
        side: how many nodes there are along each axis.
        spacing: how far they are apart.
        nodes: the numbers of the nodes of each word, n x 9.
        shares: what each takes, n x 9.
    """

    side: int
    spacing: float
    nodes: NDArray[np.int64]
    shares: NDArray[np.float64]

    @classmethod
    def over(cls, places: Places) -> _Grid:
        """The grid over places from 0 on."""
        span = max(float(places.max()), 1e-9)
        boxes = next((each for each in _BOXES if each >= span), _BOXES[-1])
        width = span / boxes
        box = np.clip((places / width).astype(np.int64), 0, boxes - 1)
        basis = _lagrange(places / width - box)
        numbers = box[:, :, None] * _NODES + np.arange(_NODES)
        nodes = numbers[:, 0, :, None] * (boxes * _NODES) + numbers[:, 1, None, :]
        shares = basis[:, 0, :, None] * basis[:, 1, None, :]
        return cls(boxes * _NODES, width / _NODES, nodes.reshape(len(places), -1), shares.reshape(len(places), -1))

    def potentials(self, charges: NDArray[np.float64], power: int) -> NDArray[np.float64]:
        """Sums of charges times (1 + d^2)^-power at each word, n x charges."""
        side, size = self.side, 2 * self.side
        apart = (np.minimum(np.arange(size), size - np.arange(size)) * self.spacing).astype(np.float32)
        kernel = np.fft.rfft2(1 / (1 + apart[:, None] ** 2 + apart**2) ** power)
        found = np.empty_like(charges)
        for each, charge in enumerate(charges.T):
            spread = np.bincount(self.nodes.ravel(), (self.shares * charge[:, None]).ravel(), side * side).reshape(side, side)
            field = np.fft.irfft2(np.fft.rfft2(spread.astype(np.float32), (size, size)) * kernel, (size, size))[:side, :side]
            found[:, each] = (field.ravel()[self.nodes] * self.shares).sum(axis=1)
        return found


def _lagrange(within: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polynomials of the nodes of a box at places from 0 to 1 in it, one more axis of length 3."""
    nodes = (np.arange(_NODES) + 0.5) / _NODES
    basis = np.ones((*within.shape, _NODES))
    for node in range(_NODES):
        for other in range(_NODES):
            if other != node:
                basis[..., node] *= (within - nodes[other]) / (nodes[node] - nodes[other])
    return basis
