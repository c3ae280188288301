"""The role for people with the SageMaker SDK: what it may do, and above all what it may not."""

import re
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
import pytest
from aws_cdk.assertions import Template

from blazingtext_lifecycle.limits import Limits
from blazingtext_stacks.notebook_role import NotebookRole
from tests.template.matrix import Synthesis, lists

ROLES = ("arn:aws:iam::111122223333:role/training", "arn:aws:iam::111122223333:role/hosting")
PSEUDO_PARAMETERS = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "111122223333"}
SAGEMAKER = "arn:aws:sagemaker:eu-west-1:111122223333"


@pytest.fixture(scope="module")
def template() -> Any:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "of-dev")
    roles = [iam.Role.from_role_arn(stack, f"Role{number}", arn) for number, arn in enumerate(ROLES)]
    NotebookRole(stack, "Notebook", stage="dev", bucket=bucket, roles=roles, limits=Limits(("ml.c5.*",), maximum_training_seconds=600))
    return Template.from_stack(stack).to_json()


@pytest.fixture(scope="module")
def statements(template: Any) -> list[dict[str, Any]]:
    (policy,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Policy")
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def text(resource: Any) -> str:
    """A resource as IAM sees it."""
    if isinstance(resource, str):
        return resource
    if "Ref" in resource:
        return PSEUDO_PARAMETERS[resource["Ref"]]
    return "".join(text(part) for part in resource["Fn::Join"][1])


def may(statements: list[dict[str, Any]], action: str, resource: str) -> bool:
    """Whether some statement names the action and a pattern that the resource matches."""
    patterns = [text(each) for statement in statements if action in lists(statement["Action"]) for each in lists(statement["Resource"])]
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), resource) for pattern in patterns)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "arn:aws:s3:::of-dev/corpora/wiki/train/a.txt"),
        ("s3:GetObject", "arn:aws:s3:::of-dev/runs/blazingtext-dev-x/output/model.tar.gz"),
        ("sagemaker:CreateTrainingJob", f"{SAGEMAKER}:training-job/blazingtext-dev-wiki-20260101"),
        ("s3:PutObject", "arn:aws:s3:::of-dev/transforms/words/input/a.jsonl"),
        ("sagemaker:CreateTransformJob", f"{SAGEMAKER}:transform-job/blazingtext-dev-mine"),
        ("sagemaker:CreateHyperParameterTuningJob", f"{SAGEMAKER}:hyper-parameter-tuning-job/blazingtext-dev-0a1b2c3"),
        ("sagemaker:ListTrainingJobsForHyperParameterTuningJob", f"{SAGEMAKER}:hyper-parameter-tuning-job/blazingtext-dev-0a1b2c3"),
        ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/blazingtext-dev-mine"),
        ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint-config/blazingtext-dev-mine"),
        ("sagemaker:DeleteModel", f"{SAGEMAKER}:model/blazingtext-dev-mine"),
        ("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/blazingtext-dev"),
        ("iam:PassRole", ROLES[1]),
    ],
)
def test_a_person_may_train_deploy_ask_and_clean_up(statements: list[dict[str, Any]], action: str, resource: str) -> None:
    assert may(statements, action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", "arn:aws:s3:::of-dev/runs/blazingtext-dev-x/output/model.tar.gz"),
        ("s3:GetObject", "arn:aws:s3:::of-prod/corpora/wiki/train/a.txt"),
        ("s3:ListBucket", "arn:aws:s3:::of-prod"),
        ("sagemaker:CreateTrainingJob", f"{SAGEMAKER}:training-job/blazingtext-dev2-wiki"),
        ("sagemaker:CreateTrainingJob", f"{SAGEMAKER}:training-job/wiki"),
        ("sagemaker:CreateTransformJob", f"{SAGEMAKER}:transform-job/blazingtext-prod-mine"),
        ("sagemaker:CreateHyperParameterTuningJob", f"{SAGEMAKER}:hyper-parameter-tuning-job/blazingtext-prod-0a1b2c3"),
        ("sagemaker:DeleteEndpoint", f"{SAGEMAKER}:endpoint/blazingtext-dev"),
        ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/blazingtext-prod-mine"),
        ("sagemaker:InvokeEndpoint", f"{SAGEMAKER}:endpoint/blazingtext-prod"),
        ("sagemaker:DeleteModel", f"{SAGEMAKER}:model/Model-0123456789ab"),
        ("cloudformation:UpdateStack", "arn:aws:cloudformation:eu-west-1:111122223333:stack/blazingtext-dev-serving/1"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/admin"),
        ("iam:CreateRole", "arn:aws:iam::111122223333:role/blazingtext-dev"),
    ],
)
def test_a_person_may_not_touch_what_is_live_or_anothers(statements: list[dict[str, Any]], action: str, resource: str) -> None:
    assert not may(statements, action, resource)


def test_a_stage_has_the_role_when_its_settings_say_so(defaults: Synthesis, whole_matrix: dict[str, Synthesis]) -> None:
    with_role = whole_matrix["notebook-role"].templates["Training"]
    (output,) = (each["Value"] for name, each in with_role["Outputs"].items() if name == "NotebookRoleArn")
    role = with_role["Resources"][output["Fn::GetAtt"][0]]
    (policy,) = (
        each["Properties"]
        for each in with_role["Resources"].values()
        if {"Ref": output["Fn::GetAtt"][0]} in each["Properties"].get("Roles", [])
    )
    (passing,) = (each for each in policy["PolicyDocument"]["Statement"] if "iam:PassRole" in lists(each["Action"]))

    assert role["Type"] == "AWS::IAM::Role"
    published = [with_role["Outputs"][name]["Value"] for name in ("TrainingRoleArn", "HostingRoleArn", "TransformRoleArn")]
    assert passing["Resource"] == published
    assert "NotebookRoleArn" not in defaults.templates["Training"]["Outputs"]


def test_only_corpora_runs_and_what_is_transformed_are_listed(statements: list[dict[str, Any]]) -> None:
    (listing,) = (each for each in statements if "s3:ListBucket" in lists(each["Action"]))

    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["corpora/*", "transforms/*", "runs/*"]}}


def test_roles_are_handed_to_sagemaker_only(statements: list[dict[str, Any]]) -> None:
    (passing,) = (each for each in statements if "iam:PassRole" in lists(each["Action"]))

    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_only_listing_jobs_has_no_resource_and_no_action_is_a_pattern(statements: list[dict[str, Any]]) -> None:
    unlimited = [action for each in statements if "*" in lists(each["Resource"]) for action in lists(each["Action"])]

    assert unlimited == ["sagemaker:ListTrainingJobs"]
    assert not [action for each in statements for action in lists(each["Action"]) if "*" in action]


def test_sagemaker_and_this_account_may_assume_it(template: Any) -> None:
    (role,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role")
    service, account = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert service["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert service["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert text(account["Principal"]["AWS"]).endswith("iam::111122223333:root")
