"""Application Auto Scaling's place in the emulated account: its operations over HTTP and its CloudFormation types."""

from __future__ import annotations

import json
import logging
from typing import Final

from .. import arns
from ..emulator.cloudwatch import CloudWatch
from ..emulator.identity import account_id, region
from ..emulator.service_roles import ServiceLinkedRole
from ..emulator.services import Request, Response, register_service
from ..sagemaker.api.errors import AwsError, InternalFailure
from ..sagemaker.emulated_cloud import EmulatedCloud
from ..sagemaker.service import SageMaker, read_json
from ..waits import clock
from . import cloudformation
from .endpoint_variants import EndpointVariants, ScalableTargets
from .scaler import Scaler
from .service import ROLE_NAME, ROLE_SERVICE, SERVICE, ApplicationAutoScaling

logger = logging.getLogger("sandbox.autoscaling")

_CHANGING: Final = ("Register", "Deregister", "Put", "Delete")
_KEYS: Final = {"ServiceNamespace": "service-namespace", "ScalableDimension": "scalable-dimension"}


def register(sagemaker: SageMaker) -> None:
    """Make the service and register it with the emulator.

    Args:
        sagemaker: whose endpoints are scaled.
    """
    cloud, variants, cloudwatch = EmulatedCloud(), EndpointVariants(sagemaker), CloudWatch()
    scaler = Scaler(cloud, variants, cloudwatch, clock)
    service = ApplicationAutoScaling(cloud, variants, cloudwatch, ServiceLinkedRole(ROLE_NAME, ROLE_SERVICE), scaler)
    sagemaker.endpoints.scaling = ScalableTargets(service)
    register_service(
        SERVICE,
        lambda request: _serve(service, request),
        target_prefix="AnyScaleFrontendService",
        resource_arns=_resource_arns,
        resource_tags=lambda arn: next((target.tags for target in service.store.targets.values() if target.arn == arn), {}),
        condition_keys=_condition_keys,
    )
    cloudformation.register(service)


def _serve(service: ApplicationAutoScaling, request: Request) -> Response:
    try:
        body = json.dumps(service.call(request.operation, read_json(request.body))).encode()
    except AwsError as problem:
        status, headers, body = problem.response()
        return Response(body, status, headers)
    except Exception:
        # The end of a request: a bug becomes AWS's InternalFailure, and its trace goes to the log.
        logger.exception("the sandbox failed in %s", request.operation)
        status, headers, body = InternalFailure(f"the sandbox failed in {request.operation}; its log says why").response()
        return Response(body, status, headers)
    return Response(body)


def _resource_arns(request: Request) -> list[str]:
    """The scalable target that IAM is asked about: by its ARN, where the request names it, else any; none where something is listed."""
    named = str(_wish(request).get("ResourceARN", ""))
    if named:
        return [named]
    return [arns.arn(SERVICE, region(), account_id(), "scalable-target/*")] if request.operation.startswith(_CHANGING) else ["*"]


def _condition_keys(request: Request) -> dict[str, object]:
    """The service's own condition keys, which its changing operations have.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
    """
    if not request.operation.startswith(_CHANGING):
        return {}
    return {f"{SERVICE}:{key}": value for member, key in _KEYS.items() if isinstance(value := _wish(request).get(member), str)}


def _wish(request: Request) -> dict[str, object]:
    """What a request asks for; a body that cannot be read asks for nothing, and the operation itself refuses it."""
    try:
        return read_json(request.body)
    except AwsError:
        return {}
