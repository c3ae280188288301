"""What an endpoint whose variants are scaled must not become, and what goes with it when it is deleted."""

from __future__ import annotations

from typing import Final

from ... import arns
from ..api.contract import Parameters
from ..api.errors import AccessDeniedException, ValidationException
from ..cloud import Cloud
from ..scaling import Scaling
from ..store import Endpoint, EndpointConfig

_KEYS: Final = {
    "application-autoscaling:service-namespace": "sagemaker",
    "application-autoscaling:scalable-dimension": "sagemaker:variant:DesiredInstanceCount",
}


def check_update(scaling: Scaling, endpoint: Endpoint, config: EndpointConfig) -> None:
    """Refuse an update to a configuration that Application Auto Scaling forbids; the words are the sandbox's own.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html

    Raises:
        ValidationException: a variant that is scaled would be gone, or have another instance type.
    """
    types = {variant["VariantName"]: variant.get("InstanceType") for variant in config.all_variants}
    for variant in _scaled(scaling, endpoint):
        if types.get(variant["VariantName"]) != variant.get("InstanceType"):
            raise ValidationException(
                f"The variant {variant['VariantName']} of the endpoint {endpoint.name} is a target for automatic scaling. Deregister it"
                " as a scalable target before it is removed or gets another instance type."
            )


def end(scaling: Scaling, endpoint: Endpoint, cloud: Cloud) -> None:
    """Take away the scalable targets of an endpoint that is deleted.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html; words:
    https://github.com/awslabs/stable-diffusion-aws-extension/issues/161

    Raises:
        AccessDeniedException: the caller may not do that.
    """
    target = arns.arn("application-autoscaling", cloud.region, cloud.account_id, "scalable-target/*")
    for variant in _scaled(scaling, endpoint):
        try:
            cloud.authorize("application-autoscaling:DeregisterScalableTarget", target, _KEYS)
        except AccessDeniedException as denied:
            raise AccessDeniedException(
                "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used to invoke"
                " DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission to deregister the scalable"
                " target."
            ) from denied
        scaling.forget(endpoint.name, variant["VariantName"])


def _scaled(scaling: Scaling, endpoint: Endpoint) -> list[Parameters]:
    """The variants that are scaled."""
    variants = [variant for fleet in endpoint.router.fleets()[:1] for variant in fleet.config.all_variants]
    return [variant for variant in variants if scaling.scales(endpoint.name, variant["VariantName"])]
