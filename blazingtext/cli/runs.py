"""`blazingtext logs`, `runs` and `stop`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import click

from blazingtext_lifecycle import live_model, naming
from blazingtext_lifecycle.costs import dollars
from blazingtext_lifecycle.errors import LifecycleError, RequestError

from ..aws_errors import translating_aws_errors
from ..figures import duration, moment
from ..log_reader import LogReader
from ..runs import comparison, failures, processing, table, training_jobs, transforms, tunings
from ..runs.job_events import Event
from ..runs.table import Row, Value
from ..runs.training_jobs import Run
from .session import Session, shared

_WIDE = 100
_LOOKED_AT = 100


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
    run = session.client.run(job)
    if not any(not event.phase for event in found):
        session.output.say(f"{job} has no log lines{'' if run.over else ' yet'}.")
    if run.failure:
        session.output.say(failures.explained(run, session.stage))


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
@click.option("--sort", metavar="COLUMN", help="Best, or A to Z, first; of the latest 100 [default: the newest first].")
@click.option("--reverse", is_flag=True, help="The other way around.")
@click.option(
    "--filter", "filters", multiple=True, metavar="CONDITION", help="Such as mode=cbow or 'mean_rho>0.6', of the latest 100; repeatable."
)
@click.option("--csv", "as_csv", is_flag=True, help="Every column, metric and hyperparameter as CSV.")
@shared
def runs(session: Session, *, limit: int, sort: str | None, reverse: bool, filters: tuple[str, ...], as_csv: bool) -> None:
    """List the latest training jobs.

    mean_rho is of word vectors, accuracy of classifiers; M/s is million words a second; * marks the live model. Below stand corpus and
    hyperparameters that differ, and why a run failed or was not promoted; "corpus" is the beginning of the corpus's SHA-256. Columns for
    --sort and --filter: job, status, corpus, corpus_hash, recipe, mode, instance_type, instance_count, created, ended,
    training_seconds, billable_seconds, cost, speed, mean_rho, accuracy, failure, and every metric and hyperparameter.
    """
    if as_csv and session.json:
        raise click.UsageError("--csv and --json are two forms of the same. Choose one.")
    out = session.output
    conditions = [table.condition(each) for each in filters]
    if sort is not None:
        table.check_column(sort)
    with out.waiting("Listing training jobs"):
        rows = _rows(session, limit, sort, conditions, reverse=reverse)
        stack = live_model.describe(session.cloud.cloudformation, session.stage)
        found = [row.run for row in rows]
        notes = training_jobs.not_promoted(found, {stack.live, stack.previous})
    if as_csv:
        out.out.file.write(table.as_csv(rows))
        return
    listed = {
        "live": naming.job_of_artifact(stack.live),
        "runs": found,
        "million_words_per_second": {row.run.job: row.speed for row in rows},
        "dollars": {row.run.job: row.cost for row in rows},
        "not_promoted": notes,
    }
    out.result(listed, lambda: _show_runs(session, rows, stack.live))
    if not session.json:
        show_not_promoted(session, notes)
    if not found:
        out.say("No training job is like that." if filters else "There are no training jobs yet.")
        out.next(session.command("runs" if filters else "train --corpus <name> --watch"))


def _rows(session: Session, limit: int, sort: str | None, conditions: Sequence[Callable[[Row], bool]], *, reverse: bool) -> list[Row]:
    """The runs to show. A run's speed is in its log only: without sort and filter it is read of no more than are shown."""
    found = _with_tags(session, session.client.runs(_LOOKED_AT if sort or conditions else limit))
    if reverse and sort is None:
        found.reverse()
    rows = [Row(run, session.cloud.region, session.client.throughput(run.job)) for run in found]
    rows = [row for row in rows if all(holds(row) for holds in conditions)]
    return (table.in_order(rows, sort, reverse=reverse) if sort else rows)[:limit]


def _with_tags(session: Session, found: list[Run]) -> list[Run]:
    """Runs with what their tags tell; whoever may not read tags sees the rest."""
    try:
        return training_jobs.with_tags(session.cloud, found)
    except LifecycleError as reason:
        session.output.warn(str(reason))
        return found


def show_not_promoted(session: Session, notes: Mapping[str, str]) -> None:
    """Why runs did not go live by themselves, a line each."""
    if notes:
        session.output.out.print()
        session.output.table(("not promoted", "why"), list(notes.items()))


def _show_runs(session: Session, rows: Sequence[Row], live: str) -> None:
    """As many columns as fit next to the names of the jobs, which are never cut; then what differs, and why runs failed."""
    if not rows:
        return
    columns: dict[str, Callable[[Row], str]] = {
        "": lambda row: "*" if live and row.run.artifact == live else " ",
        "job": lambda row: row.run.job,
        "status": lambda row: row.run.status,
        "mean_rho": lambda row: _score(row.value("mean_rho")),
        "accuracy": lambda row: _score(row.value("accuracy")),
        "M/s": lambda row: "" if row.speed is None else f"{row.speed:.2f}",
        "time": lambda row: "" if row.run.training_seconds is None else duration(row.run.training_seconds),
        "cost": lambda row: "" if row.cost is None else dollars(row.cost),
        "corpus": lambda row: row.run.short_hash,
        "created": lambda row: moment(row.run.created),
    }
    empty = [name for name in ("mean_rho", "accuracy", "cost", "corpus") if not any(columns[name](row) for row in rows)]
    narrow = ["created", "corpus"] if session.output.out.width < _WIDE else []
    shown = {name: cell for name, cell in columns.items() if name not in (*empty, *narrow)}
    right = [place for place, name in enumerate(shown) if name in {"mean_rho", "accuracy", "M/s", "time", "cost"}]
    session.output.table(tuple(shown), [[cell(row) for cell in shown.values()] for row in rows], right=right)
    differing = comparison.differing([row.run for row in rows])
    if differing:
        session.output.out.print()
        session.output.table(
            ("job", *differing), [(row.run.job, *values) for row, values in zip(rows, zip(*differing.values(), strict=True), strict=True)]
        )
    failed = [(row.run.job, row.run.failure) for row in rows if row.run.failure]
    if failed:
        session.output.out.print()
        session.output.table(("failed", "why"), failed)


def _score(value: Value) -> str:
    return f"{value:.3f}" if isinstance(value, float) else ""


def score(run: Run) -> str:
    """A run's score: mean_rho of vectors, accuracy of a classifier."""
    return _score(run.score)


@click.command()
@click.argument("job", required=False)
@shared
def stop(session: Session, job: str | None) -> None:
    """Stop a running training, tuning, transform or processing job.

    JOB is a training job of the stage [default: the newest], or a tuning job, whose training jobs are stopped with it: their models so far
    are kept. Or it is a transform job, which then stores no results, or a processing job, which then leaves no corpus.
    """
    out = session.output
    if job is not None and transforms.exists(session.cloud, job):
        transform = session.client.stop_transform(job)
        out.result(transform, lambda: out.text(transform.job))
        out.done(f"{transform.job} is {transform.status}")
        out.next(session.command("transforms"))
        return
    if job is not None and processing.exists(session.cloud, job):
        preparing = session.client.stop_processing(job)
        out.result(preparing, lambda: out.text(preparing.job))
        out.done(f"{preparing.job} is {preparing.status}")
        out.next(session.command("corpus jobs"))
        return
    if job is not None and _is_tuning(session, job):
        tuning = session.client.stop_tuning(job)
        out.result(tuning, lambda: out.text(tuning.tuning_job))
        out.done(f"{tuning.tuning_job} is {tuning.status}")
        out.next(session.command(f"tuning {tuning.tuning_job}"))
        return
    found = session.client.stop(session.client.run(job).job)
    out.result(found, lambda: out.text(found.job))
    out.done(f"{found.job} is {found.status}")
    out.next(session.command("runs"))


def _refuse_namesake(session: Session, name: str) -> None:
    """Does nothing when no training job is called as a tuning job is.

    Raises:
        RequestError: one is: SageMaker keeps the names of the two kinds apart.
    """
    try:
        run = session.client.run(name)
    except RequestError:
        return
    if run.job in {name, naming.job_prefix(session.stage) + name}:
        raise RequestError(
            f"Both a training job and a tuning job are called {run.job}. Nothing was stopped. Stop the one that you mean with: "
            f"aws sagemaker stop-training-job --training-job-name {run.job}, or: "
            f"aws sagemaker stop-hyper-parameter-tuning-job --hyper-parameter-tuning-job-name {run.job}"
        )


def _is_tuning(session: Session, name: str) -> bool:
    """Whether a name, or a beginning that no training job has, is a tuning job's; its training jobs' names go on where its own ends.

    Raises:
        RequestError: a training job has the very same name.
    """
    if tunings.exists(session.cloud, name):
        _refuse_namesake(session, name)
        return True
    try:
        session.client.run(name)
    except RequestError:
        with suppress(RequestError):
            return bool(session.client.tuning(name))
    return False
