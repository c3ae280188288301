"""When the endpoint pauses and resumes by itself next, as EventBridge Scheduler has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors, naming, schedules

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud


@dataclass(frozen=True)
class Turn:
    """A schedule of the endpoint.

    Attributes:
        does: pause or resume.
        expression: its cron expression.
        time_zone: whose clock that means.
        enabled: False when somebody has switched it off.
        next: its next time, by the clock of the time zone; None when there is none.
    """

    does: str
    expression: str
    time_zone: str
    enabled: bool
    next: datetime | None

    @property
    def when(self) -> str:
        """When it is next, in words."""
        if not self.enabled:
            return f"never: its schedule, {self.expression}, is switched off"
        by = f"by {self.expression}, {self.time_zone}"
        return f"never, {by}" if self.next is None else f"{self.next:%A, %Y-%m-%d %H:%M}, {by}"


def turns(cloud: Cloud, now: datetime | None = None) -> tuple[Turn, ...]:
    """The schedules of a stage, the next one first; none of a stage without.

    Args:
        cloud: the stage, whose training stack is deployed.
        now: an aware time; None means the present.

    Raises:
        LifecycleError: AWS did not show them.
    """
    group = cloud.outputs(naming.training_stack(cloud.stage)).get(naming.Output.SCHEDULE_GROUP_NAME, "")
    found = [turn for does in (naming.PAUSE, naming.RESUME) if group and (turn := _turn(cloud, group, does, now or datetime.now(UTC)))]
    return tuple(sorted(found, key=lambda turn: (turn.next is None, turn.next or datetime.max.replace(tzinfo=UTC))))


def _turn(cloud: Cloud, group: str, does: str, now: datetime) -> Turn | None:
    """One of the schedules; None when the stage has only the other one."""
    with translating_aws_errors(f"look at the schedule {group}/{does}"):
        try:
            found: dict[str, Any] = cloud.client("scheduler").get_schedule(GroupName=group, Name=does)
        except ClientError as error:
            if aws_errors.code_of(error) == "ResourceNotFoundException":
                return None
            raise
    expression, zone, enabled = found["ScheduleExpression"], found.get("ScheduleExpressionTimezone", "UTC"), found["State"] == "ENABLED"
    return Turn(does, expression, zone, enabled, _next(expression, zone, now) if enabled else None)


def _next(expression: str, zone: str, now: datetime) -> datetime | None:
    """The next time of a cron expression; None for another kind of schedule, which somebody must have made, and a zone unknown here."""
    try:
        cron, clock = schedules.parse(expression), ZoneInfo(zone)
    except (ValueError, KeyError):
        return None
    return next(schedules.times(cron, now, clock), None)


def running_share(found: tuple[Turn, ...], now: datetime | None = None) -> float:
    """The share of a year that the endpoint runs by these schedules, from 0 to 1; 1 where that cannot be told."""
    by_turn = {turn.does: turn for turn in found if turn.next is not None}
    if len(by_turn) < 2:
        return 1.0
    pause, resume = by_turn[naming.PAUSE], by_turn[naming.RESUME]
    return schedules.running_share(
        schedules.parse(pause.expression), schedules.parse(resume.expression), now or datetime.now(UTC), ZoneInfo(pause.time_zone)
    )
