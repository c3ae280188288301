"""The record of a training job: its request, its statuses, what its log reported."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..api.contract import Parameters

TERMINAL: Final = frozenset({"Completed", "Failed", "Stopped"})

#: Training job status -> the statuses that may follow.
TRAINING_STATUSES: Final = {
    "InProgress": ("InProgress", "Completed", "Failed", "Stopping", "Stopped"),
    "Stopping": ("Stopping", "Stopped", "Failed"),
}


def now() -> dt.datetime:
    """The time now in UTC, in milliseconds as AWS reports it."""
    moment = dt.datetime.now(dt.UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class TrainingJob:
    """A training job, from the request to its end.

    Attributes:
        metrics: the last value of each metric, and when it was read.
        emitted: every value of each metric, in order.
        tuning_job: the ARN of the tuning job that started it.
    """

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    metric_definitions: Sequence[Mapping[str, str]] = ()
    created: dt.datetime = field(default_factory=now)
    modified: dt.datetime = field(default_factory=now)
    status: str = "InProgress"
    secondary: str = "Starting"
    transitions: list[Parameters] = field(default_factory=list)
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    failure: str | None = None
    artifact: str | None = None
    metrics: dict[str, tuple[float, dt.datetime]] = field(default_factory=dict)
    emitted: dict[str, list[float]] = field(default_factory=dict)
    tuning_job: str | None = None
    stop_requested: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def transition(self, status: str, secondary: str, message: str) -> None:
        """Enter a status: the last transition ends, a new one begins.

        Raises:
            ValueError: a training job does not change its status in this way.
        """
        with self.lock:
            if status not in TRAINING_STATUSES.get(self.status, ()):
                raise ValueError(f"a training job does not go from {self.status} to {status}")
            moment = now()
            if self.transitions:
                self.transitions[-1].setdefault("EndTime", moment)
            self.transitions.append({"Status": secondary, "StartTime": moment, "StatusMessage": message})
            if status in TERMINAL:
                self.transitions[-1]["EndTime"] = moment
                self.ended = moment if self.ended is None and self.started is not None else self.ended
            self.status, self.secondary, self.modified = status, secondary, moment

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
