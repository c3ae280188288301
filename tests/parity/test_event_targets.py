"""What a rule's targets get, and what they do not (sources: EventBridge, Lambda and CloudFormation user guides, 2026-11)."""

import json
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity.support import Stacks, allow, function, receive, role

RAISES = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["CALLS"], MessageBody="called")
    raise ValueError("the corpus " + event["detail"]["key"])
"""
NAMED = {"source": ["own.source"]}


def allow_events(logical_id: str, service: str, **condition: Any) -> dict[str, Any]:
    """A policy of a queue or topic that allows EventBridge to deliver, perhaps on a condition."""
    kind, action = {"SQS": ("Queue", "sqs:SendMessage"), "SNS": ("Topic", "sns:Publish")}[service]
    arn = {"Fn::GetAtt": [logical_id, "Arn"]} if service == "SQS" else {"Ref": logical_id}
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": action, "Resource": arn, **condition}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": f"AWS::{service}::{kind}Policy", "Properties": {f"{kind}s": [{"Ref": logical_id}], "PolicyDocument": document}}


def rule(pattern: dict[str, Any], *targets: dict[str, Any]) -> dict[str, Any]:
    named = [{"Id": f"target{number}", "Arn": target} for number, target in enumerate(targets)]
    return {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": named}}


def allow_topics(logical_id: str) -> dict[str, Any]:
    """A queue's policy that allows SNS to deliver."""
    arn = {"Fn::GetAtt": [logical_id, "Arn"]}
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": logical_id}], "PolicyDocument": document}}


def subscription(topic: str, queue: str) -> dict[str, Any]:
    properties = {"TopicArn": {"Ref": topic}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": [queue, "Arn"]}}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


def send(account: Sandbox, key: str) -> None:
    entry = {"Source": "own.source", "DetailType": "Own", "Detail": json.dumps({"key": key})}
    assert account.boto3("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.patch(name="async_invocations")
@pytest.mark.parametrize("retries", [0, 1])
def test_an_event_a_function_fails_on_ends_in_its_on_failure_destination(account: Sandbox, stacks: Stacks, retries: int) -> None:
    dead = {"Fn::GetAtt": ["Dead", "Arn"]}
    configuration = {
        "FunctionName": {"Ref": "Function"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": retries,
        "DestinationConfig": {"OnFailure": {"Destination": dead}},
    }
    template = {
        "Resources": {
            "Dead": {"Type": "AWS::SQS::Queue"},
            "Calls": {"Type": "AWS::SQS::Queue"},
            "Role": role(allow("sqs:SendMessage")),
            "Function": function(RAISES, Environment={"Variables": {"CALLS": {"Ref": "Calls"}}}),
            "Asynchronous": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": configuration},
            "Rule": rule(NAMED, {"Fn::GetAtt": ["Function", "Arn"]}),
        },
        "Outputs": {"Dead": {"Value": {"Ref": "Dead"}}, "Calls": {"Value": {"Ref": "Calls"}}},
    }
    stacks.deploy(f"failing-{retries}", template)

    send(account, "wiki")

    outputs = stacks.outputs(f"failing-{retries}")
    (message,) = receive(account, outputs["Dead"], 1)
    failure = json.loads(message)
    assert failure["requestPayload"]["detail"] == {"key": "wiki"}
    assert failure["responsePayload"]["errorType"] == "ValueError"
    assert failure["responsePayload"]["errorMessage"] == "the corpus wiki"
    assert len(receive(account, outputs["Calls"], retries + 1)) == retries + 1


@pytest.mark.patch(name="async_invocations")
def test_an_event_a_function_fails_on_ends_in_its_dead_letter_queue(account: Sandbox, stacks: Stacks) -> None:
    template = {
        "Resources": {
            "Dead": {"Type": "AWS::SQS::Queue"},
            "Role": role(allow("sqs:SendMessage")),
            "Function": function("def handler(event, context):\n    raise ValueError(event['detail']['key'])"),
            "Rule": rule(NAMED, {"Fn::GetAtt": ["Function", "Arn"]}),
        },
        "Outputs": {
            "Dead": {"Value": {"Ref": "Dead"}},
            "DeadArn": {"Value": {"Fn::GetAtt": ["Dead", "Arn"]}},
            "Function": {"Value": {"Ref": "Function"}},
        },
    }
    stacks.deploy("dead-letters", template)
    outputs, functions = stacks.outputs("dead-letters"), account.boto3("lambda")
    functions.update_function_configuration(FunctionName=outputs["Function"], DeadLetterConfig={"TargetArn": outputs["DeadArn"]})
    functions.put_function_event_invoke_config(FunctionName=outputs["Function"], MaximumRetryAttempts=0)

    send(account, "wiki")

    (message,) = receive(account, outputs["Dead"], 1)
    assert '"wiki"' in message


@pytest.mark.patch(name="target_policies")
def test_a_rule_delivers_only_where_the_target_s_policy_allows_it(account: Sandbox, stacks: Stacks) -> None:
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}
    names = ("Closed", "Open", "OpenTopic", "ConditionalTopic", "Heard")
    template = {
        "Resources": {
            "Closed": {"Type": "AWS::SQS::Queue"},
            "Open": {"Type": "AWS::SQS::Queue"},
            "OpenPolicy": allow_events("Open", "SQS", **condition),
            "OpenTopic": {"Type": "AWS::SNS::Topic"},
            "OpenTopicPolicy": allow_events("OpenTopic", "SNS"),
            "ConditionalTopic": {"Type": "AWS::SNS::Topic"},
            # EventBridge gives SNS nothing to compare a condition with.
            "ConditionalTopicPolicy": allow_events("ConditionalTopic", "SNS", **condition),
            "Heard": {"Type": "AWS::SQS::Queue"},
            "HeardPolicy": allow_topics("Heard"),
            "Rule": rule(
                NAMED,
                {"Fn::GetAtt": ["Closed", "Arn"]},
                {"Ref": "ConditionalTopic"},
                {"Fn::GetAtt": ["Open", "Arn"]},
                {"Ref": "OpenTopic"},
            ),
            **{f"{name}Subscription": subscription(name, "Heard") for name in names if name.endswith("Topic")},
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in names},
    }
    stacks.deploy("allowed", template)
    outputs, sqs = stacks.outputs("allowed"), account.boto3("sqs")

    send(account, "wiki")

    assert len(receive(account, outputs["Open"], 1)) == 1
    assert [json.loads(heard)["TopicArn"] for heard in receive(account, outputs["Heard"], 1)] == [outputs["OpenTopic"]]
    for queue in ("Closed", "Heard"):
        assert "Messages" not in sqs.receive_message(QueueUrl=outputs[queue])
    refusal = f"the policy of {outputs['ConditionalTopic']} does not allow events.amazonaws.com to deliver"
    assert refusal in account.folder.log.read_text("utf-8")


@pytest.mark.patch(name="stack_events")
def test_every_status_of_a_stack_is_an_event(account: Sandbox, stacks: Stacks) -> None:
    pattern = {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"stack-id": [{"wildcard": "*:stack/watched/*"}]},
    }
    watcher = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Policy": allow_events("Queue", "SQS"),
            "Rule": rule(pattern, {"Fn::GetAtt": ["Queue", "Arn"]}),
        },
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}},
    }
    stacks.deploy("watcher", watcher)
    good = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    # Nobody answers for this custom resource.
    bad = {
        "Resources": {
            **good["Resources"],
            "Nobody": {"Type": "Custom::Nobody", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:nobody"}},
        }
    }
    stacks.deploy("watched", good)

    status = stacks.update("watched", TemplateBody=json.dumps(bad), ClientRequestToken="mine")

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    events = [json.loads(body) for body in receive(account, stacks.outputs("watcher")["Queue"], 5)]
    told = [event["detail"]["status-details"]["status"] for event in events]
    assert told == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", *told[4:]]
    identity = account.boto3("cloudformation").describe_stacks(StackName="watched")["Stacks"][0]["StackId"]
    assert events[3]["source"] == "aws.cloudformation"
    assert events[3]["resources"] == [identity]
    assert events[3]["detail"]["stack-id"] == identity
    assert events[3]["detail"]["client-request-token"] == "mine"
    assert "Nobody" in events[3]["detail"]["status-details"]["status-reason"]


@pytest.mark.patch(name="encrypted_targets")
def test_a_rule_delivers_to_an_encrypted_queue_or_topic_only_with_its_key(account: Sandbox, stacks: Stacks) -> None:
    used = ["kms:Decrypt", "kms:GenerateDataKey*"]
    use = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": used, "Resource": "*"}
    owner = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "kms:*", "Resource": "*"}
    of_account = {"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}
    policies = {"Silent": [owner], "Open": [owner, use], "Conditional": [owner, use | of_account]}
    # A rule has five targets at most.
    queues = [{"Fn::GetAtt": [name, "Arn"]} for name in policies]
    template: dict[str, Any] = {
        "Resources": {
            "Heard": {"Type": "AWS::SQS::Queue"},
            "HeardPolicy": allow_topics("Heard"),
            "Rule": rule(NAMED, *({"Ref": f"{name}Topic"} for name in ("Open", "Conditional")), *queues),
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in (*policies, "Heard")},
    }
    for name, statements in policies.items():
        policy = {"Version": "2012-10-17", "Statement": statements}
        encrypted = {"Properties": {"KmsMasterKeyId": {"Fn::GetAtt": [f"{name}Key", "Arn"]}}}
        template["Resources"] |= {
            f"{name}Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
            name: {"Type": "AWS::SQS::Queue", **encrypted},
            f"{name}Policy": allow_events(name, "SQS"),
            f"{name}Topic": {"Type": "AWS::SNS::Topic", **encrypted},
            f"{name}TopicPolicy": allow_events(f"{name}Topic", "SNS"),
            f"{name}Subscription": subscription(f"{name}Topic", "Heard"),
        }
    assert stacks.deploy("encrypted-targets", template) == "CREATE_COMPLETE"
    outputs = stacks.outputs("encrypted-targets")

    send(account, "wiki")

    assert len(receive(account, outputs["Open"], 1)) == 1
    (heard,) = receive(account, outputs["Heard"], 1)
    assert ":encrypted-targets-OpenTopic-" in json.loads(heard)["TopicArn"]
    for name in ("Silent", "Conditional"):
        assert "Messages" not in account.boto3("sqs").receive_message(QueueUrl=outputs[name])
