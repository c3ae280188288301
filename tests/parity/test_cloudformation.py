"""The CloudFormation our stacks rest on: what the sandbox does is what AWS documents (source: AWS documentation, 2026-11)."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.parity.support import Stacks, allow, function, receive, role, wait_until


@pytest.mark.patch(name="topic_encryption")
def test_a_topic_has_the_key_of_its_template_and_loses_it_with_the_property(account: Sandbox, stacks: Stacks) -> None:
    key = account.boto3("kms").create_key()["KeyMetadata"]["Arn"]

    def template(**properties: str) -> dict[str, Any]:
        return {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "of-a-stack", **properties}}},
            "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}},
        }

    def attributes() -> dict[str, str]:
        found: dict[str, str] = account.boto3("sns").get_topic_attributes(TopicArn=stacks.outputs("topic")["Arn"])["Attributes"]
        return found

    assert stacks.deploy("topic", template(KmsMasterKeyId=key)) == "CREATE_COMPLETE"
    assert attributes()["KmsMasterKeyId"] == key

    assert stacks.update("topic", TemplateBody=json.dumps(template())) == "UPDATE_COMPLETE"
    assert "KmsMasterKeyId" not in attributes()


@pytest.mark.patch(name="bucket_properties")
def test_a_bucket_carries_its_tags_and_those_of_its_stack(account: Sandbox, stacks: Stacks) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": "own", "Value": "1"}]}}

    stacks.deploy(
        "tagged", {"Resources": {"Bucket": bucket}, "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}}}, Tags=[{"Key": "all", "Value": "2"}]
    )

    tags = {t["Key"]: t["Value"] for t in account.boto3("s3").get_bucket_tagging(Bucket=stacks.outputs("tagged")["Name"])["TagSet"]}
    assert tags["own"] == "1"
    assert tags["all"] == "2"
    assert tags["aws:cloudformation:stack-name"] == "tagged"


@pytest.mark.patch(name="bucket_properties")
def test_a_bucket_s_encryption_lifecycle_and_versioning_are_what_the_template_says(account: Sandbox, stacks: Stacks) -> None:
    rules = [
        {"Id": "old", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
        {"Id": "parts", "Status": "Enabled", "Prefix": "corpora/", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ]
    properties = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        "LifecycleConfiguration": {"Rules": rules},
        "LoggingConfiguration": {"DestinationBucketName": "logs-of-others", "LogFilePrefix": "kept/"},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    }
    bucket = {"Type": "AWS::S3::Bucket", "Properties": properties}

    stacks.deploy("kept", {"Resources": {"Bucket": bucket}, "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}}})

    s3, name = account.boto3("s3"), stacks.outputs("kept")["Name"]
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"] == {"TargetBucket": "logs-of-others", "TargetPrefix": "kept/"}
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    (encryption,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    stored = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]}
    assert stored["old"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert stored["parts"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


@pytest.mark.patch(name="kms_managed_key")
def test_an_object_in_a_bucket_encrypted_by_kms_without_a_key_has_the_managed_key(account: Sandbox, stacks: Stacks) -> None:
    default = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketEncryption": default}}
    stacks.deploy("managed", {"Resources": {"Bucket": bucket}, "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}}})
    s3, name = account.boto3("s3"), stacks.outputs("managed")["Name"]

    answer = s3.put_object(Bucket=name, Key="a", Body=b"1", ServerSideEncryption="aws:kms")

    assert answer["ServerSideEncryption"] == "aws:kms"
    assert answer["SSEKMSKeyId"].endswith("aws/s3")
    s3.delete_object(Bucket=name, Key="a")


@pytest.mark.patch(name="bucket_deletion")
def test_a_bucket_that_is_not_empty_stops_the_deletion_of_its_stack(account: Sandbox, stacks: Stacks) -> None:
    stacks.deploy("full", {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}, "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}}})
    s3, name = account.boto3("s3"), stacks.outputs("full")["Name"]
    s3.put_object(Bucket=name, Key="corpora/a", Body=b"word")

    status = stacks.delete("full")

    assert status == "DELETE_FAILED"
    assert "not empty" in stacks.reasons("full")
    s3.delete_object(Bucket=name, Key="corpora/a")
    assert stacks.delete("full") == "DELETE_COMPLETE"


def test_a_function_runs_as_its_role_and_nobody_else(account: Sandbox, stacks: Stacks) -> None:
    code = """
import boto3, os, urllib.request
from botocore.exceptions import ClientError
def handler(event, context):
    identity = boto3.client("sts").get_caller_identity()["Arn"]
    with urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_ministack/health") as answer:
        verified = answer.status
    try:
        refused = str(boto3.client("s3").list_buckets())
    except ClientError as error:
        refused = error.response["Error"]["Code"]
    print("ran as", identity)
    return {"identity": identity, "verified": verified, "refused": refused}
"""
    template = {
        "Resources": {
            "Role": role(allow(["logs:CreateLogStream", "logs:PutLogEvents"])),
            "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/own/group", "RetentionInDays": 7}},
            "Function": function(code, LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
        },
        "Outputs": {"Function": {"Value": {"Ref": "Function"}}, "Role": {"Value": {"Ref": "Role"}}},
    }
    stacks.deploy("identity", template)
    outputs = stacks.outputs("identity")

    answer = json.loads(account.boto3("lambda").invoke(FunctionName=outputs["Function"])["Payload"].read())

    assert f":assumed-role/{outputs['Role']}/" in answer["identity"]
    assert answer["verified"] == 200
    assert answer["refused"] == "AccessDenied"
    logs = account.boto3("logs")
    wait_until(lambda: any("ran as" in e["message"] for e in logs.filter_log_events(logGroupName="/own/group")["events"]))


def test_an_upload_reaches_a_queue_and_a_function_through_the_event_bus(account: Sandbox, stacks: Stacks) -> None:
    code = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["Q"], MessageBody="f:" + event["detail"]["object"]["key"])
"""
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}, "object": {"key": [{"prefix": "corpora/"}]}},
    }
    template = {
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}},
            },
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Role": role(allow("sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]})),
            "Function": function(code, Environment={"Variables": {"Q": {"Ref": "Queue"}}}),
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Function"},
                    "Principal": "events.amazonaws.com",
                    "SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]},
                },
            },
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {
                    "Queues": [{"Ref": "Queue"}],
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "events.amazonaws.com"},
                                "Action": "sqs:SendMessage",
                                "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
                            }
                        ],
                    },
                },
            },
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": pattern,
                    "Targets": [
                        {"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}},
                        {"Id": "f", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}},
                    ],
                },
            },
        },
        "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}, "Queue": {"Value": {"Ref": "Queue"}}},
    }
    stacks.deploy("uploads", template)
    outputs, s3 = stacks.outputs("uploads"), account.boto3("s3")

    s3.put_object(Bucket=outputs["Bucket"], Key="elsewhere/b", Body=b"1")
    s3.put_object(Bucket=outputs["Bucket"], Key="corpora/a", Body=b"1")

    seen = receive(account, outputs["Queue"], 2)
    assert "f:corpora/a" in seen
    event = json.loads(next(body for body in seen if not body.startswith("f:")))
    assert event["source"] == "aws.s3"
    assert event["detail"]["object"]["key"] == "corpora/a"
    for key in ("elsewhere/b", "corpora/a"):
        s3.delete_object(Bucket=outputs["Bucket"], Key=key)


def test_a_message_a_function_reports_as_failed_comes_again_and_ends_in_the_dead_letter_queue(account: Sandbox, stacks: Stacks) -> None:
    code = """
import boto3, os
def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        receives = record["attributes"]["ApproximateReceiveCount"]
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=record["body"] + receives)
        # Last, and only what failed: from here on the message may come again, while this call is not over.
        if record["body"] == "bad":
            sqs.change_message_visibility(QueueUrl=os.environ["SOURCE"], ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0)
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""
    queue_arn, dead_arn = {"Fn::GetAtt": ["Queue", "Arn"]}, {"Fn::GetAtt": ["Dead", "Arn"]}
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "sqs:SendMessage"]
    template = {
        "Resources": {
            "Dead": {"Type": "AWS::SQS::Queue"},
            "Seen": {"Type": "AWS::SQS::Queue"},
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"VisibilityTimeout": 120, "RedrivePolicy": {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3}},
            },
            "Role": role(allow(actions)),
            "Function": function(code, Environment={"Variables": {"SOURCE": {"Ref": "Queue"}, "SEEN": {"Ref": "Seen"}}}),
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": queue_arn,
                    "FunctionName": {"Ref": "Function"},
                    "BatchSize": 1,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                },
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Queue", "Dead", "Seen")},
    }
    assert stacks.deploy("redrive", template) == "CREATE_COMPLETE"
    outputs, sqs = stacks.outputs("redrive"), account.boto3("sqs")

    sqs.send_message(QueueUrl=outputs["Queue"], MessageBody="bad")
    sqs.send_message(QueueUrl=outputs["Queue"], MessageBody="good")

    assert receive(account, outputs["Dead"], 1) == ["bad"]
    assert sorted(receive(account, outputs["Seen"], 4)) == ["bad1", "bad2", "bad3", "good1"]


def test_a_custom_resource_is_told_of_its_creation_change_and_deletion(account: Sandbox, stacks: Stacks) -> None:
    code = """
import json, urllib.request
def handler(event, context):
    if event["ResourceProperties"].get("Word") == "no":
        answer = {"Status": "FAILED", "Reason": "the word is no"}
    else:
        answer = {"Status": "SUCCESS", "Data": {"Said": event["RequestType"] + " " + event["ResourceProperties"]["Word"]}}
    answer |= {k: event[k] for k in ("StackId", "RequestId", "LogicalResourceId")} | {"PhysicalResourceId": "one"}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT"))
"""
    template = {
        "Parameters": {"Word": {"Type": "String", "Default": "hello"}, "Endings": {"Type": "String", "Default": "none"}},
        "Conditions": {"Ended": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Endings"}, "none"]}]}},
        "Mappings": {"Greeting": {"us-east-1": {"Text": "east"}, "eu-west-1": {"Text": "west"}}},
        "Resources": {
            "Role": role(),
            "Function": function(code),
            "Custom": {
                "Type": "Custom::Word",
                "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Word": {"Ref": "Word"}},
            },
            "Ending": {"Type": "AWS::SSM::Parameter", "Condition": "Ended", "Properties": {"Type": "String", "Value": {"Ref": "Endings"}}},
        },
        "Outputs": {
            "Said": {"Value": {"Fn::GetAtt": ["Custom", "Said"]}},
            "Where": {"Value": {"Fn::FindInMap": ["Greeting", {"Ref": "AWS::Region"}, "Text"]}},
            "Ending": {"Condition": "Ended", "Value": {"Fn::GetAtt": ["Ending", "Value"]}},
        },
    }
    assert stacks.deploy("custom", template) == "CREATE_COMPLETE", stacks.reasons("custom")
    assert stacks.outputs("custom") == {"Said": "Create hello", "Where": "east"}

    changed = [{"ParameterKey": "Word", "ParameterValue": "again"}, {"ParameterKey": "Endings", "ParameterValue": "end"}]
    assert stacks.update("custom", UsePreviousTemplate=True, Parameters=changed) == "UPDATE_COMPLETE"
    assert stacks.outputs("custom") == {"Said": "Update again", "Where": "east", "Ending": "end"}

    refused = [{"ParameterKey": "Word", "ParameterValue": "no"}, {"ParameterKey": "Endings", "ParameterValue": "none"}]
    assert stacks.update("custom", UsePreviousTemplate=True, Parameters=refused) == "UPDATE_ROLLBACK_COMPLETE"
    assert "the word is no" in stacks.reasons("custom")
    now = stacks.client.describe_stacks(StackName="custom")["Stacks"][0]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in now["Parameters"]} == {"Word": "again", "Endings": "end"}
    assert stacks.outputs("custom")["Ending"] == "end"


def test_an_output_of_another_stack_is_read_at_deployment_and_binds_nothing(stacks: Stacks) -> None:
    first = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}}}
    read = {"Fn::GetStackOutput": {"StackName": "producer", "OutputName": "Name"}}
    second = {
        "Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": read}}},
        "Outputs": {"Seen": {"Value": {"Fn::GetAtt": ["Parameter", "Value"]}}},
    }
    stacks.deploy("producer", first)

    stacks.deploy("consumer", second)

    assert stacks.outputs("consumer")["Seen"] == stacks.outputs("producer")["Name"]
    assert stacks.delete("producer") == "DELETE_COMPLETE"


def test_a_message_to_a_topic_reaches_its_queue_and_an_alarm_reaches_the_topic(account: Sandbox, stacks: Stacks) -> None:
    send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
    }
    publish = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": {"Ref": "Topic"},
    }
    alarm = {
        "Namespace": "Own",
        "MetricName": "Faults",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": "Topic"}],
    }
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Subscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "sqs",
                    "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "RawMessageDelivery": True,
                },
            },
            "Policy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [send]}},
            },
            "TopicPolicy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [publish]}},
            },
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
        },
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}, "Topic": {"Value": {"Ref": "Topic"}}, "Alarm": {"Value": {"Ref": "Alarm"}}},
    }
    assert stacks.deploy("topic", template) == "CREATE_COMPLETE"
    outputs, cloudwatch = stacks.outputs("topic"), account.boto3("cloudwatch")

    account.boto3("sns").publish(TopicArn=outputs["Topic"], Message="hello")
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Faults", "Value": 3}])

    hello, alarmed = receive(account, outputs["Queue"], 2)
    assert hello == "hello"
    assert json.loads(alarmed)["NewStateValue"] == "ALARM"
    assert cloudwatch.describe_alarms(AlarmNames=[outputs["Alarm"]])["MetricAlarms"][0]["StateValue"] == "ALARM"


# Answers a custom resource's request as soon as the bucket holds an object; the other one only that to delete it so late.
WAITING = """
import boto3, json, time, urllib.request
def handler(event, context):
    bucket = event["ResourceProperties"]["Until"]
    while event["RequestType"] != "Delete" and not boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents"):
        time.sleep(0.1)
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "waits"}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT"))
"""
WAITING_TO_DELETE = WAITING.replace('!= "Delete"', '== "Delete"')


NUMBERS = itertools.count()


@pytest.fixture
def busy(account: Sandbox, stacks: Stacks) -> Iterator[dict[str, Any]]:
    """A stack that is being updated, and a change set of it that was made before; then the update ends well."""
    s3, bucket = account.boto3("s3"), f"until-updated-{next(NUMBERS)}"
    s3.create_bucket(Bucket=bucket)
    resources = {"Role": role(allow("s3:ListBucket")), "Function": function(WAITING)}
    waits = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Until": bucket}
    updated = {"Resources": {**resources, "Waits": {"Type": "AWS::CloudFormation::CustomResource", "Properties": waits}}}
    capabilities = ["CAPABILITY_NAMED_IAM"]
    assert stacks.deploy("busy", {"Resources": resources}) == "CREATE_COMPLETE"
    stacks.client.update_stack(StackName="busy", TemplateBody=json.dumps(updated), Capabilities=capabilities)
    (stack,) = stacks.client.describe_stacks(StackName="busy")["Stacks"]
    yield stack
    s3.put_object(Bucket=bucket, Key="go", Body=b"")
    assert stacks.final_status("busy") == "UPDATE_COMPLETE"
    assert stacks.delete("busy") == "DELETE_COMPLETE"


def refused(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Code and message of a refusal."""
    with pytest.raises(ClientError) as refusal:
        operation(**request)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.patch(name="busy_stacks")
@pytest.mark.parametrize("by", ["StackName", "StackId"])
def test_a_stack_that_is_being_updated_is_not_deleted_before_the_update_is_over(stacks: Stacks, busy: dict[str, Any], by: str) -> None:
    message = f"Stack [{busy['StackId']}] cannot be deleted while in status UPDATE_IN_PROGRESS"
    assert refused(stacks.client.delete_stack, StackName=busy[by]) == ("ValidationError", message)


@pytest.mark.patch(name="busy_stacks")
@pytest.mark.parametrize("operation", ["update_stack", "create_change_set"])
@pytest.mark.parametrize("by", ["StackName", "StackId"])
def test_a_stack_that_is_being_updated_is_not_updated_beside(stacks: Stacks, busy: dict[str, Any], by: str, operation: str) -> None:
    request = {"StackName": busy[by], "TemplateBody": json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})}
    named = {"ChangeSetName": "beside"} if operation == "create_change_set" else {}

    message = f"Stack:{busy['StackId']} is in UPDATE_IN_PROGRESS state and can not be updated."
    assert refused(getattr(stacks.client, operation), **request, **named) == ("ValidationError", message)


@pytest.mark.patch(name="busy_stacks")
def test_a_change_set_is_not_executed_while_another_operation_is_going_on(account: Sandbox, stacks: Stacks) -> None:
    s3, queue = account.boto3("s3"), {"Queue": {"Type": "AWS::SQS::Queue"}}
    bucket = f"until-deleted-{next(NUMBERS)}"
    s3.create_bucket(Bucket=bucket)
    resources = {"Role": role(allow("s3:ListBucket")), "Function": function(WAITING_TO_DELETE)}
    waits = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Until": bucket}
    resources |= {"Waits": {"Type": "AWS::CloudFormation::CustomResource", "Properties": waits}}
    assert stacks.deploy("leaving", {"Resources": resources}) == "CREATE_COMPLETE"
    (stack,) = stacks.client.describe_stacks(StackName="leaving")["Stacks"]
    change_set = {"StackName": "leaving", "ChangeSetName": "late", "TemplateBody": json.dumps({"Resources": {**resources, **queue}})}
    stacks.client.create_change_set(**change_set, Capabilities=["CAPABILITY_NAMED_IAM"])
    stacks.client.delete_stack(StackName="leaving")

    code, message = refused(stacks.client.execute_change_set, ChangeSetName="late", StackName="leaving")

    s3.put_object(Bucket=bucket, Key="go", Body=b"")
    assert (code, "DELETE_IN_PROGRESS" in message) == ("InvalidChangeSetStatus", True)
    assert stacks.final_status(stack["StackId"]) == "DELETE_COMPLETE"


@pytest.mark.patch(name="busy_stacks")
def test_a_broken_stack_takes_no_change_set(stacks: Stacks) -> None:
    missing = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {}, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/None"]},
    }
    assert stacks.deploy("broken", {"Resources": {"Role": missing}}) == "ROLLBACK_COMPLETE"
    (stack,) = stacks.client.describe_stacks(StackName="broken")["Stacks"]
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})

    message = f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."
    made = refused(stacks.client.create_change_set, StackName="broken", ChangeSetName="after", TemplateBody=template)
    assert made == ("ValidationError", message)
    assert stacks.delete("broken") == "DELETE_COMPLETE"


# Refuses to be deleted as long as the bucket holds an object.
REFUSING = """
import boto3, json, urllib.request
def handler(event, context):
    held = event["RequestType"] == "Delete" and boto3.client("s3").list_objects_v2(Bucket=event["ResourceProperties"]["Bucket"])["KeyCount"]
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "FAILED", "Reason": "an object is left"} if held else {"Status": "SUCCESS"}
    answer["PhysicalResourceId"] = "refuses"
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT"))
"""


@pytest.mark.patch(name="kept_dependencies")
def test_what_a_resource_needs_that_cannot_be_deleted_is_kept_and_the_next_deletion_finishes(account: Sandbox, stacks: Stacks) -> None:
    s3 = account.boto3("s3")
    s3.create_bucket(Bucket="held")
    s3.put_object(Bucket="held", Key="object", Body=b"")
    refuses = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Bucket": "held"}
    resources = {
        "Role": role(allow("s3:ListBucket")),
        "Function": function(REFUSING),
        "Refuses": {"Type": "AWS::CloudFormation::CustomResource", "Properties": refuses},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    assert stacks.deploy("held", {"Resources": resources}) == "CREATE_COMPLETE"

    assert stacks.delete("held") == "DELETE_FAILED"

    assert "The following resource(s) failed to delete: [Refuses]." in stacks.reasons("held")
    listed = stacks.client.describe_stack_resources(StackName="held")["StackResources"]
    assert {each["LogicalResourceId"] for each in listed if each["ResourceStatus"] != "DELETE_COMPLETE"} == {"Role", "Function", "Refuses"}

    s3.delete_object(Bucket="held", Key="object")
    assert stacks.delete("held") == "DELETE_COMPLETE"
