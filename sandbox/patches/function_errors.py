"""A function's error names the class of the exception that its Python handler raised, and has the stack trace.

ministack answers `Runtime.HandlerError` whatever was raised; on AWS a caller tells errors apart by their class
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import re
from typing import Final

from ..emulator.internals import Json, internal

_TRACEBACK: Final = "Traceback (most recent call last):\n"
_EXCEPTION: Final = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)")


def apply() -> None:
    """Name the exception in every failed invocation."""
    service = internal("services.lambda_svc")
    execute = service._execute_function_warm

    def execute_and_name_the_error(function: Json, event: object, request_id: str) -> Json:
        result: Json = execute(function, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            return {**result, "body": {**body, **raised(str(result.get("log", ""))), "requestId": request_id}}
        return result

    service._execute_function_warm = execute_and_name_the_error


def raised(log: str) -> Json:
    """`errorType` and `stackTrace` of the last exception that a log shows; nothing when it shows none."""
    _, found, traceback = log.rpartition(_TRACEBACK)
    if not found:
        return {}
    lines = traceback.splitlines()
    for number, line in enumerate(lines):
        if match := _EXCEPTION.match(line):
            return {"errorType": match.group(1).rpartition(".")[2], "stackTrace": lines[:number]}
    return {}
