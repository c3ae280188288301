"""The operations of Application Auto Scaling on the variants of endpoints; of other resources, each is refused by name.

Requests are checked by botocore's model of the service. Wording of errors: the service's own where it was found, as the comments say.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, cast

import botocore.session
from botocore.model import ServiceModel, StructureShape

from .. import arns
from ..sagemaker.api import constraints
from ..sagemaker.api.errors import AwsError, UnknownOperationException, ValidationException
from ..sagemaker.cloud import Cloud
from . import answers, metrics
from .record import DIMENSION, NAMESPACE, Parameters, ScalableTarget, ScalingPolicy, Store
from .requests import of_resource, only, page, scaled_resource
from .scaler import Scaler
from .surroundings import CloudWatch, ServiceRole, Variant, Variants

SERVICE: Final = "application-autoscaling"
ROLE_SERVICE: Final = "sagemaker.application-autoscaling.amazonaws.com"
#: SageMaker's pages say that it scales no variants on these: https://github.com/aws/aws-cdk/pull/22886. In which words it refuses them was
#: not found.
_BURSTABLE: Final = re.compile(r"ml\.t\d\w*\.")


class ObjectNotFoundException(AwsError):  # noqa: N818 - AWS's name
    """There is no such scalable target or policy."""


@cache
def model() -> ServiceModel:
    """Botocore's model of the service."""
    return botocore.session.get_session().get_service_model(SERVICE)


@dataclass
class ApplicationAutoScaling:
    """The service of one sandbox.

    Args:
        cloud: the account it runs in.
        variants: what can be scaled.
        cloudwatch: metrics and alarms.
        role: the role that the service works with.
        scaler: what changes numbers of instances.
    """

    cloud: Cloud
    variants: Variants
    cloudwatch: CloudWatch
    role: ServiceRole
    scaler: Scaler
    _stores: dict[tuple[str, str], Store] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """What there is in the account and region of the request."""
        return self._stores.setdefault((self.cloud.account_id, self.cloud.region), Store())

    def call(self, operation: str, parameters: Parameters) -> Parameters:
        """Do one operation.

        Args:
            operation: its name.
            parameters: its input, as JSON has it.

        Raises:
            AwsError: AWS's error for what is wrong.
        """
        if operation not in model().operation_names:
            raise UnknownOperationException(f"Application Auto Scaling has no operation {operation!r}")
        if operation not in OPERATIONS:
            raise ValidationException(f"the sandbox does not emulate the operation {operation}: nothing was done. Use AWS for it")
        shape = cast("StructureShape", model().operation_model(operation).input_shape)
        if problems := list(constraints.problems(shape, parameters, "")):
            raise ValidationException(f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: {'; '.join(problems)}")
        return OPERATIONS[operation](self, parameters)

    def register(self, parameters: Parameters) -> Parameters:
        """RegisterScalableTarget: a new target, or other bounds of one.

        Raises:
            AccessDeniedException: the service's role is not there, and the caller may not have it made.
            ValidationException: bounds that are missing or contradict each other, or a variant that cannot be scaled.
        """
        resource = scaled_resource(parameters)
        old = self.store.targets.get(resource)
        low = parameters.get("MinCapacity", None if old is None else old.minimum)
        high = parameters.get("MaxCapacity", None if old is None else old.maximum)
        if low is None or high is None:
            raise ValidationException("MinCapacity and MaxCapacity must be specified when registering a new scalable target")
        if low > high:
            raise ValidationException(f"Maximum capacity cannot be less than minimum capacity: {high} is less than {low}")
        if low < 1:
            raise ValidationException("MinCapacity must be at least 1 for the instances of a production variant")
        self._check_variant(resource)
        target = ScalableTarget(
            resource,
            self._arn(f"scalable-target/{uuid.uuid4()}") if old is None else old.arn,
            low,
            high,
            self._role(),
            parameters.get("SuspendedState", {} if old is None else old.suspended),
            parameters.get("Tags", {}) if old is None else old.tags,
        )
        with self.store.lock:
            self.store.targets[resource] = target
        return {"ScalableTargetARN": target.arn}

    def deregister(self, parameters: Parameters) -> Parameters:
        """DeregisterScalableTarget: the target goes with its policies and their alarms.

        Raises:
            ObjectNotFoundException: there is none.
        """
        resource = scaled_resource(parameters)
        self._target(resource)
        self.forget(resource)
        return {}

    def forget(self, resource: str) -> None:
        """Take a target away, with its policies and their alarms."""
        for policy in self.store.policies_of(resource):
            self._remove(policy)
        with self.store.lock:
            self.store.targets.pop(resource, None)

    def describe_targets(self, parameters: Parameters) -> Parameters:
        """DescribeScalableTargets."""
        found = only(list(self.store.targets.values()), parameters.get("ResourceIds"), lambda each: each.resource_id)
        return page(found, parameters, "ScalableTargets", answers.of_target)

    def put_policy(self, parameters: Parameters) -> Parameters:
        """PutScalingPolicy: a new policy of a target, or another configuration of one, with its two alarms.

        Raises:
            ObjectNotFoundException: the target is not registered.
            ValidationException: another type of policy, or a metric that is not emulated.
        """
        resource, name = scaled_resource(parameters), parameters["PolicyName"]
        target, old = self._target(resource), self.store.policies.get((resource, name))
        configuration = parameters.get("TargetTrackingScalingPolicyConfiguration")
        if parameters.get("PolicyType", "StepScaling") != "TargetTrackingScaling" or configuration is None:
            raise ValidationException("the sandbox emulates policies of the type TargetTrackingScaling only, with their configuration")
        metrics.check(configuration)
        alarms = tuple(f"TargetTracking-{resource}-Alarm{kind}-{uuid.uuid4()}" for kind in ("High", "Low"))
        arn = arns.arn(
            "autoscaling",
            self.cloud.region,
            self.cloud.account_id,
            f"scalingPolicy:{uuid.uuid4()}:resource/{NAMESPACE}/{resource}:policyName/{name}",
        )
        policy = ScalingPolicy(
            name,
            arn if old is None else old.arn,
            resource,
            configuration,
            cast("tuple[str, str]", alarms) if old is None else old.alarms,
        )
        metrics.put_alarms(self.cloudwatch, policy, target)
        with self.store.lock:
            self.store.policies[resource, name] = policy
        self.scaler.watch(self.store)
        return {"PolicyARN": policy.arn, "Alarms": answers.alarms(policy, self.cloudwatch)}

    def delete_policy(self, parameters: Parameters) -> Parameters:
        """DeleteScalingPolicy: its alarms go with it.

        Raises:
            ObjectNotFoundException: there is none.
        """
        resource, name = scaled_resource(parameters), parameters["PolicyName"]
        policy = self.store.policies.get((resource, name))
        if policy is None:
            raise ObjectNotFoundException(
                f"No scaling policy found for service namespace: {NAMESPACE}, resource ID: {resource}, scalable dimension: {DIMENSION},"
                f" policy name: {name}"
            )
        self._remove(policy)
        return {}

    def describe_policies(self, parameters: Parameters) -> Parameters:
        """DescribeScalingPolicies."""
        policies = only(list(self.store.policies.values()), parameters.get("PolicyNames"), lambda each: each.name)
        found = of_resource(policies, parameters)
        return page(found, parameters, "ScalingPolicies", lambda policy: answers.of_policy(policy, self.cloudwatch))

    def describe_activities(self, parameters: Parameters) -> Parameters:
        """DescribeScalingActivities, the latest first."""
        return page(of_resource(list(self.store.activities), parameters), parameters, "ScalingActivities", answers.of_activity)

    def list_tags(self, parameters: Parameters) -> Parameters:
        """ListTagsForResource."""
        return {"Tags": dict(self._tagged(parameters).tags)}

    def tag(self, parameters: Parameters) -> Parameters:
        """TagResource."""
        self._tagged(parameters).tags.update(parameters["Tags"])
        return {}

    def untag(self, parameters: Parameters) -> Parameters:
        """UntagResource."""
        for key in parameters["TagKeys"]:
            self._tagged(parameters).tags.pop(key, None)
        return {}

    def _tagged(self, parameters: Parameters) -> ScalableTarget:
        for target in self.store.targets.values():
            if target.arn == parameters["ResourceARN"]:
                return target
        raise ObjectNotFoundException(f"No scalable target found for ARN: {parameters['ResourceARN']}")

    def _target(self, resource: str) -> ScalableTarget:
        target = self.store.targets.get(resource)
        if target is None:
            # Words: https://github.com/ansible/ansible/pull/35632
            raise ObjectNotFoundException(
                f"No scalable target registered for service namespace: {NAMESPACE}, resource ID: {resource}, scalable dimension:"
                f" {DIMENSION}"
            )
        return target

    def _check_variant(self, resource: str) -> Variant:
        _, endpoint, _, name = resource.split("/")
        variant = self.variants.find(endpoint, name)
        if variant is None:
            raise ValidationException(f"The production variant {name} of the endpoint {endpoint} does not exist")
        if variant.instances is None:
            raise ValidationException(f"The production variant {name} of the endpoint {endpoint} is serverless: it has no instances")
        if _BURSTABLE.match(variant.instance_type):
            raise ValidationException(f"Automatic scaling does not support the burstable instance type {variant.instance_type}")
        return variant

    def _role(self) -> str:
        found = self.role.find()
        if found is not None:
            return found
        role = arns.arn("iam", "", self.cloud.account_id, f"role/aws-service-role/{ROLE_SERVICE}/{ROLE_NAME}")
        self.cloud.authorize("iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": ROLE_SERVICE})
        return self.role.make()

    def _remove(self, policy: ScalingPolicy) -> None:
        with self.store.lock:
            self.store.policies.pop((policy.resource_id, policy.name), None)
        for name in policy.alarms:
            self.cloudwatch.delete_alarm(name)

    def _arn(self, resource: str) -> str:
        return arns.arn(SERVICE, self.cloud.region, self.cloud.account_id, resource)


ROLE_NAME: Final = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
OPERATIONS: Final[Mapping[str, Callable[[ApplicationAutoScaling, Parameters], Parameters]]] = {
    "RegisterScalableTarget": ApplicationAutoScaling.register,
    "DeregisterScalableTarget": ApplicationAutoScaling.deregister,
    "DescribeScalableTargets": ApplicationAutoScaling.describe_targets,
    "PutScalingPolicy": ApplicationAutoScaling.put_policy,
    "DeleteScalingPolicy": ApplicationAutoScaling.delete_policy,
    "DescribeScalingPolicies": ApplicationAutoScaling.describe_policies,
    "DescribeScalingActivities": ApplicationAutoScaling.describe_activities,
    "ListTagsForResource": ApplicationAutoScaling.list_tags,
    "TagResource": ApplicationAutoScaling.tag,
    "UntagResource": ApplicationAutoScaling.untag,
}
