"""Settings about the endpoint's traffic that are right by themselves and wrong together."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

# SageMaker scales none of these: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
_BURSTABLE = re.compile(r"ml\.t\d\w*\.")


def contradictions(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    """What is wrong together.

    Args:
        values: every setting, by field.
        wrong: the fields that are wrong by themselves, and not judged again.
        spell: how to write a field's name in a message.
    """
    maximum, minimum = values["endpoint_maximum_instances"], values["endpoint_instance_count"]
    if maximum is None or "endpoint_maximum_instances" in wrong:
        return
    if maximum < minimum and "endpoint_instance_count" not in wrong:
        yield (
            f"{spell('endpoint_maximum_instances')}: {maximum} is less than {spell('endpoint_instance_count')} ({minimum}), which is the "
            "least. Raise the one or lower the other."
        )
    kind = values["endpoint_instance_type"]
    if maximum > minimum and "endpoint_instance_type" not in wrong and _BURSTABLE.match(kind):
        yield (
            f"{spell('endpoint_maximum_instances')}: SageMaker does not scale {kind}, a type whose capacity goes up and down by itself. "
            f"Choose another {spell('endpoint_instance_type')}, such as ml.m5.large, or leave the maximum out."
        )
