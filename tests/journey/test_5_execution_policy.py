"""Every statement of the execution policy is needed: without any one of them, some stack of the project fails.

The templates are the project's, with an address for notifications and a budget; their assets are in the bootstrap bucket since the
journey deployed them. CloudFormation is called directly, which takes seconds a statement.
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
# CloudFormation reads parameters of SSM types with the caller's rights (aws/aws-cdk#20959), so nothing here fails without it. AWS does not
# document that for stacks with a role; reading the number of the bootstrap version costs nothing.
NOT_SHOWN = {"BootstrapVersion"}
STORAGE, TRAINING, SERVING = STACKS
ANOTHER = "blazingtext-dev-another"
ARTIFACT = "runs/none/output/model.tar.gz"


class Deployments:
    """The project's templates, deployed with a role of the test's own."""

    def __init__(self, account: Sandbox, assembly: Path) -> None:
        self.client, self.iam, self.assembly = account.boto3("cloudformation"), account.boto3("iam"), assembly
        trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.roles = [self.iam.create_role(RoleName=f"execution-{n}", AssumeRolePolicyDocument=document)["Role"]["Arn"] for n in (1, 2)]
        self.may(1, POLICY["Statement"])

    def may(self, number: int, statements: list[dict[str, Any]]) -> None:
        document = json.dumps({**POLICY, "Statement": statements})
        self.iam.put_role_policy(RoleName=f"execution-{number}", PolicyName="execution", PolicyDocument=document)

    def deploy(self, name: str, template: str, role: int, renamed: str = "", **parameters: str) -> str:
        """Create a stack from one of the project's templates; empty, or why it failed."""
        body = self.template(template)
        self.client.create_stack(
            StackName=name,
            TemplateBody=body.replace(renamed, name) if renamed else body,
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

    def template(self, name: str) -> str:
        (found,) = self.assembly.glob(f"**/*{name}*.template.json")
        # Without white space: a template in a request may have 51,200 bytes.
        return json.dumps(json.loads(found.read_text(encoding="utf-8")), separators=(",", ":"))

    def bucket(self) -> str:
        resources = self.client.describe_stack_resources(StackName=STORAGE)["StackResources"]
        return str(next(each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::S3::Bucket"))


@pytest.fixture(scope="module")
def deployments(account: Sandbox, deployed: Shell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    assembly = tmp_path_factory.mktemp("notified")
    deployed.run(
        "cdk", "synth", "--quiet", "--output", str(assembly), "-c", "notificationEmail=someone@example.org", "-c", "monthlyBudget=50"
    )
    made = Deployments(account, assembly)
    for name in reversed(STACKS):  # when this file runs alone
        made.delete(name)
    assert made.deploy(STORAGE, "Storage", 1) == ""
    account.boto3("s3").put_object(Bucket=made.bucket(), Key=ARTIFACT, Body=gzip.compress(b"never read"))
    yield made
    made.delete(STORAGE)


@pytest.mark.parametrize("sid", [statement["Sid"] for statement in POLICY["Statement"] if statement["Sid"] not in NOT_SHOWN])
def test_without_this_statement_a_stack_fails(deployments: Deployments, sid: str) -> None:
    (taken,) = (statement for statement in POLICY["Statement"] if statement["Sid"] == sid)
    deployments.may(2, [statement for statement in POLICY["Statement"] if statement is not taken])

    try:
        refused = first_refusal(deployments)
    finally:
        for name in (SERVING, TRAINING, ANOTHER):
            deployments.delete(name)

    actions = taken["Action"] if isinstance(taken["Action"], list) else [taken["Action"]]
    assert [action for action in actions if f"not authorized to perform: {action.rstrip('*')}" in refused], refused


def first_refusal(deployments: Deployments) -> str:
    """What the first stack says that cannot be made or deleted; empty when there is none."""
    artifact = f"s3://{deployments.bucket()}/{ARTIFACT}"
    return (
        deployments.deploy(TRAINING, "Training", 2)
        # Beside the storage stack that the others read from, so its exports have other names.
        or deployments.deploy(ANOTHER, "Storage", 2, renamed=STORAGE)
        or deployments.delete(TRAINING, 2)
        or deployments.deploy(TRAINING, "Training", 1)
        or deployments.deploy(SERVING, "Serving", 2, ModelDataUrl=artifact)
    )


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
