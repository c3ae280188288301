"""With the execution policy, CloudFormation makes endpoints on the instances that it names, and on no others.

What fails without any one action of it: `tests/faults/test_deployments.py`. The templates are the project's; their assets are in the
bootstrap bucket since the journey deployed them.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ROOT, STACKS, Shell, wait_until

POLICY = json.loads((ROOT / "bootstrap" / "execution-policy.json").read_text(encoding="utf-8"))
STORAGE, TRAINING, SERVING = STACKS
TEMPLATES = "execution-templates"
ARTIFACT = "runs/none/output/model.tar.gz"


class Deployments:
    """The project's templates, deployed with a role of the test's own."""

    def __init__(self, account: Sandbox, assembly: Path) -> None:
        self.client, self.iam, self.assembly = account.boto3("cloudformation"), account.boto3("iam"), assembly
        trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.roles = [self.iam.create_role(RoleName=f"execution-{n}", AssumeRolePolicyDocument=document)["Role"]["Arn"] for n in (1, 2)]
        self.may(1, POLICY["Statement"])
        self.s3 = account.boto3("s3")
        self.s3.create_bucket(Bucket=TEMPLATES)

    def may(self, number: int, statements: list[dict[str, Any]]) -> None:
        document = json.dumps({**POLICY, "Statement": statements})
        self.iam.put_role_policy(RoleName=f"execution-{number}", PolicyName="execution", PolicyDocument=document)

    def deploy(self, name: str, template: str, role: int, **parameters: str) -> str:
        """Create a stack from one of the project's templates; empty, or why it failed."""
        # A template in a request may have 51,200 bytes.
        (found,) = self.assembly.glob(f"**/*{template}*.template.json")
        self.s3.put_object(Bucket=TEMPLATES, Key=found.name, Body=found.read_bytes())
        self.client.create_stack(
            StackName=name,
            TemplateURL=f"https://s3.us-east-1.amazonaws.com/{TEMPLATES}/{found.name}",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            RoleARN=self.roles[role - 1],
            OnFailure="DO_NOTHING",
        )
        return "" if self.status(name) == "CREATE_COMPLETE" else self.reasons(name)

    def status(self, name: str) -> str:
        def final() -> str:
            status = str(self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            return "" if status.endswith("IN_PROGRESS") else status

        return wait_until(final, what=f"{name}'s end")

    def delete(self, name: str, role: int = 1) -> str:
        """Delete a stack, if there is one; empty, or why it failed."""
        found = {stack["StackName"]: stack["StackId"] for stack in self.client.describe_stacks()["Stacks"]}
        if name not in found:
            return ""
        self.client.delete_stack(StackName=name, RoleARN=self.roles[role - 1])
        return "" if self.status(found[name]) == "DELETE_COMPLETE" else self.reasons(found[name])

    def reasons(self, name: str) -> str:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def end(self) -> None:
        """Remove the bucket of templates."""
        for each in self.s3.list_objects_v2(Bucket=TEMPLATES).get("Contents", []):
            self.s3.delete_object(Bucket=TEMPLATES, Key=each["Key"])
        self.s3.delete_bucket(Bucket=TEMPLATES)

    def bucket(self) -> str:
        resources = self.client.describe_stack_resources(StackName=STORAGE)["StackResources"]
        return str(next(each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::S3::Bucket"))


@pytest.fixture(scope="module")
def deployments(account: Sandbox, deployed: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    assembly = tmp_path_factory.mktemp("execution")
    deployed.run("cdk", "synth", "--quiet", "--output", str(assembly))
    made = Deployments(account, assembly)
    for name in reversed(STACKS):  # when this file runs alone
        made.delete(name)
    assert made.deploy(STORAGE, "Storage", 1) == ""
    account.boto3("s3").put_object(Bucket=made.bucket(), Key=ARTIFACT, Body=gzip.compress(b"never read"))
    yield made
    made.delete(STORAGE)
    made.end()


def test_an_endpoint_on_instances_that_the_policy_does_not_name_is_refused(deployments: Deployments) -> None:
    narrowed = json.loads(json.dumps(POLICY["Statement"]))
    (types,) = (statement["Condition"] for statement in narrowed if statement["Sid"] == "EndpointsOnTheseInstancesOnly")
    types["ForAllValues:StringLike"]["sagemaker:InstanceTypes"] = ["ml.c*"]
    deployments.may(2, narrowed)

    try:
        assert deployments.deploy(TRAINING, "Training", 1) == ""
        refused = deployments.deploy(SERVING, "Serving", 2, ModelDataUrl=f"s3://{deployments.bucket()}/{ARTIFACT}")
    finally:
        for name in (SERVING, TRAINING):
            deployments.delete(name)

    assert "not authorized to perform: sagemaker:CreateEndpointConfig" in refused
