"""Which running jobs of a tuning job are stopped because others do better.

A job's n-th value of the objective counts as that of its n-th epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Final, Protocol

Values = Sequence[float]
#: Of the jobs at a rung, one in so many goes on (Li et al. 2018, "Hyperband", and 2020, arXiv 1810.05934).
REDUCTION: Final = 3


class Stopping(Protocol):
    """Decides about running jobs."""

    def stops(self, job: str, values: Values, ended: Sequence[Values], /) -> bool:
        """Whether a job is to be stopped.

        Args:
            job: its name.
            values: the objective it reported so far; larger is better.
            ended: the values of each job that has ended and counts.
        """


class NeverStop:
    """Early stopping is off."""

    def stops(self, _job: str, _values: Values, _ended: Sequence[Values], /) -> bool:
        """No."""
        return False


class MedianStopping:
    """The median rule (Golovin et al. 2017), as in "Stop Training Jobs Early" of the developer guide.

    A job is stopped when its value after an epoch is worse than the median of the other jobs' running averages up to that epoch.
    """

    def stops(self, _job: str, values: Values, ended: Sequence[Values], /) -> bool:
        """Whether the job's last value is below the median."""
        if not values:
            return False
        averages = [fmean(each[: len(values)]) for each in ended if each]
        return bool(averages) and values[-1] < median(averages)


@dataclass
class SuccessiveHalving:
    """Hyperband's early stopping, asynchronous: at its rungs a job goes on only as one of the best third of those that came so far.

    Attributes:
        least: epochs that every job may run.
        most: epochs after which a job is stopped.
    """

    least: int
    most: int
    _rungs: dict[int, dict[str, float]] = field(default_factory=dict)

    def stops(self, job: str, values: Values, _ended: Sequence[Values], /) -> bool:
        """Whether the job has reached its end, or is not among the best at a rung."""
        if len(values) >= self.most:
            return True
        return any(self._falls(job, values, rung) for rung in self._reached(len(values)))

    def _reached(self, epoch: int) -> list[int]:
        rungs, rung = [], self.least
        while rung <= epoch:
            rungs.append(rung)
            rung *= REDUCTION
        return rungs

    def _falls(self, job: str, values: Values, rung: int) -> bool:
        """Whether the job does not pass a rung; it is judged there once."""
        passed = self._rungs.setdefault(rung, {})
        if job in passed:
            return False
        passed[job] = values[rung - 1]
        if len(passed) < REDUCTION:
            return False
        going_on = sorted(passed.values(), reverse=True)[: len(passed) // REDUCTION]
        return values[rung - 1] < going_on[-1]
