"""What the records of all kinds of jobs have: a request, a status and its times, and whether the job is to stop."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from .api.contract import Parameters

TERMINAL: Final = frozenset({"Completed", "Failed", "Stopped"})


def now() -> dt.datetime:
    """The time now in UTC, in milliseconds as AWS reports it."""
    moment = dt.datetime.now(dt.UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class JobRecord:
    """A job, from the request to its end.

    Attributes:
        noun: what such a job is called.
        following: status -> the statuses that may follow.
        started: when it was first on its instances.
        failure: its FailureReason.
        stop_requested: set when it is to stop.
        lock: held while its status changes.
    """

    noun: ClassVar[str]
    following: ClassVar[Mapping[str, Sequence[str]]] = {
        "InProgress": ("Completed", "Failed", "Stopping", "Stopped"),
        "Stopping": ("Stopped", "Failed"),
    }

    name: str
    arn: str
    request: Parameters
    tags: dict[str, str]
    created: dt.datetime = field(default_factory=now, kw_only=True)
    modified: dt.datetime = field(default_factory=now, kw_only=True)
    status: str = field(default="InProgress", kw_only=True)
    started: dt.datetime | None = field(default=None, kw_only=True)
    ended: dt.datetime | None = field(default=None, kw_only=True)
    failure: str | None = field(default=None, kw_only=True)
    stop_requested: threading.Event = field(default_factory=threading.Event, kw_only=True)
    lock: threading.RLock = field(default_factory=threading.RLock, kw_only=True)

    def enter(self, status: str) -> None:
        """Enter a status.

        Raises:
            ValueError: such a job does not change its status in this way.
        """
        with self.lock:
            if status not in self.following.get(self.status, ()):
                raise ValueError(f"a {self.noun} does not go from {self.status} to {status}")
            self.status, self.modified = status, now()
            if status in TERMINAL:
                self.ended = self.modified
