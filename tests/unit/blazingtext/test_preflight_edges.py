"""Preflight at the edges: every setting of a plan, every state of the bootstrap, quotas that are just enough, and what may not be asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from blazingtext.preflight import plan
from blazingtext.preflight.checks import Outcome
from blazingtext.preflight.plan import Plan
from blazingtext.preflight.preflight import Preflight, preflight
from blazingtext_stacks.settings import Settings
from tests.unit.blazingtext.cloud_fakes import cloud
from tests.unit.blazingtext.test_preflight import Account, quota, refusing


def outcome(found: Preflight, what: str) -> Outcome:
    (check,) = [check for check in found.checks if check.what == what]
    return check.outcome


@pytest.mark.parametrize(
    ("setting", "value", "field"),
    [
        ("trainingInstanceType", "ml.c5.9xlarge", "training_type"),
        ("trainingInstanceCount", 7, "training_count"),
        ("trainingSpot", True, "spot"),
        ("trainingMaxRuntimeSeconds", 77, "training_seconds"),
        ("endpointInstanceType", "ml.c5.large", "endpoint_type"),
        ("endpointInstanceCount", 5, "endpoint_count"),
        ("endpointMaximumInstances", 6, "endpoint_maximum"),
        ("serverlessMemoryMb", 2048, "serverless_mb"),
    ],
)
def test_every_setting_about_instances_is_part_of_the_plan(tmp_path: Path, setting: str, value: Any, field: str) -> None:
    (tmp_path / "dev.json").write_text(json.dumps({setting: value}))

    found = plan.of_stage("dev", tmp_path)

    assert getattr(found, field) == value
    assert plan.of_stage("other", tmp_path) == Plan()
    assert plan.of_stage("dev", tmp_path, **{field: None}) == found


def test_a_job_may_run_as_long_as_the_settings_say() -> None:
    assert Plan().training_seconds == Settings(stage="dev").training_max_runtime_seconds


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("ROLLBACK_COMPLETE", False),
        ("UPDATE_IN_PROGRESS", False),
        ("REVIEW_IN_PROGRESS", False),
        ("DELETE_FAILED", False),
    ],
)
def test_the_bootstrap_is_ready_in_these_states_of_its_stack(status: str, ready: bool) -> None:
    account = Account()
    account.stack["StackStatus"] = status

    assert account.ended() == ({} if ready else {"bootstrap": Outcome.PROBLEM})


@pytest.mark.parametrize(("version", "enough"), [("5", False), ("6", True), ("7", True)])
def test_the_bootstrap_is_new_enough_from_version_6_on(version: str, enough: bool) -> None:
    account = Account()
    asked: list[str] = []

    def answer(Name: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        asked.append(Name)
        return {"Parameter": {"Value": version}}

    account.ssm.answer("get_parameter", answer)

    assert account.ended() == ({} if enough else {"bootstrap": Outcome.PROBLEM})
    assert asked == ["/cdk-bootstrap/blzgtxt/version"]


@pytest.mark.parametrize(
    ("policies", "asked"),
    [
        ("", []),
        ("arn:aws:iam::aws:policy/AdministratorAccess", []),
        ("arn:aws:iam::1:policy/a,arn:aws:iam::aws:policy/AdministratorAccess", []),
        ("arn:aws:iam::1:policy/NotAdministratorAccess", ["arn:aws:iam::1:policy/NotAdministratorAccess"]),
        ("arn:aws:iam::1:policy/a,,arn:aws:iam::1:policy/b", ["arn:aws:iam::1:policy/a", "arn:aws:iam::1:policy/b"]),
    ],
)
def test_every_policy_that_the_bootstrap_was_given_is_looked_at_but_the_administrators(policies: str, asked: list[str]) -> None:
    account = Account()
    account.stack["Parameters"] = [{"ParameterKey": "CloudFormationExecutionPolicies", "ParameterValue": policies}]

    found = [check for check in account.look().checks if check.what == "bootstrap policy"]

    assert [wish["PolicyArn"] for name, wish in account.iam.calls if name == "get_policy"] == asked
    assert {check.outcome for check in found} == {Outcome.OK}
    assert [check.said for check in found] == asked or "may do everything" in found[0].said


@pytest.mark.parametrize(
    ("client", "operation", "what"),
    [
        ("iam", "get_policy", "bootstrap"),
        ("iam", "get_role", "execution policy"),
        ("cloudformation", "describe_stacks", "bootstrap"),
    ],
)
def test_what_is_denied_is_neither_missing_nor_a_problem(client: str, operation: str, what: str) -> None:
    account = Account()
    account.stack["Parameters"] = [{"ParameterKey": "CloudFormationExecutionPolicies", "ParameterValue": "arn:aws:iam::1:policy/a"}]
    getattr(account, client).answer(operation, refusing("AccessDenied"))

    assert account.ended() == {what: Outcome.UNKNOWN}


@pytest.mark.parametrize(("value", "found"), [(1, Outcome.PROBLEM), (2, Outcome.OK), (None, Outcome.UNKNOWN)])
def test_a_quota_is_enough_when_it_is_what_the_stage_needs(value: float | None, found: Outcome) -> None:
    account = Account()
    name = "ml.m4.xlarge for endpoint usage"
    account.applied += [{"QuotaName": name, "QuotaCode": "L-1"} if value is None else quota(name, value)]

    assert outcome(account.look(Plan(endpoint_count=2)), f"quota: {name}") is found
    assert outcome(account.look(Plan(endpoint_count=1, endpoint_maximum=2)), f"quota: {name}") is found
    assert outcome(account.look(Plan(endpoint_count=1, shadow_percent=10)), f"quota: {name}") is found


def test_a_serverless_endpoint_needs_no_instance_of_region_or_quota() -> None:
    found = Account().look(Plan(serverless_mb=2048, endpoint_type="ml.none.large"))

    whats = [check.what for check in found.checks]
    assert "endpoint instance" not in whats
    assert not [what for what in whats if "endpoint usage" in what]
    assert outcome(found, "endpoint") is Outcome.OK


def test_whoever_asks_about_instances_means_an_endpoint_that_has_some(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text(json.dumps({"serverlessMemoryMb": 2048}))

    assert plan.of_stage("dev", tmp_path, endpoint_type="ml.m5.large").serverless_mb == 0
    assert plan.of_stage("dev", tmp_path, training_type="ml.m5.large").serverless_mb == 2048


@pytest.mark.parametrize("setting", ["endpointMaximumInstances", "serverlessMemoryMb"])
@pytest.mark.parametrize("empty", [None, ""])
def test_what_an_endpoint_does_not_have_may_be_empty(tmp_path: Path, setting: str, empty: object) -> None:
    (tmp_path / "dev.json").write_text(json.dumps({setting: empty}))

    assert plan.of_stage("dev", tmp_path) == Plan()


def test_the_defaults_are_asked_for_only_when_a_quota_was_not_applied_to_the_account() -> None:
    account = Account()
    account.applied += account.defaults

    account.look()

    assert account.service_quotas.calls == [("list_service_quotas", {"ServiceCode": "sagemaker"})]


def test_in_another_partition_the_arns_are_of_it() -> None:
    account = Account()
    account.sts.answer("get_caller_identity", lambda: {"Account": "123456789012", "Arn": "arn:aws-cn:iam::123456789012:user/anna"})

    account.look(region="cn-north-1")

    resources = {wish["ResourceArns"][0] for name, wish in account.iam.calls if name == "simulate_principal_policy"}
    assert {each.split(":")[1] for each in resources - {"*"}} == {"aws-cn"}
    assert {each.split(":")[3] for each in resources - {"*"}} == {"", "cn-north-1"}


def test_it_is_told_what_is_being_looked_at() -> None:
    account, heard = Account(), list[str]()
    names = ("sts", "ssm", "iam", "service_quotas", "cloudformation")

    preflight(cloud(**{name: getattr(account, name) for name in names}), Plan(), on_progress=heard.append)

    assert heard == [f"looking at {what}" for what in ("the credentials", "bootstrap", "execution policy", "quotas", "permissions", "key")]


@pytest.mark.parametrize("denied", ["", "iam:CreateRole"])
def test_cloudformations_permissions_are_judged_by_themselves(denied: str) -> None:
    account = Account()
    account.denied = {denied} - {""}

    assert account.ended() == ({"execution policy": Outcome.PROBLEM} if denied else {})
