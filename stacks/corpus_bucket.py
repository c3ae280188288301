"""The bucket of a stage: corpora, artifacts and captured requests."""

import aws_cdk as cdk
import aws_cdk.aws_kms as kms
import aws_cdk.aws_s3 as s3
from constructs import Construct

from blazingtext_lifecycle import naming

NONCURRENT_VERSION_EXPIRATION = cdk.Duration.days(30)
ABORT_INCOMPLETE_UPLOAD_AFTER = cdk.Duration.days(7)
# A processing job may run for five days, and what it has left needs its parts no longer.
STAGING_EXPIRATION = cdk.Duration.days(7)


class CorpusBucket(Construct):
    """A private, versioned, encrypted bucket that accepts only TLS and sends its events to EventBridge.

    Args:
        delete_data: whether it goes with its stack.
        captured_days: how long captured requests are kept.
        key_arn: the KMS key that encrypts it; ``""``: S3's own.
        log_bucket: the bucket that gets its access logs; ``""``: none.

    Attributes:
        bucket: the bucket.
    """

    def __init__(
        self, scope: Construct, id_: str, *, delete_data: bool, captured_days: int, key_arn: str = "", log_bucket: str = ""
    ) -> None:
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS if key_arn else s3.BucketEncryption.S3_MANAGED,
            encryption_key=kms.Key.from_key_arn(self, "Key", key_arn) if key_arn else None,
            # One call of KMS for many objects.
            bucket_key_enabled=True if key_arn else None,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=_lifecycle_rules(captured_days),
            removal_policy=cdk.RemovalPolicy.DESTROY if delete_data else cdk.RemovalPolicy.RETAIN,
        )
        if not delete_data and self.bucket.policy:
            # A bucket that is kept goes on refusing requests without TLS.
            self.bucket.policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        _keep_when_replaced(self.bucket)
        _enable_eventbridge(self.bucket)
        if log_bucket:
            _log_access(self.bucket, log_bucket)


def _lifecycle_rules(captured_days: int) -> list[s3.LifecycleRule]:
    """Old versions, incomplete uploads, captured requests and what dead processing jobs left expire.

    No other current object, and so no artifact in service, ever does.

    The rule for captured requests is there without any capture, too: what was captured goes after the capture is switched off.
    """
    return [
        s3.LifecycleRule(
            id="captured-requests",
            prefix=naming.CAPTURED,
            expiration=cdk.Duration.days(captured_days),
            noncurrent_version_expiration=cdk.Duration.days(1),
        ),
        s3.LifecycleRule(
            id="staging",
            prefix=naming.STAGING,
            expiration=STAGING_EXPIRATION,
            noncurrent_version_expiration=cdk.Duration.days(1),
        ),
        s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=NONCURRENT_VERSION_EXPIRATION, expired_object_delete_marker=True),
        s3.LifecycleRule(id="incomplete-uploads", abort_incomplete_multipart_upload_after=ABORT_INCOMPLETE_UPLOAD_AFTER),
    ]


def _keep_when_replaced(bucket: s3.Bucket) -> None:
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - tells mypy what CDK documents
    # Whatever is to become of the data at destruction: a deployment that makes another bucket deletes none.
    resource.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN


def _enable_eventbridge(bucket: s3.Bucket) -> None:
    # Not `event_bridge_enabled=True`: that brings a custom resource and a function, for one property CloudFormation has by itself.
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - tells mypy what CDK documents
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )


def _log_access(bucket: s3.Bucket, log_bucket: str) -> None:
    # Not `server_access_logs_bucket`, which wants to write the policy of a bucket that is not ours.
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - tells mypy what CDK documents
    prefix = f"{cdk.Stack.of(bucket).stack_name}/"
    resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(destination_bucket_name=log_bucket, log_file_prefix=prefix)
