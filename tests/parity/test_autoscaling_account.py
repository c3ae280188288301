"""Application Auto Scaling as clients and stacks meet it: over HTTP, with IAM, in CloudFormation."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow

PLACE: dict[str, Any] = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/none/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
NAMESPACE = "application-autoscaling:service-namespace"
TARGET = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {**PLACE, "MinCapacity": 1, "MaxCapacity": "2"}}


def policy(**place: Any) -> dict[str, Any]:
    tracking = {
        "TargetValue": "100",
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    properties = {
        "PolicyName": "p",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
        **place,
    }
    return {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": properties}


def test_an_unmodified_client_is_answered_and_refused(account: Sandbox) -> None:
    client = account.boto3("application-autoscaling")

    assert client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert client.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"] == []
    assert code_of(client.register_scalable_target, **PLACE, MinCapacity=1, MaxCapacity=2) == "ValidationException"
    assert code_of(client.deregister_scalable_target, **PLACE) == "ObjectNotFoundException"
    with pytest.raises(ClientError, match="does not emulate the operation DescribeScheduledActions"):
        client.describe_scheduled_actions(ServiceNamespace="sagemaker")


def test_iam_is_asked_with_the_services_own_keys(roles: Roles) -> None:
    only_others = allow("application-autoscaling:*") | {"Condition": {"StringEquals": {NAMESPACE: "ecs"}}}
    only_endpoints = allow("application-autoscaling:*") | {"Condition": {"StringEquals": {NAMESPACE: "sagemaker"}}}
    others, endpoints = (
        roles.client("application-autoscaling", roles.make(name, statement))
        for name, statement in (("scales-others", only_others), ("scales-endpoints", only_endpoints))
    )

    assert code_of(others.deregister_scalable_target, **PLACE) == "AccessDeniedException"
    assert code_of(endpoints.deregister_scalable_target, **PLACE) == "ObjectNotFoundException"
    # A listing has no such key.
    assert code_of(endpoints.describe_scalable_targets, ServiceNamespace="sagemaker") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"Target": TARGET}, "variant AllTraffic of the endpoint none does not exist"),
        ({"Policy": policy(**PLACE)}, "No scalable target registered for service namespace: sagemaker"),
        (
            {"Target": {**TARGET, "Properties": {**TARGET["Properties"], "ScheduledActions": []}}},  # type: ignore[dict-item]
            "unsupported property ScheduledActions",
        ),
    ],
)
def test_a_stack_that_scales_what_is_not_there_fails_and_leaves_nothing(
    account: Sandbox, stacks: Stacks, resources: dict[str, Any], words: str
) -> None:
    assert stacks.deploy("scaled", {"Resources": resources}) == "ROLLBACK_COMPLETE"

    assert words in stacks.reasons("scaled")
    assert account.boto3("application-autoscaling").describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
