"""AWS::Budgets::Budget in a stack (sources in the module of the patch)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.parity.iam_support import Roles, code_of
from tests.parity.support import Stacks, allow

ACCOUNT = "000000000000"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:spent"


def template(amount: float, threshold: float = 80, **budget: Any) -> dict[str, Any]:
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold}
    properties = {
        "Budget": {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": amount, "Unit": "USD"}, **budget},
        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": [{"SubscriptionType": "SNS", "Address": TOPIC}]}],
        "ResourceTags": [{"Key": "team", "Value": "search"}],
    }
    return {
        "Resources": {"One": {"Type": "AWS::Budgets::Budget", "Properties": properties}},
        "Outputs": {"Name": {"Value": {"Ref": "One"}}},
    }


@pytest.mark.patch(name="budget_resources")
def test_a_stack_makes_changes_and_removes_a_budget(account: Sandbox, stacks: Stacks) -> None:
    budgets = account.boto3("budgets")

    assert stacks.deploy("spending", template(50)) == "CREATE_COMPLETE"
    name = stacks.outputs("spending")["Name"]
    made = budgets.describe_budget(AccountId=ACCOUNT, BudgetName=name)["Budget"]
    heard = budgets.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName=name)["Notifications"]
    assert stacks.update("spending", TemplateBody=json.dumps(template(75))) == "UPDATE_COMPLETE"
    changed = budgets.describe_budget(AccountId=ACCOUNT, BudgetName=name)["Budget"]
    stacks.client.delete_stack(StackName="spending")
    stacks.client.get_waiter("stack_delete_complete").wait(StackName="spending", WaiterConfig={"Delay": 1})

    assert name.startswith("spending-One-")
    assert (float(made["BudgetLimit"]["Amount"]), float(changed["BudgetLimit"]["Amount"])) == (50, 75)
    assert [each["Threshold"] for each in heard] == [80]
    assert code_of(budgets.describe_budget, AccountId=ACCOUNT, BudgetName=name) == "NotFoundException"


@pytest.mark.patch(name="budget_resources")
def test_other_notifications_replace_a_budget_and_a_refused_one_fails_its_stack(account: Sandbox, stacks: Stacks) -> None:
    assert stacks.deploy("replaced", template(50)) == "CREATE_COMPLETE"
    before = stacks.outputs("replaced")["Name"]

    assert stacks.update("replaced", TemplateBody=json.dumps(template(50, threshold=90))) == "UPDATE_COMPLETE"
    after = stacks.outputs("replaced")["Name"]
    refused = stacks.deploy("refused", template(50, TimeUnit="HOURLY"))

    assert before != after
    assert [each["BudgetName"] for each in account.boto3("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]] == [after]
    assert refused == "ROLLBACK_COMPLETE"
    assert "TimeUnit" in stacks.reasons("refused")


@pytest.mark.patch(name="stack_permissions")
def test_a_budget_is_made_with_the_permissions_of_the_stacks_role(roles: Roles, stacks: Stacks) -> None:
    own = f"arn:aws:budgets::{ACCOUNT}:budget/mine-*"
    role = roles.make("spends", allow("budgets:*", own), service="cloudformation.amazonaws.com")

    assert stacks.deploy("mine", template(50), RoleARN=role) == "CREATE_COMPLETE"
    assert stacks.deploy("others", template(50), RoleARN=role) == "ROLLBACK_COMPLETE"
    refused = f"is not authorized to perform: budgets:ModifyBudget on resource: arn:aws:budgets::{ACCOUNT}:budget/others-One-"
    assert refused in stacks.reasons("others")
