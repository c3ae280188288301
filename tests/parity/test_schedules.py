"""Schedules of EventBridge Scheduler: made whole by stacks, read by the clock of their time zone, acting with their role."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from blazingtext_sandbox.patches import schedule_targets
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow, receive, wait_until

SERVICE = "scheduler.amazonaws.com"
GROUP = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/nightly"
OFF = {"Mode": "OFF"}
BERLIN = "Europe/Berlin"


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def schedule(expression: str, **changes: Any) -> dict[str, Any]:
    return {"State": "ENABLED", "ScheduleExpression": expression, "LastModificationDate": 0.0, **changes}


@pytest.mark.patch(name="schedule_targets")
@pytest.mark.parametrize(
    ("expression", "zone", "time", "due"),
    [
        ("cron(0 20 ? * MON-FRI *)", BERLIN, "2026-11-30T19:00:00+00:00", True),  # a Monday, in winter
        ("cron(0 20 ? * MON-FRI *)", BERLIN, "2026-11-30T20:00:00+00:00", False),
        ("cron(0 20 ? * MON-FRI *)", BERLIN, "2026-07-06T18:00:00+00:00", True),  # in summer
        ("cron(0 20 ? * MON-FRI *)", BERLIN, "2026-11-29T19:00:00+00:00", False),  # a Sunday
        ("cron(0 20 ? * MON-FRI *)", "UTC", "2026-11-30T20:00:00+00:00", True),
        # The clocks go from 2:00 to 3:00 on 2026-03-29, and from 3:00 back to 2:00 on 2026-10-25.
        ("cron(30 2 * * ? *)", BERLIN, "2026-03-29T01:30:00+00:00", False),
        ("cron(30 2 * * ? *)", BERLIN, "2026-10-25T00:30:00+00:00", True),
        ("cron(30 2 * * ? *)", BERLIN, "2026-10-25T01:30:00+00:00", False),
        ("at(2026-11-30T20:00:00)", BERLIN, "2026-11-30T19:00:00+00:00", True),
        ("at(2026-11-30T20:00:00)", BERLIN, "2026-11-30T20:00:00+00:00", False),
        ("rate(5 minutes)", "UTC", "1970-01-01T00:10:00+00:00", True),
        ("rate(5 minutes)", "UTC", "1970-01-01T00:11:00+00:00", False),
    ],
)
def test_a_schedule_is_due_once_by_the_clock_of_its_time_zone(expression: str, zone: str, time: str, due: bool) -> None:
    now, one = moment(time), schedule(expression, ScheduleExpressionTimezone=zone)

    assert schedule_targets.is_due(one, now - 1, now) is due
    assert not schedule_targets.is_due(one, now, now + 1)


@pytest.mark.parametrize("changes", [{"State": "DISABLED"}, {"StartDate": 100_000.0}, {"EndDate": 100.0}])
def test_a_schedule_that_is_off_not_begun_or_over_is_not_due(changes: dict[str, Any]) -> None:
    assert schedule_targets.is_due(schedule("rate(1 minute)"), 599.0, 600.0)
    assert not schedule_targets.is_due(schedule("rate(1 minute)", **changes), 599.0, 600.0)


def template(role: str, queue: str, **changes: Any) -> dict[str, Any]:
    one = {
        "Name": "one",
        "GroupName": {"Ref": "Group"},
        "ScheduleExpression": "cron(0 20 ? * MON-FRI *)",
        "ScheduleExpressionTimezone": BERLIN,
        "FlexibleTimeWindow": OFF,
        "Target": {"Arn": queue, "RoleArn": role, "Input": "now"},
        **changes,
    }
    return {
        "Resources": {
            "Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "nightly"}},
            "One": {"Type": "AWS::Scheduler::Schedule", "Properties": one},
        }
    }


@pytest.fixture
def queue(account: Sandbox) -> Any:
    sqs = account.boto3("sqs")
    url = sqs.create_queue(QueueName="scheduled")["QueueUrl"]
    yield sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"], url
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.patch(name="schedule_resources")
def test_a_stack_makes_changes_and_removes_a_whole_schedule(account: Sandbox, roles: Roles, stacks: Stacks, queue: tuple[str, str]) -> None:
    scheduler, role = account.boto3("scheduler"), roles.make("scheduling", service=SERVICE)
    end = "2030-01-01T00:00:00+00:00"

    assert stacks.deploy("nightly", template(role, queue[0], Description="first", EndDate=end)) == "CREATE_COMPLETE"
    made = scheduler.get_schedule(GroupName="nightly", Name="one")
    changed = template(role, queue[0], ScheduleExpression="cron(0 7 * * ? *)", ScheduleExpressionTimezone="UTC")
    assert stacks.update("nightly", TemplateBody=json.dumps(changed)) == "UPDATE_COMPLETE"
    later = scheduler.get_schedule(GroupName="nightly", Name="one")
    assert stacks.delete("nightly") == "DELETE_COMPLETE"

    assert (made["ScheduleExpressionTimezone"], made["Description"], made["EndDate"].year) == (BERLIN, "first", 2030)
    assert (later["ScheduleExpression"], later["ScheduleExpressionTimezone"]) == ("cron(0 7 * * ? *)", "UTC")
    assert "EndDate" not in later
    assert code_of(scheduler.get_schedule, GroupName="nightly", Name="one") == "ResourceNotFoundException"


@pytest.mark.patch(name="schedule_resources")
def test_a_schedule_that_is_refused_fails_its_stack(roles: Roles, stacks: Stacks, queue: tuple[str, str]) -> None:
    refused = template(roles.make("scheduling-nowhere", service=SERVICE), queue[0], GroupName="none")

    assert stacks.deploy("refused-schedule", refused) == "ROLLBACK_COMPLETE"
    assert "Schedule group none does not exist" in stacks.reasons("refused-schedule")


@pytest.mark.patch(name="schedule_resources")
def test_iam_is_asked_about_the_schedule_in_its_group(account: Sandbox, roles: Roles, stacks: Stacks, queue: tuple[str, str]) -> None:
    stacks.deploy("looked-at", template(roles.make("scheduled-looked-at", service=SERVICE), queue[0]))
    in_group = "arn:aws:scheduler:us-east-1:000000000000:schedule/nightly/*"
    client = roles.client("scheduler", roles.make("looking", allow("scheduler:GetSchedule", in_group)))
    elsewhere = roles.client("scheduler", roles.make("elsewhere", allow("scheduler:*", in_group.replace("nightly", "default"))))

    assert client.get_schedule(GroupName="nightly", Name="one")["Name"] == "one"
    assert code_of(elsewhere.get_schedule, GroupName="nightly", Name="one") == "AccessDeniedException"


def now() -> str:
    return f"at({datetime.now(UTC) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})"


@pytest.mark.patch(name="schedule_targets")
def test_a_schedule_does_what_its_role_may(account: Sandbox, roles: Roles, queue: tuple[str, str]) -> None:
    arn, url = queue
    role = roles.make("sending", allow("sqs:SendMessage", arn), service=SERVICE)
    target = {"Arn": arn, "RoleArn": role, "Input": "by its role"}

    account.boto3("scheduler").create_schedule(
        Name="sending", ScheduleExpression=now(), FlexibleTimeWindow=OFF, Target=target, ActionAfterCompletion="DELETE"
    )

    assert receive(account, url, 1) == ["by its role"]
    listed = account.boto3("scheduler").list_schedules(NamePrefix="sending")["Schedules"]
    assert listed == []


@pytest.mark.patch(name="schedule_targets")
@pytest.mark.parametrize("lacking", ["permission", "trust"])
def test_a_schedule_whose_role_may_not_does_nothing_and_is_counted(
    account: Sandbox, roles: Roles, queue: tuple[str, str], lacking: str
) -> None:
    arn, url = queue
    name, group = f"lacking-{lacking}", f"dropped-{lacking}"
    role = roles.make(name, *([allow("sqs:SendMessage", arn)] if lacking == "trust" else []), service=SERVICE)
    scheduler, cloudwatch = account.boto3("scheduler"), account.boto3("cloudwatch")
    scheduler.create_schedule_group(Name=group)
    target = {"Arn": arn, "RoleArn": role, "Input": "no", "RetryPolicy": {"MaximumRetryAttempts": 0}}
    later = datetime.now(UTC) + timedelta(seconds=3)
    scheduler.create_schedule(
        Name="no", GroupName=group, ScheduleExpression=f"at({later:%Y-%m-%dT%H:%M:%S})", FlexibleTimeWindow=OFF, Target=target
    )
    if lacking == "trust":
        # A role that does not trust Scheduler is refused; this one trusted it, and does so for another group only from now on.
        condition = {"StringEquals": {"aws:SourceArn": GROUP}}
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole", "Condition": condition}
        roles.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))

    def dropped() -> Any:
        return cloudwatch.list_metrics(Namespace="AWS/Scheduler", Dimensions=[{"Name": "ScheduleGroup", "Value": group}])["Metrics"]

    assert [each["MetricName"] for each in wait_until(dropped)] == ["InvocationDroppedCount"]
    assert "Messages" not in account.boto3("sqs").receive_message(QueueUrl=url)
    scheduler.delete_schedule_group(Name=group)
