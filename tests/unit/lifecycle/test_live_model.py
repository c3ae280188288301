from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest

from blazingtext_lifecycle import live_model
from blazingtext_lifecycle.errors import AccessDeniedError, NotReady, RequestError
from blazingtext_lifecycle.live_model import ServingStack, StackState
from tests.unit.lifecycle.aws_fakes import client_error

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "blazingtext-dev-serving"


DEFAULTS = {"ModelDataUrl": "", "PreviousModelDataUrl": "", "PromotedThrough": "", "EndpointState": "running", "AutoRollback": "on"}


def stack(status: str = "UPDATE_COMPLETE", **parameters: str) -> ServingStack:
    return ServingStack(NAME, status, {**DEFAULTS, **parameters})


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", StackState.READY),
        ("UPDATE_COMPLETE", StackState.READY),
        ("UPDATE_ROLLBACK_COMPLETE", StackState.READY),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackState.BUSY),
        ("REVIEW_IN_PROGRESS", StackState.BUSY),
        ("ROLLBACK_COMPLETE", StackState.BROKEN),
        ("UPDATE_ROLLBACK_FAILED", StackState.BROKEN),
        ("DELETE_FAILED", StackState.BROKEN),
        ("DELETE_COMPLETE", StackState.ABSENT),
        ("", StackState.ABSENT),
    ],
)
def test_a_status_says_what_can_be_done(status: str, state: StackState) -> None:
    assert live_model.classify(status) is state


def test_a_mark_is_utc_whatever_the_clock() -> None:
    assert live_model.timestamp(NOON.astimezone(timezone(timedelta(hours=5)))) == "2026-11-22T12:00:00.000Z"


def test_promoting_an_old_job_by_hand_keeps_the_timestamp() -> None:
    live = stack(ModelDataUrl="new", PromotedThrough=live_model.timestamp(NOON))

    changes = live_model.promote(live, "old", NOON - timedelta(days=1))

    assert changes["PromotedThrough"] == live_model.timestamp(NOON)
    assert (changes["ModelDataUrl"], changes["PreviousModelDataUrl"]) == ("old", "new")


def test_a_job_as_old_as_the_mark_is_not_newer() -> None:
    live = stack(PromotedThrough=live_model.timestamp(NOON))

    assert not live_model.is_newer(live, NOON)
    assert live_model.is_newer(live, NOON + timedelta(milliseconds=1))


def test_promoting_what_is_live_changes_nothing() -> None:
    assert live_model.promote(stack(ModelDataUrl="a"), "a", NOON) == {}


def test_a_rollback_swaps_and_a_second_one_swaps_back() -> None:
    before = stack(ModelDataUrl="b", PreviousModelDataUrl="a")

    once = stack(**live_model.rollback(before))

    assert (once.live, once.previous) == ("a", "b")
    assert live_model.rollback(once) == {"ModelDataUrl": "b", "PreviousModelDataUrl": "a", "AutoRollback": "off"}


def test_alarms_watch_promotions_and_resumed_endpoints_but_no_way_back() -> None:
    live = stack(ModelDataUrl="b", PreviousModelDataUrl="a", AutoRollback="off")

    assert live_model.promote(live, "c", NOON)["AutoRollback"] == "on"
    assert live_model.promote(live, "c", NOON, live_model.AutoRollback.OFF)["AutoRollback"] == "off"
    assert live_model.rollback(live)["AutoRollback"] == "off"
    assert "AutoRollback" not in live_model.pause(live)
    assert live_model.resume(stack(ModelDataUrl="b", EndpointState="paused", AutoRollback="off"))["AutoRollback"] == "on"


def test_a_stack_of_an_older_template_is_not_asked_for_a_parameter_that_it_lacks() -> None:
    older = ServingStack(NAME, "UPDATE_COMPLETE", {name: "" for name in DEFAULTS if name != "AutoRollback"} | {"PreviousModelDataUrl": "a"})

    assert set(live_model.rollback(older)) == {"ModelDataUrl", "PreviousModelDataUrl"}
    assert "AutoRollback" not in live_model.promote(older, "c", NOON)


@pytest.mark.parametrize("parameters", [{}, {"ModelDataUrl": "only"}])
def test_there_is_nothing_to_roll_back_to_before_the_second_promotion(parameters: dict[str, str]) -> None:
    with pytest.raises(RequestError, match="There is nothing to roll back to"):
        live_model.rollback(stack(**parameters))


def test_pause_and_resume_change_the_endpoint_state_and_neither_model() -> None:
    assert live_model.pause(stack(ModelDataUrl="a")) == {"EndpointState": "paused"}
    assert live_model.resume(stack(ModelDataUrl="a", EndpointState="paused")) == {"EndpointState": "running", "AutoRollback": "on"}
    assert live_model.pause(stack(ModelDataUrl="a", EndpointState="paused")) == {}
    assert live_model.resume(stack(ModelDataUrl="a")) == {}


def test_without_a_model_there_is_nothing_to_pause() -> None:
    with pytest.raises(RequestError, match="nothing to pause"):
        live_model.pause(stack())


def described(**stack: Any) -> live_model.ServingStack:
    class CloudFormation:
        def describe_stacks(self, **request: str) -> dict[str, Any]:
            assert request == {"StackName": NAME}
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "CreationTime": NOON, **stack}]}

    return live_model.describe(cast("Any", CloudFormation()), "dev")


def test_the_stack_is_described_with_its_parameters_and_the_time_of_its_last_change() -> None:
    parameters = [{"ParameterKey": "a", "ParameterValue": "b"}, {"ParameterKey": "c"}]
    fresh = described()
    later = described(LastUpdatedTime=NOON + timedelta(hours=1), Parameters=parameters)

    assert fresh == ServingStack(NAME, "CREATE_COMPLETE", {}, "2026-11-22T12:00:00.000Z")
    assert later == ServingStack(NAME, "CREATE_COMPLETE", {"a": "b", "c": ""}, "2026-11-22T13:00:00.000Z")


def test_a_stack_without_parameters_serves_nothing_and_would_run() -> None:
    empty = ServingStack(NAME)

    assert (empty.live, empty.previous, empty.promoted_through, empty.endpoint_state) == ("", "", "", "running")
    assert empty.state is StackState.ABSENT


@pytest.mark.parametrize(
    ("code", "message", "family"),
    [
        ("ValidationError", "1 validation error detected", RequestError),
        ("AccessDenied", f"Stack with id {NAME} does not exist", AccessDeniedError),
        ("Throttling", "Rate exceeded", NotReady),
    ],
)
def test_a_stack_that_cannot_be_described_is_no_missing_stack(code: str, message: str, family: type[Exception]) -> None:
    class CloudFormation:
        def describe_stacks(self, **_: str) -> dict[str, Any]:
            raise client_error(code, message, "DescribeStacks")

    with pytest.raises(family):
        live_model.describe(cast("Any", CloudFormation()), "dev")


@pytest.mark.parametrize(
    ("status", "family", "words"),
    [
        ("UPDATE_IN_PROGRESS", NotReady, "is busy. CloudFormation reports UPDATE_IN_PROGRESS"),
        ("", RequestError, "There is no stack blazingtext-dev-serving"),
        ("UPDATE_ROLLBACK_FAILED", RequestError, "takes no update. CloudFormation reports UPDATE_ROLLBACK_FAILED"),
    ],
)
def test_only_a_stack_at_rest_is_ready(status: str, family: type[Exception], words: str) -> None:
    live_model.require_ready(stack("UPDATE_ROLLBACK_COMPLETE"))

    with pytest.raises(family, match=words):
        live_model.require_ready(stack(status))


def test_what_was_ever_promoted_is_told_when_there_is_no_way_back() -> None:
    with pytest.raises(RequestError, match="only s3://x was ever promoted"):
        live_model.rollback(stack(ModelDataUrl="s3://x"))
    with pytest.raises(RequestError, match="no model was ever promoted"):
        live_model.rollback(stack())


def test_without_a_model_there_is_nothing_to_resume() -> None:
    with pytest.raises(RequestError, match="nothing to resume"):
        live_model.resume(stack(EndpointState="paused"))


def test_a_first_promotion_remembers_no_model_before_it_and_its_own_time() -> None:
    assert live_model.promote(stack(), "a", NOON) == {
        "ModelDataUrl": "a",
        "PreviousModelDataUrl": "",
        "PromotedThrough": "2026-11-22T12:00:00.000Z",
        "AutoRollback": "on",
    }


def test_an_update_may_take_as_long_as_cloudformation_lets_an_endpoint() -> None:
    # timeoutInMinutes in the resource schema of AWS::SageMaker::Endpoint.
    assert live_model.LONGEST_UPDATE_SECONDS == 58_200
