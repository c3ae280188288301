"""Log groups that belong to a stack: created before anything writes to them, deleted with the stack."""

import aws_cdk as cdk
import aws_cdk.aws_logs as logs
from constructs import Construct

# The retentions that CloudWatch Logs knows, in days.
RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}


def log_group(scope: Construct, id_: str, *, retention_days: int, name: str | None = None, key_arn: str = "") -> logs.LogGroup:
    """A log group with a retention, deleted with its stack.

    Args:
        scope: the construct whose logs it holds.
        id_: its construct id.
        retention_days: one of `RETENTION`.
        name: its physical name, only where AWS dictates one.
        key_arn: the KMS key that encrypts it; ``""``: CloudWatch's own.
    """
    group = logs.LogGroup(
        scope,
        id_,
        log_group_name=name,
        retention=RETENTION[retention_days],
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    if key_arn:
        resource = group.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - tells mypy what CDK documents
        resource.kms_key_id = key_arn
    return group
