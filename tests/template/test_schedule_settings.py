"""The settings of an endpoint that pauses by itself or that nobody calls: what they may be, and what is wrong together."""

import json
from pathlib import Path

import pytest

from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage_file import settings_of
from tests.template.test_settings import problems

NIGHT, MORNING = "cron(0 20 ? * MON-FRI *)", "cron(0 8 ? * MON-FRI *)"


def test_they_may_be_given_as_the_text_that_the_command_line_passes() -> None:
    given = {"pauseSchedule": NIGHT, "resumeSchedule": MORNING, "scheduleTimeZone": "Europe/Berlin", "idleAlarmHours": "24"}

    settings = Settings.from_context(given)

    assert (settings.pause_schedule, settings.resume_schedule, settings.schedule_time_zone) == (NIGHT, MORNING, "Europe/Berlin")
    assert settings.idle_alarm_hours == 24
    nothing = Settings.from_context({"pauseSchedule": "", "resumeSchedule": "", "scheduleTimeZone": "UTC", "idleAlarmHours": ""})
    assert nothing == Settings()
    assert [Settings(idle_alarm_hours=hours).idle_alarm_hours for hours in (1, 48, None)] == [1, 48, None]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (
            {"pauseSchedule": "20:00"},
            'pauseSchedule: "20:00" cannot be used. It must be empty, or a cron expression of EventBridge Scheduler',
        ),
        ({"resumeSchedule": "rate(1 day)"}, 'resumeSchedule: "rate(1 day)" cannot be used.'),
        ({"pauseSchedule": "cron(0,30 20 * * ? *)"}, "once an hour at most, such as cron(0 20 ? * MON-FRI *)."),
        ({"pauseSchedule": True}, 'pauseSchedule: "True" cannot be used.'),
        ({"pauseSchedule": NIGHT, "scheduleTimeZone": "Europe/Berlni"}, 'Did you mean "Europe/Berlin"?'),
        (
            {"pauseSchedule": NIGHT, "scheduleTimeZone": ""},
            'scheduleTimeZone: "" cannot be used. It must be a time zone of the IANA database',
        ),
        ({"pauseSchedule": NIGHT, "scheduleTimeZone": 1}, 'scheduleTimeZone: "1" cannot be used.'),
        (
            {"scheduleTimeZone": "Europe/Berlin"},
            "scheduleTimeZone: there is no schedule to read by it. Set pauseSchedule or resumeSchedule",
        ),
        ({"pauseSchedule": NIGHT, "resumeSchedule": NIGHT}, "resumeSchedule: it is the same as pauseSchedule"),
        ({"idleAlarmHours": "0"}, 'idleAlarmHours: "0" cannot be used. It must be empty, or a whole number from 1 to 48.'),
        ({"idleAlarmHours": "49"}, 'idleAlarmHours: "49" cannot be used.'),
        ({"idleAlarmHours": "a day"}, 'idleAlarmHours: "a day" cannot be used.'),
    ],
)
def test_a_wrong_one_is_refused_by_name(context: dict[str, object], said: str) -> None:
    (problem,) = problems(**context)

    assert said in problem


def test_what_is_wrong_by_itself_is_not_judged_again() -> None:
    assert len(problems(pauseSchedule="x", scheduleTimeZone="Europe/Berlin")) == 1
    assert len(problems(scheduleTimeZone="Mars/Base")) == 1


@pytest.mark.parametrize(
    ("file", "given", "named"),
    [
        ({"pauseSchedule": NIGHT}, {"pauseSchedule": MORNING}, ["pauseSchedule"]),
        ({"resumeSchedule": MORNING, "pauseSchedule": NIGHT}, {"resumeSchedule": ""}, ["resumeSchedule"]),
        ({"pauseSchedule": NIGHT}, {"scheduleTimeZone": "Europe/Berlin"}, ["scheduleTimeZone"]),
        ({"idleAlarmHours": 6}, {"idleAlarmHours": "12"}, ["idleAlarmHours"]),
        ({"idleAlarmHours": 6}, {"idleAlarmHours": ""}, ["idleAlarmHours"]),
        ({"idleAlarmHours": 6}, {"idleAlarmHours": "5"}, []),
        ({}, {"pauseSchedule": NIGHT, "idleAlarmHours": "6"}, []),
    ],
)
def test_what_protects_the_bill_less_than_the_file_is_warned_about(
    tmp_path: Path, file: dict[str, object], given: dict[str, object], named: list[str]
) -> None:
    (tmp_path / "dev.json").write_text(json.dumps(file), encoding="utf-8")

    _, warnings = settings_of(given, tmp_path)

    assert [warning.partition(": ")[2].partition(" is ")[0] for warning in warnings] == named
