"""`blazingtext costs`, and what other commands say about costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from blazingtext_lifecycle.costs import HOURS_PER_MONTH, HourlyPrice, dollars

from ..preflight import plan
from ..runs.launch import Cost
from ..stage_costs import EndpointCosts, StageCosts
from .output import duration, size
from .session import Session, shared

_UNKNOWN = "not known"


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
    endpoint, training, storage = found.endpoint, found.training, found.storage
    longest = f"at most, in {duration(training.max_runtime_seconds)}"
    rows = [
        (f"endpoint, {_instances(endpoint.price)}", "an hour", _amount(endpoint.hour)),
        ("", "a day", _amount(endpoint.day)),
        ("", "a month", _amount(endpoint.month)),
        *_at_most(endpoint),
        *_scheduled(endpoint),
        (f"a training job, {_instances(training.price)}", "an hour", _amount(training.hour)),
        ("", longest, _amount(training.at_most)),
    ]
    if storage.size is not None:
        rows.append((f"bucket, {size(storage.size)}", "a month", _amount(storage.month)))
    session.output.table(("", "", "US dollars"), rows, right=(2,), title=f"stage {found.stage}, {found.region or 'no region'}")
    for line in _sources(found):
        session.output.say(line)


def _at_most(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    """What it costs with as many instances as it may have, if their number follows the load."""
    most = endpoint.most_instances
    return [("", f"a month, with {most}", _amount(endpoint.month_at_most))] if most > endpoint.price.instance_count else []


def _scheduled(endpoint: EndpointCosts) -> list[tuple[str, str, str]]:
    if endpoint.scheduled_hours is None:
        return []
    return [("", f"a month by its schedule, {endpoint.scheduled_hours:.0f} of {HOURS_PER_MONTH} hours", _amount(endpoint.scheduled_month))]


def _instances(price: HourlyPrice) -> str:
    return f"{price.instance_count} x {price.instance_type}"


def _amount(amount: float | None) -> str:
    return _UNKNOWN if amount is None else dollars(amount)


def _sources(found: StageCosts) -> list[str]:
    """Where the prices are from, and which are missing."""
    prices = (found.endpoint.price, found.training.price)
    known = dict.fromkeys(f"Prices of {each.region}, {each.date}: {each.source}." for each in prices if each.date)
    where = found.region or "no region"
    missing = dict.fromkeys(
        f"The price of {each.instance_type} in {where} is not known: see https://aws.amazon.com/sagemaker/pricing/."
        for each in prices
        if not each.date
    )
    return [*known, *missing]


def of_job(cost: Cost) -> str:
    """What one training job costs, in a sentence."""
    job, longest = f"{cost.instance_count} x {cost.instance_type}", duration(cost.max_runtime_seconds)
    if cost.hourly_dollars is None or cost.maximum_dollars is None:
        return f"Costs of {job}: not known, for the price list has no such type in this region. It may run {longest}."
    return (
        f"Costs of {job}: {dollars(cost.hourly_dollars)} an hour, at most {dollars(cost.maximum_dollars)} in the {longest} "
        f"it may run (prices of {cost.prices_of})."
    )
