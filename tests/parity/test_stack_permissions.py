"""CloudFormation needs the permissions that a resource of a stack needs: its role's, or the caller's when there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles
from tests.parity.support import TRUST_LAMBDA, Stacks, allow

CLOUDFORMATION = "cloudformation.amazonaws.com"
QUEUE = ["sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:DeleteQueue"]


def one(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Resources": {"One": {"Type": type_, "Properties": properties}}}


@pytest.mark.patch(name="stack_permissions")
@pytest.mark.parametrize(
    ("type_", "properties", "action", "resource"),
    [
        ("AWS::S3::Bucket", {}, "s3:CreateBucket", "arn:aws:s3:::bare-one-"),
        ("AWS::SQS::Queue", {}, "sqs:CreateQueue", "arn:aws:sqs:us-east-1:000000000000:bare-One-"),
        ("AWS::SNS::Topic", {}, "sns:CreateTopic", "arn:aws:sns:us-east-1:000000000000:bare-One-"),
        (
            "AWS::IAM::Role",
            {"Path": "/team/", "AssumeRolePolicyDocument": TRUST_LAMBDA},
            "iam:CreateRole",
            "arn:aws:iam::000000000000:role/team/bare-One-",
        ),
        ("AWS::DynamoDB::Table", {"TableName": "bare"}, "dynamodb:CreateTable", "arn:aws:dynamodb:us-east-1:000000000000:table/bare"),
        ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}, "ec2:CreateVpc", "arn:aws:ec2:us-east-1:000000000000:vpc/*"),
    ],
)
def test_a_role_without_policies_makes_nothing(
    roles: Roles, stacks: Stacks, type_: str, properties: dict[str, Any], action: str, resource: str
) -> None:
    role = roles.make("without-any-policy", service=CLOUDFORMATION)

    status = stacks.deploy("bare", one(type_, **properties), RoleARN=role)

    assert status == "ROLLBACK_COMPLETE"
    caller = "arn:aws:sts::000000000000:assumed-role/without-any-policy/AWSCloudFormation"
    assert f"User: {caller} is not authorized to perform: {action} on resource: {resource}" in stacks.reasons("bare")
    assert "HandlerErrorCode: AccessDenied" in stacks.reasons("bare")


@pytest.mark.patch(name="stack_permissions")
def test_every_operation_of_a_resource_is_asked_about(account: Sandbox, roles: Roles, stacks: Stacks) -> None:
    role = roles.make("makes-a-queue", allow(QUEUE[:3]), service=CLOUDFORMATION)
    template = {**one("AWS::SQS::Queue", DelaySeconds=1), "Outputs": {"Url": {"Value": {"Ref": "One"}}}}
    assert stacks.deploy("operations", template, RoleARN=role) == "CREATE_COMPLETE"
    arn = f"arn:aws:sqs:us-east-1:000000000000:{stacks.outputs('operations')['Url'].rsplit('/', 1)[1]}"

    changed = stacks.update("operations", TemplateBody=json.dumps(one("AWS::SQS::Queue", DelaySeconds=2)))
    assert changed == "UPDATE_ROLLBACK_COMPLETE"
    assert f"is not authorized to perform: sqs:SetQueueAttributes on resource: {arn}" in stacks.reasons("operations")

    assert stacks.delete("operations") == "DELETE_FAILED"
    assert f"is not authorized to perform: sqs:DeleteQueue on resource: {arn}" in stacks.reasons("operations")
    account.boto3("iam").put_role_policy(
        RoleName="makes-a-queue", PolicyName="more", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow(QUEUE)]})
    )
    assert stacks.delete("operations") == "DELETE_COMPLETE"


@pytest.mark.patch(name="stack_permissions")
def test_tags_need_a_permission_of_their_own_only_when_there_are_some(roles: Roles, stacks: Stacks) -> None:
    role = roles.make("makes-untagged-queues", allow(QUEUE), service=CLOUDFORMATION)

    assert stacks.deploy("untagged", one("AWS::SQS::Queue"), RoleARN=role) == "CREATE_COMPLETE"
    assert stacks.deploy("stack-tagged", one("AWS::SQS::Queue"), RoleARN=role, Tags=[{"Key": "a", "Value": "1"}]) == "ROLLBACK_COMPLETE"

    assert "not authorized to perform: sqs:TagQueue" in stacks.reasons("stack-tagged")


@pytest.mark.patch(name="stack_permissions")
def test_a_boundary_bounds_the_role_that_a_stack_is_deployed_with(account: Sandbox, roles: Roles, stacks: Stacks) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sns:*")]})
    boundary = account.boto3("iam").create_policy(PolicyName="topics-only", PolicyDocument=document)["Policy"]["Arn"]
    role = roles.make("bounded", allow("*"), service=CLOUDFORMATION, PermissionsBoundary=boundary)

    assert stacks.deploy("bounded", one("AWS::SQS::Queue"), RoleARN=role) == "ROLLBACK_COMPLETE"
    assert stacks.deploy("bounded-topic", one("AWS::SNS::Topic"), RoleARN=role) == "CREATE_COMPLETE"
    assert "not authorized to perform: sqs:CreateQueue" in stacks.reasons("bounded")


@pytest.mark.patch(name="stack_permissions")
def test_without_a_role_a_stack_is_made_with_the_callers_credentials_by_way_of_cloudformation(roles: Roles, stacks: Stacks) -> None:
    by_way = {"Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": [CLOUDFORMATION]}}}
    arn = roles.make("by-way-of-cloudformation", allow("cloudformation:*"), {**allow(QUEUE), **by_way})
    stacks.client = roles.client("cloudformation", arn)

    assert stacks.deploy("by-way", one("AWS::SQS::Queue")) == "CREATE_COMPLETE"
    assert stacks.deploy("by-way-topic", one("AWS::SNS::Topic")) == "ROLLBACK_COMPLETE"
    assert "assumed-role/by-way-of-cloudformation/test is not authorized to perform: sns:CreateTopic" in stacks.reasons("by-way-topic")

    role = roles.make("not-by-way", {**allow(QUEUE), **by_way}, service=CLOUDFORMATION)
    assert Stacks(roles.account).deploy("not-by-way", one("AWS::SQS::Queue"), RoleARN=role) == "ROLLBACK_COMPLETE"
    Stacks(roles.account).delete("not-by-way")
    for name in ("by-way", "by-way-topic"):
        stacks.delete(name)


@pytest.mark.patch(name="stack_permissions")
def test_a_function_s_role_is_passed_by_the_stacks_role(roles: Roles, stacks: Stacks) -> None:
    passed = roles.make("for-a-function", service="lambda.amazonaws.com", Path="/team/")
    function = one("AWS::Lambda::Function", Runtime="python3.12", Handler="index.handler", Role=passed, Code={"ZipFile": "handler = None"})
    role = roles.make("makes-functions", allow(["lambda:CreateFunction", "lambda:GetFunction"]), service=CLOUDFORMATION)

    assert stacks.deploy("function-not-passed", function, RoleARN=role) == "ROLLBACK_COMPLETE"

    assert f"iam:PassRole on resource: {passed}" in stacks.reasons("function-not-passed")


@pytest.mark.patch(name="stack_permissions")
def test_a_nested_stack_is_made_with_its_parents_role(account: Sandbox, roles: Roles, stacks: Stacks) -> None:
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket="nested-templates")
    s3.put_object(Bucket="nested-templates", Key="child.json", Body=json.dumps(one("AWS::SQS::Queue")).encode())
    parent = one("AWS::CloudFormation::Stack", TemplateURL="https://s3.us-east-1.amazonaws.com/nested-templates/child.json")
    role = roles.make("makes-stacks", allow("cloudformation:*"), service=CLOUDFORMATION)

    assert stacks.deploy("parent", parent, RoleARN=role) == "ROLLBACK_COMPLETE"
    assert "sqs:CreateQueue" in stacks.reasons("parent")
    s3.delete_object(Bucket="nested-templates", Key="child.json")
    s3.delete_bucket(Bucket="nested-templates")


@pytest.mark.patch(name="stack_roles")
def test_a_role_that_does_not_trust_cloudformation_is_refused_at_once(roles: Roles, stacks: Stacks) -> None:
    role = roles.make("trusts-lambda", allow("*"), service="lambda.amazonaws.com")

    with pytest.raises(ClientError, match=f"Role {role} is invalid or cannot be assumed"):
        stacks.client.create_stack(StackName="untrusted", TemplateBody=json.dumps(one("AWS::SQS::Queue")), RoleARN=role)


@pytest.mark.patch(name="stack_outputs")
def test_another_stacks_output_is_read_with_the_role_of_the_stack_that_reads(roles: Roles, stacks: Stacks) -> None:
    stacks.deploy("tells", {**one("AWS::SQS::Queue"), "Outputs": {"Delay": {"Value": "7"}}})
    reader = one("AWS::SQS::Queue", DelaySeconds={"Fn::GetStackOutput": {"StackName": "tells", "OutputName": "Delay"}})
    other = "arn:aws:cloudformation:us-east-1:000000000000:stack/other/*"
    deaf = roles.make("reads-another-stack", allow(QUEUE), allow("cloudformation:DescribeStacks", other), service=CLOUDFORMATION)
    reading = roles.make("reads-the-stack", allow([*QUEUE, "cloudformation:DescribeStacks"]), service=CLOUDFORMATION)

    assert stacks.deploy("deaf", reader, RoleARN=deaf) == "ROLLBACK_COMPLETE"
    assert stacks.deploy("reader", reader, RoleARN=reading) == "CREATE_COMPLETE"

    assert "not authorized to perform: cloudformation:DescribeStacks" in stacks.reasons("deaf")
