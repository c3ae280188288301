"""`blazingtext tunings` and `tuning`."""

from __future__ import annotations

import click

from ..figures import duration
from ..runs.tunings import TuningSummary
from .leaderboard import show, watch_to_the_end
from .session import Session, shared


@click.command()
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="How many [default: 10].")
@shared
def tunings(session: Session, limit: int) -> None:
    """List the latest tuning jobs."""
    out = session.output
    with out.waiting("Listing tuning jobs"):
        found = session.client.tunings(limit)
    out.result(found, lambda: _show(session, found))
    if not found:
        out.say("There are no tuning jobs yet.")
        out.next(session.command("tune <corpus> --learning-rate 0.005:0.01"))


def _show(session: Session, found: list[TuningSummary]) -> None:
    if not found:
        return
    rows = [
        (
            each.tuning_job,
            each.status,
            each.strategy,
            each.progress,
            "" if each.ended is None else duration((each.ended - each.created).total_seconds()),
            each.created.astimezone().strftime("%d %b %H:%M"),
        )
        for each in found
    ]
    session.output.table(("tuning job", "status", "strategy", "completed", "time", "created"), rows)


@click.command()
@click.argument("name", required=False)
@click.option("--follow", "-f", is_flag=True, help="Redraw it until all have ended. Ctrl-C leaves them running.")
@click.option("--csv", "as_csv", is_flag=True, help="The leaderboard as CSV.")
@shared
def tuning(session: Session, name: str | None, *, follow: bool, as_csv: bool) -> None:
    """Show the training jobs of a tuning job, the best first.

    NAME is a tuning job of the stage [default: the newest]; * marks the best by SageMaker's own count.
    """
    out = session.output
    if as_csv and (session.json or follow):
        raise click.UsageError("--csv is one form of the result, and says how it stands now. Leave out --json and --follow.")
    found = session.client.tuning(name)
    if follow:
        watch_to_the_end(session, found.tuning_job)
    elif as_csv:
        out.out.file.write(found.as_csv())
    else:
        out.result(found, lambda: show(session, found))
        running = [f"tuning {found.tuning_job} --follow", f"stop {found.tuning_job}"]
        ended = [f"promote {found.best}"] if found.best else []
        out.next(*map(session.command, ended if found.over else running))
