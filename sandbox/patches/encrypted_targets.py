"""EventBridge delivers to a queue or topic that a customer's key encrypts only if the key's policy lets it.

ministack asks nobody about the key. EventBridge says neither rule nor account to KMS, so a statement with a condition on them allows
nothing, and no managed key of AWS's (`alias/aws/sqs`) is EventBridge's to use. Sources, with the two actions:
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import logging
from typing import Any, Final

from ..emulator.identity import region
from ..emulator.internals import Json, internal

_LOG = logging.getLogger(__name__)
_SERVICE: Final = "events.amazonaws.com"
_ACTIONS: Final = ("kms:Decrypt", "kms:GenerateDataKey")


def apply() -> None:
    """Deliver where the target's key allows it."""
    service = internal("services.eventbridge")
    original = service._invoke_target

    def deliver_if_allowed(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        key = _key_of(str(target["Arn"]))
        if key and not _allows(key):
            # As for a queue's own policy: the event is lost without an error.
            _LOG.warning("EventBridge: the policy of key %s does not allow %s to use it for %s", key, _SERVICE, target["Arn"])
        else:
            original(target, event, rule, view)

    service._invoke_target = deliver_if_allowed


def _key_of(target: str) -> str:
    """What a queue or topic is encrypted with, as it was given; empty for SQS's and SNS's own, and for other targets."""
    if ":sqs:" in target:
        found = internal("services.sqs")._queue_by_arn(target)
    elif ":sns:" in target:
        found = internal("services.sns")._topic_by_arn_any_scope(target)
    else:
        return ""
    return str((found or {}).get("attributes", {}).get("KmsMasterKeyId") or "")


def _allows(key: str) -> bool:
    found = internal("services.kms")._resolve_key(key)
    if not found or not found.get("Policy"):
        return False
    evaluator = internal("core.iam_evaluator")
    requests = [
        evaluator.EvalContext(
            principal_arn="*",
            principal_type="Service",
            principal_account="",
            action=action,
            resource_arn=found["Arn"],
            region=region(),
            service_context={},
        )
        for action in _ACTIONS
    ]
    return all(evaluator.evaluate_resource_policy(found["Policy"], each, service=_SERVICE).decision == "Allow" for each in requests)
