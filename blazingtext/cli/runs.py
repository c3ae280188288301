"""`blazingtext logs`, `runs` and `stop`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import click

from blazingtext_lifecycle import live_model, naming
from blazingtext_lifecycle.errors import LifecycleError

from ..aws_errors import translating_aws_errors
from ..log_reader import LogReader
from ..runs import training_jobs
from ..runs.job_events import Event
from ..runs.training_jobs import Run
from .output import duration
from .session import Session, shared

_WIDE = 100


@click.command()
@click.argument("job", required=False)
@click.option("--follow", "-f", is_flag=True, help="Follow until the job has ended. Ctrl-C leaves it running.")
@click.option("--endpoint", is_flag=True, help="The endpoint's log instead of a job's.")
@shared
def logs(session: Session, job: str | None, follow: bool, endpoint: bool) -> None:
    """Print the log of a training job or of the endpoint.

    JOB is a training job of the stage [default: the newest].
    """
    if endpoint:
        if job is not None or follow:
            raise click.UsageError(
                "--endpoint shows what the endpoint has logged so far. It takes neither JOB nor --follow: leave them out."
            )
        _endpoint_logs(session)
        return
    job = session.client.run(job).job
    found = []
    try:
        for event in session.client.events(job, follow=follow):
            found.append(event)
            _print(session, event)
    except KeyboardInterrupt:
        session.output.say(f"\n{job} keeps running.")
        session.output.next(session.command(f"logs {job} --follow"), session.command(f"stop {job}"))
        raise
    if session.json:
        session.output.result({"job": job, "events": found}, lambda: None)
    if not any(not event.phase for event in found):
        session.output.say(f"{job} has no log lines yet.")


def _print(session: Session, event: Event) -> None:
    if event.phase:
        session.output.say(f"{event.phase} - {event.text}")
    elif not session.json:
        session.output.text(event.text)


def _endpoint_logs(session: Session) -> None:
    reader = LogReader(session.cloud, naming.endpoint_log_group(session.stage), "")
    with translating_aws_errors("read the endpoint's log"):
        lines = [{"stream": stream, "time": time, "text": text} for stream, time, text in reader.new_lines()]
    out = session.output
    shown = "\n".join(str(line["text"]) for line in lines)
    out.result({"endpoint": naming.endpoint(session.stage), "events": lines}, lambda: out.text(shown) if lines else None)
    if not lines:
        out.say("The endpoint has no log lines.")


@click.command()
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="How many [default: 10].")
@shared
def runs(session: Session, limit: int) -> None:
    """List the latest training jobs.

    The score is mean_rho of word vectors, accuracy of a classifier; M/s is million words a second; * marks the live model.
    """
    out = session.output
    with out.waiting("Listing training jobs"):
        found = session.client.runs(limit)
        speeds = {run.job: session.client.throughput(run.job) for run in found}
        stack = live_model.describe(session.cloud.cloudformation, session.stage)
        notes = _not_promoted(session, found, {stack.live, stack.previous})
    live = stack.live
    listed = {"live": naming.job_of_artifact(live), "runs": found, "million_words_per_second": speeds, "not_promoted": notes}
    out.result(listed, lambda: _show_runs(session, found, speeds, live))
    if not session.json:
        show_not_promoted(session, notes)
    if not found:
        out.say("There are no training jobs yet.")
        out.next(session.command("train --corpus <name> --watch"))


def _not_promoted(session: Session, found: list[Run], served: set[str]) -> dict[str, str]:
    """Why runs did not go live by themselves; whoever may not read tags sees the rest."""
    try:
        return training_jobs.not_promoted(session.cloud, found, served)
    except LifecycleError as reason:
        session.output.warn(str(reason))
        return {}


def show_not_promoted(session: Session, notes: Mapping[str, str]) -> None:
    """Why runs did not go live by themselves, a line each."""
    if notes:
        session.output.out.print()
        session.output.table(("not promoted", "why"), list(notes.items()))


def _show_runs(session: Session, found: list[Run], speeds: dict[str, float | None], live: str) -> None:
    """As many columns as fit next to the names of the jobs, which are never cut."""
    if not found:
        return
    columns = ["", "job", "status", "score", "M/s", "time"]
    rows = [_row(run, speeds[run.job], live) for run in found]
    if session.output.out.width >= _WIDE:
        columns.append("created")
        rows = [[*row, _moment(run.created)] for row, run in zip(rows, found, strict=True)]
    session.output.table(columns, rows, right=(3, 4, 5))


def _row(run: Run, speed: float | None, live: str) -> list[str]:
    time = "" if run.training_seconds is None else duration(run.training_seconds)
    mark = "*" if live and run.artifact == live else " "
    return [mark, run.job, run.status, score(run), "" if speed is None else f"{speed:.2f}", time]


def score(run: Run) -> str:
    """A run's score: mean_rho of vectors, accuracy of a classifier."""
    for metric in ("train:mean_rho", "validation:accuracy", "train:accuracy"):
        if metric in run.metrics:
            return f"{run.metrics[metric]:.3f}"
    return ""


def _moment(time: datetime) -> str:
    return time.astimezone().strftime("%d %b %H:%M")


@click.command()
@click.argument("job", required=False)
@shared
def stop(session: Session, job: str | None) -> None:
    """Stop a running training job; the model so far is kept.

    JOB is a training job of the stage [default: the newest].
    """
    out = session.output
    found = session.client.stop(session.client.run(job).job)
    out.result(found, lambda: out.text(found.job))
    out.done(f"{found.job} is {found.status}")
    out.next(session.command("runs"))
