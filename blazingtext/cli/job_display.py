"""What the commands show alike of transform and processing jobs: their list, and what one took and cost."""

from __future__ import annotations

from collections.abc import Sequence

from blazingtext_lifecycle import costs
from blazingtext_lifecycle.costs import HourlyPrice

from ..figures import duration, moment
from ..runs.stage_jobs import JobSummary
from .output import Output


def show_list(output: Output, noun: str, found: Sequence[JobSummary]) -> None:
    """A table of jobs; nothing when there are none."""
    if not found:
        return
    rows = [
        (each.job, each.status, "" if each.ended is None else duration((each.ended - each.created).total_seconds()), moment(each.created))
        for each in found
    ]
    output.table((noun, "status", "time", "created"), rows)


def paid(price: HourlyPrice, seconds: float | None) -> str:
    """What follows "completed": how long a job ran, and for how much where that is known; empty when it never ran."""
    if seconds is None:
        return ""
    known = price.for_seconds(seconds)
    return f" in {duration(seconds)}" + ("" if known is None else f", for about {costs.dollars(known)}")
