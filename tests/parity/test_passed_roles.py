"""A role is handed to a service only by someone who may pass it, and only if it trusts the service."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles
from tests.parity.support import TRUST_LAMBDA, Stacks, allow

QUEUE = "arn:aws:sqs:us-east-1:000000000000:passed"
RULE = "arn:aws:events:us-east-1:000000000000:rule"


def code_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 1")
    return packed.getvalue()


def create_function(client: Any, role: str) -> None:
    client.create_function(FunctionName="passed", Runtime="python3.12", Handler="index.handler", Role=role, Code={"ZipFile": code_zip()})
    client.delete_function(FunctionName="passed")


def put_target(client: Any, role: str) -> None:
    client.put_rule(Name="passed", EventPattern='{"source": ["own"]}')
    client.put_targets(Rule="passed", Targets=[{"Id": "1", "Arn": QUEUE, "RoleArn": role}])


def create_schedule(client: Any, role: str) -> None:
    target = {"Arn": QUEUE, "RoleArn": role}
    client.create_schedule(Name="passed", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target)
    client.delete_schedule(Name="passed")


# Service, what hands a role over, the service's principal and the error of a role that does not trust it.
HANDED: list[tuple[str, Callable[[Any, str], None], str, str, str]] = [
    ("lambda", create_function, "lambda.amazonaws.com", "InvalidParameterValueException", "cannot be assumed by Lambda"),
    ("events", put_target, "events.amazonaws.com", "ValidationException", "cannot be assumed by principal 'events.amazonaws.com'"),
    ("scheduler", create_schedule, "scheduler.amazonaws.com", "ValidationException", "must allow AWS EventBridge Scheduler"),
]


def refusal(hand_over: Callable[[Any, str], None], client: Any, role: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        hand_over(client, role)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


@pytest.mark.patch(name="passed_roles")
@pytest.mark.parametrize(("service", "hand_over", "principal"), [each[:3] for each in HANDED])
def test_handing_a_role_over_needs_the_right_to_pass_it_to_that_service(
    roles: Roles, service: str, hand_over: Callable[[Any, str], None], principal: str
) -> None:
    handed = roles.make("handed", service=principal, Path="/of-a-team/")

    def passing(to: str) -> dict[str, Any]:
        return {**allow("iam:PassRole", handed), "Condition": {"StringEquals": {"iam:PassedToService": to}}}

    hand_over(roles.client(service, roles.make("passing", allow(f"{service}:*"), passing(principal))), handed)
    elsewhere = roles.client(service, roles.make("passing-elsewhere", allow(f"{service}:*"), passing("ec2.amazonaws.com")))
    code, message = refusal(hand_over, elsewhere, handed)

    assert code in ("AccessDenied", "AccessDeniedException")
    assert f"assumed-role/passing-elsewhere/test is not authorized to perform: iam:PassRole on resource: {handed}" in message


@pytest.mark.patch(name="passed_roles")
@pytest.mark.parametrize(("service", "hand_over", "principal", "code", "words"), HANDED)
def test_a_role_that_does_not_trust_the_service_is_refused(
    account: Sandbox, roles: Roles, service: str, hand_over: Callable[[Any, str], None], principal: str, code: str, words: str
) -> None:
    another = roles.make("of-another-service", service="ec2.amazonaws.com")

    refused, message = refusal(hand_over, account.boto3(service), another)

    assert (refused, words in message) == (code, True)


@pytest.mark.patch(name="passed_roles")
def test_a_trust_in_one_rule_is_no_trust_in_another(account: Sandbox, roles: Roles) -> None:
    role = roles.make("of-one-rule", service="events.amazonaws.com")
    for name, trusted in (("another", False), ("passed", True)):
        conditions = {"ArnEquals": {"aws:SourceArn": f"{RULE}/{name}"}, "StringEquals": {"aws:SourceAccount": "000000000000"}}
        trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": conditions}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        account.boto3("iam").update_assume_role_policy(RoleName="of-one-rule", PolicyDocument=document)

        if trusted:
            put_target(account.boto3("events"), role)
        else:
            assert refusal(put_target, account.boto3("events"), role)[0] == "ValidationException"


@pytest.mark.patch(name="passed_roles")
def test_changing_a_function_s_role_passes_the_new_one(account: Sandbox, roles: Roles) -> None:
    first, second = (roles.make(name, service="lambda.amazonaws.com") for name in ("first-role", "second-role"))
    changing = roles.client("lambda", roles.make("changing", allow("lambda:*"), allow("iam:PassRole", first)))
    changing.create_function(
        FunctionName="changed", Runtime="python3.12", Handler="index.handler", Role=first, Code={"ZipFile": code_zip()}
    )

    changing.update_function_configuration(FunctionName="changed", Timeout=9)
    code, message = refusal(lambda client, role: client.update_function_configuration(FunctionName="changed", Role=role), changing, second)

    assert (code, f"iam:PassRole on resource: {second}" in message) == ("AccessDeniedException", True)
    account.boto3("lambda").delete_function(FunctionName="changed")


@pytest.mark.patch(name="passed_roles")
def test_a_stack_cannot_give_a_function_a_role_that_does_not_trust_lambda(stacks: Stacks) -> None:
    trust = json.loads(json.dumps(TRUST_LAMBDA).replace("lambda.amazonaws.com", "ec2.amazonaws.com"))
    properties = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": "x = 1"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
        }
    }

    assert stacks.deploy("untrusting", template) == "ROLLBACK_COMPLETE"
    assert "The role defined for the function cannot be assumed by Lambda." in stacks.reasons("untrusting")
