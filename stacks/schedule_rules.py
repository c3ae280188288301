"""When an endpoint pauses and resumes by itself, or is called idle: what these settings may be, and what is wrong together."""

import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from blazingtext_lifecycle import schedules, values
from blazingtext_lifecycle.suggestions import did_you_mean

from .idle_alarm import LONGEST_HOURS
from .setting_types import SettingType

# An update of an endpoint takes minutes.
_MOST_OFTEN = "once an hour at most"
_DEFAULT_ZONE = "UTC"


def _cron(raw: object) -> str:
    if raw == "":
        return ""
    if not isinstance(raw, str) or len(schedules.parse(raw).minutes) > 1:
        raise ValueError(raw)
    return raw


def _hours(raw: object) -> int | None:
    return None if raw is None or str(raw).strip() == "" else values.whole_number(raw, 1, LONGEST_HOURS)


def _time_zone(raw: object) -> str:
    if not isinstance(raw, str) or raw not in zoneinfo.available_timezones() | {_DEFAULT_ZONE}:
        raise ValueError(raw)
    return raw


CRON = SettingType(f"empty, or a cron expression of EventBridge Scheduler, {_MOST_OFTEN}, such as cron(0 20 ? * MON-FRI *)", _cron)
IDLE_HOURS = SettingType(f"empty, or a whole number from 1 to {LONGEST_HOURS}", _hours)
TIME_ZONE = SettingType(
    "a time zone of the IANA database, such as Europe/Berlin",
    _time_zone,
    lambda raw: did_you_mean(str(raw), zoneinfo.available_timezones()),
)


def contradictions(settings: Mapping[str, Any], wrong: Collection[str], spell: Callable[[str], str]) -> Iterator[str]:
    """What is wrong together.

    Args:
        settings: every setting, by field.
        wrong: the fields that are wrong by themselves, and not judged again.
        spell: how to write a field's name in a message.
    """
    if {"pause_schedule", "resume_schedule", "schedule_time_zone"}.intersection(wrong):
        return
    given = [name for name in ("pause_schedule", "resume_schedule") if settings[name]]
    if not given and settings["schedule_time_zone"] != _DEFAULT_ZONE:
        yield (
            f"{spell('schedule_time_zone')}: there is no schedule to read by it. "
            f"Set {spell('pause_schedule')} or {spell('resume_schedule')}, or leave it out."
        )
    if len(given) == 2 and settings["pause_schedule"] == settings["resume_schedule"]:
        yield (
            f"{spell('resume_schedule')}: it is the same as {spell('pause_schedule')}, so which of the two comes last is chance. "
            "Set different times."
        )
