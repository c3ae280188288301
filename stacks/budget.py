"""A monthly budget that tells the topic what SageMaker costs."""

import aws_cdk as cdk
import aws_cdk.aws_budgets as budgets
import aws_cdk.aws_iam as iam
import aws_cdk.aws_sns as sns
from constructs import Construct

from . import arns

_BUDGETS = "budgets.amazonaws.com"
# Of the month's amount, in percent: what was spent, or what AWS expects by the end of the month.
_ALERTS = (("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 100))


class Budget(Construct):
    """All of the account's costs of SageMaker in a month, against an amount; the topic hears at 80 % and at 100 %.

    Not the costs of the stage alone: a budget sees tags only after somebody has activated them for cost allocation in the account that
    pays, and counts nothing until then. One that counts too much rings early; one that counts nothing never rings.
    It tells; it stops nothing.
    Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html and, for the topic,
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """

    def __init__(self, scope: Construct, id_: str, *, monthly_dollars: float, topic: sns.Topic) -> None:
        super().__init__(scope, id_)
        subscribers = [budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)]
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_dollars, unit="USD"),
                cost_filters={"Service": ["Amazon SageMaker"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(notification=_alert(kind, percent), subscribers=subscribers)
                for kind, percent in _ALERTS
            ],
        )
        allowed = topic.add_to_resource_policy(_publishing(topic))
        if allowed.policy_dependable is not None:
            # AWS Budgets refuses a topic that it may not publish to.
            budget.node.add_dependency(allowed.policy_dependable)


def _alert(kind: str, percent: float) -> budgets.CfnBudget.NotificationProperty:
    return budgets.CfnBudget.NotificationProperty(
        notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent, threshold_type="PERCENTAGE"
    )


def _publishing(topic: sns.Topic) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="BudgetsOfThisAccount",
        principals=[iam.ServicePrincipal(_BUDGETS)],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}, "ArnLike": {"aws:SourceArn": arns.budgets()}},
    )
