"""CloudFormation may do no more than it needs: without any one action of `bootstrap/*.json`, some resource of the project fails."""

import re
from collections.abc import Iterator

import pytest

from blazingtext_sandbox import unenforced
from tests.faults.conftest import Stages
from tests.faults.deployments import NOT_ASKED, Action, actions
from tests.faults.handlers import Handlers
from tests.faults.stage import EVERYTHING
from tests.faults.steps import go_live

STATEMENTS = list(dict.fromkeys((each.policy, each.sid) for each in actions()))


@pytest.fixture(scope="module")
def handlers(stages: Stages) -> Iterator[Handlers]:
    go_live(stages(EVERYTHING).stage)
    made = Handlers(stages(EVERYTHING).stage)
    yield made
    made.remove()


def test_every_action_is_needed_by_some_resource() -> None:
    assert [each for each in actions() if not each.fails] == []


def test_with_all_its_permissions_every_resource_is_made_changed_and_deleted_and_without_those_that_are_not_asked_for(
    handlers: Handlers,
) -> None:
    left_out = [(each.sid, each.action) for each in actions() if not each.is_asked]

    assert NOT_ASKED.keys() <= {gap.id for gap in unenforced.gaps()}
    assert {sample.type: said for sample in handlers.samples.values() if (said := handlers.life(sample))} == {}
    missed = {sample.type: said for sample in handlers.samples.values() if (said := handlers.life(sample, *left_out))}
    assert {type_: re.findall(r"perform: ([\w:-]+)", said) or said for type_, said in missed.items()} == {}


def refused(handlers: Handlers, each: Action) -> bool:
    """Whether, without an action, a resource is refused for it."""
    words = f"not authorized to perform: {each.action.rstrip('*')}"
    return any(words in handlers.life(handlers.samples[type_], (each.sid, each.action)) for type_ in each.types)


@pytest.mark.parametrize(("policy", "sid"), STATEMENTS, ids=[" ".join(each) for each in STATEMENTS])
def test_without_any_action_of_this_statement_a_resource_fails(handlers: Handlers, policy: str, sid: str) -> None:
    asked = [each for each in actions() if (each.policy, each.sid) == (policy, sid) and each.is_asked]

    assert [each.action for each in asked if not refused(handlers, each)] == []
