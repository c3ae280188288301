"""What `preflight` has IAM simulate."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from blazingtext.preflight import plan
from blazingtext.preflight.plan import Plan
from tests.unit.blazingtext.test_preflight import USER, Account

HERE = "us-east-1:123456789012"
ROLES = "arn:aws:iam::123456789012:role"
MINE = "blazingtext-dev-preflight"
# Of the Service Authorization Reference: actions by the resources that they are asked for.
NEEDED = {
    f"{ROLES}/cdk-blzgtxt-deploy-role-123456789012-us-east-1": ["sts:AssumeRole"],
    f"arn:aws:cloudformation:{HERE}:stack/blazingtext-dev-serving/preflight": ["cloudformation:DescribeStacks"],
    f"arn:aws:s3:::{MINE}": ["s3:ListBucket"],
    f"arn:aws:s3:::{MINE}/corpora/preflight": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    f"arn:aws:s3:::{MINE}/runs/preflight": ["s3:GetObject"],
    f"arn:aws:lambda:{HERE}:function:{MINE}": ["lambda:InvokeFunction"],
    f"arn:aws:sagemaker:{HERE}:training-job/{MINE}": ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
    f"arn:aws:sagemaker:{HERE}:endpoint/blazingtext-dev": ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"],
    f"arn:aws:states:{HERE}:stateMachine:blazingtext-dev-serving-update": ["states:StartExecution"],
    f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/TrainingJobs:log-stream:{MINE}": ["logs:GetLogEvents"],
    "*": ["sagemaker:ListTrainingJobs"],
}
CREATED = {
    f"arn:aws:s3:::{MINE}": ["s3:CreateBucket"],
    f"{ROLES}/{MINE}": ["iam:CreateRole"],
    f"arn:aws:lambda:{HERE}:function:{MINE}": ["lambda:CreateFunction"],
    f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/Endpoints/blazingtext-dev": ["logs:CreateLogGroup"],
    f"arn:aws:sqs:{HERE}:{MINE}": ["sqs:CreateQueue"],
    f"arn:aws:sns:{HERE}:{MINE}": ["sns:CreateTopic"],
    f"arn:aws:events:{HERE}:rule/{MINE}": ["events:PutRule"],
    f"arn:aws:cloudwatch:{HERE}:alarm:{MINE}": ["cloudwatch:PutMetricAlarm"],
    f"arn:aws:states:{HERE}:stateMachine:blazingtext-dev-serving-update": ["states:CreateStateMachine"],
    f"arn:aws:sagemaker:{HERE}:endpoint/blazingtext-dev": ["sagemaker:CreateEndpoint"],
    f"arn:aws:sagemaker:{HERE}:endpoint-config/preflight": ["sagemaker:CreateEndpointConfig"],
}
# By the setting of the stage's file; schedules need one action for both.
COMPANY = {
    "kmsKey": (f"arn:aws:logs:{HERE}:log-group:{MINE}", "logs:AssociateKmsKey"),
    "permissionsBoundary": (f"{ROLES}/{MINE}", "iam:PutRolePermissionsBoundary"),
    "accessLogBucket": (f"arn:aws:s3:::{MINE}", "s3:PutBucketLogging"),
    "dashboard": ("arn:aws:cloudwatch::123456789012:dashboard/blazingtext-dev", "cloudwatch:PutDashboard"),
    "peoplePolicies": (f"arn:aws:iam::123456789012:policy/{MINE}", "iam:CreatePolicy"),
    "pauseSchedule": (f"arn:aws:scheduler:{HERE}:schedule/blazingtext-dev-schedules/pause", "scheduler:CreateSchedule"),
    "resumeSchedule": (f"arn:aws:scheduler:{HERE}:schedule/blazingtext-dev-schedules/pause", "scheduler:CreateSchedule"),
}


@pytest.mark.parametrize(
    ("plan", "more"), [(Plan(), {}), (Plan(endpoint_maximum=2), {"*": ["application-autoscaling:DescribeScalableTargets"]})]
)
def test_these_actions_on_these_resources_are_simulated_for_who_deploys_and_for_cloudformation(
    plan: Plan, more: dict[str, list[str]]
) -> None:
    account = Account()

    account.look(plan)

    asked: dict[str, dict[str, list[str]]] = {}
    for name, wish in account.iam.calls:
        if name == "simulate_principal_policy":
            (resource,) = wish["ResourceArns"]
            asked.setdefault(wish["PolicySourceArn"], {})[resource] = wish["ActionNames"]
    assert asked == {USER: NEEDED, f"{ROLES}/path/cdk-blzgtxt-cfn-exec-role-123456789012-us-east-1": CREATED | more}


def company(account: Account, **plan: Any) -> list[tuple[str, str, str]]:
    """The checks of the execution policy that found a problem: what, what was said, and the remedy."""
    found = account.look(Plan(**plan))
    return [(check.what, check.said, check.remedy) for check in found.problems]


@pytest.mark.parametrize("setting", COMPANY)
def test_what_a_setting_for_companies_needs_is_simulated_only_with_it(setting: str) -> None:
    resource, action = COMPANY[setting]
    without, with_it, allowed = Account(), Account(), Account()
    without.denied = with_it.denied = {action}

    assert company(without) == []
    ((what, said, remedy),) = company(with_it, company=(setting,))
    assert company(allowed, company=(setting,)) == []

    assert what == "company policy"
    assert f"may not: {action} on {resource}. The stage's file sets {setting}." in said
    assert "bootstrap/company-policy.json" in remedy


def test_the_settings_for_companies_are_those_of_the_stages_file(tmp_path: Path) -> None:
    given = {"kmsKey": "", "dashboard": True, "pauseSchedule": "cron(0 20 * * ? *)", "minimumMeanRho": 0.5}
    (tmp_path / "dev.json").write_text(json.dumps(given), encoding="utf-8")

    assert plan.of_stage("dev", tmp_path).company == ("dashboard", "pauseSchedule")
    assert plan.of_stage("none", tmp_path).company == ()
    assert set(plan.COMPANY) == set(COMPANY)


def test_the_endpoints_instance_type_is_part_of_the_simulation() -> None:
    account = Account()
    account.denied = {"sagemaker:CreateEndpointConfig"}

    ((what, said, _),) = company(account, endpoint_type="ml.g5.xlarge")

    (asked,) = (wish for name, wish in account.iam.calls if wish.get("ActionNames") == ["sagemaker:CreateEndpointConfig"])
    assert asked["ContextEntries"] == [
        {"ContextKeyName": "sagemaker:InstanceTypes", "ContextKeyValues": ["ml.g5.xlarge"], "ContextKeyType": "stringList"}
    ]
    assert what == "execution policy"
    assert said.endswith(
        "sagemaker:CreateEndpointConfig on arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/preflight with ml.g5.xlarge."
    )


KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b"


@pytest.mark.parametrize(
    ("outputs", "plan_", "warned"),
    [
        ([KEY], {"delete_data": True}, True),
        ([KEY], {"delete_data": True, "kms_key": "arn:aws:kms:us-east-1:123456789012:key/another"}, True),
        ([KEY], {"delete_data": True, "kms_key": "make"}, False),
        ([KEY], {"delete_data": False}, False),
        (["arn:aws:s3:::bucket"], {"delete_data": True}, False),
        (None, {"delete_data": True}, False),
    ],
)
def test_a_key_that_the_next_deployment_would_delete_is_a_problem(outputs: list[str] | None, plan_: dict[str, Any], warned: bool) -> None:
    account = Account()
    described = cast(Any, account.cloudformation).describe_stacks

    def describe(**wish: Any) -> Any:
        if wish["StackName"] != "blazingtext-dev-storage" or outputs is None:
            return described(**wish)
        listed = [{"OutputKey": f"Output{place}", "OutputValue": value} for place, value in enumerate(outputs)]
        return {"Stacks": [{"StackName": wish["StackName"], "StackStatus": "UPDATE_COMPLETE", "Outputs": listed}]}

    account.cloudformation.answer("describe_stacks", describe)

    found = company(account, **plan_)

    assert [what for what, _, _ in found] == (["key"] if warned else [])
    assert not warned or (KEY in found[0][1] and f"aws kms cancel-key-deletion --key-id {KEY}" in found[0][2])
