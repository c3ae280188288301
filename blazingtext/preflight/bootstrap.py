"""Whether the account and region were bootstrapped for the CDK, as these stacks need it."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming

from ..aws_errors import translating_aws_errors
from ..stages import bootstrap_command
from .checks import Check, Outcome, Subject

_ADMINISTRATOR = "AdministratorAccess"
_READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_CREATE_POLICY = "Create it from bootstrap/execution-policy.json, and bootstrap again: docs/architecture.md says how."


def bootstrap(subject: Subject) -> Iterator[Check]:
    """The bootstrap's stack, its version, and what it lets CloudFormation do.

    Raises:
        LifecycleError: AWS did not answer.
    """
    stack = subject.cloud.find_stack(naming.TOOLKIT_STACK)
    if stack is None:
        said = f"The stack {naming.TOOLKIT_STACK} does not exist in {subject.cloud.region}. A deployment needs what it holds."
        yield Check("bootstrap", Outcome.PROBLEM, said, bootstrap_command())
        return
    if stack["StackStatus"] not in _READY:
        said = f"The stack {naming.TOOLKIT_STACK} is in {stack['StackStatus']}."
        yield Check("bootstrap", Outcome.PROBLEM, said, f"Remove it as docs/costs.md says, then run: {bootstrap_command()}")
        return
    yield _version(subject)
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])}
    policies = [each for each in given.get("CloudFormationExecutionPolicies", "").split(",") if each]
    yield from _policies(subject, policies)


def _version(subject: Subject) -> Check:
    name = f"/cdk-bootstrap/{naming.BOOTSTRAP_QUALIFIER}/version"
    with translating_aws_errors(f"read {name}"):
        try:
            version = int(subject.cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
        except ClientError as error:
            if aws_errors.code_of(error) != "ParameterNotFound":
                raise
            return Check("bootstrap", Outcome.PROBLEM, f"Its version is not there: {name} does not exist.", bootstrap_command())
    if version < naming.BOOTSTRAP_VERSION:
        said = f"Its version is {version}, and the stacks need {naming.BOOTSTRAP_VERSION} or newer."
        return Check("bootstrap", Outcome.PROBLEM, said, bootstrap_command())
    return Check("bootstrap", Outcome.OK, f"version {version}; the stacks need {naming.BOOTSTRAP_VERSION} or newer")


def _policies(subject: Subject, policies: list[str]) -> Iterator[Check]:
    """What the bootstrap was told to let CloudFormation do; nothing means everything (`cdk bootstrap --help`)."""
    if not policies or any(each.endswith(f"/{_ADMINISTRATOR}") for each in policies):
        said = f"{_ADMINISTRATOR}: CloudFormation may do everything. bootstrap/execution-policy.json would be enough."
        yield Check("bootstrap policy", Outcome.OK, said)
        return
    iam = subject.cloud.client("iam")
    for arn in policies:
        with translating_aws_errors(f"look at the policy {arn}"):
            try:
                iam.get_policy(PolicyArn=arn)
            except ClientError as error:
                if aws_errors.code_of(error) != "NoSuchEntity":
                    raise
                yield Check("bootstrap policy", Outcome.PROBLEM, f"{arn} does not exist any more.", _CREATE_POLICY)
                continue
        yield Check("bootstrap policy", Outcome.OK, arn)
