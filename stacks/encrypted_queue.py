"""A queue that is encrypted, with SQS's own key or a customer's."""

import aws_cdk as cdk
import aws_cdk.aws_sqs as sqs
from constructs import Construct


def encrypted_queue(
    scope: Construct,
    id_: str,
    *,
    key_arn: str,
    visibility_timeout: cdk.Duration | None = None,
    retention_period: cdk.Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """A queue that accepts only TLS and is deleted with its stack.

    Args:
        scope: the parent.
        id_: the construct id.
        key_arn: the KMS key that encrypts it; ``""``: SQS's own.
        visibility_timeout: how long a message is hidden from others once it was received.
        retention_period: how long a message is kept.
        dead_letter_queue: where messages go that are received too often.
    """
    queue = sqs.Queue(
        scope,
        id_,
        encryption=sqs.QueueEncryption.UNENCRYPTED if key_arn else sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        visibility_timeout=visibility_timeout,
        retention_period=retention_period,
        dead_letter_queue=dead_letter_queue,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    if key_arn:
        resource = queue.node.default_child
        assert isinstance(resource, sqs.CfnQueue)  # noqa: S101 - tells mypy what CDK documents
        # Not `encryption_master_key`: with it, CDK would allow senders more of the key than they need.
        resource.kms_master_key_id = key_arn
        resource.sqs_managed_sse_enabled = None
    return queue
