from datetime import UTC, datetime

import pytest

from blazingtext_lifecycle import live_model, shadow_model
from blazingtext_lifecycle.errors import RequestError
from blazingtext_lifecycle.live_model import ServingStack

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARAMETERS = {
    "ModelDataUrl": "live",
    "PreviousModelDataUrl": "before",
    "PromotedThrough": "",
    "EndpointState": "running",
    "AutoRollback": "off",
    "ShadowModelDataUrl": "",
}


def stack(**parameters: str) -> ServingStack:
    return ServingStack("blazingtext-dev-serving", "UPDATE_COMPLETE", {**PARAMETERS, **parameters})


def test_a_shadow_is_one_more_parameter_and_its_start_is_watched_by_the_alarms() -> None:
    assert shadow_model.start(stack(), "new") == {"ShadowModelDataUrl": "new", "AutoRollback": "on"}
    assert shadow_model.start(stack(ShadowModelDataUrl="other"), "new")["ShadowModelDataUrl"] == "new"
    assert shadow_model.start(stack(ShadowModelDataUrl="new"), "new") == {}


def test_its_end_is_watched_by_none_for_it_has_to_work_while_they_ring() -> None:
    assert shadow_model.stop(stack(ShadowModelDataUrl="new", AutoRollback="on")) == {"ShadowModelDataUrl": "", "AutoRollback": "off"}
    assert shadow_model.stop(stack()) == {}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"ModelDataUrl": ""}, "has no live model. Promote a model first"),
        ({"EndpointState": "paused"}, "has no endpoint while it is paused. Resume it first"),
        ({"ModelDataUrl": "new"}, "new is live already"),
    ],
)
def test_there_has_to_be_a_live_endpoint_with_another_model(parameters: dict[str, str], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        shadow_model.start(stack(**parameters), "new")


def test_a_stage_that_does_not_allow_a_shadow_says_which_setting_does() -> None:
    without = {name: value for name, value in PARAMETERS.items() if name != "ShadowModelDataUrl"}
    plain = ServingStack("blazingtext-dev-serving", "UPDATE_COMPLETE", without)

    with pytest.raises(RequestError, match="Set shadowPercent"):
        shadow_model.start(plain, "new")
    assert shadow_model.stop(plain) == {}
    assert "ShadowModelDataUrl" not in {
        **live_model.rollback(plain),
        **live_model.promote(plain, "new", NOON),
        **live_model.withdraw(plain, "x"),
    }


def test_a_shadow_that_goes_live_is_none_any_more_and_any_other_goes_on() -> None:
    tried = stack(ShadowModelDataUrl="new")

    assert live_model.promote(tried, "new", NOON)["ShadowModelDataUrl"] == ""
    assert "ShadowModelDataUrl" not in live_model.promote(tried, "another", NOON)


def test_whoever_goes_back_or_repairs_starts_no_second_model() -> None:
    tried = stack(ShadowModelDataUrl="new")

    assert live_model.rollback(tried)["ShadowModelDataUrl"] == ""
    assert live_model.rollback_to(tried, "any")["ShadowModelDataUrl"] == ""
    assert live_model.withdraw(tried, "live")["ShadowModelDataUrl"] == ""


def test_a_pause_and_a_resume_keep_it() -> None:
    tried = stack(ShadowModelDataUrl="new")

    assert live_model.pause(tried) == {"EndpointState": "paused"}
    assert "ShadowModelDataUrl" not in live_model.resume(stack(ShadowModelDataUrl="new", EndpointState="paused"))
