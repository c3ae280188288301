"""docs/permissions.md, whose tables two stages stand for (`tests/faults`), leaves out no permission of any configuration."""

from pathlib import Path

import pytest

from tests.faults.grants import grants
from tests.faults.people import need_of
from tests.faults.stage import APPROVED, EVERYTHING, all_permissions, approval_permissions
from tests.template.matrix import Synthesis, synthesise_with

SETTINGS = {EVERYTHING: all_permissions, APPROVED: approval_permissions}
SAY = "turn its setting on in tests/faults/stage.py (all_permissions, or approval_permissions), and say there in needs.py or people.py why"


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str]]:
    """Role, action and resources of every grant that a stage of `tests/faults` has and that has a reason there."""
    folder: Path = tmp_path_factory.mktemp("permissions")
    return {
        grant.key
        for name, settings in SETTINGS.items()
        for grant in grants(synthesise_with(settings(), folder / name))
        if need_of(grant, name) is not None
    }


def test_every_permission_of_every_configuration_is_tried_in_the_sandbox_with_a_reason(
    each: Synthesis, covered: set[tuple[str, str, str]]
) -> None:
    assert {grant.key for grant in grants(each)} - covered == set(), SAY


def test_roles_have_no_permissions_beside_the_policies_that_are_read_here(each: Synthesis) -> None:
    assert not [role for role in each.properties("AWS::IAM::Role") if role.keys() & {"Policies", "ManagedPolicyArns"}]
    assert not [
        policy for policy in each.properties("AWS::IAM::Policy") if len(policy.get("Roles", [])) != 1 or policy.keys() & {"Users", "Groups"}
    ]
