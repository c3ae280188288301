"""The roles that GitHub's workflows take, and who may take them; test_policies.py says what they may then do."""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from blazingtext_stacks.delivery_stack import DeliveryStack
from blazingtext_stacks.settings import Settings
from tests.template.matrix import Synthesis, lists
from tests.template.references import named

ACCOUNT = "<AWS::AccountId>"
ISSUER = "token.actions.githubusercontent.com"


def trust(delivery: Synthesis, role: str) -> dict[str, Any]:
    (statement,) = named(delivery, "AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    return dict(statement)


def test_without_the_setting_there_is_no_such_stack(defaults: Synthesis) -> None:
    assert not (defaults.folder / "Delivery.template.json").exists()


def test_the_stack_holds_the_two_roles_and_nothing_else(whole_matrix: dict[str, Synthesis]) -> None:
    types = [resource["Type"] for resource in whole_matrix["github"].templates["Delivery"]["Resources"].values()]

    assert sorted(types) == ["AWS::IAM::Policy"] * 2 + ["AWS::IAM::Role"] * 2


def test_only_the_stages_environment_deploys_and_pull_requests_and_main_compare(whole_matrix: dict[str, Synthesis]) -> None:
    subjects = {"Pipeline": ["repo:company/search:environment:dev"]}
    compared = ["repo:company/search:pull_request", "repo:company/search:ref:refs/heads/main"]

    for role, expected in {**subjects, "Comparison": compared}.items():
        assert trust(whole_matrix["github"], role) == {
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:<AWS::Partition>:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": expected}},
        }


def test_an_app_without_a_qualifier_of_its_own_uses_the_roles_of_the_cdks_usual_bootstrap() -> None:
    stack = DeliveryStack(cdk.App(), "Delivery", settings=Settings(github_repository="company/search", region="eu-west-1"))
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    roles = [lists(each["Properties"]["PolicyDocument"]["Statement"][0]["Resource"]) for each in policies]

    names = {part for resources in roles for resource in resources for part in resource["Fn::Join"][1] if isinstance(part, str)}
    assert {part for part in names if "cdk-" in part} == {
        f":role/cdk-hnb659fds-{kind}-role-" for kind in ("deploy", "file-publishing", "lookup")
    }


def test_the_stack_outlasts_the_stage_so_it_has_neither_its_name_nor_its_tag(whole_matrix: dict[str, Synthesis]) -> None:
    manifest = json.loads((whole_matrix["github"].folder / "manifest.json").read_text(encoding="utf-8"))
    properties = manifest["artifacts"]["Delivery"]["properties"]

    assert properties["stackName"] == "blazingtext-delivery-dev"
    assert properties["tags"] == {"blazingtext:project": "blazingtext"}
