"""CloudFormation for a test, and waiting that does not sleep blindly."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from blazingtext_sandbox.account import Sandbox

T = TypeVar("T")


def wait_until(look: Callable[[], T | None], seconds: float = 60.0) -> T:
    """The first true value of `look`; fails with the last one after so many seconds, which only a test that fails waits for."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} s"
        time.sleep(0.05)


class Stacks:
    """CloudFormation for a test: deploy a template, and delete what is left at the end."""

    def __init__(self, account: Sandbox) -> None:
        self.client = account.boto3("cloudformation")
        self.names: list[str] = []

    def deploy(self, name: str, template: dict[str, Any], **options: Any) -> str:
        """Create the stack and give its final status."""
        self.names.append(name)
        self.client.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"], **options)
        return self.final_status(name)

    def update(self, name: str, **options: Any) -> str:
        """Update the stack and give its final status."""
        self.client.update_stack(StackName=name, Capabilities=["CAPABILITY_NAMED_IAM"], **options)
        return self.final_status(name)

    def delete(self, name: str) -> str:
        """Delete the stack and give its final status."""
        identity = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.client.delete_stack(StackName=name)
        return self.final_status(identity)

    def final_status(self, name: str) -> str:
        def look() -> str | None:
            status: str = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("IN_PROGRESS") else status

        return wait_until(look, 60)

    def outputs(self, name: str) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])}

    def reasons(self, name: str) -> str:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)


def receive(account: Sandbox, queue: str, count: int) -> list[str]:
    """The bodies of the next messages of a queue."""
    sqs, bodies = account.boto3("sqs"), []

    def look() -> list[str] | None:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return bodies if len(bodies) >= count else None

    return wait_until(look)


TRUST_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    """A function's role with exactly these permissions."""
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": TRUST_LAMBDA}
    if statements:
        properties["Policies"] = [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def function(code: str, **properties: Any) -> dict[str, Any]:
    """A Python function whose role has the logical id `Role`."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Timeout": 20,
            "Code": {"ZipFile": code},
            **properties,
        },
    }


def allow(action: str | list[str], resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}
