"""A configuration with other weights and instance counts of its variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..store import EndpointConfig
from ..store import Fleet as LiveFleet
from . import serverless


def resized(config: EndpointConfig, wanted: Sequence[Parameters]) -> EndpointConfig:
    """The live configuration with other weights and instance counts.

    Raises:
        ValidationException: a variant it does not have, or instances of a serverless one.
    """
    changes: dict[str, Parameters] = {each["VariantName"]: each for each in wanted}
    unknown = sorted(set(changes) - {variant["VariantName"] for variant in config.variants})
    if unknown:
        raise ValidationException(f"Could not find the production variant(s) {', '.join(unknown)} of the endpoint.")
    variants = []
    for variant in config.variants:
        change = changes.get(variant["VariantName"], {})
        weight = change.get("DesiredWeight", variant.get("InitialVariantWeight", 1.0))
        if serverless.is_serverless(variant):
            if "DesiredInstanceCount" in change:
                raise ValidationException(f"The production variant {variant['VariantName']} is serverless: it has no instances.")
            variants.append({**variant, "InitialVariantWeight": weight})
            continue
        change = {"DesiredInstanceCount": variant["InitialInstanceCount"], **change}
        count = int(change["DesiredInstanceCount"])
        if count < 1:
            raise ValidationException(f"DesiredInstanceCount of production variant {variant['VariantName']} must be at least 1.")
        variants.append({**variant, "InitialVariantWeight": weight, "InitialInstanceCount": count})
    return _with_variants(config, variants)


def _with_variants(config: EndpointConfig, variants: list[dict[str, Any]]) -> EndpointConfig:
    return EndpointConfig(config.name, config.arn, {**config.request, "ProductionVariants": variants}, config.tags, config.created)


def with_retained_properties(config: EndpointConfig, live: LiveFleet, excluded: set[str]) -> EndpointConfig:
    """The new configuration with the live variants' instance counts and weights, where names match."""
    old = {variant["VariantName"]: variant for variant in live.config.variants}
    members = [
        member
        for kind, member in (("DesiredInstanceCount", "InitialInstanceCount"), ("DesiredWeight", "InitialVariantWeight"))
        if kind not in excluded
    ]
    variants: list[dict[str, Any]] = []
    for variant in config.request["ProductionVariants"]:
        before = old.get(variant["VariantName"], {})
        variants.append({**variant, **{member: before[member] for member in members if member in before}})
    return _with_variants(config, variants)
