"""AWS::SageMaker::Model, EndpointConfig, Endpoint and ModelPackageGroup for the sandbox's CloudFormation.

As in AWS's reference, `Ref` gives the ARN and `Fn::GetAtt` the name. Any change of a model or a configuration replaces it, except of
its tags. An endpoint is replaced when its name changes; a new configuration updates it in place, and the stack waits until the
endpoint serves it, or fails with the endpoint's reason and rolls back.

Whether AWS's handler notices that SageMaker went back to the old configuration is not documented; Terraform's did not
(https://github.com/hashicorp/terraform-provider-aws/issues/46663). So a switch plays the other answer: the update is taken for a
success, and the configuration in use is deleted with everything else that the stack replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StructureShape

from ..emulator import stack_roles
from ..emulator.identity import RoleNotAssumableError
from ..emulator.resource_types import physical_name, register_cloudformation_type
from .api import contract, tagging
from .api.errors import AwsError
from .service import SageMaker
from .store import Endpoint, EndpointConfig, Model, ModelPackageGroup, Resource

Properties = dict[str, Any]
Created = tuple[str, Properties]

#: How long a stack waits for an endpoint; CloudFormation gives up after hours.
STABILIZE_SECONDS: Final = 3600
_SUFFIX_LENGTH: Final = 12
_STACK_TAG: Final = "aws:cloudformation:stack-name"

_MODEL: Final = (
    "ModelName",
    "ExecutionRoleArn",
    "PrimaryContainer",
    "Containers",
    "EnableNetworkIsolation",
    "VpcConfig",
    "InferenceExecutionConfig",
)
_CONFIG: Final = (
    "EndpointConfigName",
    "ProductionVariants",
    "ShadowProductionVariants",
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "KmsKeyId",
    "EnableNetworkIsolation",
    "ExecutionRoleArn",
    "VpcConfig",
)
_GROUP: Final = ("ModelPackageGroupName", "ModelPackageGroupDescription")


class ResourceFailedError(Exception):
    """A resource operation failed; the message becomes the stack event's reason."""


def register(service: SageMaker, rollbacks_are_silent: Callable[[], bool]) -> None:
    """Register the types.

    Args:
        service: the service that creates the resources.
        rollbacks_are_silent: whether an update that SageMaker rolled back is taken for a success.
    """
    types = _Types(service, rollbacks_are_silent)
    register_cloudformation_type(
        "AWS::SageMaker::Model",
        create=types.creator("CreateModel", "ModelName", _MODEL),
        update=types.retag,
        delete=types.deleter("DeleteModel", "ModelName"),
        replacement=_MODEL,
        name_property="ModelName",
        waits=True,
    )
    register_cloudformation_type(
        "AWS::SageMaker::EndpointConfig",
        create=types.creator("CreateEndpointConfig", "EndpointConfigName", _CONFIG),
        update=types.retag,
        delete=types.deleter("DeleteEndpointConfig", "EndpointConfigName"),
        replacement=_CONFIG,
        name_property="EndpointConfigName",
        waits=True,
    )
    register_cloudformation_type(
        "AWS::SageMaker::Endpoint",
        create=types.create_endpoint,
        update=types.update_endpoint,
        delete=types.delete_endpoint,
        replacement=("EndpointName",),
        name_property="EndpointName",
        waits=True,
    )
    register_cloudformation_type(
        "AWS::SageMaker::ModelPackageGroup",
        create=types.creator("CreateModelPackageGroup", "ModelPackageGroupName", _GROUP),
        update=types.retag,
        delete=types.deleter("DeleteModelPackageGroup", "ModelPackageGroupName"),
        replacement=_GROUP,
        name_property="ModelPackageGroupName",
        waits=True,
    )


class _Types:
    """The operations of the types on one service."""

    def __init__(self, service: SageMaker, rollbacks_are_silent: Callable[[], bool]) -> None:
        self._service, self._rollbacks_are_silent = service, rollbacks_are_silent

    def creator(self, operation: str, name_member: str, members: tuple[str, ...]) -> Callable[[str, Properties, str], Created]:
        """The create operation of a type whose resource exists at once."""

        def create(logical_id: str, properties: Properties, stack_name: str) -> Created:
            _refuse_unknown(properties, (*members, "Tags"))
            with _acting_for(stack_name):
                answer, _ = self._create(operation, name_member, logical_id, properties, stack_name)
            (physical_id,) = answer.values()
            return physical_id, _attributes(self._find(physical_id))

        return create

    def deleter(self, operation: str, name_member: str) -> Callable[[str, Properties], None]:
        """The delete operation of such a type; deleting what is gone is a success."""

        def delete(physical_id: str, _: Properties) -> None:
            resource = self._find(physical_id)
            if resource is not None:
                with _acting_for(resource.tags.get(_STACK_TAG, "")):
                    self._call(operation, {name_member: resource.name})

        return delete

    def retag(self, physical_id: str, _: Properties, new: Properties, __: str) -> Created:
        """The only update in place of a model or configuration: its tags."""
        resource = self._find(physical_id)
        if resource is None:
            raise ResourceFailedError(f"Resource {physical_id} was not found. (HandlerErrorCode: NotFound)")
        _set_tags(resource, new)
        return physical_id, _attributes(resource)

    def create_endpoint(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create an endpoint and wait until it is InService; one that fails is removed again.

        Raises:
            ResourceFailedError: refused, or not InService.
        """
        _refuse_unknown(properties, _ENDPOINT)
        wanted = {name: value for name, value in properties.items() if name in _AT_CREATION}
        with _acting_for(stack_name):
            answer, name = self._create("CreateEndpoint", "EndpointName", logical_id, wanted, stack_name)
        endpoint = self._service.store.endpoints[name]
        if self._service.endpoints.wait(endpoint, STABILIZE_SECONDS) != "InService":
            reason = endpoint.failure
            self.delete_endpoint(answer["EndpointArn"], {})
            raise _not_stabilized(answer["EndpointArn"], reason)
        return answer["EndpointArn"], {"EndpointName": name}

    def update_endpoint(self, physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
        """Roll a new configuration out and wait for it.

        Raises:
            ResourceFailedError: refused, or the endpoint went back to the old configuration and that is noticed.
        """
        _refuse_unknown(new, _ENDPOINT)
        endpoint = self._find(physical_id)
        if not isinstance(endpoint, Endpoint):
            raise ResourceFailedError(f"Could not find endpoint {physical_id}. (HandlerErrorCode: NotFound)")
        created = self.retag(physical_id, old, new, stack_name)
        if new.get("EndpointConfigName") != endpoint.config_name:
            wanted: Properties = {name: new[name] for name in _AT_UPDATE if name in new}
            self._service.endpoints.wait(endpoint, STABILIZE_SECONDS)
            with _acting_for(stack_name):
                self._call("UpdateEndpoint", {**wanted, "EndpointName": endpoint.name})
            self._check_update(endpoint, new)
        return created

    def _check_update(self, endpoint: Endpoint, new: Properties) -> None:
        """Wait for the end of an update; fail unless the endpoint serves what was asked, or seems to."""
        status = self._service.endpoints.wait(endpoint, STABILIZE_SECONDS)
        if status == "InService" and self._rollbacks_are_silent():
            # Where a rollback was not noticed, FailureReason was seen empty: https://github.com/hashicorp/terraform-provider-aws/pull/49020
            endpoint.failure = None
        elif status != "InService" or endpoint.config_name != new["EndpointConfigName"]:
            raise _not_stabilized(endpoint.arn, endpoint.failure)

    def delete_endpoint(self, physical_id: str, _: Properties) -> None:
        """Delete an endpoint and wait until its containers have ended."""
        endpoint = self._find(physical_id)
        if not isinstance(endpoint, Endpoint):
            return
        self._service.endpoints.wait(endpoint, STABILIZE_SECONDS)
        if endpoint.status != "Deleted":
            with _acting_for(endpoint.tags.get(_STACK_TAG, "")):
                self._call("DeleteEndpoint", {"EndpointName": endpoint.name})
            self._service.endpoints.wait(endpoint, STABILIZE_SECONDS)

    def _create(
        self, operation: str, name_member: str, logical_id: str, properties: Properties, stack_name: str
    ) -> tuple[Mapping[str, str], str]:
        name = str(properties.get(name_member) or _generated_name(stack_name, logical_id))
        shape = contract.model().operation_model(operation).input_shape
        wanted = _coerce(shape, {**properties, name_member: name})
        return self._call(operation, wanted), name

    def _call(self, operation: str, parameters: Properties) -> Mapping[str, str]:
        shape = contract.model().operation_model(operation).input_shape
        try:
            self._service.authorize(operation, parameters)
            return self._service.call(operation, _coerce(shape, parameters))
        except AwsError as problem:
            raise ResourceFailedError(
                f'Resource handler returned message: "{problem.message} (Service: SageMaker, Status Code: {problem.status})"'
                f" (HandlerErrorCode: {_HANDLER_CODES.get(problem.code, 'GeneralServiceException')})"
            ) from problem

    def _find(self, physical_id: str) -> Resource | None:
        return self._service.store.by_arn(physical_id)


_AT_CREATION: Final = ("EndpointName", "EndpointConfigName", "DeploymentConfig", "Tags")
_AT_UPDATE: Final = (
    "EndpointConfigName",
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
_ENDPOINT: Final = (*_AT_CREATION, *_AT_UPDATE)
_NAMES: Final[Mapping[type, str]] = {
    Model: "ModelName",
    EndpointConfig: "EndpointConfigName",
    Endpoint: "EndpointName",
}
_HANDLER_CODES: Final = {
    "ValidationException": "InvalidRequest",
    "AccessDeniedException": "AccessDenied",
    "ResourceLimitExceeded": "ServiceLimitExceeded",
    "ResourceInUse": "AlreadyExists",
}


@contextmanager
def _acting_for(stack_name: str) -> Iterator[None]:
    """Act with the stack's role, or as the caller when the stack has none."""
    try:
        with stack_roles.acting_for(stack_name):
            yield
    except RoleNotAssumableError as problem:
        raise ResourceFailedError(str(problem)) from problem


def _refuse_unknown(properties: Properties, known: tuple[str, ...]) -> None:
    unknown = sorted(set(properties) - set(known))
    if unknown:
        raise ResourceFailedError(f"Encountered unsupported property {unknown[0]}. The sandbox does not emulate it.")


def _not_stabilized(physical_id: str, reason: str | None) -> ResourceFailedError:
    return ResourceFailedError(
        f"Resource of type 'AWS::SageMaker::Endpoint' with identifier '{physical_id}' did not stabilize. {reason or ''}"
        " (HandlerErrorCode: NotStabilized)"
    )


def _generated_name(stack_name: str, logical_id: str) -> str:
    """`<logical id>-<12 characters>`, at most 63, as AWS names these three; stable until the resource is replaced."""
    suffix = physical_name(stack_name, logical_id)[-_SUFFIX_LENGTH:]
    return f"{logical_id[: 62 - _SUFFIX_LENGTH]}-{suffix}"


def _attributes(resource: Resource | None) -> dict[str, str]:
    """What `Fn::GetAtt` gives."""
    if isinstance(resource, ModelPackageGroup):
        created = resource.created.isoformat()
        return {"ModelPackageGroupArn": resource.arn, "ModelPackageGroupStatus": "Completed", "CreationTime": created}
    return {} if resource is None else {_NAMES[type(resource)]: resource.name}


def _set_tags(resource: Resource, properties: Properties) -> None:
    resource.tags.clear()
    resource.tags.update(tagging.as_map(properties.get("Tags", [])))


def _coerce(shape: Shape | None, value: Any) -> Any:
    """A property as the API expects it: CloudFormation accepts "1" for 1 and "true" for true."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: _coerce(shape.members.get(name), member) for name, member in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_coerce(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: _coerce(shape.value, member) for key, member in value.items()}
    return _scalar(shape.type_name if shape is not None else "", value)


def _scalar(type_name: str, value: Any) -> Any:
    if type_name == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if type_name == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str):
        return _number(type_name, value)
    return value


def _number(type_name: str, text: str) -> int | float | str:
    try:
        if type_name in ("integer", "long"):
            return int(text)
        return float(text) if type_name in ("float", "double") else text
    except ValueError:
        return text
