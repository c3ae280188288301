"""Cron expressions of EventBridge Scheduler; dates of 2026 and 2028 by the calendar, rules by AWS's page on schedule types."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from blazingtext_lifecycle import schedules

BERLIN = ZoneInfo("Europe/Berlin")
# A Sunday.
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def following(expression: str, count: int = 2, after: datetime = NOON, zone: ZoneInfo | None = None) -> list[str]:
    found = schedules.times(schedules.parse(expression), after, zone or ZoneInfo("UTC"))
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in islice(found, count)]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 20 ? * MON-FRI *)", ["2026-11-30 20:00", "2026-12-01 20:00"]),
        ("cron(0 20 ? * 2-6 *)", ["2026-11-30 20:00", "2026-12-01 20:00"]),
        ("cron(0 20 * * ? *)", ["2026-11-29 20:00", "2026-11-30 20:00"]),
        ("cron(0 8,20 ? * SUN,sat *)", ["2026-11-29 20:00", "2026-12-05 08:00"]),
        ("cron(15 0/8 ? * * *)", ["2026-11-29 16:15", "2026-11-30 00:15"]),
        ("cron(0/20 12-13 ? * 1 *)", ["2026-11-29 12:20", "2026-11-29 12:40"]),
        ("cron(*/30 12 29 NOV ? 2026)", ["2026-11-29 12:30"]),
        ("cron(0 0 L * ? *)", ["2026-11-30 00:00", "2026-12-31 00:00"]),
        # 2027-01-31 is a Sunday, 2027-05-01 a Saturday, 2026-12-15 a Tuesday and 2027-08-15 a Sunday.
        ("cron(0 0 LW JAN ? 2027)", ["2027-01-29 00:00"]),
        ("cron(0 0 1W 5 ? 2027)", ["2027-05-03 00:00"]),
        ("cron(0 0 15W 8,12 ? *)", ["2026-12-15 00:00", "2027-08-16 00:00"]),
        ("cron(0 0 31W * ? *)", ["2026-12-31 00:00", "2027-01-29 00:00"]),
        ("cron(0 0 ? * L *)", ["2026-12-05 00:00", "2026-12-12 00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-12-25 00:00", "2027-01-29 00:00"]),
        ("cron(0 0 ? * FRIL *)", ["2026-12-25 00:00", "2027-01-29 00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-12-08 00:00", "2027-01-12 00:00"]),
        ("cron(0 0 ? * MON#5 *)", ["2026-11-30 00:00", "2027-03-29 00:00"]),
        # The first and the last of each field; 2026-12-06 is a Sunday and 2026-12-26 a Saturday.
        ("cron(0,59 0,23 30 11 ? 1970-2199)", ["2026-11-30 00:00", "2026-11-30 00:59", "2026-11-30 23:00", "2026-11-30 23:59"]),
        ("cron(0 0 1,31 1,12 ? *)", ["2026-12-01 00:00", "2026-12-31 00:00", "2027-01-01 00:00", "2027-01-31 00:00"]),
        ("cron(0 0 ? * 1,7 *)", ["2026-12-05 00:00", "2026-12-06 00:00"]),
        ("cron(0 0 ? 12 1#1 *)", ["2026-12-06 00:00", "2027-12-05 00:00"]),
        ("cron(0 0 ? 12 7#4 *)", ["2026-12-26 00:00", "2027-12-25 00:00"]),
        ("cron(0 0 ? 12 1L *)", ["2026-12-27 00:00", "2027-12-26 00:00"]),
        ("cron(0 0 ? 12 7L *)", ["2026-12-26 00:00", "2027-12-25 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("cron(0 0 30 2 ? *)", []),
        ("cron(0 0 1 1 ? 2020)", []),
    ],
)
def test_an_expression_names_these_times(expression: str, times: list[str]) -> None:
    assert following(expression, max(2, len(times))) == times


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate(1 hour)",
        "at(2026-11-30T20:00:00)",
        "cron(0 20 * * *)",
        "cron(0 20 ? * MON-FRI * *)",
        "cron(0 20 * * MON *)",
        "cron(0 20 ? * ? *)",
        "cron(60 20 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 20 0 * ? *)",
        "cron(0 20 32 * ? *)",
        "cron(0 20 * 13 ? *)",
        "cron(0 20 ? * 0 *)",
        "cron(0 20 ? * 8 *)",
        "cron(0 20 ? * MON#6 *)",
        "cron(0 20 ? * MON#0 *)",
        "cron(0 20 0W * ? *)",
        "cron(0 20 32W * ? *)",
        "cron(0 20 * 0 ? *)",
        "cron(0 20 ? * 0L *)",
        "cron(0 20 ? * 8L *)",
        "cron(0 20 ? * 0#2 *)",
        "cron(0 20 ? * 8#2 *)",
        "cron(0 20 * * ? 1969)",
        "cron(0 20 * * ? 2200)",
        "cron(0 20-8 * * ? *)",
        "cron(0/0 20 * * ? *)",
        "cron(0, 20 * * ? *)",
        "cron(x 20 * * ? *)",
        "cron(-1 20 * * ? *)",
        "cron(0 20 ? * MONDAY *)",
        " cron(0 20 * * ? *)",
    ],
)
def test_anything_else_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whoever gives it says what is wrong
        schedules.parse(expression)


def test_a_time_is_after_the_moment_and_by_the_clock_of_its_zone() -> None:
    on_the_hour = datetime(2026, 11, 30, 19, tzinfo=UTC)

    assert following("cron(0 20 ? * * *)", 1, on_the_hour, BERLIN) == ["2026-12-01 20:00"]
    assert following("cron(0 20 ? * * *)", 1, on_the_hour.replace(hour=18, minute=59), BERLIN) == ["2026-11-30 20:00"]


def test_what_a_clock_skips_does_not_come_and_what_it_shows_twice_comes_once() -> None:
    # From 2:00 to 3:00 on 29 March, and from 3:00 back to 2:00 on 25 October.
    assert following("cron(30 2 * 3 ? 2026)", 2, datetime(2026, 3, 28, tzinfo=UTC), BERLIN) == ["2026-03-28 02:30", "2026-03-30 02:30"]
    october = following("cron(30 2 25,26 10 ? 2026)", 3, datetime(2026, 10, 24, tzinfo=UTC), BERLIN)
    assert october == ["2026-10-25 02:30", "2026-10-26 02:30"]


@pytest.mark.parametrize(
    ("pause", "resume", "share"),
    [
        ("cron(0 20 ? * MON-FRI *)", "cron(0 8 ? * MON-FRI *)", 60 / 168),
        ("cron(0 12 * * ? *)", "cron(0 0 * * ? *)", 1 / 2),
        # From Monday to Wednesday.
        ("cron(0 0 ? * WED *)", "cron(0 0 ? * MON *)", 2 / 7),
        # Resumed twice in a row, and paused twice in a row.
        ("cron(0 18,20 * * ? *)", "cron(0 6,8 * * ? *)", 1 / 2),
    ],
)
def test_the_share_of_the_time_that_an_endpoint_runs(pause: str, resume: str, share: float) -> None:
    found = schedules.running_share(schedules.parse(pause), schedules.parse(resume), NOON, ZoneInfo("UTC"))

    assert found == pytest.approx(share)


def test_an_endpoint_that_is_not_both_paused_and_resumed_by_itself_counts_as_running() -> None:
    night = schedules.parse("cron(0 20 * * ? *)")
    never = schedules.parse("cron(0 0 1 1 ? 2020)")

    assert schedules.running_share(night, None, NOON, ZoneInfo("UTC")) == 1
    assert schedules.running_share(None, night, NOON, ZoneInfo("UTC")) == 1
    assert schedules.running_share(never, night, NOON, ZoneInfo("UTC")) == pytest.approx(1, abs=0.001)
    assert schedules.running_share(never, never, NOON, ZoneInfo("UTC")) == 1
