"""Serverless variants: no instances, a size of memory, and so many requests at a time.

Here one container answers all requests of such a variant; it is started with the endpoint and never stopped for want of requests, so no
request meets a cold start. What is excluded: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html; the words of the
refusals are the sandbox's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..api.contract import Parameters
from ..api.errors import ThrottlingException, ValidationException
from ..store import EndpointConfig, Model

MEMORY_STEP_MB: Final = 1024


def is_serverless(variant: Parameters) -> bool:
    """Whether a variant is serverless."""
    return "ServerlessConfig" in variant


def containers(variant: Parameters) -> int:
    """How many containers answer the requests of a variant."""
    return 1 if is_serverless(variant) else int(variant["InitialInstanceCount"])


def instances(variant: Parameters) -> int:
    """How many instances a variant has."""
    return 0 if is_serverless(variant) else int(variant["InitialInstanceCount"])


def capacity(variant: Parameters, running: int) -> Parameters:
    """What a variant has and is to have, as DescribeEndpoint shows it."""
    if is_serverless(variant):
        config = variant["ServerlessConfig"]
        return {
            "CurrentInstanceCount": 0,
            "DesiredInstanceCount": 0,
            "CurrentServerlessConfig": config,
            "DesiredServerlessConfig": config,
        }
    return {"CurrentInstanceCount": running, "DesiredInstanceCount": variant["InitialInstanceCount"]}


def check_concurrency(config: EndpointConfig, name: str, answering: int) -> None:
    """Refuse a request beyond the concurrency of a serverless variant.

    Raises:
        ThrottlingException: as many are being answered already.
    """
    variant = next(each for each in config.variants if each["VariantName"] == name)
    if is_serverless(variant) and answering >= variant["ServerlessConfig"]["MaxConcurrency"]:
        raise ThrottlingException


def check(variants: Sequence[Parameters], request: Parameters, models: dict[str, Model]) -> None:
    """Refuse a serverless configuration with something that AWS does not support there.

    Raises:
        ValidationException: instances beside it, a size of memory that is none, several variants, data capture, a network or isolation.
    """
    for variant in variants:
        if not is_serverless(variant):
            continue
        name, config = variant["VariantName"], variant["ServerlessConfig"]
        if {"InstanceType", "InitialInstanceCount"} & variant.keys():
            raise ValidationException(f"Production variant {name} must name either ServerlessConfig or InstanceType, not both.")
        if config["MemorySizeInMB"] % MEMORY_STEP_MB:
            raise ValidationException(f"MemorySizeInMB of production variant {name} must be a multiple of {MEMORY_STEP_MB}.")
        if config.get("ProvisionedConcurrency", 0) > config["MaxConcurrency"]:
            raise ValidationException(f"ProvisionedConcurrency of production variant {name} must not exceed MaxConcurrency.")
        _check_exclusions(variants, request, models[variant["ModelName"]])


def _check_exclusions(variants: Sequence[Parameters], request: Parameters, model: Model) -> None:
    excluded = {
        "multiple production variants": len(variants) > 1,
        "data capture": "DataCaptureConfig" in request,
        "a VPC configuration": "VpcConfig" in request or "VpcConfig" in model.request,
        "network isolation": bool(request.get("EnableNetworkIsolation") or model.request.get("EnableNetworkIsolation")),
    }
    found = [what for what, there in excluded.items() if there]
    if found:
        raise ValidationException(f"Serverless inference does not support {', '.join(found)}.")


def check_update(old: EndpointConfig, new: EndpointConfig) -> None:
    """Refuse to make a serverless endpoint of one with instances.

    Raises:
        ValidationException: it would become one.
    """
    had_instances = any(not is_serverless(variant) for variant in old.variants)
    if had_instances and any(is_serverless(variant) for variant in new.variants):
        raise ValidationException("Cannot update an instance-based endpoint to a serverless endpoint.")
