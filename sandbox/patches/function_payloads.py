"""A payload that is no JSON is refused before the function sees it, and one that Python cannot read is the function's error.

ministack runs the function with `{}` instead, or breaks. On AWS the answer is `InvalidRequestContentException`, 400
(https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html), and more than 6 MB, 1 MB for an asynchronous call, are
`RequestTooLargeException`, 413 (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). What is JSON, and too large a
number for Python, fails in the runtime, with `Runtime.UnmarshalError`
(https://github.com/aws/aws-lambda-python-runtime-interface-client, bootstrap.py).
AWS documents no limit for how deeply JSON may be nested; here it is what Python reads, and the rest is refused as no JSON.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from ..emulator.internals import Json, internal

Answer = tuple[int, dict[str, str], bytes]
_LARGEST: Final = 6 * 1024 * 1024
_LARGEST_EVENT: Final = 1024 * 1024


def apply() -> None:
    """Look at the payload of every invocation."""
    service, handlers = internal("services.lambda_svc"), internal("app").SERVICE_HANDLERS
    handle = handlers["lambda"]

    async def handle_readable(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Json) -> Any:
        if method == "POST" and path.rstrip("/").endswith("/invocations") and body:
            name = path.rsplit("/functions/", maxsplit=1)[-1].split("/", maxsplit=1)[0]
            refusal = _refusal(body, headers, known=name in service._functions)  # noqa: SLF001 - see emulator/internals.py
            if refusal is not None:
                return refusal
        return await handle(method, path, headers, body, query)

    handlers["lambda"] = handle_readable


def _refusal(body: bytes, headers: Mapping[str, str], *, known: bool) -> Answer | None:
    event = headers.get("x-amz-invocation-type") == "Event"
    limit = _LARGEST_EVENT if event else _LARGEST
    if len(body) > limit:
        words = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        return _error(413, "RequestTooLargeException", words)
    try:
        json.loads(body.decode(), parse_constant=_no_json, parse_int=_whole_number)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        return _error(400, "InvalidRequestContentException", f"Could not parse request body into json: {problem}")
    except _TooManyDigitsError as problem:
        return _unmarshal_error(str(problem)) if known and not event else None
    return None


class _TooManyDigitsError(Exception):
    pass


def _whole_number(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as problem:
        raise _TooManyDigitsError(str(problem)) from problem


def _no_json(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"Unrecognized token '{word}'", word, 0)


def _error(status: int, code: str, words: str) -> Answer:
    answer = json.dumps({"Type": "User", "Message": words, "message": words}).encode()
    return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, answer


def _unmarshal_error(words: str) -> Answer:
    answer = {"errorMessage": f"Unable to unmarshal input: {words}", "errorType": "Runtime.UnmarshalError", "requestId": str(uuid.uuid4())}
    headers = {"Content-Type": "application/json", "X-Amz-Function-Error": "Unhandled", "X-Amz-Executed-Version": "$LATEST"}
    return 200, headers, json.dumps(answer).encode()
