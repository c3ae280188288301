"""A tuning job with its training jobs, the best first: as rows, as CSV and in a notebook."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from blazingtext_lifecycle.training_jobs import ACTIVE

from ..html_tables import table


@dataclass(frozen=True)
class Trial:
    """A training job of a tuning job.

    Attributes:
        job: its name.
        status: TrainingJobStatus.
        objective: the objective's final value, or None.
        values: what was searched, as text.
        seconds: how long it has trained, or None while it waits.
        failure: why it failed, or "".
    """

    job: str
    status: str
    objective: float | None
    values: Mapping[str, str]
    seconds: float | None
    failure: str


@dataclass(frozen=True)
class Tuning:
    """A tuning job of the stage.

    Attributes:
        tuning_job: its name.
        status: HyperParameterTuningJobStatus.
        objective: the metric that is maximised.
        strategy: how values are chosen.
        corpus: what it trains on.
        max_jobs: how many training jobs there may be.
        parallel_jobs: how many of them at once.
        created: when it was requested.
        ended: when it ended, or None.
        best: the name of the best training job, or "".
        failure: why it failed, or "".
        arn: its ARN.
        trials: its training jobs, the best first; those without the objective last.
    """

    tuning_job: str
    status: str
    objective: str
    strategy: str
    corpus: str
    max_jobs: int
    parallel_jobs: int
    created: datetime
    ended: datetime | None
    best: str
    failure: str
    arn: str
    trials: tuple[Trial, ...]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status not in ACTIVE

    @property
    def searched(self) -> tuple[str, ...]:
        """The hyperparameters that are searched, as far as training jobs tell."""
        return tuple(sorted({name for trial in self.trials for name in trial.values}))

    @property
    def columns(self) -> tuple[str, ...]:
        """What the leaderboard tells of a training job."""
        return ("", "job", self.objective, *self.searched, "status", "time")

    def rows(self) -> list[tuple[str, ...]]:
        """The leaderboard as text, the best first; * marks the one that SageMaker calls the best."""
        return [
            (
                f"{rank}*" if trial.job == self.best else str(rank),
                trial.job,
                "" if trial.objective is None else f"{trial.objective:.4f}",
                *(shortened(trial.values.get(name, "")) for name in self.searched),
                trial.status,
                "" if trial.seconds is None else f"{trial.seconds:.0f} s",
            )
            for rank, trial in enumerate(self.trials, 1)
        ]

    def as_csv(self) -> str:
        """The leaderboard: a line for each training job (RFC 4180, lines end in LF)."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["rank", "job", "status", self.objective, *self.searched, "seconds", "failure"])
        for rank, trial in enumerate(self.trials, 1):
            cells = [trial.objective, *(trial.values.get(name) for name in self.searched), trial.seconds, trial.failure]
            writer.writerow([rank, trial.job, trial.status, *("" if cell is None else cell for cell in cells)])
        return text.getvalue()

    def __repr__(self) -> str:
        return f"Tuning({self._summary}{f'; best: {self.best}' if self.best else ''})"

    def _repr_html_(self) -> str:
        """The leaderboard in a notebook."""
        figures = [place for place, name in enumerate(self.columns) if name not in {"job", "status"}]
        return table(self.columns, self.rows(), caption=self._summary, right=figures)

    @property
    def _summary(self) -> str:
        return f"{self.tuning_job}: {self.status}, {len(self.trials)} of {self.max_jobs} training jobs"


def shortened(value: str) -> str:
    """A value as people compare it: of a fraction five digits, for SageMaker chooses sixteen."""
    with suppress(ValueError):
        return value if value.lstrip("-").isdigit() else f"{float(value):.5g}"
    return value
