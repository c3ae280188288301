"""What a stage allows at most: instance types, instances, runtime and cost of one training job, or of all of a tuning job. Pure.

The launcher checks a request against them before anything is created; IAM holds the types and the runtime once more.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import costs, instances
from .errors import RequestError

# AWS: "longest run time for a training job", 5 days.
LONGEST_SECONDS = 432_000
# An instance type, or a pattern of IAM's StringLike: the same text is a condition of the launcher's role.
PATTERN = re.compile(r"ml\.[a-z0-9*-]+\.[a-z0-9*]+")


@dataclass(frozen=True)
class Limits:
    """The limits of a stage; the names are those of the settings.

    Attributes:
        allowed_instance_types: the types that training jobs and the endpoint may have; ``*`` stands for any letters; empty: all.
        maximum_training_instances: of one job.
        maximum_training_seconds: how long a job may be allowed to run.
        maximum_training_cost: US dollars of one job that runs as long as it may, by the price list; None: no limit.
    """

    allowed_instance_types: tuple[str, ...] = ()
    maximum_training_instances: int = instances.MAXIMUM_COUNT
    maximum_training_seconds: int = LONGEST_SECONDS
    maximum_training_cost: float | None = None


def allows(patterns: Sequence[str], instance_type: str) -> bool:
    """Whether a type is one of the allowed ones, as IAM's StringLike matches them."""
    return not patterns or any(re.fullmatch(each.replace(".", r"\.").replace("*", ".*"), instance_type) for each in patterns)


@dataclass(frozen=True)
class Several:
    """The training jobs of one tuning job.

    Attributes:
        jobs: how many there may be.
        parallel: how many of them at once.
    """

    jobs: int
    parallel: int


def problems(
    limits: Limits, instance_type: str, count: int, runtime_seconds: int, region: str, *, several: Several | None = None
) -> list[RequestError]:
    """Every limit that a training job would break, with the setting's name and its figure.

    Args:
        limits: the stage's.
        instance_type: of the job.
        count: of its instances.
        runtime_seconds: how long it may run.
        region: where; ``""`` when that is not known.
        several: the jobs of a tuning job, which count together; None: it is one job.
    """
    found = []
    if not allows(limits.allowed_instance_types, instance_type):
        found.append(refusal("instance.type", instance_type, "allowedInstanceTypes", ", ".join(limits.allowed_instance_types)))
    if count > limits.maximum_training_instances:
        found.append(refusal("instance.count", str(count), "maximumTrainingInstances", str(limits.maximum_training_instances)))
    elif several is not None and count * several.parallel > limits.maximum_training_instances:
        asked = f"{several.parallel} jobs at once with {count} each"
        found.append(refusal("tuning.parallelJobs", asked, "maximumTrainingInstances", str(limits.maximum_training_instances)))
    if runtime_seconds > limits.maximum_training_seconds:
        asked = f"{runtime_seconds} seconds"
        found.append(refusal("limits.maxRuntimeSeconds", asked, "maximumTrainingSeconds", str(limits.maximum_training_seconds)))
    too_dear = cost_problem(limits.maximum_training_cost, costs.of_training(instance_type, count, region), runtime_seconds, several)
    return [RequestError(problem) for problem in [*found, *([too_dear] if too_dear else [])]]


def refusal(asked: str, value: str, setting: str, figure: str) -> str:
    """That a part of a request is not allowed, which setting says so, and what to do."""
    return (
        f"{asked}: {value} is not allowed. The stage's setting {setting} is {figure}. "
        f"Ask for what it allows, or have {setting} changed and the stage deployed again."
    )


def cost_problem(maximum: float | None, price: costs.HourlyPrice, runtime_seconds: int, several: Several | None = None) -> str:
    """Why a job, or all jobs of a tuning job, may cost more than is allowed; ``""`` when not, or nothing is limited."""
    if maximum is None:
        return ""
    jobs = 1 if several is None else several.jobs
    cost, job = price.for_seconds(runtime_seconds * jobs), f"{price.instance_count} x {price.instance_type}"
    if cost is None:
        return unknown_price(maximum, price)
    if cost <= maximum:
        return ""
    what = "the job" if several is None else f"the tuning job with its {jobs} training jobs"
    each = "" if several is None else " each"
    fewer = "" if several is None else "allow fewer jobs (tuning.maxJobs), "
    return (
        f"maximumTrainingCost: {what} may cost {costs.dollars(cost)} ({job} for {runtime_seconds} seconds{each}, prices of {price.date}). "
        f"The stage's setting maximumTrainingCost is {maximum:g}. "
        f"Lower limits.maxRuntimeSeconds, {fewer}take fewer or smaller instances, or have maximumTrainingCost changed."
    )


def unknown_price(maximum: float, price: costs.HourlyPrice) -> str:
    """That a limit on costs cannot be held, since the price of the instances is not known."""
    job, where = f"{price.instance_count} x {price.instance_type}", price.region or "this region"
    return (
        f"maximumTrainingCost: {job} cannot be bounded to {costs.dollars(maximum)}. No price of that type in {where} is known. "
        "Take a type whose price is known, or limit allowedInstanceTypes and maximumTrainingSeconds instead."
    )
