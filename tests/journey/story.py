"""What the journey's tests share: a shell that points at the sandbox, and waiting without sleeping blindly."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.forked_commands import server
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
STAGE = "dev"
T = TypeVar("T")
STACKS = [f"blazingtext-{STAGE}-{name}" for name in ("storage", "training", "serving")]
SERVING = STACKS[-1]
ENDPOINT = f"blazingtext-{STAGE}"


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    command: str
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """What a person has open: the project's folder and an environment that points at the sandbox."""

    environment: Mapping[str, str]
    assembly: Path

    def run(self, *command: str, code: int | None = 0, timeout: float = PATIENCE) -> Ran:
        """Run a command to its end; an exit code other than the expected one fails the test with everything the command said."""
        return self._ended(
            subprocess.run(command, cwd=ROOT, env=dict(self.environment), capture_output=True, check=False, timeout=timeout), command, code
        )

    @staticmethod
    def _ended(finished: subprocess.CompletedProcess[bytes], command: Sequence[str], code: int | None) -> Ran:
        # Node writes UTF-8 whatever the locale is.
        out, err = (said.decode(errors="replace") for said in (finished.stdout, finished.stderr))
        ran = Ran(" ".join(command), finished.returncode, out, err)
        if code is not None and ran.code != code:
            pytest.fail(f"$ {ran.command}\nexited with {ran.code}, not {code}\n{ran.out[-4000:]}\n{ran.err[-6000:]}")
        return ran

    def cdk(self, verb: str, *arguments: str, **options: Any) -> Ran:
        return self.run("cdk", verb, "--output", str(self.assembly), *arguments, **options)

    def blazingtext(self, *arguments: str, code: int | None = 0, timeout: float = PATIENCE) -> Ran:
        """Run a command of ours as `run` does, in a process that was forked where it can be (tests/forked_commands.py)."""
        if not server().suits(self.environment):
            return self.run("blazingtext", *arguments, code=code, timeout=timeout)
        finished = server().run(arguments, environment=self.environment, folder=ROOT, timeout=timeout)
        return self._ended(finished, ("blazingtext", *arguments), code)

    def acting(self, account: Sandbox, role: str) -> "Shell":
        """The same with the credentials of a role, by its ARN."""
        given = account.boto3("sts").assume_role(RoleArn=role, RoleSessionName="person")["Credentials"]
        keys = {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }
        return replace(self, environment={**self.environment, **keys})


def wait_until(state: Callable[[], T], *, what: str) -> T:
    """Poll until a state is true (or a value is there); after all patience the test fails with the last one."""
    end = time.monotonic() + PATIENCE
    while not (value := state()):
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {PATIENCE:g} s: it is still {value!r}")
        time.sleep(0.2)
    return value


def wait_for_model(account: Sandbox, job: str, stage: str = STAGE) -> None:
    """Return when a run's model is the live one of a stage, and the endpoint is in service with it; `status` would take a second a look."""
    stacks, sagemaker = account.boto3("cloudformation"), account.boto3("sagemaker")

    def served() -> bool:
        (stack,) = stacks.describe_stacks(StackName=f"blazingtext-{stage}-serving")["Stacks"]
        (artifact,) = (each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == "ModelDataUrl")
        if f"/{job}/" not in artifact or stack["StackStatus"].endswith("IN_PROGRESS"):
            return False
        return bool(sagemaker.describe_endpoint(EndpointName=f"blazingtext-{stage}")["EndpointStatus"] == "InService")

    wait_until(served, what=f"the promotion of {job}")


def wait_for_training(account: Sandbox, job: str) -> None:
    """Return when a training job has read its corpus, by its log: from now on a stopped one has an artifact."""
    sagemaker, logs = account.boto3("sagemaker"), account.boto3("logs")

    def read() -> bool:
        if sagemaker.describe_training_job(TrainingJobName=job)["SecondaryStatus"] != "Training":
            return False
        found = logs.filter_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job)["events"]
        return any("Number of words:" in event["message"] for event in found)

    wait_until(read, what=f"the training of {job}")


def jobs(account: Sandbox, kind: str = "TrainingJob") -> set[str]:
    """The names of the training jobs, or of those of another kind, that there are, whatever they are doing: jobs of other tests go on."""
    operation = "list" + re.sub(r"([A-Z])", r"_\1", kind).lower() + "s"
    pages = account.boto3("sagemaker").get_paginator(operation).paginate()
    return {each[f"{kind}Name"] for page in pages for each in page[f"{kind}Summaries"]}


def output(account: Sandbox, name: str) -> str:
    """An output of the training stack."""
    (stack,) = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-training")["Stacks"]
    (value,) = (item["OutputValue"] for item in stack["Outputs"] if item["OutputKey"] == name)
    return str(value)
