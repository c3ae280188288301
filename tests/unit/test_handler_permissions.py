"""What CloudFormation asks IAM for: AWS's own lists, no more, and for every type that the sandbox makes."""

from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from blazingtext_sandbox.emulator import handler_permissions, resource_types
from blazingtext_sandbox.emulator.handler_permissions import main_action, needs
from blazingtext_sandbox.emulator.resource_arns import Named

HANDLERS = ("create", "read", "update", "delete")
# Types that AWS publishes no permissions for, or that are no resources of any service. Nothing is asked for them.
WITHOUT = {
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::CustomResource",  # its function is asked about
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CodeBuild::Project",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption",
}
TYPES: dict[str, Any] = handler_permissions.table()["types"]


def test_every_type_that_the_sandbox_makes_is_in_the_table() -> None:
    made = set(resource_types.types())

    assert made - set(TYPES) == WITHOUT


@pytest.mark.parametrize("type_", sorted(handler_permissions.conditions()))
def test_the_table_says_what_the_schemas_say(type_: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema

    assert {verb: TYPES[type_][verb] for verb in HANDLERS} == {
        verb: schema["handlers"].get(verb, {}).get("permissions", []) for verb in HANDLERS
    }


@pytest.mark.parametrize("type_", sorted(handler_permissions.conditions()))
def test_conditions_name_listed_actions_and_real_properties(type_: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    listed = {action for verb in HANDLERS for action in TYPES[type_][verb]}
    for bound in handler_permissions.conditions()[type_].values():
        for pattern, paths in bound.items():
            assert [action for action in listed if fnmatchcase(action, pattern)], pattern
            assert {path.split(".")[0] for path in paths} <= set(schema["properties"]), pattern


@pytest.mark.parametrize("type_", sorted(set(TYPES) - set(handler_permissions.conditions())))
def test_a_type_without_conditions_has_an_action_that_makes_it_and_one_that_removes_it(type_: str) -> None:
    known = handler_permissions.table()["actions"]
    for handler in ("create", "delete"):
        listed = [action for action in TYPES[type_][handler] if action in known and action != "iam:PassRole"]
        found = main_action(handler, listed, type_)
        assert found or not [action for action in listed if known[action]["level"] in ("Write", "Permissions management")], handler


def asked(handler: str, type_: str, properties: dict[str, Any], old: dict[str, Any] | None = None, **names: str) -> list[str]:
    return [need.action for need in needs(handler, Named(type_, properties, **names), old)]


def test_a_bucket_needs_what_its_properties_need() -> None:
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}

    assert asked("create", "AWS::S3::Bucket", {}, name="b") == ["s3:CreateBucket", "s3:ListBucket"]
    assert "s3:PutBucketVersioning" in asked("create", "AWS::S3::Bucket", versioned, name="b")
    assert "s3:PutBucketVersioning" in asked("update", "AWS::S3::Bucket", versioned, {}, physical_id="b")
    assert "s3:PutBucketVersioning" in asked("update", "AWS::S3::Bucket", {}, versioned, physical_id="b")
    assert "s3:PutBucketVersioning" not in asked("update", "AWS::S3::Bucket", {**versioned, "BucketEncryption": {"a": 1}}, versioned)


def test_a_change_of_tags_alone_needs_the_permissions_for_tags_alone() -> None:
    before, after = {"Tags": [{"Key": "a", "Value": "1"}]}, {"Tags": [{"Key": "b", "Value": "1"}]}

    assert asked("update", "AWS::SQS::Queue", after, before, physical_id="q") == ["sqs:TagQueue", "sqs:UntagQueue"]
    assert asked("update", "AWS::SQS::Queue", {}, before, physical_id="q") == ["sqs:UntagQueue"]
    assert "sqs:TagQueue" not in asked("create", "AWS::SQS::Queue", {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "s"}]})


@pytest.mark.parametrize(
    ("type_", "properties", "arns"),
    [
        (
            "AWS::SQS::QueuePolicy",
            {"Queues": ["https://localhost/0/a", "https://localhost/0/b"]},
            ["sqs:us-east-1:000000000000:a", "sqs:us-east-1:000000000000:b"],
        ),
        ("AWS::SNS::TopicPolicy", {"Topics": ["arn:aws:sns:eu-west-1:1:t"]}, ["sns:eu-west-1:1:t"]),
        ("AWS::S3::BucketPolicy", {"Bucket": "b"}, ["s3:::b"]),
        ("AWS::Lambda::Permission", {"FunctionName": "f"}, ["lambda:us-east-1:000000000000:function:f"]),
        ("AWS::CloudWatch::Dashboard", {"DashboardName": "d"}, ["cloudwatch::000000000000:dashboard/d"]),
        ("AWS::SSM::Parameter", {"Name": "/a/b"}, ["ssm:us-east-1:000000000000:parameter/a/b"]),
        ("AWS::DynamoDB::Table", {"TableName": "/odd"}, ["dynamodb:us-east-1:000000000000:table//odd"]),
        ("AWS::EC2::VPC", {}, ["ec2:us-east-1:000000000000:vpc/*"]),
    ],
)
def test_permissions_are_asked_for_on_what_a_resource_names(type_: str, properties: dict[str, Any], arns: list[str]) -> None:
    name = next((text for key, text in properties.items() if key.endswith("Name")), "")
    assert list(dict.fromkeys(need.arn.removeprefix("arn:aws:") for need in needs("create", Named(type_, properties, name)))) == arns


def test_roles_in_properties_are_passed_and_those_in_documents_are_not() -> None:
    role = "arn:aws:iam::000000000000:role/team/r"
    target = {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m", "Id": "1", "RoleArn": role}
    passed = [need for need in needs("create", Named("AWS::Events::Rule", {"Targets": [target]}, "r")) if need.action == "iam:PassRole"]

    assert [(need.arn, need.conditions) for need in passed] == [(role, {"iam:PassedToService": "events.amazonaws.com"})]
    policy = {"PolicyDocument": {"Statement": [{"Principal": {"RoleArn": role}}]}, "Roles": ["r"], "PolicyName": "p"}
    assert "iam:PassRole" not in asked("create", "AWS::IAM::Policy", policy)


def test_a_custom_resource_needs_its_function() -> None:
    token = "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert [(need.action, need.arn) for need in needs("create", Named("Custom::Thing", {"ServiceToken": token}))] == [
        ("lambda:InvokeFunction", token)
    ]


PLACE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


@pytest.mark.parametrize(
    ("kind", "properties", "action", "resource"),
    [
        ("ScalableTarget", PLACE, "application-autoscaling:RegisterScalableTarget", "scalable-target/*"),
        (
            "ScalableTarget",
            PLACE,
            "iam:CreateServiceLinkedRole",
            "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*",
        ),
        (
            "ScalingPolicy",
            {"ScalingTargetId": "endpoint/e/variant/v|sagemaker:variant:DesiredInstanceCount|sagemaker"},
            "application-autoscaling:PutScalingPolicy",
            "scalable-target/*",
        ),
    ],
)
def test_what_scales_an_endpoint_is_asked_about_with_the_keys_that_say_so(
    kind: str, properties: dict[str, Any], action: str, resource: str
) -> None:
    (need,) = (each for each in needs("create", Named(f"AWS::ApplicationAutoScaling::{kind}", properties)) if each.action == action)

    assert need.arn.rpartition(":")[2] == resource
    assert need.conditions["application-autoscaling:service-namespace"] == "sagemaker"
    assert need.conditions["application-autoscaling:scalable-dimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert need.conditions["iam:AWSServiceName"] == "sagemaker.application-autoscaling.amazonaws.com"
