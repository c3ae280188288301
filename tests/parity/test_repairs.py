"""The smaller repairs of ministack, one by one: what a handler raised, conditions, and what IAM is asked (sources in the modules)."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.patches import function_errors, iam_requests
from tests.parity.support import Stacks, allow, function, role

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/own/jobs"
TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in handler\n'


# --- sandbox/function_errors.py ---------------------------------------------------------------------------------------


def test_the_class_a_handler_raises_is_the_error_type_of_the_answer(account: Sandbox, stacks: Stacks) -> None:
    code = """
class RequestError(Exception): pass
def handler(event, context):
    raise RequestError("The corpus is empty: nothing to train on.")
"""
    template = {"Resources": {"Role": role(), "Function": function(code)}, "Outputs": {"Function": {"Value": {"Ref": "Function"}}}}
    stacks.deploy("raising", template)

    answer = account.boto3("lambda").invoke(FunctionName=stacks.outputs("raising")["Function"])

    payload = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "RequestError"
    assert payload["errorMessage"] == "The corpus is empty: nothing to train on."
    assert any("in handler" in line for line in payload["stackTrace"])


@pytest.mark.parametrize(
    ("log", "error_type"),
    [
        (f"{TRACEBACK}lifecycle.errors.CorpusError: empty\n", "CorpusError"),
        (f"{TRACEBACK}KeyError\nEND\n", "KeyError"),
        (
            f"{TRACEBACK}KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n{TRACEBACK}ValueError: 2\n",
            "ValueError",
        ),
        ("START\nEND\n", None),
        ("Traceback (most recent call last):\n  cut off", None),
    ],
)
def test_the_last_exception_of_a_log_counts(log: str, error_type: str | None) -> None:
    assert function_errors.raised(log).get("errorType") == error_type


# --- sandbox/conditions.py --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policies", "exists"), [("", False), ("arn:aws:iam::000000000000:policy/own", True), ("a,b", True)])
def test_a_condition_compares_what_functions_inside_it_give(account: Sandbox, stacks: Stacks, policies: str, exists: bool) -> None:
    name = f"conditional-{len(policies)}"
    joined = {"Fn::Join": ["", {"Ref": "Policies"}]}
    template = {
        "Parameters": {"Policies": {"Type": "CommaDelimitedList", "Default": ""}},
        "Conditions": {"Given": {"Fn::Not": [{"Fn::Equals": ["", joined]}]}},
        "Resources": {"Always": {"Type": "AWS::SQS::Queue"}, "Sometimes": {"Type": "AWS::SQS::Queue", "Condition": "Given"}},
    }

    stacks.deploy(name, template, Parameters=[{"ParameterKey": "Policies", "ParameterValue": policies}])

    resources = account.boto3("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    assert ("Sometimes" in {resource["LogicalResourceId"] for resource in resources}) is exists


# --- sandbox/iam_requests.py ------------------------------------------------------------------------------------------


def acting_with(account: Sandbox, name: str, *statements: dict[str, Any]) -> dict[str, str]:
    """The keys of a new role that has these permissions only."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    iam = account.boto3("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    given = account.boto3("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def denied(call: Any, **arguments: Any) -> bool:
    """Whether IAM refuses a call; another error is not taken for a refusal."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}:
            return True
        raise
    return False


def test_log_lines_go_into_the_streams_a_policy_names_and_no_other(account: Sandbox) -> None:
    owner = account.boto3("logs")
    owner.create_log_group(logGroupName="/own/jobs")
    for stream in ("mine-1", "theirs-1"):
        owner.create_log_stream(logGroupName="/own/jobs", logStreamName=stream)
    logs = account.boto3("logs", **acting_with(account, "writer", allow("logs:PutLogEvents", f"{GROUP}:log-stream:mine-*")))
    line = {"logGroupName": "/own/jobs", "logEvents": [{"timestamp": 1_790_000_000_000, "message": "word"}]}

    assert not denied(logs.put_log_events, **line, logStreamName="mine-1")
    assert denied(logs.put_log_events, **line, logStreamName="theirs-1")
    owner.delete_log_group(logGroupName="/own/jobs")


@pytest.mark.parametrize(("written", "allowed"), [(GROUP, False), (f"{GROUP}:*", True)])
def test_a_log_group_s_arn_alone_allows_nothing_inside_it(account: Sandbox, written: str, allowed: bool) -> None:
    owner = account.boto3("logs")
    owner.create_log_group(logGroupName="/own/jobs")
    logs = account.boto3("logs", **acting_with(account, f"maker-{allowed}", allow(["logs:CreateLogStream"], written)))

    assert denied(logs.create_log_stream, logGroupName="/own/jobs", logStreamName="a") is not allowed
    owner.delete_log_group(logGroupName="/own/jobs")


def test_tags_belong_to_the_group_itself() -> None:
    tagging = {"x-amz-target": "Logs_20140328.TagResource"}
    describing = {"x-amz-target": "Logs_20140328.DescribeLogStreams"}

    assert iam_requests.log_stream_arn(GROUP, tagging, b"{}") == GROUP
    assert iam_requests.log_stream_arn(GROUP, describing, b'{"logGroupName": "/own/jobs"}') == f"{GROUP}:log-stream:"


def test_metrics_go_into_the_namespace_a_policy_names_and_no_other(account: Sandbox) -> None:
    limited = {**allow("cloudwatch:PutMetricData"), "Condition": {"StringEquals": {"cloudwatch:namespace": "Mine"}}}
    cloudwatch = account.boto3("cloudwatch", **acting_with(account, "measurer", limited))
    data = [{"MetricName": "words", "Value": 1}]

    assert not denied(cloudwatch.put_metric_data, Namespace="Mine", MetricData=data)
    assert denied(cloudwatch.put_metric_data, Namespace="Theirs", MetricData=data)


@pytest.mark.parametrize("body", [b'{"Namespace": "Mine"}', b"Action=PutMetricData&Namespace=Mine"])
def test_a_namespace_is_read_from_json_and_from_a_form(body: bytes) -> None:
    assert iam_requests.metric_namespace(body) == {"cloudwatch:namespace": "Mine"}
    assert iam_requests.metric_namespace(b"{}") == {}
