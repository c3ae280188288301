"""Queues and the topic: who may send to them and read from them, by their own policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..cloud import Cloud
from .comparison import Finding, same, same_policy
from .template import Deployed


def queues(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the queues of some stacks: policy, and where dead letters go."""
    client = cloud.client("sqs")
    for stack in stacks:
        policies = _policies(stack, "AWS::SQS::QueuePolicy", "Queues")
        for queue in stack.resources("AWS::SQS::Queue"):
            name = queue.id.rsplit("/", 1)[-1]
            found = client.get_queue_attributes(QueueUrl=queue.id, AttributeNames=["All"])["Attributes"]
            if not _same_policy(policies.get(queue.id), found.get("Policy")):
                yield _policy("queue policy", name, f"aws sqs set-queue-attributes --queue-url {queue.id} --attributes Policy=...")
            redrive = json.loads(found["RedrivePolicy"]) if "RedrivePolicy" in found else None
            if not same(queue.properties.get("RedrivePolicy"), redrive):
                remedy = f"aws sqs set-queue-attributes --queue-url {queue.id} --attributes RedrivePolicy=..., as the template has it"
                yield Finding("dead letters", name, "What cannot be delivered goes elsewhere than its template says.", remedy)


def topics(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the topics of some stacks: policy. Who has subscribed is for the people who may."""
    client = cloud.client("sns")
    for stack in stacks:
        policies = _policies(stack, "AWS::SNS::TopicPolicy", "Topics")
        for topic in stack.resources("AWS::SNS::Topic"):
            found = client.get_topic_attributes(TopicArn=topic.id)["Attributes"].get("Policy")
            if topic.id in policies and not _same_policy(policies[topic.id], found):
                command = f"aws sns set-topic-attributes --topic-arn {topic.id} --attribute-name Policy --attribute-value ..."
                yield _policy("topic policy", topic.id.rsplit(":", 1)[-1], command)


def _policies(stack: Deployed, type_: str, whose: str) -> Mapping[str, Any]:
    """The documents of a stack's policies, by the physical ids of what they are for."""
    return {id_: each.properties["PolicyDocument"] for each in stack.resources(type_) for id_ in each.properties[whose]}


def _same_policy(declared: Any, found: str | None) -> bool:
    return not found if declared is None else bool(found) and same_policy(declared, found)


def _policy(kind: str, name: str, command: str) -> Finding:
    return Finding(kind, name, "Others may use it than its template says.", f"{command}, as the template has it")
