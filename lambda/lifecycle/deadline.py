"""The time that a function has left to wait for AWS."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .errors import NotReady


class Context(Protocol):
    """The part of Lambda's context that tells the time left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""


@dataclass(frozen=True)
class Deadline:
    """A limit on waiting that leaves time to answer.

    Attributes:
        remaining_ms: how long the function may still run.
        margin_ms: how much of that to keep for the answer.
        pause: waits some seconds.
    """

    remaining_ms: Callable[[], int]
    margin_ms: int = 15_000
    pause: Callable[[float], None] = time.sleep

    def check(self, what: str, seconds: float = 0.0) -> None:
        """Raises when the time is nearly over.

        Args:
            what: what is being done.
            seconds: how long its next step may take.

        Raises:
            NotReady: the time is over, or would be after that step.
        """
        if self.remaining_ms() <= self.margin_ms + seconds * 1000:
            raise NotReady(
                f"{what} took too long. The function's time is nearly over, and it must still answer. Run the same command again."
            )

    def wait(self, seconds: float, what: str) -> None:
        """Lets some time pass, less when it would leave no time to answer.

        Raises:
            NotReady: the time is over.
        """
        self.check(what)
        self.pause(min(seconds, (self.remaining_ms() - self.margin_ms) / 1000))
