"""The smaller patches of ministack, one by one (their sources are in the modules). leave_one_out.py shows what each test rests on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.patches import function_errors, log_resources, metric_namespaces
from tests.parity.support import Stacks, allow, function, role
from tests.patience import PATIENCE

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/own/jobs"
TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in handler\n'


# --- function_errors --------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="function_errors")
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


# --- condition_functions ----------------------------------------------------------------------------------------------


@pytest.mark.patch(name="condition_functions")
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


# --- log_resources, metric_namespaces ---------------------------------------------------------------------------------


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


def is_denied(call: Any, **arguments: Any) -> bool:
    """Whether IAM refuses a call; another error is not taken for a refusal."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}:
            return True
        raise
    return False


@pytest.mark.patch(name="log_resources")
def test_log_lines_go_into_the_streams_a_policy_names_and_no_other(account: Sandbox) -> None:
    owner = account.boto3("logs")
    owner.create_log_group(logGroupName="/own/jobs")
    for stream in ("mine-1", "theirs-1"):
        owner.create_log_stream(logGroupName="/own/jobs", logStreamName=stream)
    logs = account.boto3("logs", **acting_with(account, "writer", allow("logs:PutLogEvents", f"{GROUP}:log-stream:mine-*")))
    line = {"logGroupName": "/own/jobs", "logEvents": [{"timestamp": 1_790_000_000_000, "message": "word"}]}

    assert not is_denied(logs.put_log_events, **line, logStreamName="mine-1")
    assert is_denied(logs.put_log_events, **line, logStreamName="theirs-1")
    owner.delete_log_group(logGroupName="/own/jobs")


@pytest.mark.patch(name="log_resources")
@pytest.mark.parametrize(("written", "allowed"), [(GROUP, False), (f"{GROUP}:*", True)])
def test_a_log_group_s_arn_alone_allows_nothing_inside_it(account: Sandbox, written: str, allowed: bool) -> None:
    owner = account.boto3("logs")
    owner.create_log_group(logGroupName="/own/jobs")
    logs = account.boto3("logs", **acting_with(account, f"maker-{allowed}", allow(["logs:CreateLogStream"], written)))

    assert is_denied(logs.create_log_stream, logGroupName="/own/jobs", logStreamName="a") is not allowed
    owner.delete_log_group(logGroupName="/own/jobs")


@pytest.mark.patch(name="named_resources")
def test_a_dashboard_and_the_source_of_a_move_are_asked_about_by_name(account: Sandbox) -> None:
    sqs, cloudwatch = account.boto3("sqs"), account.boto3("cloudwatch")
    cloudwatch.put_dashboard(DashboardName="ours", DashboardBody='{"widgets": []}')
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})}
    source = sqs.create_queue(QueueName="alive", Attributes=redrive)["QueueUrl"]
    granted = (allow("cloudwatch:GetDashboard", "arn:aws:cloudwatch::000000000000:dashboard/ours"), allow("sqs:ListMessageMoveTasks", arn))
    keys = acting_with(account, "by-name", *granted)

    assert not is_denied(account.boto3("cloudwatch", **keys).get_dashboard, DashboardName="ours")
    assert is_denied(account.boto3("cloudwatch", **keys).get_dashboard, DashboardName="theirs")
    assert not is_denied(account.boto3("sqs", **keys).list_message_move_tasks, SourceArn=arn)
    assert is_denied(account.boto3("sqs", **keys).list_message_move_tasks, SourceArn=arn.replace("dead", "alive"))
    cloudwatch.delete_dashboards(DashboardNames=["ours"])
    for queue in (source, url):
        sqs.delete_queue(QueueUrl=queue)


@pytest.mark.patch(name="named_resources")
def test_a_rule_of_the_default_bus_is_asked_about_by_its_name_alone(account: Sandbox) -> None:
    events = account.boto3("events")
    for name in ("ours", "theirs"):
        events.put_rule(Name=name, EventPattern='{"source": ["none"]}')
    looking = allow(["events:DescribeRule", "events:ListTargetsByRule"], "arn:aws:events:us-east-1:000000000000:rule/ours")
    mine = account.boto3("events", **acting_with(account, "rule-reader", looking))

    assert not is_denied(mine.describe_rule, Name="ours")
    assert not is_denied(mine.list_targets_by_rule, Rule="ours")
    assert is_denied(mine.describe_rule, Name="theirs")
    assert is_denied(mine.list_targets_by_rule, Rule="theirs")
    for name in ("ours", "theirs"):
        events.delete_rule(Name=name)


def test_tags_belong_to_the_group_itself() -> None:
    tagging = {"x-amz-target": "Logs_20140328.TagResource"}
    describing = {"x-amz-target": "Logs_20140328.DescribeLogStreams"}

    assert log_resources.log_stream_arn(GROUP, tagging, b"{}") == GROUP
    assert log_resources.log_stream_arn(GROUP, describing, b'{"logGroupName": "/own/jobs"}') == f"{GROUP}:log-stream:"


@pytest.mark.patch(name="metric_namespaces")
def test_metrics_go_into_the_namespace_a_policy_names_and_no_other(account: Sandbox) -> None:
    limited = {**allow("cloudwatch:PutMetricData"), "Condition": {"StringEquals": {"cloudwatch:namespace": "Mine"}}}
    cloudwatch = account.boto3("cloudwatch", **acting_with(account, "measurer", limited))
    data = [{"MetricName": "words", "Value": 1}]

    assert not is_denied(cloudwatch.put_metric_data, Namespace="Mine", MetricData=data)
    assert is_denied(cloudwatch.put_metric_data, Namespace="Theirs", MetricData=data)


@pytest.mark.parametrize("body", [b'{"Namespace": "Mine"}', b"Action=PutMetricData&Namespace=Mine"])
def test_a_namespace_is_read_from_json_and_from_a_form(body: bytes) -> None:
    assert metric_namespaces.namespace_key(body) == {"cloudwatch:namespace": "Mine"}
    assert metric_namespaces.namespace_key(b"{}") == {}


# --- tagged_resources -------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="tagged_resources")
def test_the_tagging_api_finds_and_changes_the_tags_of_log_groups_alarms_and_state_machines(account: Sandbox, stacks: Stacks) -> None:
    tags = [{"Key": "owner", "Value": "search"}, {"Key": "gone", "Value": "soon"}]
    alarm = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
             "ComparisonOperator": "GreaterThanThreshold", "Tags": tags}  # fmt: skip
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    machines = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [machines]}
    machine = {"DefinitionString": definition, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Tags": tags}
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/tagged", "Tags": tags}},
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        },
        "Outputs": {"Alarm": {"Value": {"Fn::GetAtt": ["Alarm", "Arn"]}}, "Machine": {"Value": {"Ref": "Machine"}}},
    }
    assert stacks.deploy("tagged", template) == "CREATE_COMPLETE", stacks.reasons("tagged")
    arns = ["arn:aws:logs:us-east-1:000000000000:log-group:/tagged", *stacks.outputs("tagged").values()]
    client = account.boto3("resourcegroupstaggingapi")

    def found() -> dict[str, dict[str, str]]:
        listed = client.get_resources(ResourceARNList=arns)["ResourceTagMappingList"]
        own = {each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in listed}
        return {arn: {key: value for key, value in tags.items() if not key.startswith("aws:")} for arn, tags in own.items()}

    assert found() == {arn: {"owner": "search", "gone": "soon"} for arn in arns}
    assert not client.tag_resources(ResourceARNList=arns, Tags={"owner": "news"})["FailedResourcesMap"]
    assert not client.untag_resources(ResourceARNList=arns, TagKeys=["gone"])["FailedResourcesMap"]
    assert found() == {arn: {"owner": "news"} for arn in arns}
    failed = client.tag_resources(ResourceARNList=[f"{arn}-none" for arn in arns], Tags={"owner": "news"})["FailedResourcesMap"]
    assert failed.keys() == {f"{arn}-none" for arn in arns}


# --- startup_scripts --------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="startup_scripts")
def test_no_script_of_the_machine_is_run_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text("true")
    # In a process of its own: the patches hold for the whole process, and importing ministack writes files.
    find = f"""
from blazingtext_sandbox.emulator.internals import application, internal
application()
before = internal("app")._collect_scripts({str(tmp_path)!r})
from blazingtext_sandbox.patches import registry
[patch.apply() for patch in registry.PATCHES if registry.name_of(patch) == "startup_scripts"]
print(len(before), len(internal("app")._collect_scripts({str(tmp_path)!r})))
"""
    environment = {**os.environ, "STATE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}

    found = subprocess.run([sys.executable, "-c", find], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)

    assert found.stdout.split() == ["1", "0"]


# --- session_records --------------------------------------------------------------------------------------------------


@pytest.mark.patch(name="session_records")
def test_credentials_are_given_while_another_thread_is_given_some(tmp_path: Path) -> None:
    # In a process of its own, as above. The other thread is played: it comes while the records are looked through.
    give = """
from blazingtext_sandbox.emulator.internals import application, internal
application()
from blazingtext_sandbox.patches import registry
[patch.apply() for patch in registry.PATCHES if registry.name_of(patch) == "session_records"]
sts = internal("services.sts")
class Interrupted(dict):
    def get(self, *names):
        sts._sessions["of another thread"] = {"Expiration": float("inf")}
        return super().get(*names)
sts._sessions.update({"expired": Interrupted(Expiration=0.0), "for ever": {}})
sts.register_session("new", {"Expiration": float("inf")})
print(*sorted(sts._sessions), sep=", ")
"""
    environment = {**os.environ, "STATE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}

    given = subprocess.run([sys.executable, "-c", give], env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert given.stdout == "for ever, new, of another thread\n", given.stderr
