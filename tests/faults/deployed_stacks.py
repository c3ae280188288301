"""The stacks of a stage, synthesised here and deployed by CloudFormation itself: without the CDK's command line it takes seconds."""

import io
import json
import zipfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.parity.support import wait_until
from tests.template.references import name

ROOT = Path(__file__).parents[2]
ASSETS = "cdk-blzgtxt-assets-000000000000-us-east-1"


def bootstrap(account: Sandbox) -> str:
    """What the stacks need of `cdk bootstrap`: its version, the bucket for assets, and CloudFormation's role, whose ARN it gives."""
    name = "cdk-blzgtxt-cfn-exec-role-000000000000-us-east-1"
    with suppress(account.boto3("iam").exceptions.NoSuchEntityException):
        # Another stage has needed it before.
        return str(account.boto3("iam").get_role(RoleName=name)["Role"]["Arn"])
    account.boto3("s3").create_bucket(Bucket=ASSETS)
    account.boto3("ssm").put_parameter(Name="/cdk-bootstrap/blzgtxt/version", Value="30", Type="String")
    return deployment_role(account, name, *map(policy_of, ("execution", "company")))


def policy_of(name: str) -> dict[str, Any]:
    """One of the project's two policies for CloudFormation."""
    return dict(json.loads((ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")))


def deployment_role(account: Sandbox, name: str, *documents: dict[str, Any]) -> str:
    """A role by which CloudFormation may do what some policies allow; its ARN."""
    iam = account.boto3("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for number, each in enumerate(documents):
        iam.put_role_policy(RoleName=name, PolicyName=f"policy-{number}", PolicyDocument=json.dumps(each))
    return arn


class DeployedStacks:
    """The stacks of a stage in an account.

    Args:
        account: where.
        settings: the stage's settings.
        assembly: the folder for the synthesis.
    """

    def __init__(self, account: Sandbox, settings: Settings, assembly: Path) -> None:
        self.account, self.settings, self.assembly = account, settings, assembly
        self.name = settings.stage
        self._clients: dict[str, Any] = {}
        self._found: dict[tuple[str, str], str] = {}
        context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
        app = cdk.App(outdir=str(assembly), context=context, analytics_reporting=False)
        build(app, settings)
        app.synth()

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        if service not in self._clients:
            self._clients[service] = self.account.boto3(service)
        return self._clients[service]

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by the names of their stacks, in the order in which they are deployed."""
        names = ["Storage", "Training", "Serving", *(["Delivery"] if self.settings.github_repository else [])]
        return {self.stack(name): json.loads((self.assembly / f"{name}.template.json").read_text(encoding="utf-8")) for name in names}

    def stack(self, name: str) -> str:
        return f"blazingtext-{self.name}-{name.lower()}"

    def deploy(self, role: str) -> None:
        """Upload the functions, then make the stacks with CloudFormation's role, as `cdk deploy` does.

        Args:
            role: that role's ARN, from `bootstrap`.
        """
        for folder in self.assembly.glob("asset.*"):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                    archive.write(path, path.relative_to(folder))
            self.client("s3").put_object(Bucket=ASSETS, Key=f"{folder.name.removeprefix('asset.')}.zip", Body=packed.getvalue())
        for stack, template in self.templates.items():
            assert self.create(stack, template, RoleARN=role) == "CREATE_COMPLETE", self.reasons(stack)

    def create(self, name: str, template: dict[str, Any], **options: Any) -> str:
        """Make a stack from a template of any size; its final status."""
        self.client("s3").put_object(Bucket=ASSETS, Key=f"{name}.json", Body=json.dumps(template).encode())
        self.client("cloudformation").create_stack(
            StackName=name,
            TemplateURL=f"https://s3.us-east-1.amazonaws.com/{ASSETS}/{name}.json",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            **options,
        )
        return self.settled(name)

    def delete(self, name: str, **options: Any) -> str:
        """Delete a stack; its final status."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        self.client("cloudformation").delete_stack(StackName=name, **options)
        return self.settled(found["StackId"])

    def destroy(self) -> dict[str, str]:
        """Delete the stacks that are there, the last one first, until one cannot be deleted; their final statuses."""
        found: dict[str, str] = {}
        for stack in reversed(list(self.templates)):
            if self.stands(stack):
                found[stack] = self.delete(stack)
                if found[stack] != "DELETE_COMPLETE":
                    break
        return found

    def stands(self, name: str) -> bool:
        """Whether there is a stack of this name."""
        return name in {each["StackName"] for each in self.client("cloudformation").describe_stacks()["Stacks"]}

    def settled(self, name: str) -> str:
        """A stack's status when nothing is in progress."""

        def final() -> str | None:
            status = str(self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            return None if status.endswith("IN_PROGRESS") else status

        return wait_until(final, lambda: self.reasons(name))

    def reasons(self, name: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def output(self, stack: str, name: str) -> str:
        """An output of a stack; it is asked for once."""
        if (stack, name) not in self._found:
            self._found[stack, name] = self._output(stack, name)
        return self._found[stack, name]

    def _output(self, stack: str, name: str) -> str:
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.stack(stack))["Stacks"]
        return str(next(each["OutputValue"] for each in found["Outputs"] if each["OutputKey"] == name))

    def physical(self, construct: str, type_: str) -> str:
        """The physical id of the resource of a type that a construct made, in whichever stack; it is asked for once."""
        if (construct, type_) not in self._found:
            self._found[construct, type_] = self._physical(construct, type_)
        return self._found[construct, type_]

    def _physical(self, construct: str, type_: str) -> str:
        (found,) = [
            (stack, logical)
            for stack, template in self.templates.items()
            for logical, resource in template["Resources"].items()
            if resource["Type"] == type_ and name(logical) == construct
        ]
        described = self.client("cloudformation").describe_stack_resource(StackName=found[0], LogicalResourceId=found[1])
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    def parameters(self) -> dict[str, str]:
        """The serving stack's parameters."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.stack("serving"))["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}

    def update(self, **changes: str) -> None:
        """Set parameters of the serving stack, as CloudFormation's caller."""
        self.begin(**changes)
        name = self.stack("serving")
        assert self.settled(name) == "UPDATE_COMPLETE", self.reasons(name)

    def begin(self, **changes: str) -> None:
        """Begin to do so, and do not wait."""
        kept = [{"ParameterKey": key, "UsePreviousValue": True} for key in self.parameters() if key not in changes]
        parameters = [*kept, *({"ParameterKey": key, "ParameterValue": value} for key, value in changes.items())]
        self.client("cloudformation").update_stack(StackName=self.stack("serving"), UsePreviousTemplate=True, Parameters=parameters)
