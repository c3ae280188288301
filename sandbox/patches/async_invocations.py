"""EventBridge invokes a function asynchronously: retried as configured, then its on-failure destination or dead-letter queue.

ministack calls it once and forgets it (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import json
import logging

from ..emulator.internals import internal

_LOG = logging.getLogger(__name__)


def apply() -> None:
    """Invoke the functions among a rule's targets asynchronously."""
    internal("services.eventbridge")._dispatch_to_lambda = _invoke


def _invoke(function_arn: str, payload: str) -> None:
    functions = internal("services.lambda_svc")
    function, configuration, name = functions._get_func_record_for_ref(function_arn)
    if not function or not configuration:
        _LOG.warning("EventBridge: there is no function %s", name)
        return
    functions.invoke_async_with_retry(functions._execution_record_for_config(function, configuration), json.loads(payload))
