"""Settings about the endpoint's traffic that are right by themselves and wrong together."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from .rollout import LONGEST_SECONDS, Rollout

# SageMaker scales none of these: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
_BURSTABLE = re.compile(r"ml\.t\d")
# It gives an endpoint on these no shadow: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
_WITHOUT_SHADOW = "ml.inf1."


def contradictions(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    """What is wrong together.

    Args:
        values: every setting, by field.
        wrong: the fields that are wrong by themselves, and not judged again.
        spell: how to write a field's name in a message.
    """
    if not {"endpoint_rollout", "endpoint_rollout_percent", "endpoint_bake_seconds"}.intersection(wrong):
        yield from _too_long(values, spell)
    if values["serverless_memory_mb"] is None:
        yield from _scaling(values, wrong, spell)
        yield from _shadow(values, wrong, spell)
    else:
        yield from _serverless(values, wrong, spell)


def _too_long(values: Mapping[str, Any], spell: Callable[[str], str]) -> Iterator[str]:
    rollout = Rollout(values["endpoint_rollout"], values["endpoint_rollout_percent"], values["endpoint_bake_seconds"])
    if rollout.seconds > LONGEST_SECONDS:
        yield (
            f"{spell('endpoint_bake_seconds')}: {rollout.bake_seconds} for each of {rollout.steps} steps, and the start of the fleet, are "
            f"more than SageMaker gives a deployment ({LONGEST_SECONDS}). Lower it, or raise {spell('endpoint_rollout_percent')}."
        )


# What a serverless endpoint cannot have, by field: how it is off, and what it is.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
_EXCLUDED: Mapping[str, tuple[Any, str]] = {
    "endpoint_instance_count": (1, "It has no instances. Leave the number out"),
    "endpoint_maximum_instances": (None, "It has no instances to scale. Leave the maximum out"),
    "data_capture_percent": (0, "SageMaker captures none of its requests. Set it to 0"),
    "shadow_percent": (None, "SageMaker copies none of its requests. Leave the percentage out"),
    "vpc_subnets": ((), "SageMaker gives it no network of yours. Leave the network out"),
}


def _serverless(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    for field, (off, why) in _EXCLUDED.items():
        if field not in wrong and values[field] != off:
            yield f"{spell(field)}: it does not go with {spell('serverless_memory_mb')}, which makes a serverless endpoint. {why}."


def _scaling(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    maximum, minimum = values["endpoint_maximum_instances"], values["endpoint_instance_count"]
    if maximum is None or "endpoint_maximum_instances" in wrong:
        return
    if maximum < minimum and "endpoint_instance_count" not in wrong:
        yield (
            f"{spell('endpoint_maximum_instances')}: {maximum} is less than {spell('endpoint_instance_count')} ({minimum}), which is the "
            "least. Raise the one or lower the other."
        )
    kind = values["endpoint_instance_type"]
    if maximum > minimum and _BURSTABLE.match(kind):
        yield (
            f"{spell('endpoint_maximum_instances')}: SageMaker does not scale {kind}, a type whose capacity goes up and down by itself. "
            f"Choose another {spell('endpoint_instance_type')}, such as ml.m5.large, or leave the maximum out."
        )


def _shadow(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    percent, count, kind = values["shadow_percent"], values["shadow_instance_count"], values["endpoint_instance_type"]
    if percent is None and count is not None and "shadow_percent" not in wrong:
        yield (
            f"{spell('shadow_instance_count')}: it has no effect without {spell('shadow_percent')}, which allows a shadow. "
            "Set that, too, or leave the number out."
        )
    if percent is not None and kind.startswith(_WITHOUT_SHADOW):
        yield (
            f"{spell('shadow_percent')}: SageMaker gives an endpoint on {kind} no shadow. "
            f"Choose another {spell('endpoint_instance_type')}, such as ml.m5.large, or leave the percentage out."
        )
