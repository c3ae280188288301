"""The runs of a stage, as a list that shows itself as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from blazingtext_lifecycle.costs import dollars

from ..figures import duration, moment
from ..html_tables import table
from . import table as columns
from .table import Row
from .training_jobs import Run

if TYPE_CHECKING:  # pandas is loaded by those who ask for its table
    import pandas as pd

_HEADS = ("job", "status", "corpus", "mode", "score", "time", "cost", "created", "failure")
_TIMES = ("created", "ended")


class Runs(list[Run]):
    """Training jobs, newest first: a list, a table in notebooks, and on request a table of pandas.

    Args:
        found: the jobs.
        region: where they ran; their prices depend on it.
        speed: gives a run's million words a second, None when they are not known.
    """

    def __init__(self, found: Iterable[Run] = (), *, region: str = "", speed: Callable[[str], float | None] = lambda _: None) -> None:
        super().__init__(found)
        self._region = region
        self._speed = speed

    def to_frame(self) -> pd.DataFrame:
        """The columns of `blazingtext runs --csv`: a row for each run, hyperparameters as numbers, times in UTC.

        The speed of each run is read from its log.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from ..notebook.frames import frame  # noqa: PLC0415 - loaded by those who ask for it

        return frame(*columns.complete([Row(run, self._region, self._speed(run.job)) for run in self]), times=_TIMES)

    def _repr_html_(self) -> str:
        """A table, for notebooks; without columns that are empty."""
        rows = [self._row(run) for run in self]
        shown = [place for place in range(len(_HEADS)) if any(row[place] for row in rows)] or range(len(_HEADS))
        heads = [_HEADS[place] for place in shown]
        right = [place for place, head in enumerate(heads) if head in {"score", "time", "cost"}]
        return table(heads, [[row[place] for place in shown] for row in rows], right=right)

    def _row(self, run: Run) -> tuple[str, ...]:
        cost = Row(run, self._region, None).cost
        return (
            run.job,
            run.status,
            run.corpus,
            run.mode,
            "" if run.score is None else f"{run.score:.3f}",
            "" if run.training_seconds is None else duration(run.training_seconds),
            "" if cost is None else dollars(cost),
            moment(run.created),
            run.failure,
        )
