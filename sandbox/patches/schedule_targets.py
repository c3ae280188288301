"""EventBridge Scheduler fires by the clock of a schedule's time zone, and acts with its role.

ministack fires by UTC whatever the time zone is, as nobody in particular, and tries once. Here every schedule is looked at each second; its
role is assumed, and what it may not do is not done. A target that refuses is asked again within the schedule's retry policy, at most once
a minute of `SANDBOX_CLOCK`, and then counted as dropped. Flexible time windows and dead-letter queues of schedules are not emulated.
Targets other than Step Functions, Lambda, SQS, SNS and the operations of AWS SDKs are reached as ministack reaches them.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html and, for the metric,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import json
import logging
import threading
import time
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from .. import arns
from ..emulator import sdk_tasks
from ..emulator.background import regions_of, run_periodically
from ..emulator.identity import RoleNotAssumableError, account_id, assume_role_credentials, region, scope
from ..emulator.internals import Json, internal
from ..emulator.services import put_metric
from ..waits import clock

_LOG = logging.getLogger(__name__)
_SERVICE: Final = "scheduler.amazonaws.com"
_INTERVAL_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 60.0
# AWS's defaults of RetryPolicy.
_MOST_RETRIES, _MOST_SECONDS = 185, 86_400.0
#: What a target of a service is asked for, and the parameters of that.
_OPERATIONS: Final[Mapping[str, tuple[str, Callable[[str, str], Json]]]] = {
    "states": ("sfn:startExecution", lambda arn, given: {"StateMachineArn": arn, "Input": given}),
    "lambda": ("lambda:invoke", lambda arn, given: {"FunctionName": arn, "InvocationType": "Event", "Payload": json.loads(given)}),
    "sqs": ("sqs:sendMessage", lambda arn, given: {"QueueUrl": _queue_url(arn), "MessageBody": given}),
    "sns": ("sns:publish", lambda arn, given: {"TopicArn": arn, "Message": given}),
}


@dataclass(frozen=True)
class Occurrence:
    """A time at which a schedule fires.

    Attributes:
        schedule: as Scheduler keeps it.
        account: its account.
        region: its region.
    """

    schedule: Json
    account: str
    region: str


def apply() -> None:
    """Fire schedules so from now on."""
    internal("services.scheduler").start_scheduler = lambda: run_periodically("schedules", _INTERVAL_SECONDS, _Ticker().tick)


class _Ticker:
    """Fires what has become due since it last looked."""

    def __init__(self) -> None:
        self._looked = time.time()

    def tick(self) -> None:
        store = internal("services.scheduler")._schedules
        since, self._looked = self._looked, time.time()
        for account, region_name in regions_of(store):
            with scope(account, region_name):
                for key, schedule in list(store.items()):
                    if is_due(schedule, since, self._looked):
                        _fire(Occurrence(dict(schedule), account, region_name))
                        if _is_over(schedule, self._looked):
                            store.pop(key, None)


def is_due(schedule: Json, since: float, now: float) -> bool:
    """Whether a schedule has a time after one moment, up to and with another.

    Args:
        schedule: as Scheduler keeps it.
        since: seconds since 1970; a one-time schedule that was made, or changed, after its time fires at once.
        now: likewise.
    """
    scheduler, eventbridge = internal("services.scheduler"), internal("services.eventbridge")
    start, end = scheduler._to_epoch(schedule.get("StartDate")), scheduler._to_epoch(schedule.get("EndDate"))
    if schedule.get("State") != "ENABLED" or (start is not None and now < start) or (end is not None and now > end):
        return False
    expression, changed = str(schedule.get("ScheduleExpression", "")), float(schedule["LastModificationDate"])
    zone = zoneinfo.ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    if expression.startswith("at("):
        moment = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone).timestamp()
        return since < max(moment, changed) <= now
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        begin = changed if start is None else start
        return int((now - begin) // interval) > max(int((since - begin) // interval), 0 if start is None else -1)
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        return False
    # ministack walks by the clock of the time that it is given.
    following = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(max(since, changed) - 60, zone))
    while following is not None and following.timestamp() <= max(since, changed):
        following = eventbridge._cron_next_fire(fields, following)
    return following is not None and following.timestamp() <= now and _exists(following)


def _exists(moment: datetime) -> bool:
    """Whether a clock shows it: one that is put forward skips an hour."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(tzinfo=None)


def _is_over(schedule: Json, now: float) -> bool:
    """Whether a schedule is to be deleted now that it has fired."""
    end = internal("services.scheduler")._to_epoch(schedule.get("EndDate"))
    last = str(schedule.get("ScheduleExpression", "")).startswith("at(") or (end is not None and now >= end)
    return bool(last and schedule.get("ActionAfterCompletion") == "DELETE")


def _fire(occurrence: Occurrence) -> None:
    threading.Thread(target=_deliver, args=(occurrence,), name="sandbox-schedule", daemon=True).start()


def _deliver(occurrence: Occurrence) -> None:
    """Ask the target, again and again within the retry policy."""
    target = occurrence.schedule["Target"]
    policy = target.get("RetryPolicy") or {}
    attempts = int(policy.get("MaximumRetryAttempts", _MOST_RETRIES)) + 1
    deadline = time.monotonic() + float(policy.get("MaximumEventAgeInSeconds", _MOST_SECONDS)) / clock()
    with scope(occurrence.account, occurrence.region):
        for _ in range(attempts):
            try:
                _ask(occurrence.schedule, target)
            except (RoleNotAssumableError, sdk_tasks.TaskError) as refusal:
                _LOG.warning("The schedule %s: %s", occurrence.schedule["Arn"], refusal)
            else:
                return
            if time.monotonic() + _RETRY_SECONDS / clock() > deadline:
                break
            time.sleep(_RETRY_SECONDS / clock())
        put_metric("AWS/Scheduler", "InvocationDroppedCount", 1.0, {"ScheduleGroup": occurrence.schedule["GroupName"]}, "Count")


def _ask(schedule: Json, target: Json) -> None:
    """One attempt, with the role's credentials.

    Raises:
        RoleNotAssumableError: the role does not trust Scheduler for this group.
        TaskError: the target refused.
    """
    arn, given = str(target["Arn"]), str(target.get("Input") or "{}")
    group = arns.arn("scheduler", region(), account_id(), f"schedule-group/{schedule['GroupName']}")
    credentials = assume_role_credentials(str(target["RoleArn"]), schedule["Name"], _SERVICE, source_arn=group)
    service = arn.split(":")[2]
    if ":aws-sdk:" in arn:
        sdk_tasks.run(arn, json.loads(given), credentials)
    elif service in _OPERATIONS:
        operation, parameters = _OPERATIONS[service]
        sdk_tasks.run(arns.arn("states", "", "", f"aws-sdk:{operation}"), parameters(arn, given), credentials)
    else:
        internal("services.eventbridge")._invoke_target(target, _event(schedule), schedule)


def _event(schedule: Json) -> Json:
    return {
        "EventId": schedule["Name"],
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": time.time(),
        "Resources": [schedule["Arn"]],
        "Account": account_id(),
        "Region": region(),
    }


def _queue_url(arn: str) -> str:
    queue = internal("services.sqs")._queue_by_arn(arn)
    return "" if queue is None else str(queue["url"])
