"""Calls meet the faults that a sandbox is told to play, as unmodified clients see them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ResponseStreamingError

from blazingtext_sandbox import call_faults
from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.call_faults import Fault, Kind
from blazingtext_sandbox.errors import SandboxError
from tests.parity.support import wait_until

ONCE = Config(retries={"total_max_attempts": 1})
BUCKET = "of-call-faults"
# A call of each protocol, its action, and its service's word for "too often": SageMaker and SQS speak JSON, CloudFormation and SNS
# queries, S3 paths, with the bucket in the name of the host or in the path.
CALLS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "sagemaker:ListTrainingJobs": ("sagemaker", "list_training_jobs", {}, "ThrottlingException"),
    "states:ListStateMachines": ("stepfunctions", "list_state_machines", {}, "ThrottlingException"),
    "logs:DescribeLogGroups": ("logs", "describe_log_groups", {}, "ThrottlingException"),
    "sqs:ListQueues": ("sqs", "list_queues", {}, "RequestThrottled"),
    "cloudformation:ListStacks": ("cloudformation", "list_stacks", {}, "Throttling"),
    "sns:ListTopics": ("sns", "list_topics", {}, "Throttling"),
    "lambda:ListFunctions": ("lambda", "list_functions", {}, "TooManyRequestsException"),
    "s3:ListBucket": ("s3", "list_objects_v2", {"Bucket": BUCKET}, "SlowDown"),
    "s3:GetObject": ("s3", "get_object", {"Bucket": BUCKET, "Key": "text"}, "SlowDown"),
}


@pytest.fixture(scope="module", autouse=True)
def bucket(account: Sandbox) -> Iterator[None]:
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="text", Body=b"the quick brown fox")
    yield
    for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def call(account: Sandbox, action: str, **options: Any) -> Any:
    service, method, request, _ = CALLS[action]
    return getattr(account.boto3(service, config=ONCE, **options), method)(**request)


@pytest.mark.parametrize("action", CALLS)
def test_a_call_meets_each_kind_of_error_in_its_services_words(account: Sandbox, action: str) -> None:
    seen = {}
    for kind in (Kind.THROTTLED, Kind.FAILING, Kind.REFUSED):
        with account.call_faults(Fault(action, kind)) as met, pytest.raises(ClientError) as caught:
            call(account, action)
        seen[kind] = caught.value.response["Error"]
        assert met() == [action]

    assert seen[Kind.THROTTLED]["Code"] == CALLS[action][3]
    assert seen[Kind.FAILING]["Code"].startswith("Internal")
    assert f"not authorized to perform: {action}" in seen[Kind.REFUSED]["Message"]
    assert call(account, action)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.LOST])
@pytest.mark.parametrize("action", [action for action in CALLS if action != "s3:GetObject"])
def test_a_connection_breaks_before_the_answer_or_in_it(account: Sandbox, action: str, kind: Kind) -> None:
    with account.call_faults(Fault(action, kind)) as met, pytest.raises(ConnectionClosedError):
        call(account, action)

    assert met() == [action]


def test_an_object_breaks_off_in_the_hands_of_its_reader(account: Sandbox) -> None:
    with account.call_faults(Fault("s3:GetObject", Kind.LOST)):
        body = call(account, "s3:GetObject")["Body"]

        with pytest.raises(ResponseStreamingError):
            body.read()


def test_an_answer_without_a_body_is_lost_as_well(account: Sandbox) -> None:
    s3 = account.boto3("s3", config=ONCE)

    with account.call_faults(Fault("s3:GetObject", Kind.LOST)), pytest.raises(ConnectionClosedError):
        s3.head_object(Bucket=BUCKET, Key="text")


@pytest.mark.parametrize(("kind", "done"), [(Kind.CUT, False), (Kind.LOST, True), (Kind.THROTTLED, False), (Kind.FAILING, False)])
def test_of_all_faults_only_a_lost_answer_leaves_the_call_done(account: Sandbox, kind: Kind, done: bool) -> None:
    s3, key = account.boto3("s3", config=ONCE), f"put-{kind}"

    with account.call_faults(Fault("s3:PutObject", kind)), pytest.raises((BotoCoreError, ClientError)):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")

    assert (key in [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]) is done


def test_only_the_first_calls_meet_a_fault_that_is_to_pass(account: Sandbox) -> None:
    """botocore then tries again by itself."""
    with account.call_faults(Fault("sagemaker:ListTrainingJobs", Kind.THROTTLED, times=2)) as met:
        answer = account.boto3("sagemaker", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})).list_training_jobs()
        account.boto3("sqs").list_queues()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert met() == ["sagemaker:ListTrainingJobs"] * 2


def test_a_bucket_in_the_path_is_told_from_one_in_the_hosts_name(account: Sandbox) -> None:
    paths = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})

    with account.call_faults(Fault("s3:ListBucket", Kind.THROTTLED)), pytest.raises(ClientError):
        account.boto3("s3", config=paths).list_objects_v2(Bucket=BUCKET)


def test_a_task_of_a_state_machine_meets_faults_as_well(account: Sandbox) -> None:
    iam, machines = account.boto3("iam"), account.boto3("stepfunctions")
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="of-faults", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "Parameters": {}, "End": True}
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": task}})
    machine = machines.create_state_machine(name="of-faults", definition=definition, roleArn=role["Role"]["Arn"])["stateMachineArn"]

    with account.call_faults(Fault("sqs:ListQueues", Kind.FAILING)) as met:
        execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
        ended = ended_execution(machines, execution)

    machines.delete_state_machine(stateMachineArn=machine)
    iam.delete_role(RoleName="of-faults")
    assert (ended["status"], met()) == ("FAILED", ["sqs:ListQueues"])
    assert "Status Code: 500" in ended["cause"]


def ended_execution(machines: Any, execution: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = machines.describe_execution(executionArn=execution)
        return None if found["status"] == "RUNNING" else found

    return wait_until(look)


@pytest.mark.parametrize(("action", "times"), [("CreateTrainingJob", 1), ("sagemaker:", 1), ("sagemaker:CreateTrainingJob", 0)])
def test_a_fault_that_no_call_could_meet_can_be_corrected(action: str, times: int) -> None:
    with pytest.raises(SandboxError) as refused:
        Fault(action, Kind.CUT, times)

    assert refused.value.exit_code == 2


def test_faults_end_with_their_block_also_when_it_fails(account: Sandbox) -> None:
    with pytest.raises(ZeroDivisionError), account.call_faults(Fault("sqs:ListQueues", Kind.FAILING)):
        _ = 1 / 0

    assert call_faults.chosen(account.folder.path).faults == ()
    assert account.boto3("sqs", config=ONCE).list_queues()
