import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blazingtext.client import BlazingText
from blazingtext.preflight import plan
from blazingtext.preflight.checks import Outcome
from blazingtext.preflight.plan import Plan
from blazingtext.preflight.preflight import Preflight, preflight
from blazingtext.stages import typed_options
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_stacks.settings import Settings
from tests.unit.aws_requests import validate
from tests.unit.blazingtext.cloud_fakes import FakeClient, cloud
from tests.unit.blazingtext.conftest import Typed
from tests.unit.lifecycle.aws_fakes import client_error

USER = "arn:aws:iam::123456789012:user/anna"


def refusing(code: str) -> Callable[..., Any]:
    def refuse(**_: Any) -> None:
        raise client_error(code, "refused")

    return refuse


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": f"L-{len(name)}", "Value": value}


class Account:
    """An account in which nothing speaks against a deployment; a test spoils one thing."""

    def __init__(self) -> None:
        self.stack = {"StackName": "CDKToolkit-blazingtext", "StackStatus": "CREATE_COMPLETE", "Parameters": list[dict[str, str]]()}
        self.applied = [quota("ml.c5.xlarge for training job usage", 4)]
        self.defaults = [quota("ml.c5.xlarge for training job usage", 0), quota("ml.m4.xlarge for endpoint usage", 2)]
        self.denied: set[str] = set()
        self.sts = FakeClient(get_caller_identity=lambda: {"Account": "123456789012", "Arn": USER})
        self.ssm = FakeClient(get_parameter=lambda Name: {"Parameter": {"Name": Name, "Value": "28"}})  # noqa: N803 - AWS's names
        self.iam = FakeClient(
            simulate_principal_policy=self._simulate,
            get_policy=lambda **_: {},
            get_role=lambda RoleName: {"Role": {"Arn": f"arn:aws:iam::123456789012:role/path/{RoleName}"}},  # noqa: N803 - AWS's names
        )
        self.service_quotas = FakeClient(
            list_service_quotas=lambda **_: {"Quotas": self.applied},
            list_aws_default_service_quotas=lambda **_: {"Quotas": self.defaults},
        )
        self.cloudformation = FakeClient(describe_stacks=self._describe)

    def _simulate(self, **wish: Any) -> dict[str, Any]:
        validate("iam", "SimulatePrincipalPolicy", wish)
        decisions = {action: "implicitDeny" if action in self.denied else "allowed" for action in wish["ActionNames"]}
        return {"EvaluationResults": [{"EvalActionName": action, "EvalDecision": decision} for action, decision in decisions.items()]}

    def _describe(self, **_: str) -> dict[str, Any]:
        if not self.stack:
            raise client_error("ValidationError", "Stack with id CDKToolkit-blazingtext does not exist")
        return {"Stacks": [self.stack]}

    def look(self, wanted: Plan | None = None, region: str = "us-east-1") -> Preflight:
        names = ("sts", "ssm", "iam", "service_quotas", "cloudformation")
        where = cloud(**{name: getattr(self, name) for name in names})
        where.session.region_name = region  # type: ignore[misc] # the fake session's
        return preflight(where, Plan() if wanted is None else wanted)

    def ended(self, wanted: Plan | None = None, region: str = "us-east-1") -> dict[str, Outcome]:
        """What did not end well."""
        return {check.what: check.outcome for check in self.look(wanted, region).checks if check.outcome is not Outcome.OK}


def test_nothing_speaks_against_a_deployment() -> None:
    found = Account().look()

    assert not found.problems
    assert {check.outcome for check in found.checks} == {Outcome.OK}
    assert (found.account, found.caller) == ("123456789012", USER)
    (training,) = (check.said for check in found.checks if check.what == "training instance")
    assert training == "ml.c5.xlarge trains in us-east-1, as far as the price list tells"
    assert [check.what for check in found.checks] == [
        "credentials",
        "region",
        "endpoint instance",
        "training instance",
        "bootstrap",
        "bootstrap policy",
        "execution policy",
        "quota: ml.c5.xlarge for training job usage",
        "quota: ml.m4.xlarge for endpoint usage",
        "permissions",
    ]


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_without_usable_credentials_nothing_else_is_asked(code: str) -> None:
    account = Account()
    account.sts.answer("get_caller_identity", refusing(code))

    assert account.ended() == {"credentials": Outcome.PROBLEM}
    assert not account.iam.calls


def test_a_region_without_blazingtext_is_a_problem_and_nothing_there_is_asked() -> None:
    account = Account()

    assert account.ended(region="mars-1") == {"region": Outcome.PROBLEM}
    assert not account.iam.calls
    (problem,) = account.look(region="mars-1").problems
    # Not AWS_REGION, which boto3 does not read.
    assert problem.remedy == "Choose a region: --region us-east-1, or AWS_DEFAULT_REGION."


def test_an_instance_that_does_not_host_in_the_region_is_a_problem_with_one_that_does() -> None:
    found = Account().look(region="eu-north-1")

    (problem,) = found.problems
    assert (problem.what, problem.remedy) == ("endpoint instance", "cdk deploy --all -c endpointInstanceType=ml.m5.xlarge")


def test_a_region_without_the_resource_types_is_doubted() -> None:
    assert Account().ended(Plan(endpoint_type="ml.m5.xlarge"), "me-central-1")["region"] is Outcome.UNKNOWN


def test_an_account_that_was_never_bootstrapped_is_told_to() -> None:
    account = Account()
    account.stack = {}
    account.iam.answer("get_role", refusing("NoSuchEntity"))

    problems = account.look().problems

    assert [(each.what, each.remedy) for each in problems] == [("bootstrap", "cdk bootstrap"), ("execution policy", "cdk bootstrap")]


def test_the_bootstrap_is_for_the_region_and_the_profile_that_were_typed() -> None:
    account = Account()
    account.stack = {}
    before = typed_options.set({"region": "eu-west-1", "profile": "work"})
    try:
        (problem,) = account.look().problems
    finally:
        typed_options.reset(before)

    assert problem.remedy == "AWS_REGION=eu-west-1 cdk bootstrap --profile work"


def test_a_bootstrap_that_rolled_back_is_removed_first() -> None:
    account = Account()
    account.stack["StackStatus"] = "ROLLBACK_COMPLETE"

    (problem,) = account.look().problems

    assert "docs/costs.md" in problem.remedy


@pytest.mark.parametrize("answer", [lambda **_: {"Parameter": {"Value": "5"}}, refusing("ParameterNotFound")])
def test_an_old_bootstrap_is_a_problem(answer: Callable[..., Any]) -> None:
    account = Account()
    account.ssm.answer("get_parameter", answer)

    (problem,) = account.look().problems

    assert (problem.what, problem.remedy) == ("bootstrap", "cdk bootstrap")


def test_an_execution_policy_that_was_deleted_is_a_problem() -> None:
    account = Account()
    arns = "arn:aws:iam::123456789012:policy/a,arn:aws:iam::123456789012:policy/b"
    account.stack["Parameters"] = [{"ParameterKey": "CloudFormationExecutionPolicies", "ParameterValue": arns}]
    account.iam.answer("get_policy", lambda PolicyArn: {} if PolicyArn.endswith("a") else refusing("NoSuchEntity")())  # noqa: N803 - AWS's names

    (problem,) = account.look().problems

    assert (problem.what, problem.said) == ("bootstrap policy", "arn:aws:iam::123456789012:policy/b does not exist any more.")


def test_an_execution_policy_of_an_earlier_version_is_a_problem() -> None:
    account = Account()
    account.denied = {"states:CreateStateMachine"}

    (problem,) = account.look().problems

    assert problem.what == "execution policy"
    assert "states:CreateStateMachine on arn:aws:states:us-east-1:123456789012:stateMachine:blazingtext-dev-serving-update" in problem.said


def test_a_quota_that_is_too_low_comes_with_the_command_that_requests_more() -> None:
    found = Account().look(Plan(training_count=5, endpoint_count=3))

    assert [problem.remedy for problem in found.problems] == [
        f"aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-{len(name)} "
        f"--desired-value {wanted} --region us-east-1"
        for name, wanted in (("ml.c5.xlarge for training job usage", 5), ("ml.m4.xlarge for endpoint usage", 3))
    ]


def test_what_was_applied_to_the_account_goes_before_the_default_and_spot_has_a_quota_of_its_own() -> None:
    account = Account()
    account.applied = [quota("ml.m4.xlarge for endpoint usage", 0)]
    account.defaults = [quota("ml.m4.xlarge for endpoint usage", 9), quota("ml.c5.xlarge for spot training job usage", 1)]

    found = account.look(Plan(spot=True))

    assert [problem.what for problem in found.problems] == ["quota: ml.m4.xlarge for endpoint usage"]


def test_a_quota_that_is_not_listed_could_not_be_read() -> None:
    assert Account().ended(Plan(training_type="ml.c99.xlarge")) == {"quota: ml.c99.xlarge for training job usage": Outcome.UNKNOWN}


def test_what_may_not_be_asked_could_not_be_read() -> None:
    account = Account()
    account.service_quotas.answer("list_service_quotas", refusing("AccessDeniedException"))
    account.iam.answer("simulate_principal_policy", refusing("AccessDenied"))
    account.ssm.answer("get_parameter", refusing("AccessDeniedException"))

    found = account.look()

    unread = {check.what for check in found.checks if check.outcome is Outcome.UNKNOWN}
    assert unread == {"bootstrap", "execution policy", "quotas", "permissions"}
    assert not found.problems


def test_a_missing_permission_is_named_with_its_resource() -> None:
    account = Account()
    account.denied = {"sts:AssumeRole", "s3:PutObject"}

    (problem,) = account.look().problems

    assert problem.what == "permissions"
    assert "role/cdk-blzgtxt-deploy-role-123456789012-us-east-1" in problem.said
    assert "s3:PutObject on arn:aws:s3:::blazingtext-dev-preflight/corpora/preflight" in problem.said


@pytest.mark.parametrize(
    ("arn", "outcome", "simulated"),
    [
        ("arn:aws:sts::123456789012:assumed-role/Deployer/anna", Outcome.OK, "arn:aws:iam::123456789012:role/path/Deployer"),
        ("arn:aws:iam::123456789012:root", Outcome.OK, ""),
        ("arn:aws:sts::123456789012:federated-user/anna", Outcome.UNKNOWN, ""),
    ],
)
def test_whoever_asks_is_simulated_as_what_iam_knows(arn: str, outcome: Outcome, simulated: str) -> None:
    account = Account()
    account.sts.answer("get_caller_identity", lambda: {"Account": "123456789012", "Arn": arn})

    (check,) = [check for check in account.look().checks if check.what == "permissions"]

    assert check.outcome is outcome
    asked = {wish["PolicySourceArn"] for name, wish in account.iam.calls if name == "simulate_principal_policy"}
    assert {each for each in asked if "cfn-exec-role" not in each} == ({simulated} - {""})


def test_a_plan_without_a_file_has_the_defaults_of_the_settings(tmp_path: Path) -> None:
    found, settings = plan.of_stage("dev", tmp_path), Settings(stage="dev")

    assert found == Plan(
        settings.training_instance_type,
        settings.training_instance_count,
        settings.training_spot,
        settings.endpoint_instance_type,
        settings.endpoint_instance_count,
    )


def test_a_plan_is_what_the_stages_file_says_and_options_go_over_it(tmp_path: Path) -> None:
    settings = {"trainingSpot": True, "endpointInstanceCount": 3, "endpointInstanceType": "ml.c5.large", "deleteData": False}
    (tmp_path / "prod.json").write_text(json.dumps(settings), encoding="utf-8")

    assert plan.of_stage("prod", tmp_path, endpoint_type="ml.m5.large") == Plan(spot=True, endpoint_count=3, endpoint_type="ml.m5.large")


@pytest.mark.parametrize(
    "text", ["[]", "{", pytest.param("[" * 100_000, id="deep"), '{"endpointInstanceCount": "3"}', '{"trainingSpot": 1}']
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "dev.json").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"dev\.json"):
        plan.of_stage("dev", tmp_path)


def test_the_command_shows_a_line_a_check_and_ends_with_two_when_there_is_a_problem(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    account, plans = Account(), list[Plan]()
    outcome: dict[str, Preflight] = {}

    def look(_: object, wanted: Plan, on_progress: Callable[[str], None]) -> Preflight:
        plans.append(wanted)
        on_progress("looking")
        return outcome["found"]

    monkeypatch.setattr(BlazingText, "preflight", look)

    outcome["found"] = account.look()
    code, out, err = typed("preflight", "--training-instance-type", "ml.c5.2xlarge", "--endpoint-instance-type", "ml.m5.large")
    lines = out.splitlines()
    assert (code, err) == (0, "done nothing speaks against a deployment\nnext: cdk deploy --all\n")
    assert lines[0] == f"ok                 credentials: {account.look().checks[0].said}"
    assert len(lines) == 10
    assert (plans[0].training_type, plans[0].endpoint_type) == ("ml.c5.2xlarge", "ml.m5.large")

    account.iam.answer("simulate_principal_policy", refusing("AccessDenied"))
    outcome["found"] = account.look()
    code, out, err = typed("preflight")
    unread = [line for line in out.splitlines() if line.startswith("could not be read  ")]
    assert (code, len(unread)) == (0, 2)
    assert err.startswith("done nothing speaks against a deployment; 2 checks could not be read\n")

    account.stack = {}
    outcome["found"] = account.look()
    code, out, err = typed("preflight", "--stage", "prod")
    wrong = [line for line in out.splitlines() if line.startswith("problem            ")]
    assert (code, err) == (2, f"warning {len(wrong)} problem{'s' if len(wrong) > 1 else ''} to deal with before stage dev is deployed.\n")
    assert out.splitlines()[out.splitlines().index(wrong[0]) + 1].startswith("                   -> ")
