"""No role may do more than it needs: without any one action of any statement, some step of the life fails, and says which is missing."""

import pytest

from blazingtext_sandbox import unenforced
from tests.faults import page, registry_steps, steps
from tests.faults.calls import request_for
from tests.faults.conftest import Deployed, Stages
from tests.faults.grants import Grant
from tests.faults.needs import APPROVAL, NEEDS, SERVICES
from tests.faults.people import PEOPLE, PIPELINES
from tests.faults.scene import refusal
from tests.faults.stage import APPROVED, EVERYTHING

# What to do about a grant that nobody has explained.
SAY = "say in tests/faults/needs.py or people.py what fails without it, and turn its setting on in tests/faults/stage.py (all_permissions)"
# They delete what other steps need.
LAST = ("JobCleanupFunctionRole", "RetirementRetireRole", "ModelRegistryCleanupRole")
ORDER = [name for module in (steps, registry_steps) for name, value in vars(module).items()
         if getattr(value, "__module__", "") == module.__name__]  # fmt: skip
# The roles of each stage whose steps are done: on the second one those that may do something else there.
TESTED = {EVERYTHING: SERVICES, APPROVED: APPROVAL}
SHOWN = sorted(
    (
        (stage, need.step, role, action)
        for stage, services in TESTED.items()
        for role, needs in services.items()
        for action, need in needs.items()
        if need.step is not None
    ),
    key=lambda shown: (shown[0], ORDER.index(shown[1].__name__), shown[2:]),
)
# Each step with everything, then without one action after the other.
CASES = [
    case
    for stage, step in dict.fromkeys(shown[:2] for shown in SHOWN)
    for case in ((stage, step, "", ""), *(shown for shown in SHOWN if shown[:2] == (stage, step)))
]


@pytest.mark.parametrize("name", NEEDS)
def test_every_grant_has_a_reason(stages: Stages, name: str) -> None:
    assert [grant for grant in stages(name).grants if stages(name).need_of(grant) is None] == [], SAY


@pytest.mark.parametrize(("name", "services"), TESTED.items(), ids=list(TESTED))
def test_no_reason_is_left_of_a_grant_that_is_gone(stages: Stages, name: str, services: dict[str, dict[str, object]]) -> None:
    there = {(grant.role, grant.action) for grant in stages(name).grants}

    assert {(role, action) for role, needs in services.items() for action in needs} - there == set()


@pytest.mark.parametrize("name", NEEDS)
def test_nothing_is_granted_twice(stages: Stages, name: str) -> None:
    keys = [(grant.role, grant.action, resource) for grant in stages(name).grants for resource in grant.on.split(", ")]

    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


def wrong(deployed: Deployed, grant: Grant) -> str:
    """What is wrong with the request that needs a grant: it is refused all the same, or not refused without it; empty when it is right."""
    holder, scene, request = deployed.held(grant.role), deployed.scene, request_for(grant.action, grant.on)
    assert request is not None, f"write a request for {grant.action} in tests/faults/calls.py"
    with_it = refusal(lambda: request(holder.client, scene))
    with holder.without(grant):
        without_it = refusal(lambda: request(holder.client, scene))
    if not with_it and grant.action in without_it:
        return ""
    return f"{grant.action} on {grant.on}: with it: {with_it or 'done'}; without it: {without_it or 'done'}"


def asked_for(deployed: Deployed, role: str) -> list[Grant]:
    """The grants of a role that the sandbox asks for."""
    return [grant for grant in deployed.granted(role) if (need := deployed.need_of(grant)) is not None and not need.unseen]


@pytest.mark.parametrize("role", [*PEOPLE, *PIPELINES])
def test_a_person_can_ask_for_everything_granted_and_for_nothing_that_was_taken_away(stages: Stages, role: str) -> None:
    deployed = stages(EVERYTHING)

    assert [said for grant in asked_for(deployed, role) if (said := wrong(deployed, grant))] == []


def test_nor_for_a_version_of_the_model_registry(stages: Stages) -> None:
    deployed, elsewhere = stages(APPROVED), {grant.key for grant in stages(EVERYTHING).grants}
    more = [grant for role in PEOPLE for grant in asked_for(deployed, role) if grant.key not in elsewhere]

    assert {grant.role for grant in more} == {"PeopleReadOnly", "PeopleDataScientist", "PeopleOperator"}
    assert [said for grant in more if (said := wrong(deployed, grant))] == []


def done_without_what_is_not_asked_for(deployed: Deployed, role: str) -> None:
    needs = TESTED[deployed.stage.name][role]
    unseen = [action for action, need in needs.items() if need.unseen]

    with deployed.held(role).without(*deployed.granted(role, *unseen) if unseen else ()):
        said = [step(deployed.stage) for step in dict.fromkeys(need.step for need in needs.values() if need.step)]

    assert {needs[action].unseen for action in unseen} <= {gap.id for gap in unenforced.gaps()}
    assert [each for each in said if steps.DONE not in each] == []


@pytest.mark.parametrize(("name", "role"), [(name, role) for name, services in TESTED.items() for role in services if role not in LAST])
def test_what_the_sandbox_does_not_ask_for_stands_in_its_table_and_is_not_missed(stages: Stages, name: str, role: str) -> None:
    done_without_what_is_not_asked_for(stages(name), role)


@pytest.mark.parametrize(
    ("name", "step", "role", "action"), CASES, ids=[f"{name} {step.__name__} {role} {action}".strip() for name, step, role, action in CASES]
)
def test_a_step_is_done_with_all_its_permissions_and_not_without_one(
    stages: Stages, name: str, step: steps.Step, role: str, action: str
) -> None:
    deployed = stages(name)
    if not role:
        said = step(deployed.stage)
        assert steps.DONE in said, said
        assert "not authorized" not in said
        return
    words = deployed.needs[role][action].words or f"not authorized to perform: {action}"

    # On each resource for which it has a statement of its own.
    for grant in deployed.granted(role, action):
        with deployed.held(role).without(grant):
            said = step(deployed.stage)

        assert words in said, (grant.on, said)


@pytest.mark.parametrize(("name", "role"), [(name, role) for name, services in TESTED.items() for role in services if role in LAST])
def test_nor_is_it_missed_by_what_tidies_up(stages: Stages, name: str, role: str) -> None:
    done_without_what_is_not_asked_for(stages(name), role)


def test_the_page_has_the_tables(stages: Stages) -> None:
    written = page.permissions(stages(EVERYTHING).synthesis, stages(APPROVED).synthesis)

    assert written in page.PERMISSIONS.read_text(encoding="utf-8"), "python -m tests.faults.page writes it"
