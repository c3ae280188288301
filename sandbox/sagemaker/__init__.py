"""SageMaker for the sandbox: training jobs that run, endpoints that answer. README.md lists what is emulated."""

from __future__ import annotations

from pathlib import Path

from .. import assembly as account
from ..emulator import stack_roles
from . import cloudformation as cloudformation_types
from .api.errors import AwsError
from .api.service import SageMaker, read_json
from .cloud import MountedCloud

_INVOCATION = r"/endpoints/[^/]+/invocations"


def mount(state_folder: Path) -> None:
    """Put the service and its CloudFormation types into the sandbox's account.

    Args:
        state_folder: the sandbox's own folder; containers live in `sagemaker` below it.
    """
    service = SageMaker(MountedCloud(), state_folder / "sagemaker")
    account.register_service(
        "sagemaker",
        lambda request: _serve(service, request),
        target_prefix="SageMaker",
        routes=[("POST", _INVOCATION, "InvokeEndpoint")],
        resource_arns=lambda request: _resource_arns(service, request),
        resource_tags=service.resource_tags,
    )
    cloudformation_types.register(service)
    stack_roles.remember_roles()


def _serve(service: SageMaker, request: account.Request) -> account.Response:
    if request.operation == "InvokeEndpoint":
        status, headers, body = service.invoke(request.path, request.headers, request.body)
    else:
        status, headers, body = service.answer(request.operation, request.body)
    return account.Response(body, status, headers)


def _resource_arns(service: SageMaker, request: account.Request) -> list[str]:
    """What IAM is asked about; a body that cannot be read concerns nothing, and is refused by the operation itself."""
    if request.operation == "InvokeEndpoint":
        return service.resource_arns("DescribeEndpoint", {"EndpointName": request.path.split("/")[2]})
    try:
        return service.resource_arns(request.operation, read_json(request.body))
    except AwsError:
        return ["*"]
