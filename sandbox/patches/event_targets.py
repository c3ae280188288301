"""What EventBridge does at a rule's targets: whom it needs leave from, and how it calls a function.

ministack writes into any topic and queue, whatever its policy says, and calls a function once, without retry and without dead-letter
queue. On AWS a rule is let in by the target's own policy alone, and a function is invoked asynchronously
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
"""

# ruff: noqa: SLF001 - see sandbox/internals.py: this file replaces some

from __future__ import annotations

import contextvars
import json
import logging
from typing import Any, Final

from ..emulator.identity import account_id
from ..emulator.internals import Json, internal

_LOG = logging.getLogger(__name__)
_SERVICE: Final = "events.amazonaws.com"


def repair() -> None:
    """Deliver as EventBridge does, from now on."""
    service = internal("services.eventbridge")
    deliver = service._invoke_target

    def deliver_if_allowed(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        if lets_in(target["Arn"], str(rule.get("Arn", ""))):
            deliver(target, event, rule, view)
        else:
            # As on AWS, nobody is told: the event is lost, and only a metric counts it.
            _LOG.warning("EventBridge: the policy of %s does not let %s deliver from %s", target["Arn"], _SERVICE, rule["Arn"])

    def deliver_over_tls(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        # Events that no request is around (a job's end) would count as plain text, and policies that ask for TLS refuse it.
        context = contextvars.copy_context()
        context.run(internal("core.iam_evaluator").pin_request_origin, "127.0.0.1", True)
        context.run(deliver_if_allowed, target, event, rule, view)

    service._invoke_target = deliver_over_tls
    service._dispatch_to_lambda = invoke


def lets_in(target: str, rule: str) -> bool:
    """Whether the policy of a topic or queue lets a rule deliver; functions and all other targets, and schedules, are not asked."""
    if ":events:" not in rule:
        return True
    if ":sns:" in target:
        # EventBridge tells SNS neither rule nor account: a statement with a condition on them lets nothing in.
        return bool(internal("services.sns").topic_policy_allows(target, _SERVICE, "", ""))
    if ":sqs:" in target:
        return bool(internal("services.sqs").queue_policy_allows(target, _SERVICE, rule, account_id()))
    return True


def invoke(function_arn: str, payload: str) -> None:
    """Invoke a function asynchronously: repeated as its configuration says, then its on-failure destination or dead-letter queue."""
    functions = internal("services.lambda_svc")
    function, configuration, name = functions._get_func_record_for_ref(function_arn)
    if not function or not configuration:
        _LOG.warning("EventBridge: there is no function %s", name)
        return
    functions.invoke_async_with_retry(functions._execution_record_for_config(function, configuration), json.loads(payload))
