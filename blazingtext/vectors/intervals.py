"""How sure a figure is: where it lies when what it was measured on is drawn again (percentile bootstrap, Efron 1979)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A figure and where it lies in 95 of 100 resamples of what it was measured on.

    Attributes:
        value: the figure.
        low: the 2.5th percentile.
        high: the 97.5th percentile.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def interval(value: float, resampled: NDArray[np.float64]) -> Interval:
    """A figure with its interval; without resamples, the figure alone."""
    low, high = np.percentile(resampled, (2.5, 97.5)) if len(resampled) else (value, value)
    return Interval(value, float(low), float(high))
