"""A job that is looked at again and again until it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

# Short for jobs of seconds in the sandbox, and within AWS's rate limits in jobs of hours.
_FIRST_POLL_SECONDS = 0.5
_MAX_POLL_SECONDS = 10.0


class Followed(Protocol):
    """A job as it is now."""

    @property
    def over(self) -> bool:
        """Whether it has ended."""


Job = TypeVar("Job", bound=Followed)


def followed(look: Callable[[], Job], sleep: Callable[[float], None]) -> Iterator[Job]:
    """A job as it is now, and again whenever it has been looked at, until it has ended.

    Args:
        look: describes the job.
        sleep: called between two looks, with seconds.
    """
    pause = _FIRST_POLL_SECONDS
    while True:
        found = look()
        yield found
        if found.over:
            return
        sleep(pause)
        pause = min(pause * 1.1, _MAX_POLL_SECONDS)
