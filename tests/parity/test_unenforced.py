"""What the table of unenforced permissions says is not enforced, is not: a gap that was closed has to leave the table."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox import unenforced
from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow, wait_until

README = Path(unenforced.__file__).resolve().with_name("README.md")
# Gaps that no call can show from outside, and why.
UNSEEN = {
    "keys-of-parts": "no operation tells the encryption context",
    "organizations": "there is nothing to attach such a policy to",
    "delivery-roles": "a target that needs its role, such as a stream or another account's bus, is not delivered to here",
    **dict.fromkeys(
        ("function-logs", "function-queues", "volumes", "network-interfaces", "log-streams", "large-artifacts", "listed-models",
         "registered-models", "endpoint-metrics"),
        "a stage's own roles do without it: tests/faults/test_statements.py takes it away from them",
    ),
    **{key: "the key would be given with a request: tests/unit/test_sagemaker_condition_keys.py compares it with AWS's list"
       for key in (gap.id for gap in unenforced.gaps()) if key.startswith("sagemaker:")},
}  # fmt: skip


def stack_handlers(roles: Roles, stacks: Stacks) -> None:
    role = roles.make("only-makes-it", allow("dynamodb:CreateTable"), service="cloudformation.amazonaws.com")
    properties = {
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}}
    assert stacks.deploy("only-made", template, RoleARN=role) == "CREATE_COMPLETE"
    # Its own role may not delete it.
    roles.account.boto3("iam").put_role_policy(
        RoleName="only-makes-it", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("*")]})
    )


def stack_reads(roles: Roles, stacks: Stacks) -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    stacks.deploy("drifting", template)
    client = roles.client("cloudformation", roles.make("looks-for-drift", allow("cloudformation:*")))
    identity = client.detect_stack_drift(StackName="drifting")["StackDriftDetectionId"]
    assert client.describe_stack_drift_detection_status(StackDriftDetectionId=identity)["DetectionStatus"] != "DETECTION_FAILED"


def instance_profiles(roles: Roles, _: Stacks) -> None:
    roles.make("in-a-profile", service="ec2.amazonaws.com")
    client = roles.client("iam", roles.make("fills-profiles", allow(["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"])))
    client.create_instance_profile(InstanceProfileName="filled")
    client.add_role_to_instance_profile(InstanceProfileName="filled", RoleName="in-a-profile")
    root = roles.account.boto3("iam")
    root.remove_role_from_instance_profile(InstanceProfileName="filled", RoleName="in-a-profile")
    root.delete_instance_profile(InstanceProfileName="filled")


def replication(roles: Roles, _: Stacks) -> None:
    s3 = roles.account.boto3("s3")
    for name in ("replicated-from", "replicated-to"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    client = roles.client("s3", roles.make("replicates", allow("s3:*")))
    rule = {
        "Status": "Enabled", "Priority": 1, "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::replicated-to"},
    }  # fmt: skip
    role = roles.make("of-the-replication", service="s3.amazonaws.com")
    client.put_bucket_replication(Bucket="replicated-from", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    for name in ("replicated-from", "replicated-to"):
        s3.delete_bucket(Bucket=name)


def trust_later(roles: Roles, _: Stacks) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 1")
    role, client = roles.make("trusted-once", service="lambda.amazonaws.com"), roles.account.boto3("lambda")
    code = {"ZipFile": packed.getvalue()}
    client.create_function(FunctionName="trusted-once", Runtime="python3.12", Handler="index.handler", Role=role, Code=code)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    roles.iam.update_assume_role_policy(RoleName="trusted-once", PolicyDocument=document)
    assert client.invoke(FunctionName="trusted-once")["Payload"].read() == b"1"
    client.delete_function(FunctionName="trusted-once")


def integrations(roles: Roles, _: Stacks) -> None:
    url = roles.account.boto3("sqs").create_queue(QueueName="integrated")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "m"},
        "End": True,
    }
    client = roles.account.boto3("stepfunctions")
    role = roles.make("may-not-send", service="states.amazonaws.com")
    definition = json.dumps({"StartAt": "T", "States": {"T": task}})
    arn = client.create_state_machine(name="integrating", roleArn=role, definition=definition)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    client.delete_state_machine(stateMachineArn=arn)
    roles.account.boto3("sqs").delete_queue(QueueUrl=url)


def keys_elsewhere(roles: Roles, _: Stacks) -> None:
    key = roles.account.boto3("kms").create_key()["KeyMetadata"]["Arn"]
    url = roles.account.boto3("sqs").create_queue(QueueName="encrypted", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    roles.client("sqs", roles.make("without-the-queues-key", allow("sqs:*"))).send_message(QueueUrl=url, MessageBody="m")
    roles.account.boto3("sqs").delete_queue(QueueUrl=url)


def keys_later(roles: Roles, _: Stacks) -> None:
    key, s3 = roles.account.boto3("kms").create_key()["KeyMetadata"]["Arn"], roles.account.boto3("s3")
    s3.create_bucket(Bucket="looked-at-without-a-key")
    s3.put_object(Bucket="looked-at-without-a-key", Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    client = roles.client("s3", roles.make("without-the-objects-key", allow("s3:*")))
    assert code_of(client.get_object, Bucket="looked-at-without-a-key", Key="a") == "AccessDenied"
    client.head_object(Bucket="looked-at-without-a-key", Key="a")
    s3.delete_object(Bucket="looked-at-without-a-key", Key="a")
    s3.delete_bucket(Bucket="looked-at-without-a-key")


def variables(roles: Roles, _: Stacks) -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:${aws:PrincipalAccount}-queue"
    client = roles.client("sqs", roles.make("by-a-variable", allow("sqs:CreateQueue", arn)))
    assert code_of(client.create_queue, QueueName="000000000000-queue") == "AccessDenied"


def not_principal(roles: Roles, _: Stacks) -> None:
    s3 = roles.account.boto3("s3")
    s3.create_bucket(Bucket="denied-to-others")
    role = roles.make("denied-on-aws", allow("s3:ListBucket"))
    denied = {
        "Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::denied-to-others",
    }  # fmt: skip
    s3.put_bucket_policy(Bucket="denied-to-others", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
    assert code_of(roles.client("s3", role).list_objects_v2, Bucket="denied-to-others") == ""
    s3.delete_bucket(Bucket="denied-to-others")


def missing_objects(roles: Roles, _: Stacks) -> None:
    roles.account.boto3("s3").create_bucket(Bucket="without-the-object")
    client = roles.client("s3", roles.make("may-not-list", allow("s3:GetObject")))
    assert code_of(client.head_object, Bucket="without-the-object", Key="a") == "404"
    roles.account.boto3("s3").delete_bucket(Bucket="without-the-object")


PROBES: dict[str, Callable[[Roles, Stacks], Any]] = {
    "stack-handlers": stack_handlers,
    "stack-reads": stack_reads,
    "instance-profiles": instance_profiles,
    "replication": replication,
    "trust-later": trust_later,
    "integrations": integrations,
    "keys-elsewhere": keys_elsewhere,
    "keys-later": keys_later,
    "variables": variables,
    "not-principal": not_principal,
    "missing-objects": missing_objects,
}


def test_every_gap_is_shown_or_said_to_be_unseen() -> None:
    ids = [gap.id for gap in unenforced.gaps()]

    assert sorted(ids) == sorted([*PROBES, *UNSEEN])


def test_the_readme_has_the_table() -> None:
    assert unenforced.table() in README.read_text(encoding="utf-8"), "python -m blazingtext_sandbox.unenforced prints it"


@pytest.mark.parametrize("gap", sorted(PROBES))
def test_what_is_said_not_to_be_enforced_is_not(account: Sandbox, roles: Roles, stacks: Stacks, gap: str) -> None:
    try:
        PROBES[gap](roles, stacks)
    except (AssertionError, ClientError) as closed:
        pytest.fail(f"{gap} is enforced now, or no longer works: {closed}. If it is, take it out of sandbox/data/unenforced.json.")
