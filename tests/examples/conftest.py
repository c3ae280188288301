"""One stage, deployed once, for people who come with the SageMaker SDK."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(home=tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def deployed(account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that points at the deployed stage."""
    environment = {**account.environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "Agg"}
    deploy = ["deploy", "--all", "--require-approval", "never", "-c", "notebookRole=true"]
    for words in (["bootstrap", "aws://000000000000/us-east-1"], deploy):
        command = ["cdk", *words, "--output", str(tmp_path_factory.mktemp("cdk") / "cdk.out")]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
    return environment


@pytest.fixture(scope="session")
def person(account: Sandbox, deployed: dict[str, str]) -> dict[str, str]:
    """That environment, with the credentials of the stage's role for people."""
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-training")["Stacks"]
    (role,) = (each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "NotebookRoleArn")
    given = account.boto3("sts").assume_role(RoleArn=role, RoleSessionName="person")["Credentials"]
    return {
        **deployed,
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


@pytest.fixture
def run(person: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """Runs a program with one generation of the SDK as that role, in a folder of its own; gives what it printed."""

    def program(generation: str, *words: str) -> str:
        python = ROOT / ".venv" / f"sagemaker-{generation}" / "bin" / "python"
        assert python.exists(), f"the SDK is not installed: make .venv/sagemaker-{generation}.ready"
        command = [str(python), "-W", "ignore", *words]
        done = subprocess.run(command, cwd=tmp_path, env=person, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    return program
