"""`blazingtext costs`, and what other commands say about costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from blazingtext_lifecycle.costs import SERVERLESS, HourlyPrice, dollars

from ..figures import duration
from ..preflight import plan
from ..runs.launch import Cost
from ..runs.tuning import TuningLaunch
from ..stage_costs import COLUMNS, StageCosts, instances
from .session import Session, shared

_PRICES = "https://aws.amazon.com/sagemaker/pricing/"


@click.command()
@click.option("--training-instance-type", "training_type", metavar="TYPE", help="What jobs train on [default: the stage's].")
@click.option(
    "--training-instance-count", "training_count", type=click.IntRange(1), metavar="N", help="How many of them [default: the stage's]."
)
@click.option(
    "--max-runtime", "training_seconds", type=click.IntRange(1), metavar="SECONDS", help="How long a job may run [default: the stage's]."
)
@click.option("--endpoint-instance-type", "endpoint_type", metavar="TYPE", help="What the endpoint runs on [default: the stage's].")
@click.option(
    "--endpoint-instance-count", "endpoint_count", type=click.IntRange(1), metavar="N", help="How many of them [default: the stage's]."
)
@shared
def costs(session: Session, **asked: Any) -> None:
    """Show what the stage costs by hour, day, run and month.

    By a price list that comes with this version; its day and source are shown. What it lacks is said to be not known.
    """
    wanted = plan.of_stage(session.stage, Path(plan.FOLDER), **asked)
    out = session.output
    with out.waiting("Adding up"):
        found = session.client.costs(wanted)
    out.result(found, lambda: _show(session, found))
    out.say("On demand, without volumes, data transfer, discounts and taxes. What was billed: AWS Cost Explorer.")


def _show(session: Session, found: StageCosts) -> None:
    session.output.table(COLUMNS, found.rows(), right=(2,), title=f"stage {found.stage}, {found.region or 'no region'}")
    for line in _sources(found):
        session.output.say(line)


def _sources(found: StageCosts) -> list[str]:
    """Where the prices are from, and which are missing."""
    prices = (found.endpoint.price, found.training.price)
    known = dict.fromkeys(f"Prices of {each.region}, {each.date}: {each.source}." for each in prices if each.date)
    where = found.region or "no region"
    missing = dict.fromkeys(
        f"The price of {each.instance_type} in {where} is not known: see {_PRICES}."
        for each in prices
        if not each.date and each.instance_type != SERVERLESS
    )
    billed = f"A serverless endpoint has no price by the hour: requests bill by memory and time, silence not at all ({_PRICES})."
    return [*known, *missing, *([billed] if found.endpoint.serverless_mb else [])]


def of_shadow(price: HourlyPrice) -> str:
    """What a shadow costs, in a sentence."""
    if price.dollars is None:
        return f"Costs of the shadow, {instances(price)}: not known, for the price list has no such type in this region."
    return f"Costs of the shadow, {instances(price)}: {dollars(price.dollars)} an hour, until it ends (prices of {price.date})."


def of_tuning(launch: TuningLaunch) -> str:
    """What all training jobs of a tuning job cost at most, in a sentence."""
    cost = launch.cost
    jobs = f"{launch.max_jobs} training jobs, {launch.parallel_jobs} at a time, on {cost.instance_count} x {cost.instance_type} each"
    longest = duration(cost.max_runtime_seconds)
    if cost.maximum_dollars is None:
        return f"Costs of {jobs}: not known, for the price list has no such type in this region. Each may run {longest}."
    return f"Costs of {jobs}: at most {dollars(cost.maximum_dollars)} in the {longest} each may run (prices of {cost.prices_of})."


def of_job(cost: Cost) -> str:
    """What one training job costs, in a sentence."""
    job, longest = f"{cost.instance_count} x {cost.instance_type}", duration(cost.max_runtime_seconds)
    if cost.hourly_dollars is None or cost.maximum_dollars is None:
        return f"Costs of {job}: not known, for the price list has no such type in this region. It may run {longest}."
    return (
        f"Costs of {job}: {dollars(cost.hourly_dollars)} an hour, at most {dollars(cost.maximum_dollars)} in the {longest} "
        f"it may run (prices of {cost.prices_of})."
    )
