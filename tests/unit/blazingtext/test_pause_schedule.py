"""What `status` and `costs` say of an endpoint that pauses and resumes by itself."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from blazingtext import stage_costs
from blazingtext.preflight.plan import Plan, of_stage
from blazingtext.serving import pause_schedule
from blazingtext_lifecycle.errors import AccessDeniedError, ConfigurationError
from tests.unit.aws_requests import validate
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeStacks, artifact, cloud, denying
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.screens import NEW, two_runs
from tests.unit.lifecycle.aws_fakes import client_error

GROUP = "blazingtext-dev-schedules"
BERLIN = ZoneInfo("Europe/Berlin")
# A Sunday.
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
PAUSE, RESUME = "cron(0 20 ? * MON-FRI *)", "cron(0 8 ? * MON-FRI *)"


class Schedules:
    """EventBridge Scheduler with some schedules of the stage's group."""

    def __init__(self, zone: str = "Europe/Berlin", state: str = "ENABLED", **expressions: str) -> None:
        self.expressions, self.zone, self.state = expressions, zone, state

    def get_schedule(self, **request: Any) -> dict[str, Any]:
        validate("scheduler", "GetSchedule", request)
        if request["GroupName"] != GROUP or request["Name"] not in self.expressions:
            raise client_error("ResourceNotFoundException", "Schedule does not exist.", "GetSchedule")
        expression = self.expressions[request["Name"]]
        return {"ScheduleExpression": expression, "ScheduleExpressionTimezone": self.zone, "State": self.state}


def turns(schedules: Any, group: str = GROUP) -> tuple[pause_schedule.Turn, ...]:
    return pause_schedule.turns(cloud(cloudformation=FakeStacks(schedules=group), scheduler=schedules), NOON)


def test_the_next_times_are_those_of_the_schedules_the_nearest_first() -> None:
    found = turns(Schedules(pause=PAUSE, resume=RESUME))

    assert found == (
        pause_schedule.Turn("resume", RESUME, "Europe/Berlin", True, datetime(2026, 11, 30, 8, tzinfo=BERLIN)),
        pause_schedule.Turn("pause", PAUSE, "Europe/Berlin", True, datetime(2026, 11, 30, 20, tzinfo=BERLIN)),
    )


def test_a_stage_without_schedules_asks_for_none_and_one_of_two_is_enough() -> None:
    refusing = Schedules()
    refusing.get_schedule = denying("AccessDeniedException")  # type: ignore[method-assign] # for this test

    assert turns(refusing, group="") == ()
    assert [turn.does for turn in turns(Schedules(pause=PAUSE))] == ["pause"]
    with pytest.raises(AccessDeniedError, match=f"look at the schedule {GROUP}/pause"):
        turns(refusing)


@pytest.mark.parametrize("changed", [{"state": "DISABLED"}, {"pause": "rate(1 day)"}, {"zone": "Mars/Base"}, {"zone": "../etc"}])
def test_what_has_no_time_that_can_be_told_comes_last_and_the_endpoint_counts_as_running(changed: dict[str, str]) -> None:
    found = turns(Schedules(**{"pause": PAUSE, "resume": RESUME, **changed}))

    assert found[-1].next is None
    assert pause_schedule.running_share(found, NOON) == 1


def test_the_share_of_a_year_is_the_hours_between_resume_and_pause() -> None:
    assert pause_schedule.running_share(turns(Schedules(pause=PAUSE, resume=RESUME)), NOON) == pytest.approx(60 / 168, abs=0.001)
    assert pause_schedule.running_share(turns(Schedules(pause=PAUSE)), NOON) == 1


def test_status_says_when_the_endpoint_pauses_and_resumes_and_what_it_costs_then(typed: Typed) -> None:
    stacks = FakeStacks(ModelDataUrl=artifact(NEW), schedules=GROUP)
    clients: dict[str, Any] = {"cloudformation": stacks, "sagemaker": two_runs().serve()}

    code, out, _ = typed("status", scheduler=Schedules(pause=PAUSE, resume=RESUME), **clients)
    _, document, _ = typed("status", "--json", scheduler=Schedules(pause=PAUSE, resume=RESUME), **clients)
    _, off, _ = typed("status", scheduler=Schedules(state="DISABLED", pause=PAUSE), **clients)

    assert code == 0
    (pausing,) = (line for line in out.splitlines() if line.startswith("next pause"))
    assert " 20:00, by cron(0 20 ? * MON-FRI *), Europe/Berlin" in pausing
    assert any(line.startswith("next resume") and " 08:00, by" in line for line in out.splitlines())
    # 60 of 168 hours of $335.80.
    assert "$335.80 a month, $119.9" in out or "$335.80 a month, $120.0" in out
    assert {turn["does"] for turn in json.loads(document)["schedule"]} == {"pause", "resume"}
    assert f"never: its schedule, {PAUSE}, is switched off" in off
    assert "by its schedule (" not in off


def test_whoever_may_not_look_at_schedules_sees_the_rest_and_that(typed: Typed) -> None:
    schedules = Schedules()
    schedules.get_schedule = denying("AccessDeniedException")  # type: ignore[method-assign] # for this test
    stacks = FakeStacks(ModelDataUrl=artifact(NEW), schedules=GROUP)

    code, out, err = typed("status", cloudformation=stacks, sagemaker=two_runs().serve(), scheduler=schedules)

    assert (code, NEW in out) == (0, True)
    assert "look at the schedule" in err


def costs(**changes: Any) -> stage_costs.EndpointCosts:
    plan = Plan(endpoint_type="ml.m5.xlarge", **changes)
    return stage_costs.of_stage(cloud(s3=FakeBucket()), plan).endpoint


def test_costs_count_the_hours_of_the_schedules() -> None:
    found = costs(pause=PAUSE, resume=RESUME, time_zone="Europe/Berlin")

    assert found.scheduled_hours == pytest.approx(730 * 60 / 168, rel=0.01)
    assert found.scheduled_month == pytest.approx(730 * 60 / 168 * 0.23, rel=0.01)
    assert found.month == pytest.approx(730 * 0.23)
    assert [(each.scheduled_hours, each.scheduled_month) for each in (costs(), costs(pause=PAUSE))] == [(None, None)] * 2


@pytest.mark.parametrize("wrong", [{"pause": "nightly"}, {"time_zone": "Mars/Base"}])
def test_a_schedule_that_cannot_be_read_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*Correct pauseSchedule, resumeSchedule and scheduleTimeZone"):
        costs(**{"pause": PAUSE, "resume": RESUME, **wrong})


def test_the_schedules_of_a_stage_are_those_of_its_file_and_costs_shows_them(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stages").mkdir()
    given = {"pauseSchedule": "cron(0 12 * * ? *)", "resumeSchedule": "cron(0 0 * * ? *)", "endpointInstanceType": "ml.m5.xlarge"}
    Path("stages", "dev.json").write_text(json.dumps(given), encoding="utf-8")

    code, out, _ = typed("costs", s3=FakeBucket())

    assert of_stage("dev", Path("stages")).pause == "cron(0 12 * * ? *)"
    assert code == 0
    (line,) = (each for each in out.splitlines() if "by its schedule" in each)
    assert line.split() == ["a", "month", "by", "its", "schedule,", "365", "of", "730", "hours", "$83.95"]
