"""`blazingtext corpus prepare --on aws` and `corpus jobs`: a corpus that a processing job prepares."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from blazingtext_lifecycle import costs, naming
from blazingtext_lifecycle.errors import CloudError, CorpusError, UserError
from blazingtext_lifecycle.plurals import count

from ..figures import size
from ..runs.processing import Processing, ProcessingOrder
from ..spark.options import Preparing
from .costs import of_job
from .job_display import paid, show_list
from .job_options import tags_of
from .job_start import JobStart
from .session import Session, shared

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--on", type=click.Choice(["aws"]), help="Prepare it in a SageMaker processing job; INPUT is s3:// keys and prefixes."),
    click.option("--corpus", metavar="NAME", help="With --on aws: the name that the corpus gets in the stage's bucket."),
    click.option("--instances", type=click.IntRange(1), metavar="N", help="With --on aws: how many [default: the stage's]."),
    click.option("--instance-type", metavar="TYPE", help="With --on aws: such as ml.c5.xlarge [default: the stage's]."),
    click.option("--volume", type=click.IntRange(1), metavar="GB", help="With --on aws: disk of each instance."),
    click.option("--max-runtime", type=click.IntRange(1), metavar="SECONDS", help="With --on aws: stop the job after this time."),
    click.option("--tag", multiple=True, metavar="KEY=VALUE", help="With --on aws: a tag on the job; repeatable."),
    click.option("--retry", is_flag=True, help="With --on aws: start another attempt if the same job failed or was stopped."),
    click.option("--dry-run", is_flag=True, help="With --on aws: check the request and say what it would cost; start nothing."),
    click.option("--watch", is_flag=True, help="With --on aws: wait until it has ended. Ctrl-C leaves it running."),
)
_NAMES = ("corpus", "instances", "instance_type", "volume", "max_runtime", "tag", "retry", "dry_run", "watch")
# What is decided where the job runs, or is not known to it.
_HERE = {
    "output": "the corpus goes to the stage's bucket",
    "workers": "--instances says how much works on it",
    "shard": "it is divided there",
}


def aws_options(command: Command) -> Command:
    """Adds the options of `prepare` that are about a processing job."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check(inputs: tuple[str, ...], output: Path | str | None, options: Mapping[str, Any]) -> None:
    """Does nothing when it is clear where the corpus is to be prepared.

    Raises:
        UsageError: options of one place are given for the other.
    """
    if options["on"] is None:
        given = [name for name in _NAMES if options[name]]
        if given:
            raise click.UsageError(f"{_option(given[0])} is about a processing job: add --on aws.")
        if output is None:
            raise click.UsageError("Missing option '--output' / '-o': the file to write; or let AWS prepare it: --on aws.")
        return
    here = {**options, "output": output, "shard": None if options["shard"].is_all else options["shard"]}
    for name, why in _HERE.items():
        if here[name] is not None:
            raise click.UsageError(f"{_option(name)} has no place in --on aws, where {why}. Leave it out.")
    if options["wrapped"]:
        raise click.UsageError("--wrapped joins lines, which a processing job divides: join them first, or leave out one of the two.")
    if options["deduplicate"]:
        raise click.UsageError("--deduplicate compares all lines, which a processing job divides: prepare them here, or leave it out.")
    if not options["corpus"]:
        raise click.UsageError("--on aws makes a corpus in the stage's bucket: name it with --corpus.")
    local = [each for each in inputs if not each.startswith("s3://")]
    if local:
        raise click.UsageError(
            f"{local[0]} is on this machine, and --on aws prepares what lies in S3. Send it there (aws s3 cp), or leave out --on aws."
        )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def start(session: Session, inputs: tuple[str, ...], preparing: Preparing, options: Mapping[str, Any]) -> None:
    """Has a processing job prepare a corpus, and shows it if asked to."""
    order = ProcessingOrder(
        corpus=naming.check_corpus(options["corpus"]),
        sources=inputs,
        options=preparing.words(),
        instance_type=options["instance_type"],
        instance_count=options["instances"],
        volume_gb=options["volume"],
        max_runtime_seconds=options["max_runtime"],
        tags=tags_of(options["tag"]),
        retry=options["retry"],
        replace=options["force"],
        dry_run=options["dry_run"],
    )
    client = session.client
    with session.output.waiting("Sending the code"):
        order = dataclasses.replace(order, code=client.send_code())
    JobStart(
        noun="job",
        launch=lambda dry_run: client.launch_processing(dataclasses.replace(order, dry_run=dry_run)),
        price=lambda checked: of_job(checked.cost),
        failure=lambda job: _failure(session, client.processing_job(job)),
        watch=watch_to_the_end,
        follow="corpus jobs {}",
    ).run(session, dry_run=order.dry_run, watch=options["watch"])


def _failure(session: Session, found: Processing) -> str:
    told = session.client.processing_report(found.job).get("error", "")
    said = told or (f"SageMaker says: {found.failure}" if found.failure else "")
    return f"failed. {said}" if said else f"is {found.status}."


def watch_to_the_end(session: Session, name: str) -> None:
    """Waits until a processing job has ended, then shows what it made.

    Raises:
        UserError: it was stopped, or its sources cannot become a corpus.
        CloudError: it failed.
    """
    out = session.output
    try:
        with out.waiting(f"{name} runs"):
            for found in session.client.follow_processing(name):
                ended = found
    except KeyboardInterrupt:
        out.say(f"\n{name} keeps running.")
        out.next(session.command(f"corpus jobs {name}"), session.command(f"stop {name}"))
        raise
    _show_end(session, ended)


def _show_end(session: Session, found: Processing) -> None:
    report = session.client.processing_report(found.job)
    _raise_failure(found, report)
    out = session.output
    out.result({"processing": found, "report": report}, lambda: out.text(str(report.get("uri", found.job))))
    if report:
        _warn(session, report)
        read = f"from {count(report['files'], 'files')} in {count(report['sources'], 'objects')}"
        out.say(f"{count(report['lines'], 'lines')}, {count(report['words'], 'words')}, {size(report['size'])} {read}")
    out.done(f"{found.job} completed{_paid(session, found)}")


def _warn(session: Session, report: Mapping[str, Any]) -> None:
    out = session.output
    if report["undecodable"]:
        names = ", ".join(report["garbled"][:3])
        out.warn(f"{count(report['undecodable'], 'bytes')} ({names}), invalid in the encoding, read as cp1252.")
    for reason, number in report["left_out"].items():
        out.warn(f"{number:,} {reason}: left out.")
    for note, number in report["notes"].items():
        out.warn(f"{number:,} {note}.")
    if report["skipped_count"]:
        what = ", ".join(f"{name} {why}" for name, why in list(report["skipped"].items())[:3])
        out.warn(f"{count(report['skipped_count'], 'files')} left out: {what}.")


def _paid(session: Session, found: Processing) -> str:
    return paid(costs.of_processing(found.instance_type, found.instance_count, session.cloud.region), found.seconds)


def _raise_failure(found: Processing, report: Mapping[str, Any]) -> None:
    if found.status == "Stopped":
        raise UserError(f"{found.job} was stopped. A processing job that is stopped leaves no corpus. Start it again with --retry.")
    if found.status == "Failed":
        if report.get("error"):
            raise CorpusError(f"{found.job} failed: {report['error']}")
        logs = f"aws logs tail {naming.PROCESSING_LOG_GROUP} --log-stream-name-prefix {found.job}/ --since 1d"
        family = UserError if found.failure.startswith("ClientError") else CloudError
        raise family(f"{found.job} failed, and left no corpus. SageMaker says: {found.failure}. What happened is in its log: {logs}")


@click.command()
@click.argument("job", required=False)
@click.option("--limit", "-n", type=click.IntRange(1, 100), default=10, help="How many [default: 10].")
@click.option("--watch", is_flag=True, help="Wait until JOB has ended. Ctrl-C leaves it running.")
@shared
def jobs(session: Session, job: str | None, limit: int, *, watch: bool) -> None:
    """List the latest jobs that prepare corpora on AWS, or show one."""
    out = session.output
    if job is None and watch:
        raise click.UsageError("--watch is about one job. Name it; without a name, all are listed.")
    if job is not None:
        _show_one(session, session.client.processing_job(job), watch=watch)
        return
    with out.waiting("Listing processing jobs"):
        found = session.client.processing_jobs(limit)
    out.result(found, lambda: show_list(out, "processing job", found))
    if not found:
        out.say("There are no processing jobs yet.")
        out.next(session.command("corpus prepare --on aws s3://<bucket>/<folder>/ --corpus <name>"))


def _show_one(session: Session, found: Processing, *, watch: bool) -> None:
    out = session.output
    if watch:
        watch_to_the_end(session, found.job)
    elif found.over:
        _show_end(session, found)
    else:
        out.result({"processing": found, "report": {}}, lambda: out.text(f"{found.job} is {found.status}"))
        out.next(session.command(f"corpus jobs {found.job} --watch"), session.command(f"stop {found.job}"))
