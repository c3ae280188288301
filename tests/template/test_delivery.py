"""The roles that GitHub's workflows take: who may, and what they may then do."""

import json
from typing import Any

from tests.template.matrix import Synthesis, lists
from tests.template.references import named, written

ACCOUNT = "<AWS::AccountId>"
ROLES = f"arn:<AWS::Partition>:iam::{ACCOUNT}:role/cdk-blzgtxt"
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


def test_they_may_assume_roles_of_the_bootstrap_and_do_nothing_else(whole_matrix: dict[str, Synthesis]) -> None:
    delivery = whole_matrix["github"]
    policies = [each for each in delivery.templates["Delivery"]["Resources"].values() if each["Type"] == "AWS::IAM::Policy"]
    may = {}
    for policy in policies:
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        (role,) = written(delivery, policy["Properties"]["Roles"])
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
        may[role] = [written(delivery, resource) for resource in lists(statement["Resource"])]

    here = f"{ACCOUNT}-<AWS::Region>"
    assert may == {
        "<Comparison>": [f"{ROLES}-lookup-role-{here}"],
        "<Pipeline>": [f"{ROLES}-{kind}-role-{here}" for kind in ("deploy", "file-publishing", "lookup")],
    }


def test_the_stack_outlasts_the_stage_so_it_has_neither_its_name_nor_its_tag(whole_matrix: dict[str, Synthesis]) -> None:
    manifest = json.loads((whole_matrix["github"].folder / "manifest.json").read_text(encoding="utf-8"))
    properties = manifest["artifacts"]["Delivery"]["properties"]

    assert properties["stackName"] == "blazingtext-delivery-dev"
    assert properties["tags"] == {"blazingtext:project": "blazingtext"}
