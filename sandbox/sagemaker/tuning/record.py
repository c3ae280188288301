"""The record of a tuning job and of the training jobs that it started."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ..api.contract import Parameters
from ..job_record import TERMINAL, JobRecord
from ..training.record import TrainingJob


@dataclass
class Trial:
    """One training job of a tuning job; it is listed like a resource of its own.

    Attributes:
        definition: the name of its training job definition; None when there is one definition without a name.
        metric: the objective's name.
        maximize: whether larger values are better.
        tuned: the values that the search chose.
        training: the training job.
        reported: whether the search knows the outcome.
    """

    definition: str | None
    metric: str
    maximize: bool
    tuned: Mapping[str, str]
    training: TrainingJob
    reported: bool = False

    @property
    def name(self) -> str:
        """The training job's name."""
        return self.training.name

    @property
    def arn(self) -> str:
        """The training job's ARN."""
        return self.training.arn

    @property
    def created(self) -> dt.datetime:
        """When the training job was created."""
        return self.training.created

    @property
    def modified(self) -> dt.datetime:
        """When the training job last changed."""
        return self.training.modified

    @property
    def tags(self) -> dict[str, str]:
        """The training job's tags."""
        return self.training.tags

    @property
    def status(self) -> str:
        """The training job's status."""
        return self.training.status

    @property
    def ended(self) -> bool:
        """Whether the training job has ended."""
        return self.training.status in TERMINAL

    @property
    def value(self) -> float | None:
        """The last value of the objective that the training job reported."""
        found = self.training.metrics.get(self.metric)
        return None if found is None else found[0]

    @property
    def score(self) -> float | None:
        """The objective of a job that has ended and counts: larger is better."""
        if self.objective_status != "Succeeded" or self.value is None:
            return None
        return self.value if self.maximize else -self.value

    @property
    def objective_status(self) -> str:
        """Pending while the job runs; Succeeded when it ended, not as Failed, with a value; else Failed."""
        if not self.ended:
            return "Pending"
        return "Succeeded" if self.status != "Failed" and self.value is not None else "Failed"


@dataclass
class TuningJob(JobRecord):
    """A hyperparameter tuning job, from the request to its end."""

    noun: ClassVar[str] = "tuning job"

    parents: list[TuningJob] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    @property
    def definitions(self) -> list[Parameters]:
        """Its training job definitions, one or several."""
        several: list[Parameters] = self.request.get("TrainingJobDefinitions") or [self.request["TrainingJobDefinition"]]
        return several

    def counters(self) -> Parameters:
        """Its training jobs counted by status and by the status of their objective, as the API shows them."""
        trials = list(self.trials)
        status, objective = Counter(trial.status for trial in trials), Counter(trial.objective_status for trial in trials)
        return {
            "TrainingJobStatusCounters": {
                "Completed": status["Completed"],
                "InProgress": status["InProgress"] + status["Stopping"],
                # Nothing is retried here: no internal error of the service can happen.
                "RetryableError": 0,
                "NonRetryableError": status["Failed"],
                "Stopped": status["Stopped"],
            },
            "ObjectiveStatusCounters": {name: objective[name] for name in ("Succeeded", "Pending", "Failed")},
        }

    def best(self) -> Trial | None:
        """The trial with the best objective so far."""
        scored = [(score, trial) for trial in list(self.trials) if (score := trial.score) is not None]
        return max(scored, key=lambda each: each[0])[1] if scored else None

    def overall_best(self) -> Trial | None:
        """The best trial of this job and of the jobs it was warm started from."""
        found = [trial for job in (self, *self.parents) if (trial := job.best()) is not None]
        return max(found, key=lambda trial: trial.score or 0.0) if found else None
