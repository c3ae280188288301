"""No role may do more than it needs: without any one action of any statement, some step of the life fails, and says which is missing."""

import pytest

from blazingtext_sandbox import unenforced
from tests.faults import page, steps
from tests.faults.calls import Scene, request_for
from tests.faults.grants import Grant, Held, grants
from tests.faults.needs import SERVICES
from tests.faults.people import PEOPLE, PIPELINES, need_of
from tests.faults.scene import refusal
from tests.faults.stage import Stage
from tests.template.matrix import Synthesis

# What to do about a grant that nobody has explained.
SAY = "say in tests/faults/needs.py or people.py what fails without it, and turn its setting on in tests/faults/stage.py (all_permissions)"
# They delete what other steps need.
LAST = ("JobCleanupFunctionRole", "RetirementRetireRole")
ORDER = [name for name, value in vars(steps).items() if getattr(value, "__module__", "") == steps.__name__]
SHOWN = sorted(
    ((need.step, role, action) for role, needs in SERVICES.items() for action, need in needs.items() if need.step is not None),
    key=lambda shown: (ORDER.index(shown[0].__name__), shown[1:]),
)
# Each step with everything, then without one action after the other.
CASES = [
    case
    for step in dict.fromkeys(step for step, _, _ in SHOWN)
    for case in ((step, "", ""), *(shown for shown in SHOWN if shown[0] is step))
]


def granted(synthesis: Synthesis, role: str, *actions: str) -> list[Grant]:
    """The grants of some actions, or of all, to a role."""
    return [grant for grant in grants(synthesis) if grant.role == role and (not actions or grant.action in actions)]


def shown(synthesis: Synthesis, role: str) -> list[Grant]:
    """The grants of a role that the sandbox asks for."""
    return [grant for grant in granted(synthesis, role) if (need := need_of(grant)) is not None and not need.unseen]


def test_every_grant_has_a_reason(synthesis: Synthesis) -> None:
    assert [grant for grant in grants(synthesis) if need_of(grant) is None] == [], SAY


def test_no_reason_is_left_of_a_grant_that_is_gone(synthesis: Synthesis) -> None:
    there = {(grant.role, grant.action) for grant in grants(synthesis)}

    assert {(role, action) for role, needs in SERVICES.items() for action in needs} - there == set()


def test_nothing_is_granted_twice(synthesis: Synthesis) -> None:
    keys = [(grant.role, grant.action, resource) for grant in grants(synthesis) for resource in grant.on.split(", ")]

    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


@pytest.mark.parametrize("role", [*PEOPLE, *PIPELINES])
def test_a_person_can_ask_for_everything_granted_and_for_nothing_that_was_taken_away(
    scene: Scene, synthesis: Synthesis, held: Held, role: str
) -> None:
    holder, wrong = held(role), list[str]()
    for grant in shown(synthesis, role):
        request = request_for(grant.action, grant.on)
        assert request is not None, f"write a request for {grant.action} in tests/faults/calls.py"
        with_it = refusal(lambda: request(holder.client, scene))  # noqa: B023 - called at once
        with holder.without(grant):
            without_it = refusal(lambda: request(holder.client, scene))  # noqa: B023 - likewise
        if with_it or grant.action not in without_it:
            wrong.append(f"{grant.action} on {grant.on}: with it: {with_it or 'done'}; without it: {without_it or 'done'}")

    assert not wrong, "\n".join(wrong)


def done_without_what_is_not_asked_for(stage: Stage, held: Held, synthesis: Synthesis, role: str) -> None:
    needs = SERVICES[role]
    unseen = [action for action, need in needs.items() if need.unseen]

    with held(role).without(*granted(synthesis, role, *unseen) if unseen else ()):
        said = [step(stage) for step in dict.fromkeys(need.step for need in needs.values() if need.step)]

    assert {needs[action].unseen for action in unseen} <= {gap.id for gap in unenforced.gaps()}
    assert [each for each in said if steps.DONE not in each] == []


@pytest.mark.parametrize("role", [role for role in SERVICES if role not in LAST])
def test_what_the_sandbox_does_not_ask_for_stands_in_its_table_and_is_not_missed(
    stage: Stage, synthesis: Synthesis, held: Held, role: str
) -> None:
    done_without_what_is_not_asked_for(stage, held, synthesis, role)


@pytest.mark.parametrize(
    ("step", "role", "action"), CASES, ids=[f"{step.__name__} {role} {action}".strip() for step, role, action in CASES]
)
def test_a_step_is_done_with_all_its_permissions_and_not_without_one(
    stage: Stage, synthesis: Synthesis, held: Held, step: steps.Step, role: str, action: str
) -> None:
    if not role:
        said = step(stage)
        assert steps.DONE in said, said
        assert "not authorized" not in said
        return
    (grant,) = granted(synthesis, role, action)
    words = SERVICES[role][action].words or f"not authorized to perform: {action}"

    with held(role).without(grant):
        said = step(stage)

    assert words in said, said


@pytest.mark.parametrize("role", LAST)
def test_nor_is_it_missed_by_what_tidies_up(stage: Stage, synthesis: Synthesis, held: Held, role: str) -> None:
    done_without_what_is_not_asked_for(stage, held, synthesis, role)


def test_the_page_has_the_tables(synthesis: Synthesis) -> None:
    assert page.permissions(synthesis) in page.PERMISSIONS.read_text(encoding="utf-8"), "python -m tests.faults.page writes it"
