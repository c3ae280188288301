"""A configuration with other weights and instance counts of its variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    unknown = sorted(set(changes) - {variant["VariantName"] for variant in config.all_variants})
    if unknown:
        raise ValidationException(f"Could not find the production variant(s) {', '.join(unknown)} of the endpoint.")
    return _with_variants(config, lambda variant: _changed(variant, changes.get(variant["VariantName"], {})))


def _changed(variant: Parameters, change: Parameters) -> Parameters:
    weight = change.get("DesiredWeight", variant.get("InitialVariantWeight", 1.0))
    if serverless.is_serverless(variant):
        if "DesiredInstanceCount" in change:
            raise ValidationException(f"The production variant {variant['VariantName']} is serverless: it has no instances.")
        return {**variant, "InitialVariantWeight": weight}
    count = int(change["DesiredInstanceCount"] if "DesiredInstanceCount" in change else variant["InitialInstanceCount"])
    if count < 1:
        raise ValidationException(f"DesiredInstanceCount of production variant {variant['VariantName']} must be at least 1.")
    return {**variant, "InitialVariantWeight": weight, "InitialInstanceCount": count}


def with_retained_properties(config: EndpointConfig, live: LiveFleet, excluded: set[str]) -> EndpointConfig:
    """The new configuration with the live variants' instance counts and weights, where names match; those of a shadow, too.

    Whether AWS retains a shadow's is not documented.
    """
    old = {variant["VariantName"]: variant for variant in live.config.all_variants}
    members = [
        member
        for kind, member in (("DesiredInstanceCount", "InitialInstanceCount"), ("DesiredWeight", "InitialVariantWeight"))
        if kind not in excluded
    ]

    def retained(variant: Parameters) -> Parameters:
        before = old.get(variant["VariantName"], {})
        return {**variant, **{member: before[member] for member in members if member in before}}

    return _with_variants(config, retained)


def _with_variants(config: EndpointConfig, change: Callable[[Parameters], Parameters]) -> EndpointConfig:
    """A configuration with every variant changed."""
    members = ("ProductionVariants", "ShadowProductionVariants")
    changed = {member: [change(variant) for variant in config.request[member]] for member in members if member in config.request}
    return EndpointConfig(config.name, config.arn, {**config.request, **changed}, config.tags, config.created)
