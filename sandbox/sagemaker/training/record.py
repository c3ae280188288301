"""The record of a training job: its request, its statuses, what its log reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..api.contract import Parameters
from ..job_record import TERMINAL, JobRecord, now


@dataclass
class TrainingJob(JobRecord):
    """A training job, from the request to its end.

    Attributes:
        metrics: the last value of each metric, and when it was read.
        emitted: every value of each metric, in order.
        tuning_job: the ARN of the tuning job that started it.
    """

    noun: ClassVar[str] = "training job"
    following: ClassVar[Mapping[str, Sequence[str]]] = {
        "InProgress": ("InProgress", "Completed", "Failed", "Stopping", "Stopped"),
        "Stopping": ("Stopping", "Stopped", "Failed"),
    }

    metric_definitions: Sequence[Mapping[str, str]] = ()
    secondary: str = "Starting"
    transitions: list[Parameters] = field(default_factory=list)
    artifact: str | None = None
    metrics: dict[str, tuple[float, dt.datetime]] = field(default_factory=dict)
    emitted: dict[str, list[float]] = field(default_factory=dict)
    tuning_job: str | None = None

    def transition(self, status: str, secondary: str, message: str) -> None:
        """Enter a status: the last transition ends, a new one begins.

        Raises:
            ValueError: a training job does not change its status in this way.
        """
        with self.lock:
            self.enter(status)
            if self.transitions:
                self.transitions[-1].setdefault("EndTime", self.modified)
            self.transitions.append({"Status": secondary, "StartTime": self.modified, "StatusMessage": message})
            if status in TERMINAL:
                self.transitions[-1]["EndTime"] = self.modified
                # One that never was on its instances has no end there.
                self.ended = self.modified if self.started is not None else None
            self.secondary = secondary

    def record_metric(self, name: str, value: float) -> None:
        """A value that the log reports."""
        with self.lock:
            self.metrics[name] = (value, now())
            self.emitted.setdefault(name, []).append(value)

    @property
    def training_seconds(self) -> int | None:
        """Whole seconds from the start on the instances to the end, or to now."""
        if self.started is None:
            return None
        end = self.ended if self.ended is not None else now()
        return max(1, round((end - self.started).total_seconds()))
