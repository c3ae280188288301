"""The options of the commands that train, and what was typed as an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from blazingtext_lifecycle import hyperparameters
from blazingtext_lifecycle.combinations import MODES
from blazingtext_lifecycle.hyperparameters import Hyperparameter

from ..runs.launch import TrainingOrder
from .options import Command

_TYPES: dict[str, type[int | float | bool]] = {"integer": int, "float": float, "boolean": bool}
_METAVARS = {"integer": "N", "float": "X", "boolean": "True|False"}


def hyperparameter_options(command: Command) -> Command:
    """Adds an option for each row of the table of hyperparameters; it takes a value."""
    return _for_each(command, lambda row: {"type": _TYPES[row.kind], "metavar": _METAVARS[row.kind]})


def wish_options(command: Command) -> Command:
    """Adds the same options, which take a value, a range or a list, as text."""
    return _for_each(command, lambda _: {"metavar": "VALUE|RANGE|LIST"})


def _for_each(command: Command, form: Callable[[Hyperparameter], Mapping[str, Any]]) -> Command:
    for name, row in reversed(hyperparameters.TABLE.items()):
        modes = "" if row.modes == MODES else " supervised only." if row.modes == {"supervised"} else " Word2Vec only."
        meaning = f"{row.meaning[0].upper()}{row.meaning[1:]} [default: {hyperparameters.text(row.default)}].{modes}"
        command = click.option(f"--{name.replace('_', '-')}", name, help=meaning, **form(row))(command)
    return command


def chosen(options: Mapping[str, Any]) -> dict[str, object]:
    """The hyperparameters that were typed."""
    return {name: options[name] for name in hyperparameters.TABLE if options[name] is not None}


_JOB_OPTIONS = (
    click.option("--name", metavar="NAME", help="What to call it, behind the stage's beginning; without it, the request's hash does."),
    click.option("--instance-type", metavar="TYPE", help="Such as ml.c5.xlarge [default: the stage's]."),
    click.option("--instance-count", type=click.IntRange(1), metavar="N", help="More than one: batch_skipgram only."),
    click.option("--volume", type=click.IntRange(1), metavar="GB", help="Disk of each instance."),
    click.option("--max-runtime", type=click.IntRange(1), metavar="SECONDS", help="Stop the job after this time."),
    click.option("--max-wait", type=click.IntRange(1), metavar="SECONDS", help="With --spot: the same, including the wait for capacity."),
    click.option("--spot/--no-spot", default=None, help="Use spot instances [default: the stage's]."),
    click.option("--tag", multiple=True, metavar="KEY=VALUE", help="A tag on the job; repeatable."),
    click.option("--retry", is_flag=True, help="Start another attempt if the same job failed or was stopped."),
    click.option("--no-promote", is_flag=True, help="Its model goes live only when it is promoted by name."),
    click.option("--dry-run", is_flag=True, help="Check the request and say what it would cost; start nothing."),
)


def job_options(command: Command) -> Command:
    """Adds the options that every kind of job has: instances, limits, tags, retry, promotion, dry run."""
    for option in reversed(_JOB_OPTIONS):
        command = option(command)
    return command


def order_of(corpus: str, mode: str | None, fixed: Mapping[str, object], options: Mapping[str, Any]) -> TrainingOrder:
    """What was typed, as an order; the options are those of `job_options`."""
    return TrainingOrder(
        corpus=corpus,
        mode=mode,
        hyperparameters=fixed,
        instance_type=options["instance_type"],
        instance_count=options["instance_count"],
        volume_gb=options["volume"],
        max_runtime_seconds=options["max_runtime"],
        max_wait_seconds=options["max_wait"],
        spot=options["spot"],
        tags=tags_of(options["tag"]),
        retry=options["retry"],
        dry_run=options["dry_run"],
        promote=not options["no_promote"],
        name=options["name"],
    )


def tags_of(given: tuple[str, ...]) -> dict[str, str]:
    """Tags that were typed as KEY=VALUE."""
    wrong = [tag for tag in given if "=" not in tag]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} has no '='; write KEY=VALUE.", param_hint="--tag")
    return dict(tag.split("=", 1) for tag in given)
