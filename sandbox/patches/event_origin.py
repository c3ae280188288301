"""EventBridge delivers over TLS, whatever caused the event.

ministack takes an event that no request is behind (the end of a job) for plain text, and a target's policy that demands
`aws:SecureTransport` refuses it.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import contextvars
from typing import Any

from ..emulator.internals import Json, internal


def apply() -> None:
    """Deliver every event as a request over TLS."""
    service, pin_request_origin = internal("services.eventbridge"), internal("core.iam_evaluator").pin_request_origin
    original = service._invoke_target

    def deliver(target: Json, event: Json, rule: Json, view: Any = None) -> None:
        context = contextvars.copy_context()
        context.run(pin_request_origin, "127.0.0.1", True)
        context.run(original, target, event, rule, view)

    service._invoke_target = deliver
