"""The commands that `audit` prints: each can be typed, names an operation and options that AWS has, and says the region."""

import re
import shlex
import subprocess
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from blazingtext import removal
from blazingtext.cli import main as cli
from blazingtext.leftovers import Leftover
from blazingtext.stages import cdk_command
from tests.unit.blazingtext.cloud_fakes import account
from tests.unit.blazingtext.conftest import Typed

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


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"role", "bucket"}])
def test_a_command_says_the_region(kind: str) -> None:
    assert removing(kind).count("--region eu-west-1") == len(AWS.findall(removing(kind)))


def test_a_job_is_stopped_first_and_deleted_then() -> None:
    assert "stop-training-job" in removing("training job", detail="InProgress")
    assert "delete-training-job" in removing("training job", detail="Stopped")


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
    from blazingtext.stages import blazingtext_command, typed_options

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
    finally:
        typed_options.reset(before)
