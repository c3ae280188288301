"""The workflows of .github/workflows, played as GitHub plays them: its token for the job, its environment, its shell.

Nothing of a job is left out but the actions that fetch the code, and the step that installs it: the tests' environment is what it makes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from blazingtext_sandbox.account import Sandbox
from tests.journey.story import ROOT, Ran, Shell
from tests.parity.iam_support import web_identity

FOLDER = ROOT / ".github" / "workflows"
REPOSITORY = "company@123456/search@456789"
NOT_RUN = ("Check out", "Install")
_CREDENTIALS = "aws-actions/configure-aws-credentials@"
_EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")
_KEYS = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY", "SessionToken": "AWS_SESSION_TOKEN"}


def load(name: str) -> dict[Any, Any]:
    """A workflow; YAML 1.1 reads its key ``on`` as true."""
    return dict(yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8")))


def take(account: Sandbox, role: str, subject: str, repository: str = REPOSITORY) -> Mapping[str, str]:
    """Credentials of a role for whom GitHub says so, as environment variables."""
    sts = account.boto3("sts")
    token = web_identity(f"repo:{repository}:{subject}")
    given = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="GitHubActions", WebIdentityToken=token)
    return {variable: given["Credentials"][key] for key, variable in _KEYS.items()}


@dataclass
class Job:
    """One job of a workflow in one stage.

    Attributes:
        values: what its expressions give, by their text.
    """

    account: Sandbox
    shell: Shell
    workflow: str
    name: str
    values: Mapping[str, str | bool]
    credentials: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.job = load(self.workflow)["jobs"][self.name]

    def run(self) -> list[Ran]:
        """Runs the steps up to the first that fails; what each command said."""
        ran: list[Ran] = []
        for step in self.job["steps"]:
            if step["name"] in NOT_RUN or not self._is_wanted(step):
                continue
            if step.get("uses", "").startswith(_CREDENTIALS):
                self._take(step["with"])
                continue
            ran.append(self._command(step))
            if ran[-1].code:
                break
        return ran

    def text(self, value: str) -> str:
        return _EXPRESSION.sub(lambda found: str(self.values[found[1]]), value)

    def subject(self) -> str:
        """What GitHub's token says of the job: https://docs.github.com/en/actions/reference/security/oidc."""
        if "environment" in self.job:
            return f"environment:{self.text(self.job['environment'])}"
        return "pull_request" if "pull_request" in load(self.workflow)[True] else "ref:refs/heads/main"

    def _is_wanted(self, step: Mapping[str, Any]) -> bool:
        return "if" not in step or bool(self.values[step["if"]])

    def _take(self, inputs: Mapping[str, Any]) -> None:
        role = self.text(inputs["role-to-assume"])
        if not inputs.get("role-chaining"):
            assert self.job["permissions"]["id-token"] == "write"
            self.credentials = dict(take(self.account, role, self.subject()))
            return
        keys = {variable.lower(): value for variable, value in self.credentials.items()}
        # Otherwise the action tags the session, for which AWS asks for sts:TagSession; the sandbox would not.
        assert inputs["role-skip-session-tagging"] is True
        given = self.account.boto3("sts", **keys).assume_role(RoleArn=role, RoleSessionName="GitHubActions")["Credentials"]
        self.credentials = {variable: given[key] for key, variable in _KEYS.items()}

    def _command(self, step: Mapping[str, Any]) -> Ran:
        own = {key: self.text(value) for key, value in {**self.job.get("env", {}), **step.get("env", {})}.items()}
        environment = {**self.shell.environment, **self.credentials, **own, "CDK_OUTPUT": str(self.shell.assembly), "CI": "true"}
        # GitHub's shell where a workflow names none.
        return Shell(environment, self.shell.assembly).run("bash", "-e", "-c", step["run"], code=None)
