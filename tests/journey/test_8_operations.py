"""Operations: a stage whose endpoint pauses and resumes by itself, and tells when nobody calls it."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build
from tests.covering import covers
from tests.journey.story import ROOT, Shell, wait_until

STAGE = "ops"
ACCOUNT = "000000000000"
GROUP = f"blazingtext-{STAGE}-schedules"
SERVING = f"blazingtext-{STAGE}-serving"
PAUSE, RESUME, ZONE = "cron(0 20 ? * MON-FRI *)", "cron(0 8 ? * MON-FRI *)", "Europe/Berlin"


@dataclass(frozen=True)
class Stage:
    """The account, and a shell in it."""

    account: Sandbox
    shell: Shell

    def blazingtext(self, *arguments: str, **options: Any) -> Any:
        return self.shell.blazingtext("--stage", STAGE, *arguments, **options)

    def status(self) -> Any:
        return self.blazingtext("status", "--json").json()

    def fire(self, does: str) -> None:
        """Has a schedule come now, with the target that the stack gave it."""
        scheduler = self.account.boto3("scheduler")
        found = scheduler.get_schedule(GroupName=GROUP, Name=does)
        kept = {name: found[name] for name in ("GroupName", "Name", "Target", "FlexibleTimeWindow")}
        scheduler.update_schedule(**kept, ScheduleExpression=f"at({datetime.now(UTC) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})")

    def executions(self) -> list[Any]:
        """Those of the state machine, the newest first."""
        machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:blazingtext-{STAGE}-serving-update"
        return list(self.account.boto3("stepfunctions").list_executions(stateMachineArn=machine)["executions"])

    def fired(self, does: str) -> str:
        """How the execution ended that a schedule starts now."""
        before = len(self.executions())
        self.fire(does)
        wait_until(lambda: len(self.executions()) > before and self.executions()[0]["status"] != "RUNNING", what=f"the {does}")
        return str(self.executions()[0]["status"])

    def wait_for(self, status: str) -> None:
        def reached() -> bool:
            found = self.status()
            stable = next(each["status"] for each in found["stacks"] if each["name"] == SERVING).endswith("_COMPLETE")
            return bool(stable and found["endpoint"]["status"] == status)

        wait_until(reached, what=f"the endpoint's status {status!r}")


def allow(account: Sandbox, name: str) -> str:
    document = (ROOT / "bootstrap" / f"{name}-policy.json").read_text(encoding="utf-8")
    return str(account.boto3("iam").create_policy(PolicyName=f"blazingtext-{name}", PolicyDocument=document)["Policy"]["Arn"])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Sandbox(home=tmp_path_factory.mktemp("operations")) as account:
        environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        assembly = tmp_path_factory.mktemp("ops") / "cdk.out"
        shell = Shell(environment, assembly)
        policies = ",".join(allow(account, name) for name in ("execution", "company"))
        shell.cdk("bootstrap", f"aws://{ACCOUNT}/us-east-1", "--cloudformation-execution-policies", policies)
        app = cdk.App(outdir=str(assembly), context=json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])
        settings = Settings(
            stage=STAGE,
            delete_data=True,
            endpoint_bake_seconds=0,
            pause_schedule=PAUSE,
            resume_schedule=RESUME,
            schedule_time_zone=ZONE,
            idle_alarm_hours=1,
        )
        build(app, settings)
        app.synth()
        shell.run("cdk", "deploy", "--app", str(assembly), "--all", "--require-approval", "never")
        yield Stage(account, shell)


@pytest.fixture(scope="module")
def news(stage: Stage) -> Callable[[], list[str]]:
    """Every message of the notifications topic so far."""
    sqs, heard = stage.account.boto3("sqs"), list[str]()
    stacks = stage.account.boto3("cloudformation").describe_stacks(StackName=f"blazingtext-{STAGE}-training")["Stacks"]
    topic = next(each["OutputValue"] for each in stacks[0]["Outputs"] if each["OutputKey"] == "NotificationsTopicArn")
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sending = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [sending]})})
    stage.account.boto3("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read() -> list[str]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.append(json.loads(message["Body"])["Message"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return heard

    return read


def test_before_the_first_model_a_schedule_changes_nothing_that_exists(stage: Stage) -> None:
    # Whether CloudFormation sees a change in a parameter that no resource follows is its own matter.
    assert stage.fired("pause") == "SUCCEEDED"
    assert stage.fired("resume") == "SUCCEEDED"
    assert (stage.status()["live"], stage.status()["endpoint"]["status"]) == ("", "")


def test_the_endpoint_pauses_and_resumes_by_its_schedules(stage: Stage, corpus: Path) -> None:
    stage.blazingtext("upload", str(corpus), "--corpus", "wiki")
    stage.blazingtext("train", "--corpus", "wiki", "--epochs", "1", "--watch")
    stage.wait_for("InService")
    live = stage.status()["live"]

    assert stage.fired("pause") == "SUCCEEDED"
    stage.wait_for("")
    paused = stage.status()
    assert stage.fired("pause") == "SUCCEEDED", "a second one has nothing to do"
    assert stage.fired("resume") == "SUCCEEDED"
    stage.wait_for("InService")

    assert (paused["live"], paused["state"]) == (live, "paused")
    assert (stage.status()["live"], stage.status()["state"]) == (live, "running")


def test_a_schedule_that_finds_an_update_going_on_waits_for_its_end(stage: Stage) -> None:
    stage.blazingtext("pause", "--no-wait")

    assert stage.fired("resume") == "SUCCEEDED"
    stage.wait_for("InService")


def test_a_schedule_that_fails_is_told_to_the_topic(stage: Stage, news: Callable[[], list[str]]) -> None:
    iam = stage.account.boto3("iam")
    (role,) = (each["RoleName"] for each in iam.list_roles()["Roles"] if "ServingUpdateRole" in each["RoleName"])
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        assert stage.fired("pause") == "FAILED"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))

    wait_until(lambda: [each for each in news() if "to be paused or resumed by its schedule" in each], what="the news of a failed pause")
    assert stage.status()["endpoint"]["status"] == "InService"


def test_an_endpoint_that_nobody_calls_is_told_to_the_topic_with_the_command_that_pauses_it(
    stage: Stage, news: Callable[[], list[str]]
) -> None:
    # The alarm warms up for an hour, which is a minute here, and finds no call in its last hour: the test before made none.
    told = wait_until(lambda: [each for each in news() if "nobody has called the endpoint" in each], what="the alarm")

    assert f"blazingtext pause --stage {STAGE}" in json.loads(told[0])["AlarmDescription"]


def test_status_says_when_the_endpoint_pauses_next(stage: Stage) -> None:
    scheduler = stage.account.boto3("scheduler")
    for does, expression in (("pause", PAUSE), ("resume", RESUME)):
        found = scheduler.get_schedule(GroupName=GROUP, Name=does)
        kept = {key: found[key] for key in ("GroupName", "Name", "Target", "FlexibleTimeWindow")}
        scheduler.update_schedule(**kept, ScheduleExpression=expression, ScheduleExpressionTimezone=ZONE)

    said = stage.blazingtext("status").out

    (pause,) = (line for line in said.splitlines() if line.startswith("next pause"))
    assert f" 20:00, by {PAUSE}, {ZONE}" in pause
    assert any(line.startswith("next resume") and f" 08:00, by {RESUME}, {ZONE}" in line for line in said.splitlines())


def changes(account: Sandbox) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    """What somebody does by hand beside the stacks, what finds it, and how it is taken back."""
    iam, s3, events = account.boto3("iam"), account.boto3("s3"), account.boto3("events")
    role = next(each["RoleName"] for each in iam.list_roles()["Roles"] if "PromoteModelRole" in each["RoleName"])
    admin, everything = "arn:aws:iam::aws:policy/ReadOnlyAccess", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    yield (
        "inline policy",
        lambda: iam.put_role_policy(RoleName=role, PolicyName="debug", PolicyDocument=document),
        lambda: iam.delete_role_policy(RoleName=role, PolicyName="debug"),
    )
    yield (
        "managed policy",
        lambda: iam.attach_role_policy(RoleName=role, PolicyArn=admin),
        lambda: iam.detach_role_policy(RoleName=role, PolicyArn=admin),
    )
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    wider = json.dumps({**trust, "Statement": [*trust["Statement"], {**trust["Statement"][0], "Principal": {"AWS": ACCOUNT}}]})
    yield (
        "trust",
        lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=wider),
        lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust)),
    )
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith(f"blazingtext-{STAGE}-"))
    policy, block = s3.get_bucket_policy(Bucket=bucket)["Policy"], s3.get_public_access_block(Bucket=bucket)
    kept_out = block["PublicAccessBlockConfiguration"]
    yield (
        "bucket policy",
        lambda: s3.delete_bucket_policy(Bucket=bucket),
        lambda: s3.put_bucket_policy(Bucket=bucket, Policy=policy),
    )
    yield (
        "public access",
        lambda: s3.delete_public_access_block(Bucket=bucket),
        lambda: s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=kept_out),
    )
    rule = next(each["Name"] for each in events.list_rules()["Rules"] if "Finished" in each["Name"])
    queue = account.boto3("sqs").create_queue(QueueName="spy")["QueueUrl"]
    spy = account.boto3("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    yield (
        "target",
        lambda: events.put_targets(Rule=rule, Targets=[{"Id": "spy", "Arn": spy}]),
        lambda: events.remove_targets(Rule=rule, Ids=["spy"]),
    )
    yield from _changes_of_functions(account)


def _changes_of_functions(account: Sandbox) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    functions, cloudwatch = account.boto3("lambda"), account.boto3("cloudwatch")
    name = next(each["FunctionName"] for each in functions.list_functions()["Functions"] if "LaunchTraining" in each["FunctionName"])
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    spied = {"Variables": {**variables, "SPY": "1"}}
    yield (
        "function",
        lambda: functions.update_function_configuration(FunctionName=name, Environment=spied),
        lambda: functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables}),
    )
    yield (
        "callers",
        lambda: functions.add_permission(FunctionName=name, StatementId="spy", Action="lambda:InvokeFunction", Principal="111122223333"),
        lambda: functions.remove_permission(FunctionName=name, StatementId="spy"),
    )
    alarm = next(each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"] if "DeadLetters" in each["AlarmName"])
    yield (
        "alarm",
        lambda: cloudwatch.disable_alarm_actions(AlarmNames=[alarm]),
        lambda: cloudwatch.enable_alarm_actions(AlarmNames=[alarm]),
    )
    yield from _changes_of_tags(account, name)


def _changes_of_tags(account: Sandbox, function: str) -> Iterator[tuple[str, Callable[[], object], Callable[[], object]]]:
    functions, iam, logs = account.boto3("lambda"), account.boto3("iam"), account.boto3("logs")
    arn = functions.get_function_configuration(FunctionName=function)["FunctionArn"]
    yield (
        "tags",
        lambda: functions.untag_resource(Resource=arn, TagKeys=["blazingtext:stage"]),
        lambda: functions.tag_resource(Resource=arn, Tags={"blazingtext:stage": STAGE}),
    )
    role = next(each["RoleName"] for each in iam.list_roles()["Roles"] if "LaunchTrainingRole" in each["RoleName"])
    yield (
        "tags",
        lambda: iam.tag_role(RoleName=role, Tags=[{"Key": "blazingtext:stage", "Value": "theirs"}]),
        lambda: iam.tag_role(RoleName=role, Tags=[{"Key": "blazingtext:stage", "Value": STAGE}]),
    )
    group = next(each["logGroupArn"] for each in logs.describe_log_groups()["logGroups"] if f"blazingtext-{STAGE}-" in each["logGroupName"])
    yield (
        "tags",
        lambda: logs.untag_resource(resourceArn=group, tagKeys=["blazingtext:project"]),
        lambda: logs.tag_resource(resourceArn=group, tags={"blazingtext:project": "blazingtext"}),
    )


@covers("audit", "--drift")
def test_drift_finds_what_somebody_changed_beside_the_stacks_and_says_what_to_do(stage: Stage) -> None:
    before = stage.blazingtext("audit", "--drift")
    assert "is as its stacks' templates say" in before.err, before.out

    for kind, change, back in changes(stage.account):
        change()
        found = stage.blazingtext("audit", "--drift", "--json", code=1).json()["findings"]
        back()

        assert [each["kind"] for each in found] == [kind], found
        assert found[0]["remedy"]
    assert stage.blazingtext("audit", "--drift").code == 0
    refused = stage.blazingtext("audit", "--drift", "--in", "us-east-1", code=2)
    assert "Leave the other options out" in refused.err


def test_destroy_leaves_nothing(stage: Stage) -> None:
    app = ("--app", str(stage.shell.assembly))
    assert "schedule group" in stage.blazingtext("audit", code=1).out

    stage.shell.run("cdk", "destroy", *app, "--all", "--force")

    assert "nothing is left" in stage.blazingtext("audit").err
