"""What a stage allows at most: instance types, instances, runtime and cost of one training job. Pure.

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


def problems(limits: Limits, instance_type: str, count: int, runtime_seconds: int, region: str) -> list[RequestError]:
    """Every limit that a training job would break, with the setting's name and its figure.

    Args:
        limits: the stage's.
        instance_type: of the job.
        count: of its instances.
        runtime_seconds: how long it may run.
        region: where; ``""`` when that is not known.
    """
    found = []
    if not allows(limits.allowed_instance_types, instance_type):
        found.append(_refusal("instance.type", instance_type, "allowedInstanceTypes", ", ".join(limits.allowed_instance_types)))
    if count > limits.maximum_training_instances:
        found.append(_refusal("instance.count", str(count), "maximumTrainingInstances", str(limits.maximum_training_instances)))
    if runtime_seconds > limits.maximum_training_seconds:
        asked = f"{runtime_seconds} seconds"
        found.append(_refusal("limits.maxRuntimeSeconds", asked, "maximumTrainingSeconds", str(limits.maximum_training_seconds)))
    too_dear = cost_problem(limits.maximum_training_cost, costs.of_training(instance_type, count, region), runtime_seconds)
    return [RequestError(problem) for problem in [*found, *([too_dear] if too_dear else [])]]


def _refusal(asked: str, value: str, setting: str, figure: str) -> str:
    return (
        f"{asked}: {value} is not allowed. The stage's setting {setting} is {figure}. "
        f"Ask for what it allows, or have {setting} changed and the stage deployed again."
    )


def cost_problem(maximum: float | None, price: costs.HourlyPrice, runtime_seconds: int) -> str:
    """Why a job may cost more than is allowed; ``""`` when it may not, or nothing is limited."""
    if maximum is None:
        return ""
    cost, job = price.for_seconds(runtime_seconds), f"{price.instance_count} x {price.instance_type}"
    if cost is None:
        where = price.region or "this region"
        return (
            f"maximumTrainingCost: {job} cannot be bounded to {costs.dollars(maximum)}. No price of that type in {where} is known. "
            "Take a type with a price (blazingtext costs), or limit allowedInstanceTypes and maximumTrainingSeconds instead."
        )
    if cost <= maximum:
        return ""
    return (
        f"maximumTrainingCost: the job may cost {costs.dollars(cost)} ({job} for {runtime_seconds} seconds, prices of {price.date}). "
        f"The stage's setting maximumTrainingCost is {maximum:g}. "
        f"Lower limits.maxRuntimeSeconds, take fewer or smaller instances, or have maximumTrainingCost changed."
    )
