"""The model registry of a stage whose models a person approves."""

import re
from typing import Any

import pytest

from blazingtext_lifecycle.model_registry import EVENT
from tests.template.deployment import resource_schema
from tests.template.matrix import Synthesis
from tests.template.references import named
from tests.template.test_wiring import GROUP

KEPT, DELETED = "approval", "approval-with-everything"


def group(synthesis: Synthesis) -> dict[str, Any]:
    ((_, found),) = synthesis.resources("AWS::SageMaker::ModelPackageGroup")
    return found


def test_without_approval_there_is_no_registry(defaults: Synthesis) -> None:
    assert not [*defaults.resources("AWS::SageMaker::ModelPackageGroup"), *defaults.resources("Custom::DeleteModelVersions")]


@pytest.mark.parametrize("name", [KEPT, DELETED])
def test_the_group_has_a_name_that_no_other_deployment_of_the_stage_has(name: str, whole_matrix: dict[str, Synthesis]) -> None:
    found = named(whole_matrix[name], "AWS::SageMaker::ModelPackageGroup")["ModelRegistryGroup"]

    assert found["ModelPackageGroupName"] == GROUP.format(stage="dev")
    # The longest name that there can be: of a stage of twelve letters, with the first eight digits of the id of its stack.
    longest = f"blazingtext-{'s' * 12}-models-{'0' * 8}"
    assert re.fullmatch(resource_schema("AWS::SageMaker::ModelPackageGroup")["definitions"]["ModelPackageGroupName"]["pattern"], longest)


@pytest.mark.parametrize(("name", "policy"), [(KEPT, "Retain"), (DELETED, "Delete")])
def test_the_group_and_its_versions_go_with_the_data_or_stay_with_it(name: str, policy: str, whole_matrix: dict[str, Synthesis]) -> None:
    ((_, deletion),) = whole_matrix[name].resources("Custom::DeleteModelVersions")

    assert (group(whole_matrix[name])["DeletionPolicy"], group(whole_matrix[name])["UpdateReplacePolicy"]) == (policy, policy)
    # Without a policy, CloudFormation deletes: then the function is called.
    assert deletion.get("DeletionPolicy", "Delete") == policy
    assert deletion["Properties"]["Group"] == group(whole_matrix[name])["Properties"]["ModelPackageGroupName"]


def test_the_groups_tags_are_the_stages_which_its_versions_have_too(whole_matrix: dict[str, Synthesis]) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in group(whole_matrix[DELETED])["Properties"]["Tags"]}

    assert tags == {"blazingtext:project": "blazingtext", "blazingtext:stage": "dev", "cost-center": "42"}


@pytest.mark.parametrize("name", [KEPT, DELETED])
def test_approvals_in_this_group_reach_the_queue(name: str, whole_matrix: dict[str, Synthesis]) -> None:
    rule = named(whole_matrix[name], "AWS::Events::Rule")["ModelRegistryApproved"]

    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": [EVENT],
        "detail": {"ModelPackageGroupName": [GROUP.format(stage="dev")], "ModelApprovalStatus": ["Approved"]},
    }
