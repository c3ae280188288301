"""SageMaker's place in the emulated account: its operations over HTTP and its CloudFormation types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..emulator.services import Request, Response, register_service
from . import cloudformation, quotas, resource_groups
from .api import runtime
from .api.errors import AwsError
from .emulated_cloud import EmulatedCloud
from .programs import Program
from .service import SageMaker, read_json


def register(folder: Path, own: Mapping[str, Program], *, rollbacks_are_silent: Callable[[], bool]) -> SageMaker:
    """Make the service, register it with the emulator, and give it.

    Args:
        folder: where jobs and endpoints keep their files.
        own: a user's commands for images of their own, by an image's URI or its beginning.
        rollbacks_are_silent: whether CloudFormation takes an update that SageMaker rolled back for a success.
    """
    service = SageMaker(EmulatedCloud(), folder, own=own)
    register_service(
        "sagemaker",
        lambda request: _serve(service, request),
        target_prefix="SageMaker",
        routes=runtime.routes(),
        resource_arns=lambda request: _resource_arns(service, request),
        resource_tags=service.resource_tags,
        condition_keys=lambda request: _condition_keys(service, request),
    )
    cloudformation.register(service, rollbacks_are_silent)
    resource_groups.register(service)
    quotas.register()
    return service


def _serve(service: SageMaker, request: Request) -> Response:
    if _invokes(request):
        status, headers, body = service.invoke(request.path, request.headers, request.body, request.operation)
    else:
        status, headers, body = service.answer(request.operation, request.body)
    return Response(body, status, headers)


def _invokes(request: Request) -> bool:
    return request.operation in runtime.model().operation_names


def _resource_arns(service: SageMaker, request: Request) -> list[str]:
    """The resources IAM is asked about; a body that cannot be read names none, and the operation itself refuses it."""
    if _invokes(request):
        return service.resource_arns("DescribeEndpoint", {"EndpointName": runtime.endpoint_of(request.path)})
    try:
        return service.resource_arns(request.operation, read_json(request.body))
    except AwsError:
        return ["*"]


def _condition_keys(service: SageMaker, request: Request) -> dict[str, object]:
    """SageMaker's own condition keys; a body that cannot be read has none, and the operation itself refuses it."""
    if _invokes(request):
        return {}
    try:
        return service.condition_keys(request.operation, read_json(request.body))
    except AwsError:
        return {}
