"""AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy for the sandbox's CloudFormation.

`Ref` of a target is `<resource>|<dimension>|<namespace>`, which a policy takes as its ScalingTargetId; `Ref` of a policy is its ARN.
Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalabletarget.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-applicationautoscaling-scalingpolicy.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..emulator.resource_types import register_cloudformation_type
from ..sagemaker.api.errors import AwsError
from .record import Parameters
from .service import ApplicationAutoScaling, ObjectNotFoundException

Created = tuple[str, Parameters]
_PLACE: Final = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_TARGET: Final = (*_PLACE, "MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState", "Tags")
_POLICY: Final = (*_PLACE, "ScalingTargetId", "PolicyName", "PolicyType", "TargetTrackingScalingPolicyConfiguration")


class ResourceRefusedError(Exception):
    """A resource operation failed; the message becomes the stack event's reason."""


def register(service: ApplicationAutoScaling) -> None:
    """Register both types."""
    types = _Types(service)
    register_cloudformation_type(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        create=types.create_target,
        update=types.update_target,
        delete=types.delete_target,
        replacement=_PLACE,
    )
    register_cloudformation_type(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        create=types.create_policy,
        update=types.update_policy,
        delete=types.delete_policy,
        replacement=(*_PLACE, "ScalingTargetId", "PolicyName"),
        tags=False,
    )


class _Types:
    """The operations of both types on one service."""

    def __init__(self, service: ApplicationAutoScaling) -> None:
        self._service = service

    def create_target(self, _logical_id: str, properties: Parameters, _stack_name: str) -> Created:
        _refuse_unknown(properties, _TARGET)
        tags = {each["Key"]: each["Value"] for each in properties.get("Tags", []) if not each["Key"].startswith("aws:")}
        bounds = {member: int(properties[member]) for member in ("MinCapacity", "MaxCapacity")}
        others = {member: properties[member] for member in ("SuspendedState",) if member in properties}
        place = {member: properties[member] for member in _PLACE}
        self._call(self._service.call, "RegisterScalableTarget", {**place, **bounds, **others, "Tags": tags})
        id_ = f"{place['ResourceId']}|{place['ScalableDimension']}|{place['ServiceNamespace']}"
        return id_, {"Id": id_}

    def update_target(self, _physical_id: str, _old: Parameters, new: Parameters, stack_name: str) -> Created:
        return self.create_target("", new, stack_name)

    def delete_target(self, physical_id: str, _properties: Parameters) -> None:
        self._remove("DeregisterScalableTarget", _placed(physical_id))

    def create_policy(self, _logical_id: str, properties: Parameters, _stack_name: str) -> Created:
        _refuse_unknown(properties, _POLICY)
        wanted = {**_place_of(properties), "PolicyName": properties["PolicyName"], "PolicyType": properties["PolicyType"]}
        if "TargetTrackingScalingPolicyConfiguration" in properties:
            wanted["TargetTrackingScalingPolicyConfiguration"] = _numbers(properties["TargetTrackingScalingPolicyConfiguration"])
        answer = self._call(self._service.call, "PutScalingPolicy", wanted)
        return answer["PolicyARN"], {"Arn": answer["PolicyARN"]}

    def update_policy(self, _physical_id: str, _old: Parameters, new: Parameters, stack_name: str) -> Created:
        return self.create_policy("", new, stack_name)

    def delete_policy(self, _physical_id: str, properties: Parameters) -> None:
        self._remove("DeleteScalingPolicy", {**_place_of(properties), "PolicyName": properties["PolicyName"]})

    def _remove(self, operation: str, parameters: Parameters) -> None:
        """Remove something; what is gone with its endpoint is gone."""
        try:
            self._service.call(operation, parameters)
        except ObjectNotFoundException:
            return

    def _call(self, call: Callable[[str, Parameters], Parameters], operation: str, parameters: Parameters) -> Parameters:
        try:
            return call(operation, parameters)
        except AwsError as problem:
            raise ResourceRefusedError(
                f'Resource handler returned message: "{problem.message} (Service: ApplicationAutoScaling, Status Code: {problem.status})"'
                " (HandlerErrorCode: InvalidRequest)"
            ) from problem


def _refuse_unknown(properties: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(properties) - set(known))
    if unknown:
        raise ResourceRefusedError(f"Encountered unsupported property {unknown[0]}. The sandbox does not emulate it.")


def _place_of(properties: Parameters) -> Parameters:
    """Which target a policy is for: named by its three members, or by its Ref."""
    if "ScalingTargetId" in properties:
        return _placed(properties["ScalingTargetId"])
    return {member: properties[member] for member in _PLACE}


def _placed(physical_id: str) -> Parameters:
    resource, dimension, namespace = physical_id.split("|")
    return {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}


def _numbers(configuration: Parameters) -> Parameters:
    """The configuration with numbers and flags as such: a template may write them as text."""
    found = dict(configuration)
    for member, kind in (("TargetValue", float), ("ScaleInCooldown", int), ("ScaleOutCooldown", int)):
        if member in found:
            found[member] = kind(found[member])
    if "DisableScaleIn" in found:
        found["DisableScaleIn"] = str(found["DisableScaleIn"]).lower() == "true"
    return found
