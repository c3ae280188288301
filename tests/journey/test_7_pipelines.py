"""The project's own pipeline, offline: every command of the workflows that touch AWS, as the roles that GitHub gets.

The job `prod` of deploy.yml is not run a second time: it is the job `dev` in another environment, which is shown.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ROOT, STACKS, Ran, Shell
from tests.journey.workflows import FOLDER, NOT_RUN, REPOSITORY, Job, load, take
from tests.parity.iam_support import code_of

REGION = "us-east-1"
# Everything below runs these; test_every_job_that_touches_aws_is_rehearsed says that there are no others.
REHEARSED = {("deploy", "dev"), ("deploy", "show"), ("diff", "diff"), ("drift", "drift"), ("destroy", "destroy")}
LIKE_DEV = ("deploy", "prod")
LABELLED = "contains(github.event.pull_request.labels.*.name, 'destructive')"


@dataclass(frozen=True)
class GitHub:
    """An account with a bootstrap and the stack Delivery, and what a repository's variables say of them."""

    account: Sandbox
    shell: Shell
    roles: dict[str, str]

    def play(self, workflow: str, job: str, **values: str | bool) -> list[Ran]:
        comparison, pipeline = self.roles["ComparisonRoleArn"], self.roles["PipelineRoleArn"]
        known: dict[str, str | bool] = {
            "vars.AWS_REGION": REGION,
            "vars.AWS_PIPELINE_ROLE": pipeline,
            "vars.AWS_COMPARISON_ROLE_PROD": comparison,
            "matrix.stage == 'prod' && vars.AWS_COMPARISON_ROLE_PROD || vars.AWS_COMPARISON_ROLE_DEV": comparison,
            "matrix.stage": "dev",
            "inputs.stage": "dev",
            "steps.pipeline.outputs.aws-account-id": "000000000000",
            "steps.comparison.outputs.aws-account-id": "000000000000",
            LABELLED: False,
            f"!{LABELLED}": True,
        }
        return Job(self.account, self.shell, workflow, job, {**known, **values}).run()

    def stacks(self) -> set[str]:
        return {stack["StackName"] for stack in self.account.boto3("cloudformation").describe_stacks()["Stacks"]}


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with Sandbox(home=tmp_path_factory.mktemp("github")) as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        shell = Shell(environment, tmp_path_factory.mktemp("cdk") / "cdk.out")
        document = (ROOT / "bootstrap" / "execution-policy.json").read_text(encoding="utf-8")
        policy = account.boto3("iam").create_policy(PolicyName="blazingtext-deployment", PolicyDocument=document)["Policy"]["Arn"]
        provider = {"Url": "https://token.actions.githubusercontent.com", "ClientIDList": ["sts.amazonaws.com"]}
        account.boto3("iam").create_open_id_connect_provider(**provider)
        shell.cdk("bootstrap", f"aws://000000000000/{REGION}", "--cloudformation-execution-policies", policy)
        shell.cdk("deploy", "Delivery", "-c", f"githubRepository={REPOSITORY}", "--require-approval", "never")
        (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-delivery-dev")["Stacks"]
        yield GitHub(account, shell, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})


@pytest.fixture(scope="module")
def deployed(github: GitHub) -> GitHub:
    (ran,) = github.play("deploy", "dev")
    assert ran.code == 0, ran.out + ran.err
    return github


@pytest.fixture
def changed(deployed: GitHub) -> Iterator[Callable[[str, str], None]]:
    """Deploys a stack with a setting that the code does not have, and takes that back."""
    touched = []

    def change(stack: str, setting: str) -> None:
        touched.append(stack)
        deployed.shell.cdk("deploy", stack, "--exclusively", "-c", setting, "--require-approval", "never")

    yield change
    for stack in touched:
        deployed.shell.cdk("deploy", stack, "--exclusively", "--require-approval", "never")


def test_deploying_makes_the_stages_three_stacks(deployed: GitHub) -> None:
    assert set(STACKS) <= deployed.stacks()


def test_what_prod_would_get_is_shown_before_somebody_approves_it(deployed: GitHub) -> None:
    (ran,) = deployed.play("deploy", "show")

    assert ran.code == 0, ran.err
    assert "Stack Serving (blazingtext-prod-serving)" in ran.out + ran.err
    assert not [name for name in deployed.stacks() if name.startswith("blazingtext-prod")]


def test_prod_is_deployed_as_dev_is_after_an_approval_of_what_was_shown() -> None:
    jobs = load("deploy")["jobs"]
    dev, prod = jobs["dev"], jobs["prod"]

    assert prod["needs"] == "show"
    assert jobs["show"]["needs"] == "dev"
    assert (prod["environment"], prod["env"]["STAGE"]) == ("prod", "prod")
    assert prod["steps"] == dev["steps"]
    assert prod["permissions"] == dev["permissions"]


def test_a_pull_request_that_changes_nothing_passes(deployed: GitHub) -> None:
    (ran,) = deployed.play("diff", "diff")

    assert ran.code == 0, ran.out + ran.err
    assert "There were no differences" in ran.out


def test_a_pull_request_that_removes_a_role_fails_until_it_has_the_label(deployed: GitHub, changed: Callable[[str, str], None]) -> None:
    changed("Training", "notebookRole=true")

    (refused,) = deployed.play("diff", "diff")
    (labelled,) = deployed.play("diff", "diff", **{LABELLED: True, f"!{LABELLED}": False})

    assert refused.code == 1
    assert "This would be lost: Training (blazingtext-dev-training): AWS::IAM::Role" in refused.err
    assert labelled.code == 0, labelled.err


def test_another_instance_for_the_endpoint_is_no_loss(deployed: GitHub, changed: Callable[[str, str], None]) -> None:
    changed("Serving", "endpointInstanceType=ml.m5.xlarge")

    (ran,) = deployed.play("diff", "diff")

    assert "AWS::SageMaker::EndpointConfig Hosting/EndpointConfig" in ran.out
    assert "will be replaced" in ran.out
    assert ran.code == 0, ran.err


def test_the_weekly_run_fails_when_somebody_changed_something_by_hand(deployed: GitHub) -> None:
    logs = deployed.account.boto3("logs")
    (group,) = (each["logGroupName"] for each in logs.describe_log_groups()["logGroups"] if "LaunchTraining" in each["logGroupName"])

    before, beside = deployed.play("drift", "drift")
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    try:
        (drifted,) = deployed.play("drift", "drift")
    finally:
        logs.put_retention_policy(logGroupName=group, retentionInDays=30)

    assert (before.code, beside.code) == (0, 0), before.out + before.err + beside.out + beside.err
    assert drifted.code == 1
    assert "RetentionInDays" in drifted.out + drifted.err


def test_the_weekly_run_fails_on_what_no_template_declares(deployed: GitHub) -> None:
    iam = deployed.account.boto3("iam")
    role = next(each["RoleName"] for each in iam.list_roles()["Roles"] if "LaunchTrainingRole" in each["RoleName"])
    foreign = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}

    iam.put_role_policy(RoleName=role, PolicyName="debug", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [foreign]}))
    try:
        declared, undeclared = deployed.play("drift", "drift")
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="debug")

    assert (declared.code, undeclared.code) == (0, 1)
    assert f"aws iam delete-role-policy --role-name {role} --policy-name debug" in undeclared.out


@pytest.mark.parametrize(
    ("role", "subject", "repository"),
    [
        ("PipelineRoleArn", "pull_request", REPOSITORY),
        ("PipelineRoleArn", "ref:refs/heads/main", REPOSITORY),
        ("PipelineRoleArn", "environment:prod", REPOSITORY),
        ("PipelineRoleArn", "environment:dev", "company@654321/search@456789"),
        ("PipelineRoleArn", "environment:dev", "company/search"),
        ("ComparisonRoleArn", "environment:dev", REPOSITORY),
        ("ComparisonRoleArn", "ref:refs/heads/other", REPOSITORY),
        ("ComparisonRoleArn", "pull_request", "company@123456/search@456780"),
    ],
)
def test_nobody_else_gets_a_role(github: GitHub, role: str, subject: str, repository: str) -> None:
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        take(github.account, github.roles[role], subject, repository)


@pytest.mark.parametrize(
    ("role", "subject", "kinds"),
    [
        ("PipelineRoleArn", "environment:dev", {"deploy", "file-publishing", "lookup"}),
        ("ComparisonRoleArn", "pull_request", {"lookup"}),
    ],
)
def test_a_role_may_take_these_of_the_bootstrap_and_do_nothing_itself(github: GitHub, role: str, subject: str, kinds: set[str]) -> None:
    keys = {variable.lower(): value for variable, value in take(github.account, github.roles[role], subject).items()}
    sts = github.account.boto3("sts", **keys)

    def may(kind: str) -> bool:
        arn = f"arn:aws:iam::000000000000:role/cdk-blzgtxt-{kind}-role-000000000000-{REGION}"
        return code_of(sts.assume_role, RoleArn=arn, RoleSessionName="test") != "AccessDenied"

    assert {kind for kind in ("deploy", "file-publishing", "image-publishing", "lookup", "cfn-exec") if may(kind)} == kinds
    for service, call in (("s3", "list_buckets"), ("cloudformation", "describe_stacks"), ("iam", "list_roles")):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(github.account.boto3(service, **keys), call)()


def test_every_job_that_touches_aws_is_rehearsed() -> None:
    workflows = {path.stem: load(path.stem) for path in FOLDER.iterdir()}
    jobs = {(name, job): workflow["jobs"][job] for name, workflow in workflows.items() for job in workflow["jobs"]}
    touching = {key for key, job in jobs.items() if "id-token" in job["permissions"]}
    unplayed = {step["name"] for key in touching for step in jobs[key]["steps"] if "uses" in step and "aws-actions" not in step["uses"]}

    assert touching == {*REHEARSED, LIKE_DEV}
    assert unplayed | {"Install"} == set(NOT_RUN)


def test_destroying_needs_the_words_and_leaves_nothing_of_the_stage(deployed: GitHub) -> None:
    (misspelt,) = deployed.play("destroy", "destroy", **{"inputs.confirmation": "destroy prod"})
    assert misspelt.code == 2
    assert "Nothing was destroyed. The confirmation must be: destroy dev" in misspelt.out
    assert set(STACKS) <= deployed.stacks()

    ran = deployed.play("destroy", "destroy", **{"inputs.confirmation": "destroy dev"})

    assert [each.code for each in ran] == [0, 0, 0], ran[-1].out + ran[-1].err
    assert deployed.stacks() == {"CDKToolkit-blazingtext", "blazingtext-delivery-dev"}
