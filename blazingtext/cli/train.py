"""`blazingtext train`: every hyperparameter is an option."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import click

from blazingtext_lifecycle import hyperparameters
from blazingtext_lifecycle.combinations import MODES
from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.training_jobs import RETRYABLE

from ..runs.launch import Launch, TrainingOrder
from ..runs.training_jobs import Run
from .costs import of_job
from .options import Command
from .session import Session, shared
from .training_display import watch_to_the_end

_TYPES: dict[str, type[int | float | bool]] = {"integer": int, "float": float, "boolean": bool}


def hyperparameter_options(command: Command) -> Command:
    """Adds an option for each row of the table of hyperparameters."""
    for name, row in reversed(hyperparameters.TABLE.items()):
        modes = "" if row.modes == MODES else " supervised only." if row.modes == {"supervised"} else " Word2Vec only."
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=_TYPES[row.kind],
            metavar={"integer": "N", "float": "X", "boolean": "True|False"}[row.kind],
            help=f"{row.meaning[0].upper()}{row.meaning[1:]} [default: {hyperparameters.text(row.default)}].{modes}",
        )(command)
    return command


def chosen(options: Mapping[str, Any]) -> dict[str, object]:
    """The hyperparameters that were typed."""
    return {name: options[name] for name in hyperparameters.TABLE if options[name] is not None}


@click.command()
@click.option("--corpus", required=True, metavar="NAME", help="An uploaded corpus.")
@click.option("--mode", type=click.Choice(sorted(MODES)), help="[default: the stage's, batch_skipgram]")
@hyperparameter_options
@click.option("--instance-type", metavar="TYPE", help="Such as ml.c5.xlarge [default: the stage's].")
@click.option("--instance-count", type=click.IntRange(1), metavar="N", help="More than one: batch_skipgram only.")
@click.option("--volume", type=click.IntRange(1), metavar="GB", help="Disk of each instance.")
@click.option("--max-runtime", type=click.IntRange(1), metavar="SECONDS", help="Stop the job after this time.")
@click.option("--max-wait", type=click.IntRange(1), metavar="SECONDS", help="With --spot: the same, including the wait for capacity.")
@click.option("--spot/--no-spot", default=None, help="Use spot instances [default: the stage's].")
@click.option("--tag", multiple=True, metavar="KEY=VALUE", help="A tag on the job; repeatable.")
@click.option("--retry", is_flag=True, help="Start another attempt if the same job failed or was stopped.")
@click.option("--no-promote", is_flag=True, help="Its model goes live only when it is promoted by name.")
@click.option("--dry-run", is_flag=True, help="Check the request and say what it would cost; start nothing.")
@click.option("--watch", is_flag=True, help="Show its log until it has ended. Ctrl-C leaves the job running.")
@shared
def train(session: Session, corpus: str, mode: str | None, watch: bool, dry_run: bool, **options: Any) -> None:
    """Start a training job through the launcher function.

    The request is checked before it costs anything. The same request with the same data gets the same job.
    """
    order = TrainingOrder(
        corpus=corpus,
        mode=mode,
        hyperparameters=chosen(options),
        instance_type=options["instance_type"],
        instance_count=options["instance_count"],
        volume_gb=options["volume"],
        max_runtime_seconds=options["max_runtime"],
        max_wait_seconds=options["max_wait"],
        spot=options["spot"],
        tags=_tags(options["tag"]),
        retry=options["retry"],
        promote=not options["no_promote"],
    )
    out = session.output
    with out.waiting("Checking the request"):
        checked = session.client.launch(dataclasses.replace(order, dry_run=True))
    out.say(of_job(checked.cost))
    if dry_run:
        _show_checked(session, checked)
        return
    with out.waiting("Starting the job"):
        launch = session.client.launch(order)
    for warning in launch.warnings:
        out.warn(warning)
    if launch.created:
        out.done(f"{launch.job} started")
    elif launch.status in RETRYABLE:
        raise _needs_retry(session.client.run(launch.job))
    else:
        out.say(f"{launch.job} already exists for the same request and the same data. It is {launch.status}.")
    if watch:
        watch_to_the_end(session, launch.job)
        return
    out.result(launch, lambda: out.text(launch.job))
    out.next(session.command(f"logs {launch.job} --follow"))


def _show_checked(session: Session, checked: Launch) -> None:
    """What a request would start."""
    out = session.output
    for warning in checked.warnings:
        out.warn(warning)
    out.result(checked, lambda: out.text(checked.job))
    out.say(f"It exists already, and is {checked.status}." if checked.status else "Nothing was started.")


def _needs_retry(run: Run) -> UserError:
    """The same request has failed before: nothing was started."""
    happened = f"failed. SageMaker says: {run.failure}" if run.failure else f"is {run.status} ({run.phase})."
    return UserError(
        f"{run.job}, the job of this very request over the same data, {happened} Nothing was started. "
        "Correct the cause, then run the same command with --retry for another attempt."
    )


def _tags(given: tuple[str, ...]) -> dict[str, str]:
    wrong = [tag for tag in given if "=" not in tag]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} has no '='; write KEY=VALUE.", param_hint="--tag")
    return dict(tag.split("=", 1) for tag in given)
