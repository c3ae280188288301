"""`blazingtext transform` and `transforms`: predictions of a whole file."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from blazingtext_lifecycle import costs, naming
from blazingtext_lifecycle.errors import CloudError, NotReady, UserError
from blazingtext_lifecycle.plurals import count
from blazingtext_lifecycle.training_jobs import needs_labels
from blazingtext_lifecycle.values import cut

from ..figures import size
from ..runs.training_jobs import Run
from ..runs.transforms import Results, Transform, TransformOrder
from ..serving import status
from .costs import of_job
from .job_display import paid, show_list
from .job_options import tags_of
from .job_start import JobStart
from .session import Session, shared


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--run", "run_name", metavar="JOB", help="Whose model predicts [default: the live one, else the newest completed run].")
@click.option("--k", type=click.IntRange(1), metavar="N", help="Of a classifier: how many labels of each text; left out, one.")
@click.option("--instance-type", metavar="TYPE", help="Such as ml.c5.xlarge [default: the stage's].")
@click.option("--instances", "instance_count", type=click.IntRange(1), default=1, metavar="N", help="How many of them [default: 1].")
@click.option("--tag", multiple=True, metavar="KEY=VALUE", help="A tag on the job; repeatable.")
@click.option("--retry", is_flag=True, help="Start another attempt if the same job failed or was stopped.")
@click.option("--dry-run", is_flag=True, help="Send the file, check the request and say what it would cost; start nothing.")
@click.option("--watch", is_flag=True, help="Wait until it has ended, and show the first results. Ctrl-C leaves it running.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="With --watch: write all results to this file.")
@shared
def transform(session: Session, file: Path, run_name: str | None, output: Path | None, *, watch: bool, **options: Any) -> None:
    """Predict a whole file with a SageMaker transform job.

    It needs no endpoint. FILE has one word a line for word vectors, one text a line for a classifier, or is JSON Lines (.jsonl) as
    BlazingText reads them. It is sent to the stage's bucket, and the results are stored beside it, in its order.

    The request is checked, and priced, before it costs anything. The same request with the same file gets the same job.
    """
    if output is not None and not watch:
        raise click.UsageError("--output needs the results, and they are there when the job has ended. Add --watch.")
    tags = tags_of(options["tag"])
    run = _run(session, run_name)
    order = _order(session, file, run, options, tags)
    client = session.client
    JobStart(
        noun="job",
        launch=lambda dry_run: client.launch_transform(dataclasses.replace(order, dry_run=dry_run)),
        price=lambda checked: of_job(checked.cost),
        failure=lambda job: _failure(client.transform_job(job)),
        watch=lambda session, job: watch_to_the_end(session, job, output),
        follow="transforms {}",
    ).run(session, dry_run=order.dry_run, watch=watch)


def _run(session: Session, name: str | None) -> Run:
    """The run whose model predicts; one that has none is refused by the function, which looks."""
    if name is not None:
        return session.client.run(name)
    try:
        return session.client.run(naming.job_of_artifact(status.live_artifact(session.cloud)))
    except NotReady:
        return session.client.run(naming.job_of_artifact(session.client.artifact_uri()))


def _order(session: Session, file: Path, run: Run, options: dict[str, Any], tags: dict[str, str]) -> TransformOrder:
    """Sends the file, and says what to do with it."""
    of_words = not needs_labels(run.mode)
    if of_words and options["k"] is not None:
        raise click.UsageError(f"--k is for classifiers, and the model of {run.job} gives vectors of words. Leave it out.")
    with session.output.waiting(f"Sending {file.name}"):
        data = session.client.send_data(file, parts=options["instance_count"], k=options["k"], of_words=of_words)
    if data.blank:
        session.output.warn(f"{file} has {count(data.blank, 'blank lines')}, for which there is no result.")
    session.output.say(f"{count(data.lines, 'lines')} in {count(len(data.parts), 'files')} for the model of {run.job}")
    return TransformOrder(
        data=data.name,
        run=run.job,
        instance_type=options["instance_type"],
        instance_count=options["instance_count"],
        tags=tags,
        retry=options["retry"],
        dry_run=options["dry_run"],
    )


def _failure(found: Transform) -> str:
    return f"failed. SageMaker says: {found.failure}" if found.failure else f"is {found.status}."


def watch_to_the_end(session: Session, name: str, output: Path | None = None) -> None:
    """Waits until a transform job has ended, then shows its results.

    Raises:
        UserError: it was stopped, or failed for a reason that the user can fix.
        CloudError: it failed.
    """
    out = session.output
    try:
        with out.waiting(f"{name} runs"):
            for found in session.client.follow_transform(name):
                ended = found
    except KeyboardInterrupt:
        out.say(f"\n{name} keeps running.")
        out.next(session.command(f"transforms {name}"), session.command(f"stop {name}"))
        raise
    _show_end(session, ended, output)


def _show_end(session: Session, found: Transform, output: Path | None) -> None:
    _raise_failure(found)
    out = session.output
    with out.waiting("Reading the results"):
        results = session.client.transform_results(found.job, output)
    out.result({"transform": found, "results": results}, lambda: _show_results(session, results))
    out.done(f"{found.job} completed{_paid(session, found)}")
    out.say(f"{count(results.lines, 'results')}, {size(results.size)}: {results.uri}" + ("" if output is None else f"; all in {output}"))


def _show_results(session: Session, results: Results) -> None:
    for line in results.first:
        session.output.text(cut(line))


def _paid(session: Session, found: Transform) -> str:
    return paid(costs.of_transform(found.instance_type, found.instance_count, session.cloud.region), found.seconds)


def _raise_failure(found: Transform) -> None:
    if found.status == "Stopped":
        raise UserError(f"{found.job} was stopped. A transform job that is stopped stores no results. Start it again with --retry.")
    if found.status == "Failed":
        group = naming.TRANSFORM_LOG_GROUP
        happened = f"{found.job} failed. SageMaker says: {found.failure}."
        logs = f"aws logs tail {group} --log-stream-name-prefix {found.job}/ --since 1d"
        family = UserError if found.failure.startswith("ClientError") else CloudError
        raise family(f"{happened} Which line of which file it was is in its log: {logs}")


@click.command()
@click.argument("job", required=False)
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="How many [default: 10].")
@click.option("--watch", is_flag=True, help="Wait until JOB has ended. Ctrl-C leaves it running.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all results of JOB to this file.")
@shared
def transforms(session: Session, job: str | None, limit: int, output: Path | None, *, watch: bool) -> None:
    """List the latest transform jobs, or show one's results."""
    out = session.output
    if job is None and (watch or output is not None):
        raise click.UsageError("--watch and --output are about one transform job. Name it; without a name, all are listed.")
    if job is not None:
        _show_one(session, session.client.transform_job(job), output, watch=watch)
        return
    with out.waiting("Listing transform jobs"):
        found = session.client.transforms(limit)
    out.result(found, lambda: show_list(out, "transform job", found))
    if not found:
        out.say("There are no transform jobs yet.")
        out.next(session.command("transform <file> --watch"))


def _show_one(session: Session, found: Transform, output: Path | None, *, watch: bool) -> None:
    out = session.output
    if watch:
        watch_to_the_end(session, found.job, output)
    elif found.over:
        _show_end(session, found, output)
    elif output is not None:
        raise NotReady(f"{found.job} is {found.status}. Its results are there when it has completed. Wait for them with --watch.")
    else:
        out.result({"transform": found, "results": None}, lambda: out.text(f"{found.job} is {found.status}"))
        out.next(session.command(f"transforms {found.job} --watch"), session.command(f"stop {found.job}"))
