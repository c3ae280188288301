"""`blazingtext tune`: every hyperparameter is an option that takes a value, a range or a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import click

from blazingtext_lifecycle import hyperparameters
from blazingtext_lifecycle.tuning_requests import STRATEGIES

from ..runs import tuning as tuning_
from ..runs.leaderboard import Tuning
from ..runs.tuning import TuningOrder
from .costs import of_tuning
from .job_options import job_options, order_of, wish_options
from .job_start import JobStart
from .leaderboard import watch_to_the_end
from .session import Session, shared


def wishes(options: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, object]]:
    """What stays as it is, and what is searched, of what was typed."""
    names = [name for name in ("mode", *hyperparameters.TABLE) if options[name] is not None]
    found = {name: tuning_.wish(name, options[name]) for name in names}
    return (
        {name: each for name, each in found.items() if isinstance(each, str)},
        {name: each for name, each in found.items() if not isinstance(each, str)},
    )


@click.command()
@click.argument("corpus")
@click.option("--mode", metavar="MODE|LIST", help="One mode, or several to try, such as skipgram,cbow [default: the stage's].")
@wish_options
@click.option("--jobs", "max_jobs", type=click.IntRange(1), metavar="N", help="Training jobs at most [default: 10; of Grid: all].")
@click.option("--parallel", "parallel_jobs", type=click.IntRange(1), metavar="N", help="How many of them at once [default: 2].")
@click.option("--strategy", type=click.Choice(STRATEGIES, case_sensitive=False), help="How values are chosen [default: Bayesian].")
@click.option("--early-stop/--no-early-stop", "early_stop", default=False, help="Let SageMaker stop jobs that are not promising.")
@click.option("--warm-start", multiple=True, metavar="NAME", help="An earlier tuning job to learn from; repeatable.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Where chance begins.")
@job_options
@click.option("--wait/--no-wait", default=False, help="Show the leaderboard until all have ended. Ctrl-C leaves them running.")
@shared
def tune(session: Session, corpus: str, wait: bool, **options: Any) -> None:
    """Search for the best hyperparameters with a SageMaker tuning job.

    \b
    A hyperparameter's option takes
      a value:  --epochs 5
      a range:  --learning-rate 0.005:0.01   or on a scale: 0.005:0.01:log (linear, reverse-log)
      a list:   --window-size 5,10,15
    At least one is a range or a list. Ranges that AWS recommends:
    https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext-tuning.html

    The request is checked, and priced, before it costs anything. The same request with the same data gets the same tuning job. A name
    (--name) is shorter than that of a run: SageMaker calls the training jobs after it.
    """  # noqa: D301 - click reads the backspace character as "keep these lines"
    client, order = session.client, _order(session, corpus, options)
    JobStart(
        noun="tuning job",
        launch=lambda dry_run: client.launch_tuning(_dry(order) if dry_run else order),
        price=of_tuning,
        failure=lambda name: _failure(client.tuning(name)),
        watch=watch_to_the_end,
        follow="tuning {} --follow",
    ).run(session, dry_run=order.training.dry_run, watch=wait)


def _order(session: Session, corpus: str, options: Mapping[str, Any]) -> TuningOrder:
    fixed, ranges = wishes(options)
    mode = fixed.pop("mode", None)
    return TuningOrder(
        training=order_of(corpus, None if mode is None else str(mode), fixed, options),
        ranges=ranges,
        strategy=options["strategy"],
        max_jobs=options["max_jobs"],
        parallel_jobs=options["parallel_jobs"],
        early_stopping=options["early_stop"],
        warm_start=[session.client.tuning(name).tuning_job for name in options["warm_start"]],
        seed=options["seed"],
    )


def _dry(order: TuningOrder) -> TuningOrder:
    return dataclasses.replace(order, training=dataclasses.replace(order.training, dry_run=True))


def _failure(tuning: Tuning) -> str:
    return f"failed. SageMaker says: {tuning.failure}" if tuning.failure else f"is {tuning.status}."
