"""Log groups that belong to a stack: created before anything writes to them, deleted with the stack."""

import aws_cdk as cdk
import aws_cdk.aws_logs as logs
from constructs import Construct

# The retentions that CloudWatch Logs knows, in days.
# Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def log_group(scope: Construct, id_: str, *, retention_days: int, name: str | None = None, key_arn: str = "") -> logs.LogGroup:
    """A log group with a retention, deleted with its stack.

    Args:
        scope: the construct whose logs it holds.
        id_: its construct id.
        retention_days: one of `RETENTION`.
        name: its physical name, only where AWS dictates one.
        key_arn: the KMS key that encrypts it; ``""``: CloudWatch's own.
    """
    group = logs.LogGroup(scope, id_, log_group_name=name, removal_policy=cdk.RemovalPolicy.DESTROY)
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - tells mypy what CDK documents
    # Not `retention`: the CDK has a word for each number of days, and no way from the number to the word.
    resource.retention_in_days = retention_days
    if key_arn:
        resource.kms_key_id = key_arn
    return group
