"""A training job at a terminal: its log above, a progress bar below."""

from __future__ import annotations

from typing import Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from blazingtext_lifecycle.errors import CloudError, UserError

from ..figures import duration
from ..runs import failures
from ..runs.job_events import progress_of
from ..runs.training_jobs import Run
from .output import Output, quoted
from .session import Session

# SecondaryStatus of a job that SageMaker stopped by itself
# (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html).
_STOPPED = {
    "MaxRuntimeExceeded": ("It ran into its limit of running time", "Train with a greater --max-runtime"),
    "MaxWaitTimeExceeded": ("It ran into its limit of waiting for a spot instance", "Train with a greater --max-wait, or with --no-spot"),
}


class TrainingBar:
    """The log of a training on stderr, above a bar that shows how far it is and how fast, at a terminal."""

    def __init__(self, out: Output) -> None:
        self._out = out
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[speed]}"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=out.err, transient=True, disable=not out.err.is_terminal)
        self._task = self._bar.add_task("Starting", total=100, speed="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def phase(self, name: str) -> None:
        """The training is in another phase."""
        self._bar.update(self._task, description=name)

    def line(self, text: str) -> None:
        """Shows a line of the log."""
        self._out.err.print(f"  {quoted(text)}", soft_wrap=True)
        progress = progress_of(text)
        if progress:
            self._bar.update(self._task, completed=progress[0], speed=f"{progress[1]:.2f} M words/s")


def watch_to_the_end(session: Session, job: str) -> None:
    """Shows a job's phases and lines on stderr until it has ended, then its summary on stdout.

    Raises:
        UserError: the job failed for a reason that the user can fix, or was stopped.
        CloudError: the job failed.
    """
    try:
        _stream(session, job)
    except KeyboardInterrupt:
        session.output.say(f"\n{job} keeps running.")
        session.output.next(session.command(f"logs {job} --follow"), session.command(f"stop {job}"))
        raise
    report(session, session.client.run(job))


def _stream(session: Session, job: str) -> None:
    out = session.output
    lines = 0
    with TrainingBar(out) as bar:
        for event in session.client.events(job, follow=True):
            lines += not event.phase
            if event.phase:
                out.err.print(f"[bold]{event.phase}[/bold] [dim]- {quoted(event.text)}[/dim]", soft_wrap=True)
                bar.phase(event.phase)
            else:
                bar.line(event.text)
    if not lines:
        out.warn(f"{job} wrote no log lines. Either its role lacks the permission logs:PutLogEvents, or it never started.")


def report(session: Session, run: Run) -> None:
    """Shows how a run ended.

    Raises:
        UserError: it failed for a reason that the user can fix, or was stopped.
        CloudError: it failed otherwise.
    """
    out = session.output
    if run.status == "Failed":
        family = UserError if failures.fixable(run) else CloudError
        log = f"Read its log with: {session.command(f'logs {run.job}')}"
        raise family(failures.explained(run, session.stage, otherwise=log))
    if run.status != "Completed":
        raise UserError(stopped(run))
    out.result(run, lambda: show(session, run))
    out.done(f"{run.job} in {duration(run.training_seconds or 0)}")
    scored = [session.command(f"evaluate --job {run.job}")] if "train:mean_rho" in run.metrics else []
    out.next(*scored, session.command("status"))


def stopped(run: Run) -> str:
    """Why a run has no complete model although it did not fail, and what to do."""
    why, remedy = _STOPPED.get(run.phase, ("It was stopped before its end", "Run the same command with --retry for another attempt"))
    kept = f" What it had learnt is kept in {run.artifact}, and is not promoted automatically." if run.artifact else ""
    return f"{run.job} is not complete. {why}.{kept} {remedy}."


def show(session: Session, run: Run) -> None:
    """Shows a run on one screen."""
    session.output.table(("", ""), [row for row in (("job", run.job), *run.rows()) if row[1]])
