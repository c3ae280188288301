"""Settings for a company's account that are right by themselves and wrong together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any


def contradictions(values: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    """What is wrong together.

    Args:
        values: every setting, by field.
        wrong: the fields that are wrong by themselves, and not judged again.
        spell: how to write a field's name in a message.
    """
    if not {"vpc_subnets", "vpc_security_groups"}.intersection(wrong):
        yield from _network(values, spell)
    key, region = values["kms_key"], values["region"]
    if key.startswith("arn:") and region and not {"kms_key", "region"}.intersection(wrong) and key.split(":")[3] != region:
        yield (
            f"{spell('kms_key')}: the key is in {key.split(':')[3]} and the stage in {region}. A key encrypts in its own region only. "
            f"Name a key of {region}."
        )


def _network(values: Mapping[str, Any], spell: Callable[[str], str]) -> Iterator[str]:
    """SageMaker's VpcConfig has subnets and security groups, or is not there."""
    for given, other in (("vpc_subnets", "vpc_security_groups"), ("vpc_security_groups", "vpc_subnets")):
        if values[given] and not values[other]:
            yield (
                f"{spell(other)}: it is empty, and {spell(given)} is not. SageMaker takes subnets and security groups together. "
                "Name at least one of each."
            )
