"""A Gaussian process, and where it expects the largest improvement.

As Amazon SageMaker Automatic Model Tuning is described by its authors (Perrone et al. 2020, arXiv 2012.08489): a Matern kernel of
smoothness 5/2 with a length scale for each coordinate, and expected improvement as the acquisition function. Here the kernel's
parameters are those of the largest marginal likelihood among random draws, where SageMaker samples them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_DRAWS: Final = 64
_JITTER: Final = 1e-8
_error_function = np.vectorize(math.erf, otypes=[np.float64])


@dataclass(frozen=True)
class GaussianProcess:
    """A process fitted to points and standardised values.

    Attributes:
        points: one a row, coordinates from 0 to 1.
        scales: the length scale of each coordinate.
        cholesky: of the kernel matrix with noise.
        weights: the kernel matrix's inverse times the values.
    """

    points: Matrix
    scales: Vector
    cholesky: Matrix
    weights: Vector

    @classmethod
    def fit(cls, points: Matrix, values: Vector, random: np.random.Generator) -> GaussianProcess:
        """The process of the largest marginal likelihood among random length scales and noises."""
        best: tuple[float, GaussianProcess] | None = None
        for _ in range(_DRAWS):
            scales = np.exp(random.uniform(math.log(0.1), math.log(3.0), points.shape[1]))
            noise = math.exp(random.uniform(math.log(1e-4), math.log(0.3)))
            cholesky = np.linalg.cholesky(_matern(points, points, scales) + (noise + _JITTER) * np.eye(len(points)))
            half = np.linalg.solve(cholesky, values)
            likelihood = float(-0.5 * half @ half - np.log(np.diag(cholesky)).sum())
            if best is None or likelihood > best[0]:
                best = likelihood, cls(points, scales, cholesky.astype(np.float64), np.linalg.solve(cholesky.T, half).astype(np.float64))
        if best is None:
            raise ValueError("there is nothing to fit")
        return best[1]

    def predict(self, points: Matrix) -> tuple[Vector, Vector]:
        """Mean and standard deviation at points."""
        between = _matern(points, self.points, self.scales)
        half = np.linalg.solve(self.cholesky, between.T)
        variance = np.clip(1.0 - (half * half).sum(axis=0), 1e-12, None)
        return between @ self.weights, np.sqrt(variance)

    def expected_improvement(self, points: Matrix, best: float) -> Vector:
        """How much larger than `best` the value at each point is expected to be (Jones et al. 1998)."""
        mean, deviation = self.predict(points)
        standard = (mean - best) / deviation
        density = np.exp(-0.5 * standard**2) / math.sqrt(2 * math.pi)
        improvement: Vector = deviation * (standard * 0.5 * (1 + _error_function(standard / math.sqrt(2))) + density)
        return improvement


def _matern(left: Matrix, right: Matrix, scales: Vector) -> Matrix:
    """The Matern kernel of smoothness 5/2."""
    differences = (left[:, None, :] - right[None, :, :]) / scales
    distance = np.sqrt(5.0 * (differences**2).sum(axis=2))
    kernel: Matrix = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
    return kernel
