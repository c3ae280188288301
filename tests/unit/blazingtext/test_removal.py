"""The commands that `audit` prints: each can be typed, names an operation and options that AWS has, and says the region."""

import io
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped] # comes with botocore, and without types
import pytest
from botocore import xform_name

from blazingtext import removal
from blazingtext.cli import main as cli
from blazingtext.cloud import Cloud
from blazingtext.leftovers import Leftover
from blazingtext.stages import blazingtext_command, bootstrap_command, cdk_command, typed_options
from blazingtext_lifecycle.errors import AccessDeniedError, RequestError
from tests.unit.blazingtext.cloud_fakes import FakeClient, FakeStacks, account, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

NAME = "blazingtext-dev-it's $HOME"
KINDS = sorted(removal._FORMS)
AWS = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)")
GLOBAL_OPTIONS = {"region", "output", "query"}


def removing(kind: str, **more: Any) -> str:
    name = f"/group:{NAME}/algo-1" if kind == "log stream" else NAME
    return removal.command(Leftover(kind, name, region="eu-west-1", **more), "dev", "us-east-1")


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_can_be_typed_in_a_shell(kind: str) -> None:
    subprocess.run(["sh", "-n", "-c", removing(kind)], check=True, capture_output=True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "bucket"])
def test_a_command_names_an_operation_and_options_that_aws_has(kind: str) -> None:
    command = removing(kind)
    loader = botocore.session.get_session()

    found = AWS.findall(command)

    assert found
    options = set(re.findall(r"--([a-z-]+)", command)) - GLOBAL_OPTIONS
    known: set[str] = set()
    for service, verb in found:
        model = loader.get_service_model({"events": "events"}.get(service, service))
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(operations[verb]).input_shape
        assert shape is not None
        known |= {xform_name(member, "-") for member in shape.members}
    assert options <= known


# What the AWS CLI would have of an account, by what it is asked; the query picks from it (https://jmespath.org).
ACCOUNT = {
    "get-queue-url": {"QueueUrl": "https://queue"},
    "list-topics": {"Topics": [{"TopicArn": "arn:sns:1:other-mine"}, {"TopicArn": "arn:sns:1:mine"}, {"TopicArn": "arn:sns:1:mine-2"}]},
    "list-state-machines": {
        "stateMachines": [{"name": "mine-2", "stateMachineArn": "arn:2"}, {"name": "mine", "stateMachineArn": "arn:states:mine"}]
    },
    "list-targets-by-rule": {"Targets": [{"Id": "one"}, {"Id": "two"}]},
    "list-model-packages": {"ModelPackageSummaryList": [{"ModelPackageArn": "arn:mine/1"}, {"ModelPackageArn": "arn:mine/2"}]},
    "list-role-policies": {"PolicyNames": ["own", "own-2"]},
    "get-caller-identity": {"Account": "123456789012"},
    "list-policy-versions": {
        "Versions": [{"VersionId": "v3", "IsDefaultVersion": True}, {"VersionId": "v2", "IsDefaultVersion": False}, {"VersionId": "v1"}]
    },
    "list-attached-role-policies": {"AttachedPolicies": [{"PolicyName": "x", "PolicyArn": "arn:policy/x"}]},
}
REMOVED = {
    "queue": ["sqs delete-queue --queue-url https://queue --region eu-west-1"],
    "topic": ["sns delete-topic --topic-arn arn:sns:1:mine --region eu-west-1"],
    "state machine": ["stepfunctions delete-state-machine --state-machine-arn arn:states:mine --region eu-west-1"],
    "model package group": [
        "sagemaker delete-model-package --model-package-name arn:mine/1 --region eu-west-1",
        "sagemaker delete-model-package --model-package-name arn:mine/2 --region eu-west-1",
        "sagemaker delete-model-package-group --model-package-group-name mine --region eu-west-1",
    ],
    "rule": [
        "events remove-targets --rule mine --region eu-west-1 --ids one two",
        "events delete-rule --name mine --region eu-west-1",
    ],
    "budget": ["budgets delete-budget --account-id 123456789012 --budget-name mine --region eu-west-1"],
    "managed policy": [
        "iam delete-policy-version --policy-arn mine --version-id v2",
        "iam delete-policy-version --policy-arn mine --version-id v1",
        "iam delete-policy --policy-arn mine",
    ],
    "role": [
        "iam delete-role-policy --role-name mine --policy-name own",
        "iam delete-role-policy --role-name mine --policy-name own-2",
        "iam detach-role-policy --role-name mine --policy-arn arn:policy/x",
        "iam delete-role --role-name mine",
    ],
}


@pytest.mark.parametrize("kind", REMOVED)
def test_what_is_typed_removes_this_thing_and_no_other(kind: str, tmp_path: Path) -> None:
    command = removal.command(Leftover(kind, "mine", region="eu-west-1"), "dev", "us-east-1")
    answers = []
    for verb, query in re.findall(r"aws [a-z]+ ([a-z-]+) --output text --query (\S+)", command):
        found = jmespath.search("".join(shlex.split(query.removesuffix(')"'))), ACCOUNT[verb])
        answers.append(f"{verb}) echo {shlex.quote(' '.join([found] if isinstance(found, str) else found))} ;;")
    assert answers
    aws = tmp_path / "aws"
    aws.write_text("\n".join(["#!/bin/sh", 'case "$2" in', *answers, f'*) echo "$@" >> {tmp_path}/done ;;', "esac"]))
    aws.chmod(0o755)

    subprocess.run(["sh", "-c", command], check=True, env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"})

    assert (tmp_path / "done").read_text().splitlines() == REMOVED[kind]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"role", "bucket", "managed policy", "budget"}])
def test_a_command_says_the_region(kind: str) -> None:
    assert removing(kind).count("--region eu-west-1") == len(AWS.findall(removing(kind)))


def test_a_job_is_stopped_first_and_deleted_then() -> None:
    assert "stop-training-job" in removing("training job", detail="InProgress")
    assert "delete-training-job" in removing("training job", detail="Stopped")
    assert "stop-hyper-parameter-tuning-job --hyper-parameter-tuning-job-name" in removing("tuning job", detail="InProgress")
    assert "stop-processing-job --processing-job-name" in removing("processing job", detail="InProgress")
    assert "stop-transform-job --transform-job-name" in removing("transform job", detail="InProgress")
    assert "delete-hyper-parameter-tuning-job" in removing("tuning job", detail="Stopped")


def test_a_role_loses_its_own_and_its_attached_policies_first() -> None:
    verbs = [verb for _, verb in AWS.findall(removing("role"))]

    assert verbs == ["list-role-policies", "delete-role-policy", "list-attached-role-policies", "detach-role-policy", "delete-role"]


def test_the_stages_own_stacks_go_with_cdk_and_others_one_by_one() -> None:
    own = Leftover("stack", "blazingtext-prod-storage", region="us-east-1")

    assert removal.command(own, "prod", "us-east-1") == "cdk destroy --all -c stage=prod"
    assert removal.command(own, "prod", "eu-west-1") == "AWS_REGION=us-east-1 cdk destroy --all -c stage=prod"
    assert "delete-stack" in removal.command(Leftover("stack", "renamed", region="us-east-1"), "prod", "us-east-1")
    assert removal.command(Leftover("tagged resource", "arn:aws:kms:..."), "prod") == ""


HAND_MADE = [{"TrainingJobName": "blazingtext-dev-x", "TrainingJobStatus": "Stopped"}]


def test_a_job_made_by_hand_is_told_how_to_be_removed_and_not_to_destroy_what_is_gone(typed: Typed) -> None:
    code, _, err = typed("audit", **account(sagemaker__list_training_jobs=HAND_MADE))

    assert code == 1
    assert "next: aws sagemaker delete-training-job --training-job-name blazingtext-dev-x --region us-east-1" in err
    assert "cdk destroy" not in err


def test_while_there_are_stacks_they_go_first(typed: Typed) -> None:
    stacks = [{"StackName": "blazingtext-dev-storage", "StackStatus": "CREATE_COMPLETE"}]

    _, _, err = typed("audit", **account(cloudformation__describe_stacks=stacks, sagemaker__list_training_jobs=HAND_MADE))

    assert [line for line in err.splitlines() if line.startswith("next:")] == ["next: cdk destroy --all"]
    assert "blazingtext audit then says how to remove each of it" in err


def test_a_long_list_of_commands_is_cut(typed: Typed) -> None:
    topics = [{"TopicArn": f"arn:aws:sns:us-east-1:1:blazingtext-dev-{number}"} for number in range(500)]

    _, _, err = typed("audit", **account(sns__list_topics=topics))

    assert err.count("next: ") == 20
    assert "and 480 more commands: blazingtext audit --json" in err


@pytest.mark.parametrize("word", ["destroy", "list", "deploy", "up"])
def test_a_word_of_another_tool_is_answered_with_what_to_type_here(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([word]) == 2

    said = capsys.readouterr().err
    assert "Did you mean" not in said
    assert {"destroy": "cdk destroy --all", "list": "blazingtext runs", "deploy": "cdk deploy --all", "up": "sandbox up"}[word] in said


def test_region_and_profile_are_kept_in_what_to_type_next() -> None:
    before = typed_options.set({"region": "eu-west-1", "profile": "my profile"})
    try:
        assert shlex.split(blazingtext_command("status", "dev")) == [
            "blazingtext",
            "status",
            "--region",
            "eu-west-1",
            "--profile",
            "my profile",
        ]
        assert cdk_command("deploy", "dev") == "AWS_REGION=eu-west-1 cdk deploy --all --profile 'my profile'"
        assert bootstrap_command() == "AWS_REGION=eu-west-1 cdk bootstrap --profile 'my profile'"
    finally:
        typed_options.reset(before)


KEPT, FOREIGN = "blazingtext-dev-storage-kept", "blazingtext-devel-storage"


class Buckets(FakeClient):
    """Two buckets, one of the stage with two versions and a delete marker."""

    def __init__(self) -> None:
        super().__init__()
        self.names = [KEPT, FOREIGN]
        self.versions = [{"Key": key, "VersionId": "1", "Size": 600_000} for key in ("runs/a", "runs/b")]
        self.markers = [{"Key": "runs/c", "VersionId": "1"}]
        self.refuses = False
        operations: dict[str, Callable[..., Any]] = {
            "list_buckets": lambda **_: {"Buckets": [{"Name": name, "BucketRegion": "us-east-1"} for name in self.names]},
            "list_object_versions": self._versions,
            "list_multipart_uploads": lambda **_: {"Uploads": []},
            "delete_objects": self._delete_objects,
            "delete_bucket": self._delete_bucket,
        }
        for name, operation in operations.items():
            self.answer(name, operation)

    def _versions(self, *, Bucket: str, **_: Any) -> Any:  # noqa: N803 - AWS's names
        return {"Versions": list(self.versions), "DeleteMarkers": list(self.markers)} if Bucket == KEPT else {}

    def _delete_objects(self, *, Bucket: str, Delete: Any) -> Any:  # noqa: N803 - AWS's names
        assert Bucket == KEPT
        if self.refuses:
            raise client_error("AccessDenied", "no", "DeleteObjects")
        gone = {each["Key"] for each in Delete["Objects"]}
        self.versions = [each for each in self.versions if each["Key"] not in gone]
        self.markers = [each for each in self.markers if each["Key"] not in gone]
        return {}

    def _delete_bucket(self, *, Bucket: str) -> None:  # noqa: N803 - AWS's names
        assert (Bucket, self.versions, self.markers) == (KEPT, [], [])
        self.names.remove(Bucket)


@pytest.fixture(name="buckets")
def _buckets() -> Buckets:
    return Buckets()


def without_stacks(buckets: Buckets, *, storage: bool = False) -> dict[str, Any]:
    stacks = FakeStacks()
    stacks.statuses = {"storage": "DELETE_FAILED"} if storage else {}
    return {"s3": buckets, "cloudformation": stacks}


def stage(buckets: Buckets, *, storage: bool = False) -> Cloud:
    return cloud(**without_stacks(buckets, storage=storage))


def test_a_kept_bucket_goes_with_every_version_and_the_versions_are_counted(buckets: Buckets) -> None:
    assert removal.kept_bucket(stage(buckets), KEPT).detail == "3 object versions, 1.2 MB"
    assert removal.delete_bucket(stage(buckets), KEPT) == 3
    assert buckets.names == [FOREIGN]


@pytest.mark.parametrize("name", [FOREIGN, "none"])
def test_a_bucket_of_somebody_else_is_not_deleted(buckets: Buckets, name: str) -> None:
    with pytest.raises(
        RequestError, match=rf"{name} is no bucket of stage dev\. It has {KEPT}\. List what is left with: blazingtext audit"
    ):
        removal.delete_bucket(stage(buckets), name)

    buckets.names = []
    with pytest.raises(RequestError, match=r"It has none\."):
        removal.delete_bucket(stage(buckets), name)
    assert len(buckets.versions) == 2


def test_a_bucket_that_a_stack_may_hold_is_not_deleted(buckets: Buckets) -> None:
    with pytest.raises(RequestError, match=r"blazingtext-dev-storage may still hold it\. Destroy that first: .*cdk destroy --all"):
        removal.delete_bucket(stage(buckets, storage=True), KEPT)

    assert len(buckets.versions) == 2


def test_a_bucket_that_cannot_be_emptied_stays(buckets: Buckets) -> None:
    buckets.refuses = True

    with pytest.raises(AccessDeniedError, match="empty the bucket"):
        removal.delete_bucket(stage(buckets), KEPT)

    assert KEPT in buckets.names


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, [FOREIGN]), ("n\n", 1, [KEPT, FOREIGN]), ("\n", 1, [KEPT, FOREIGN])])
def test_a_person_at_a_terminal_is_asked_and_shown_what_would_go(
    buckets: Buckets, typed: Typed, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: list[str]
) -> None:
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)

    ended, _, err = typed("audit", "--delete-bucket", KEPT, **without_stacks(buckets))

    assert (ended, buckets.names) == (code, left)
    assert f"{KEPT} holds 3 object versions, 1.2 MB, which nobody can bring back. Delete it? [y/N]" in err
    assert ("Nothing was deleted." in err) is (code == 1)


def test_where_nobody_can_be_asked_nothing_is_deleted_without_yes(buckets: Buckets, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, _, err = typed("audit", "--delete-bucket", KEPT, **without_stacks(buckets))
    assert (code, "add --yes" in err, buckets.names) == (2, True, [KEPT, FOREIGN])

    code, out, _ = typed("audit", "--delete-bucket", KEPT, "--yes", "--json", **without_stacks(buckets))
    assert (code, json.loads(out), buckets.names) == (0, {"bucket": KEPT, "deleted_versions": 3}, [FOREIGN])


def test_yes_without_a_bucket_to_delete_is_refused(typed: Typed) -> None:
    code, _, err = typed("audit", "--yes", **account())

    assert (code, "--delete-bucket" in err) == (2, True)
