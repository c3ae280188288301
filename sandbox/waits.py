"""How fast AWS's waits pass here."""

from __future__ import annotations

import os
from typing import Final

CLOCK: Final = "SANDBOX_CLOCK"
DEFAULT_CLOCK: Final = 60.0


def clock() -> float:
    """How many times faster than AWS its waits pass: those of deployments, state machines, schedules' retries and alarms that warm up.

    Raises:
        ValueError: SANDBOX_CLOCK is not a positive number.
    """
    text = os.environ.get(CLOCK, str(DEFAULT_CLOCK))
    factor = float(text)
    if factor <= 0:
        raise ValueError(f"{CLOCK} is {text!r}: it divides AWS's waiting times, so it must be a positive number such as 60")
    return factor
