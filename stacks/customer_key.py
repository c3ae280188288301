"""A customer's KMS key: given, or made by the storage stack; and what a role needs of it."""

from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_iam as iam
import aws_cdk.aws_kms as kms
from constructs import Construct

from blazingtext_lifecycle import naming

from . import arns

MAKE = "make"
# What a role needs, by what it does. Objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html; queues:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html; topics:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.
READING = ("kms:Decrypt",)
SENDING = ("kms:Decrypt", "kms:GenerateDataKey")
# The longest that KMS offers: until then the deletion, and with it the loss of all that the key encrypts, can be cancelled.
_PENDING = cdk.Duration.days(30)


def customer_key(scope: Construct, id_: str, *, setting: str, stage: str, delete_data: bool) -> str:
    """The ARN of the key that a stage's data is encrypted with; ``""`` when it is AWS's own.

    A key that is made is kept as long as the data: one that were deleted before it would take it along.

    Args:
        scope: where a key is made.
        id_: its construct id.
        setting: ``""``, `MAKE`, or the ARN of a key.
        stage: whose resources the key's policy names.
        delete_data: whether the key goes with its stack.
    """
    if setting != MAKE:
        return setting
    key = kms.Key(
        scope,
        id_,
        description=f"Encrypts what BlazingText keeps for stage {stage}",
        enable_key_rotation=True,
        pending_window=_PENDING,
        removal_policy=cdk.RemovalPolicy.DESTROY if delete_data else cdk.RemovalPolicy.RETAIN,
    )
    resource = key.node.default_child
    assert isinstance(resource, kms.CfnKey)  # noqa: S101 - tells mypy what CDK documents
    # What the old key encrypted is still there when an update makes another.
    resource.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN
    for statement in service_statements(stage):
        key.add_to_resource_policy(statement)
    return key.key_arn


def service_statements(stage: str) -> list[iam.PolicyStatement]:
    """What the policy of a key must allow services, beside its account, whose roles have policies of their own.

    EventBridge gets no condition on its source: SNS says that it is not supported, and the rule's message would be lost
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). Which rule may send where is for the policies of queue and topic.
    Logs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    Budgets: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    groups = [arns.log_groups(f"{naming.job_prefix(stage)}*"), arns.log_groups(naming.endpoint_log_group(stage))]
    return [
        _for_service(
            "LogGroups",
            f"logs.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}",
            ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            ArnLike={"kms:EncryptionContext:aws:logs:arn": groups},
        ),
        _for_service("RulesToQueuesAndTopic", "events.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey*"]),
        _for_service(
            "AlarmsToTopic",
            "cloudwatch.amazonaws.com",
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            StringEquals={"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
        ),
        _for_service(
            "BudgetsToTopic",
            "budgets.amazonaws.com",
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            StringEquals={"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
            ArnLike={"aws:SourceArn": arns.budgets()},
        ),
    ]


def _for_service(sid: str, service: str, actions: Sequence[str], **conditions: object) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        principals=[iam.ServicePrincipal(service)],
        actions=list(actions),
        resources=["*"],
        conditions=conditions,
    )


def allow_key(role: iam.Role, key_arn: str, actions: Sequence[str]) -> None:
    """Lets a role do something with the key, when there is one."""
    if key_arn:
        role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[key_arn]))


def allow_grant(role: iam.Role, key_arn: str) -> None:
    """Lets SageMaker hand the key on to the volumes of this role's jobs or endpoint, when there is one.

    Source: "a volume KMS key", https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    if key_arn:
        to_services_only = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        role.add_to_policy(iam.PolicyStatement(actions=["kms:CreateGrant"], resources=[key_arn], conditions=to_services_only))
