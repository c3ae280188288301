"""Least privilege is real: one permission less, and training fails in AWS's words."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import Shell

pytestmark = pytest.mark.usefixtures("first_run")


def role_of(account: Sandbox, output: str) -> str:
    """The name of the execution role, or of a function's role, by a stack output."""
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-training")["Stacks"]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    if output == "TrainingRoleArn":
        return str(outputs[output].rpartition("/")[2])
    configuration = account.boto3("lambda").get_function_configuration(FunctionName=outputs[output])
    return str(configuration["Role"].rpartition("/")[2])


@contextmanager
def without(account: Sandbox, role: str, *actions: str) -> Iterator[None]:
    """Takes actions out of a role's policies for a while."""
    iam = account.boto3("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    taken = 0
    for name, document in json.loads(json.dumps(before)).items():
        for statement in document["Statement"]:
            held = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            taken += len(set(held) & set(actions))
            # A statement needs an action: one that does nothing here stands in for an empty list.
            statement["Action"] = [action for action in held if action not in actions] or ["sts:GetCallerIdentity"]
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert taken, f"{role} holds none of {actions}: nothing was taken away"
    try:
        yield
    finally:
        for name, document in before.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def failure(train: Callable[..., Any], account: Sandbox, *options: str) -> str:
    """Trains, expecting failure; SageMaker's reason."""
    train(*options, code=2)
    (job, *_) = account.boto3("sagemaker").list_training_jobs(SortBy="CreationTime", SortOrder="Descending")["TrainingJobSummaries"]
    described = account.boto3("sagemaker").describe_training_job(TrainingJobName=job["TrainingJobName"])
    assert described["TrainingJobStatus"] == "Failed"
    return str(described["FailureReason"])


def test_cloudformation_deploys_all_of_this_with_the_project_s_own_policy_and_no_other(account: Sandbox) -> None:
    role = "cdk-blzgtxt-cfn-exec-role-000000000000-us-east-1"

    attached = account.boto3("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]

    assert [policy["PolicyName"] for policy in attached] == ["blazingtext-deployment"]
    assert not account.boto3("iam").list_role_policies(RoleName=role)["PolicyNames"]


def test_without_reading_s3_the_download_fails(train: Callable[..., Any], account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:GetObject"):
        reason = failure(train, account, "--epochs", "1", "--min-count", "21")

    assert reason.startswith("ClientError: Data download failed")
    assert "AccessDenied" in reason


def test_without_writing_s3_the_upload_fails(train: Callable[..., Any], account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:PutObject"):
        reason = failure(train, account, "--epochs", "1", "--min-count", "22")

    assert reason.startswith("ClientError: Artifact upload failed")
    assert "AccessDenied" in reason


def test_without_listing_s3_the_request_is_refused_in_aws_words(deployed: Shell, account: Sandbox) -> None:
    with without(account, role_of(account, "TrainingRoleArn"), "s3:ListBucket"):
        refused = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--min-count", "23", code=2)

    assert "No S3 objects found under S3 URL" in refused.err
    assert "s3:ListBucket" in refused.err


def test_without_passing_the_role_nothing_is_started(deployed: Shell, account: Sandbox) -> None:
    before = len(account.boto3("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"])

    with without(account, role_of(account, "LauncherFunctionName"), "iam:PassRole"):
        refused = deployed.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--min-count", "24", code=2)

    assert "is not authorized to perform: iam:PassRole" in refused.err
    assert len(account.boto3("sagemaker").list_training_jobs(MaxResults=100)["TrainingJobSummaries"]) == before
