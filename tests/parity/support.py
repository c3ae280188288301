"""CloudFormation for a test, and waiting that does not sleep blindly."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from blazingtext_sandbox.account import Sandbox
from tests.patience import PATIENCE

T = TypeVar("T")


def wait_until(look: Callable[[], T | None], state: Callable[[], object] = str) -> T:
    """The first true value of `look`; after all patience it fails with the last one, and with what `state` says then."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"still {seen!r} after {PATIENCE:g} s. {state()}"
        time.sleep(0.05)


def assert_is_answer(operation: OperationModel, answer: Any) -> None:
    """An answer as JSON has every member that AWS always answers, none that it does not know, and values that it knows.

    Source: the models of the services that botocore carries, in which required members of outputs and values of enumerations are told.
    """
    if operation.output_shape is None:
        assert answer == {}, operation.name
        return
    report = ParamValidator().validate(answer, operation.output_shape)
    assert not report.has_errors(), f"{operation.name}: {report.generate_report()}"
    assert not [*_unknown_values(operation.output_shape, answer, operation.name)]


def _unknown_values(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Where a value stands that the enumeration of its shape does not have."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from _unknown_values(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape | MapShape):
        inner = shape.member if isinstance(shape, ListShape) else shape.value
        for member in value if isinstance(shape, ListShape) else value.values():
            yield from _unknown_values(inner, member, path)
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path} = {value!r}"


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

        return wait_until(look, lambda: f"{name}: {self.reasons(name)}")

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
