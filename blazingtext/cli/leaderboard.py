"""A tuning job at a terminal: its leaderboard, redrawn while it runs; where there is no terminal, a line for each change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table

from blazingtext_lifecycle.errors import CloudError, UserError

from ..figures import duration
from ..runs.leaderboard import Trial, Tuning
from .output import Output, quoted
from .session import Session

# Columns that hold numbers: rank and objective.
_RIGHT = (0, 2)


class Leaderboard:
    """Shows a tuning job on stderr, again and again.

    Args:
        out: where.
        live: what redraws it; None where there is no terminal.
    """

    def __init__(self, out: Output, live: Live | None) -> None:
        self._out, self._live = out, live
        self._told: dict[str, str] = {}

    def show(self, tuning: Tuning) -> None:
        """Shows how it stands: all of it at a terminal, otherwise what is new."""
        if self._live is not None:
            self._live.update(_table(tuning), refresh=True)
            return
        for trial in sorted(tuning.trials, key=lambda each: each.job):
            if self._told.get(trial.job) != trial.status:
                self._told[trial.job] = trial.status
                self._out.err.print(f"  {quoted(_line(tuning, trial))}", soft_wrap=True)


@contextmanager
def leaderboard(out: Output) -> Iterator[Leaderboard]:
    """A leaderboard on stderr while the body runs; at a terminal it is gone afterwards."""
    if not out.err.is_terminal:
        yield Leaderboard(out, None)
        return
    with Live(console=out.err, transient=True, auto_refresh=False) as live:
        yield Leaderboard(out, live)


def _table(tuning: Tuning) -> Table:
    table = Table(box=None, pad_edge=False, caption=_summary(tuning), caption_justify="left")
    for place, column in enumerate(tuning.columns):
        table.add_column(quoted(column), justify="right" if place in _RIGHT else "left", no_wrap=True)
    for row in tuning.rows():
        table.add_row(*map(quoted, row))
    return table


def _summary(tuning: Tuning) -> str:
    ended = sum(trial.status not in {"InProgress", "Stopping"} for trial in tuning.trials)
    return quoted(f"{tuning.tuning_job}: {tuning.status}, {ended} of {tuning.max_jobs} training jobs have ended")


def _line(tuning: Tuning, trial: Trial) -> str:
    values = ", ".join(f"{name} {value}" for name, value in trial.values.items())
    score = "" if trial.objective is None else f", {tuning.objective} {trial.objective:.4f}"
    return f"{trial.job} {trial.status}: {values}{score}"


def watch_to_the_end(session: Session, name: str) -> None:
    """Shows the leaderboard on stderr until the tuning job has ended, then the final one on stdout.

    Raises:
        UserError: it was stopped, or failed for a reason that the user can fix.
        CloudError: it failed.
    """
    out = session.output
    try:
        with leaderboard(out) as shown:
            for tuning in session.client.follow_tuning(name):
                shown.show(tuning)
    except KeyboardInterrupt:
        out.say(f"\n{name} keeps running.")
        out.next(session.command(f"tuning {name} --follow"), session.command(f"stop {name}"))
        raise
    report(session, session.client.tuning(name))


def report(session: Session, tuning: Tuning) -> None:
    """Shows how a tuning job ended.

    Raises:
        UserError: it was stopped, or failed for a reason that the user can fix.
        CloudError: it failed otherwise.
    """
    out = session.output
    if tuning.status == "Failed":
        causes = {trial.failure for trial in tuning.trials if trial.failure}
        family = UserError if causes and all(each.startswith("ClientError") for each in causes) else CloudError
        why = next(iter(sorted(causes)), tuning.failure)
        raise family(f"{tuning.tuning_job} failed. {tuning.failure} SageMaker says of its training jobs: {why} {_look(session, tuning)}")
    if tuning.status != "Completed":
        raise UserError(f"{tuning.tuning_job} is not complete. It was stopped before its end. {_look(session, tuning)}")
    out.result(tuning, lambda: show(session, tuning))
    out.done(f"{tuning.tuning_job} in {duration((tuning.ended - tuning.created).total_seconds() if tuning.ended else 0)}")
    if tuning.best:
        out.next(session.command(f"promote {tuning.best}"))


def _look(session: Session, tuning: Tuning) -> str:
    return f"What its training jobs reached: {session.command(f'tuning {tuning.tuning_job}')}"


def show(session: Session, tuning: Tuning) -> None:
    """Shows the leaderboard on stdout."""
    out = session.output
    out.say(f"{_plain(tuning)} {tuning.strategy}, {tuning.parallel_jobs} at a time, on corpus {tuning.corpus}.")
    out.table(tuning.columns, tuning.rows(), right=_RIGHT)
    failed = [(trial.job, trial.failure) for trial in tuning.trials if trial.failure]
    if failed:
        out.out.print()
        out.table(("failed", "why"), failed)


def _plain(tuning: Tuning) -> str:
    return f"{tuning.tuning_job} is {tuning.status}: {len(tuning.trials)} of {tuning.max_jobs} training jobs."
