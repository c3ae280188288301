"""`blazingtext preflight` in an account of its own, with every kind of bad outcome."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.covering import covers
from tests.journey.story import ROOT, Shell
from tests.patience import PATIENCE

Look = Callable[..., tuple[int, dict[str, Any]]]
BOOTSTRAP = ("bootstrap", "aws://000000000000/us-east-1")
POLICY = "arn:aws:iam::000000000000:policy/blazingtext-deployment"


@pytest.fixture(scope="module")
def new_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(home=tmp_path_factory.mktemp("preflight")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def environment(new_account: Sandbox) -> dict[str, str]:
    return {**new_account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def look(environment: dict[str, str], tmp_path: Path) -> Look:
    """Runs preflight in a folder of its own; the exit code, and what was said by what was looked at."""

    def run(*options: str, settings: Mapping[str, object] | None = None, as_user: Mapping[str, str] | None = None) -> tuple[int, Any]:
        if settings is not None:
            (tmp_path / "stages").mkdir(exist_ok=True)
            (tmp_path / "stages/dev.json").write_text(json.dumps(settings), encoding="utf-8")
        command = ["blazingtext", "preflight", "--json", *options]
        ran = subprocess.run(
            command, cwd=tmp_path, env={**environment, **(as_user or {})}, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        found = json.loads(ran.stdout)
        return ran.returncode, {check["what"]: check for check in found["checks"]}

    return run


@pytest.fixture(scope="module")
def bootstrapped(new_account: Sandbox, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The account after the bootstrap that the project recommends; the ARN of its policy."""
    document = (ROOT / "bootstrap" / "execution-policy.json").read_text(encoding="utf-8")
    arn = new_account.boto3("iam").create_policy(PolicyName="blazingtext-deployment", PolicyDocument=document)["Policy"]["Arn"]
    shell = Shell(environment, tmp_path_factory.mktemp("cdk") / "cdk.out")
    shell.cdk(*BOOTSTRAP, "--cloudformation-execution-policies", arn)
    return str(arn)


def user(account: Sandbox, name: str, *statements: Mapping[str, object]) -> dict[str, str]:
    """A user with these permissions, as environment variables."""
    iam = account.boto3("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def test_an_account_that_was_never_bootstrapped_is_told_to(look: Look, new_account: Sandbox) -> None:
    code, found = look()

    assert code == 2
    assert {what for what, check in found.items() if check["outcome"] == "problem"} == {"bootstrap", "execution policy"}
    assert found["bootstrap"]["remedy"] == "cdk bootstrap"
    assert not new_account.boto3("cloudformation").describe_stacks()["Stacks"]


def test_after_the_bootstrap_nothing_speaks_against_a_deployment(look: Look, bootstrapped: str) -> None:
    code, found = look()

    assert code == 0
    assert {check["outcome"] for check in found.values()} == {"ok"}
    assert found["bootstrap policy"]["said"] == bootstrapped
    assert found["quota: ml.m4.xlarge for endpoint usage"]["said"].startswith("4 (L-")


def test_credentials_that_aws_does_not_accept_are_a_problem(look: Look) -> None:
    code, found = look(as_user={"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "no"})

    assert (code, found["credentials"]["outcome"]) == (2, "problem")


@covers("preflight", "--training-instance-type", "--endpoint-instance-type")
@pytest.mark.parametrize(
    ("options", "what", "outcome", "exit_code"),
    [
        (("--region", "eu-north-1"), "endpoint instance", "problem", 2),
        (("--region", "mars-1"), "region", "problem", 2),
        (("--endpoint-instance-type", "ml.m9.xlarge"), "quota: ml.m9.xlarge for endpoint usage", "could not be read", 0),
        # The execution policy names families of CPU instances only.
        (("--endpoint-instance-type", "ml.x9.xlarge"), "execution policy", "problem", 2),
        (("--training-instance-type", "ml.x9.xlarge"), "quota: ml.x9.xlarge for training job usage", "could not be read", 0),
    ],
)
def test_a_region_or_an_instance_that_is_not_there(
    look: Look, bootstrapped: str, options: tuple[str, ...], what: str, outcome: str, exit_code: int
) -> None:
    code, found = look(*options)

    assert (code, found[what]["outcome"]) == (exit_code, outcome)


def test_a_quota_below_the_settings_comes_with_what_to_request(look: Look, bootstrapped: str) -> None:
    code, found = look(settings={"endpointInstanceCount": 5, "trainingSpot": True})

    quota = found["quota: ml.m4.xlarge for endpoint usage"]
    assert (code, quota["outcome"]) == (2, "problem")
    assert quota["remedy"].startswith("aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-")
    assert "--desired-value 5" in quota["remedy"]
    assert found["quota: ml.c5.xlarge for spot training job usage"]["outcome"] == "ok"


def test_a_user_without_permissions_is_told_which_and_what_may_not_be_asked_is_said(
    look: Look, bootstrapped: str, new_account: Sandbox
) -> None:
    reading = {
        "Effect": "Allow",
        "Action": ["iam:SimulatePrincipalPolicy", "iam:GetRole", "cloudformation:DescribeStacks"],
        "Resource": "*",
    }
    curious, nobody = user(new_account, "curious", reading), user(new_account, "nobody", {**reading, "Action": "sts:GetCallerIdentity"})

    code, found = look(as_user=curious)
    silent, unread = look(as_user=nobody)

    assert (code, found["permissions"]["outcome"]) == (2, "problem")
    assert (
        "lambda:InvokeFunction on arn:aws:lambda:us-east-1:000000000000:function:blazingtext-dev-preflight" in found["permissions"]["said"]
    )
    assert found["quotas"]["outcome"] == "could not be read"
    assert silent == 0
    assert {what for what, check in unread.items() if check["outcome"] != "ok"} == {
        "bootstrap",
        "execution policy",
        "quotas",
        "permissions",
    }


def test_an_execution_policy_of_an_earlier_version_is_found(look: Look, bootstrapped: str, new_account: Sandbox) -> None:
    iam = new_account.boto3("iam")
    document = json.loads((ROOT / "bootstrap" / "execution-policy.json").read_text(encoding="utf-8"))
    without = {
        **document,
        "Statement": [each for each in document["Statement"] if not any("states:" in action for action in actions(each))],
    }
    iam.create_policy_version(PolicyArn=bootstrapped, PolicyDocument=json.dumps(without), SetAsDefault=True)

    code, found = look()
    iam.create_policy_version(PolicyArn=bootstrapped, PolicyDocument=json.dumps(document), SetAsDefault=True)

    assert (code, found["execution policy"]["outcome"]) == (2, "problem")
    assert "states:CreateStateMachine" in found["execution policy"]["said"]
    assert look()[0] == 0


def test_an_old_bootstrap_is_found(look: Look, bootstrapped: str, new_account: Sandbox) -> None:
    ssm, name = new_account.boto3("ssm"), "/cdk-bootstrap/blzgtxt/version"
    now = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value="5", Type="String", Overwrite=True)

    code, found = look()
    ssm.put_parameter(Name=name, Value=now, Type="String", Overwrite=True)

    assert (code, found["bootstrap"]["outcome"], found["bootstrap"]["remedy"]) == (2, "problem", "cdk bootstrap")


def actions(statement: Mapping[str, Any]) -> list[str]:
    held = statement["Action"]
    return held if isinstance(held, list) else [held]
