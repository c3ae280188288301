"""EventBridge delivers to a topic or queue only if its resource policy allows it.

ministack delivers to any, whatever its policy says (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import logging
from typing import Any, Final

from ..emulator.identity import account_id
from ..emulator.internals import Json, internal

_LOG = logging.getLogger(__name__)
_SERVICE: Final = "events.amazonaws.com"


def apply() -> None:
    """Deliver where the target's policy allows it."""
    service = internal("services.eventbridge")
    original = service._invoke_target

    def deliver_if_allowed(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        if policy_allows(target["Arn"], str(rule.get("Arn", ""))):
            original(target, event, rule, view)
        else:
            # As on AWS, the event is lost without an error; only a metric counts it there.
            _LOG.warning("EventBridge: the policy of %s does not allow %s to deliver from %s", target["Arn"], _SERVICE, rule["Arn"])

    service._invoke_target = deliver_if_allowed


def policy_allows(target: str, rule: str) -> bool:
    """Whether the policy of a topic or queue allows a rule to deliver; other targets, and schedules, have no such policy here."""
    if ":events:" not in rule:
        return True
    if ":sns:" in target:
        # EventBridge gives SNS neither rule nor account: a statement with a condition on them allows nothing.
        return bool(internal("services.sns").topic_policy_allows(target, _SERVICE, "", ""))
    if ":sqs:" in target:
        return bool(internal("services.sqs").queue_policy_allows(target, _SERVICE, rule, account_id()))
    return True
