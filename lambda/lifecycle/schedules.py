"""Cron expressions of EventBridge Scheduler, the times that they name, and how long an endpoint runs between them. Pure.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import heapq
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: number for number, name in enumerate(_WEEKDAY_NAMES, 1)}
_SATURDAY = 7
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
# The longest way to the next 29 February, over a century without one.
_HORIZON_DAYS = 8 * 366
_COUNTED = timedelta(days=364)

Days = Callable[[date], bool]


@dataclass(frozen=True)
class Cron:
    """A cron expression.

    Attributes:
        minutes: of an hour.
        hours: of a day.
        on: whether a day is one of its days.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    on: Days


def parse(expression: str) -> Cron:
    """The expression that a text like ``cron(0 20 ? * MON-FRI *)`` is.

    Raises:
        ValueError: it is none.
    """
    found = _CRON.fullmatch(expression)
    if not found:
        raise ValueError(expression)
    minutes, hours, days, months, weekdays, years = (field.upper() for field in found.groups())
    if (days == "?") == (weekdays == "?"):
        raise ValueError(expression)
    in_month = _numbers(months, 1, 12, _MONTHS)
    in_year = _numbers(years, _FIRST_YEAR, _LAST_YEAR)
    rule = _days_of_month(days) if weekdays == "?" else _days_of_week(weekdays)
    return Cron(
        tuple(sorted(_numbers(minutes, 0, 59))),
        tuple(sorted(_numbers(hours, 0, 23))),
        lambda day: day.month in in_month and day.year in in_year and rule(day),
    )


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """What a field of numbers, names, ``*``, ``-``, ``/`` and ``,`` stands for.

    Raises:
        ValueError: it stands for nothing, or for more than there is.
    """
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = ("", "", "") if span == "*" else span.partition("-")
        start = low if span == "*" else _number(first, names)
        end = _number(last, names) if dash else high if span == "*" or slash else start
        width = _number(step, None) if slash else 1
        if not (low <= start <= end <= high) or width < 1:
            raise ValueError(field)
        found.update(range(start, end + 1, width))
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text in names:
        return names[text]
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError(text)
    return int(text)


def _days_of_month(field: str) -> Days:
    if field == "L":
        return lambda day: day.day == _length(day)
    if field == "LW":
        return lambda day: day == _nearest_weekday(day, _length(day))
    if field.endswith("W"):
        wanted = _one(field[:-1], 1, 31)
        return lambda day: wanted <= _length(day) and day == _nearest_weekday(day, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _days_of_week(field: str) -> Days:
    if field == "L":
        return lambda day: _weekday(day) == _SATURDAY
    if field.endswith("L"):
        last = _one(field[:-1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == last and day.day > _length(day) - 7
    if "#" in field:
        name, _, place = field.partition("#")
        weekday, week = _one(name, 1, 7, _WEEKDAYS), _one(place, 1, 5)
        return lambda day: _weekday(day) == weekday and (day.day - 1) // 7 == week - 1
    numbers = _numbers(field, 1, 7, _WEEKDAYS)
    return lambda day: _weekday(day) in numbers


def _one(text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    number = _number(text, names)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _weekday(day: date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(month: date, number: int) -> date:
    """The day from Monday to Friday next to a day of a month, and in the same month."""
    day = month.replace(day=number)
    if day.isoweekday() == 6:
        return day + timedelta(days=2) if number == 1 else day - timedelta(days=1)
    if day.isoweekday() == 7:
        return day - timedelta(days=2) if number == _length(day) else day + timedelta(days=1)
    return day


def times(cron: Cron, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The times that an expression names in a time zone, in their order, until none comes for eight years.

    A time that a clock skips when it is put forward does not come, and one that it shows twice comes once; which of the two, AWS does not
    say: the first is taken here.

    Args:
        cron: the expression.
        after: an aware time, before all of these.
        zone: whose clocks they are shown by.
    """
    day = last = after.astimezone(zone).date()
    while (day - last).days <= _HORIZON_DAYS and day.year <= _LAST_YEAR:
        for shown in _shown(cron, day):
            moment = shown.replace(tzinfo=zone)
            exists = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == shown
            if exists and moment.astimezone(UTC) > after:
                last = day
                yield moment
        day += timedelta(days=1)


def _shown(cron: Cron, day: date) -> Iterator[datetime]:
    """What a clock shows on one day when the times come."""
    if cron.on(day):
        yield from (datetime.combine(day, time(hour, minute)) for hour in cron.hours for minute in cron.minutes)


def running_share(pause: Cron | None, resume: Cron | None, after: datetime, zone: tzinfo) -> float:
    """The share of the 52 weeks after a time that an endpoint runs which nobody pauses or resumes by hand, from 0 to 1.

    It is 1 unless both are given: one that is only paused by itself runs until then and is resumed by hand, nobody knows when.
    """
    if pause is None or resume is None:
        return 1.0
    end = after + _COUNTED
    pauses = ((moment.astimezone(UTC), False) for moment in times(pause, after, zone))
    resumes = ((moment.astimezone(UTC), True) for moment in times(resume, after, zone))
    running: bool | None = None
    since, total = after, timedelta()
    for moment, runs in heapq.merge(pauses, resumes):
        if running is None:
            running = not runs
        if moment >= end:
            break
        if running:
            total += moment - since
        since, running = moment, runs
    if running is not False:
        total += end - since
    return total / _COUNTED
