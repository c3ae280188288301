"""Notifications for people: one topic, perhaps with an e-mail address."""

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sns_subscriptions as subscriptions
from constructs import Construct


class Notifications(Construct):
    """A topic that accepts only TLS and the alarms of this account; a rule that targets it adds its own permission.

    Attributes:
        topic: the topic.
    """

    def __init__(self, scope: Construct, id_: str, *, email: str, key_arn: str = "") -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        if key_arn:
            resource = self.topic.node.default_child
            assert isinstance(resource, sns.CfnTopic)  # noqa: S101 - tells mypy what CDK documents
            # Not `master_key`: with it, CDK would allow publishers more of the key than they need.
            resource.kms_master_key_id = key_arn
        # A topic with a policy of its own loses the default one, which allowed the account's alarms.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
