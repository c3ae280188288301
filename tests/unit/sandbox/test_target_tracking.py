"""How many instances there are to be: by the load of the last minutes, within cool-downs."""

from typing import Any

import pytest

from blazingtext_sandbox.autoscaling.tracking import COOLDOWN, HIGH_PERIODS, LOW_PERIODS, Tracker

POLICY: dict[str, Any] = {"TargetValue": 100}


def after(*values: float | None) -> Tracker:
    """A tracker that has seen a load in each period, the latest last."""
    tracker = Tracker()
    for value in values:
        tracker.observe(value)
    return tracker


@pytest.mark.parametrize(
    ("values", "instances", "wanted"),
    [
        ([150] * HIGH_PERIODS, 2, 3),
        ([101] * HIGH_PERIODS, 2, 3),
        ([100] * HIGH_PERIODS, 2, 2),
        ([500, 500, 350], 2, 7),
        ([150, 150], 2, 2),
        ([150, 90, 150], 2, 2),
        ([150, None, 150], 2, 2),
        ([40] * LOW_PERIODS, 4, 2),
        ([None] * LOW_PERIODS, 4, 0),
        ([None] * (LOW_PERIODS - 1) + [60], 4, 3),
        ([40] * (LOW_PERIODS - 1), 4, 4),
        ([40] * (LOW_PERIODS - 1) + [90], 4, 4),
        ([89.9] * LOW_PERIODS, 4, 4),
    ],
)
def test_the_load_of_three_minutes_adds_instances_and_that_of_fifteen_takes_them_away(
    values: list[float | None], instances: int, wanted: int
) -> None:
    assert after(*values).wanted(POLICY, instances, 0.0, 1.0) == wanted


def test_scale_in_can_be_switched_off() -> None:
    assert after(*[1.0] * LOW_PERIODS).wanted(POLICY | {"DisableScaleIn": True}, 4, 0.0, 1.0) == 4


def high_again(tracker: Tracker, value: float = 150) -> Tracker:
    for _ in range(HIGH_PERIODS):
        tracker.observe(value)
    return tracker


def low_again(tracker: Tracker) -> Tracker:
    for _ in range(LOW_PERIODS):
        tracker.observe(10)
    return tracker


@pytest.mark.parametrize(("policy", "seconds"), [(POLICY, COOLDOWN), (POLICY | {"ScaleOutCooldown": 60}, 60.0)])
def test_while_it_cools_down_it_grows_only_beyond_what_it_grew_to(policy: dict[str, Any], seconds: float) -> None:
    tracker = after(*[150] * HIGH_PERIODS)
    tracker.grew(3, 1000.0)
    assert tracker.wanted(policy, 3, 1000.0, 1.0) == 3

    high_again(tracker)
    assert tracker.wanted(policy, 2, 1000.0 + seconds - 1, 1.0) == 2
    assert tracker.wanted(policy, 2, 1000.0 + seconds, 1.0) == 3
    assert high_again(tracker, 400).wanted(policy, 3, 1001.0, 1.0) == 12


@pytest.mark.parametrize(("policy", "seconds"), [(POLICY, COOLDOWN), (POLICY | {"ScaleInCooldown": 30, "ScaleOutCooldown": 30}, 30.0)])
def test_it_shrinks_again_after_its_cool_down_and_after_that_of_a_growth(policy: dict[str, Any], seconds: float) -> None:
    shrunk, grown = Tracker(), Tracker()
    shrunk.shrank(1000.0)
    grown.grew(4, 1000.0)

    for tracker in (low_again(shrunk), low_again(grown)):
        assert tracker.wanted(policy, 4, 1000.0 + seconds - 1, 1.0) == 4
        assert tracker.wanted(policy, 4, 1000.0 + seconds, 1.0) == 1


def test_cool_downs_pass_as_fast_as_the_clock_of_the_sandbox() -> None:
    tracker = Tracker()
    tracker.shrank(1000.0)

    assert low_again(tracker).wanted(POLICY, 4, 1004.0, 60.0) == 4
    assert tracker.wanted(POLICY, 4, 1005.0, 60.0) == 1


def test_what_was_seen_before_a_change_says_nothing_about_the_time_after_it() -> None:
    tracker = after(*[150] * HIGH_PERIODS)
    tracker.grew(3, 0.0)

    assert not tracker.is_high(100)
    assert high_again(tracker).is_high(100)
