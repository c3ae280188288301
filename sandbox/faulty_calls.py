"""The server's part of `call_faults.py`: a call that is to meet a fault does, before or instead of reaching its service.

The codes of throttling are those of the services' models and pages (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html); botocore takes each of them for throttling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from hypercorn.protocol.events import StreamClosed

from . import call_faults
from .assembly import Application
from .call_faults import Kind
from .emulator.called_actions import action_of

# Service -> the code and the HTTP status by which it says that it is asked too often.
_THROTTLING: Final[Mapping[str, tuple[str, int]]] = {
    "s3": ("SlowDown", 503),
    "sqs": ("RequestThrottled", 403),
    "lambda": ("TooManyRequestsException", 429),
    "cloudformation": ("Throttling", 400),
    "sns": ("Throttling", 400),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
}
_REFUSALS: Final[Mapping[str, tuple[str, int]]] = {
    "s3": ("AccessDenied", 403),
    "cloudformation": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "iam": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "sqs": ("AccessDenied", 403),
}


def with_call_faults(application: Application, folder: Path) -> Application:
    """The application, whose calls meet the faults that were chosen for the sandbox of a folder."""
    return _FaultyCalls(application, folder)


class _FaultyCalls:
    def __init__(self, application: Application, folder: Path) -> None:
        self._application, self._folder = application, folder
        self._chosen = call_faults.Chosen()
        # Action -> its fault, and how many calls are still to meet it.
        self._left: dict[str, tuple[Kind, int | None]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not self._any():
            await self._application(scope, receive, send)
            return
        body = await _body(receive)
        action, again = action_of(scope, body), _again(body, receive)
        kind = self._met(action)
        if kind is None:
            await self._application(scope, again, send)
        elif kind is Kind.CUT:
            await _hang_up(send)
        elif kind is Kind.LOST:
            await _break_off(self._application, scope, again, send)
        else:
            await _refuse(kind, action, scope, send)

    def _any(self) -> bool:
        """Whether a fault is chosen."""
        now = call_faults.chosen(self._folder)
        if now.mark != self._chosen.mark:
            self._chosen, self._left = now, {fault.action: (fault.kind, fault.times) for fault in now.faults}
        return bool(self._left)

    def _met(self, action: str) -> Kind | None:
        """What a call meets, which is then noted."""
        kind, times = self._left.get(action, (None, None))
        if kind is None:
            return None
        if times is not None:
            self._left[action] = (kind, times - 1)
            if times == 1:
                del self._left[action]
        call_faults.note(self._folder, action)
        return kind


async def _body(receive: Any) -> bytes:
    """The whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Any) -> Any:
    """What gives a body that was read once more, and then what comes after it."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Any:
        return waiting.pop() if waiting else await receive()

    return give


async def _hang_up(send: Any) -> None:
    """End the connection where it is: ASGI has no word for that, so Hypercorn's stream, whose method `send` is, is told."""
    stream = send.__self__
    stream.closed = True
    await stream.send(StreamClosed(stream_id=stream.stream_id))


async def _break_off(application: Application, scope: Any, receive: Any, send: Any) -> None:
    """Have a call done, and end the connection in the middle of its answer."""
    start: dict[str, Any] = {}
    body = b""

    async def collect(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        body += message.get("body", b"")

    await application(scope, receive, collect)
    if body and scope["method"] != "HEAD":
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await _hang_up(send)


async def _refuse(kind: Kind, action: str, scope: Mapping[str, Any], send: Any) -> None:
    """Answer with an error, as the operation's service words it."""
    service = action.partition(":")[0]
    code, status = _error(kind, service)
    said = {
        Kind.THROTTLED: "Please reduce your request rate." if service == "s3" else "Rate exceeded",
        Kind.FAILING: "We encountered an internal error. Please try again.",
        Kind.REFUSED: f"User: you is not authorized to perform: {action} because the sandbox was told to refuse it",
    }[kind]
    content, body = _document(service, scope, code, said)
    headers = [(b"content-type", content), (b"content-length", str(len(body)).encode()), (b"x-amzn-requestid", b"played-by-the-sandbox")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _error(kind: Kind, service: str) -> tuple[str, int]:
    """The code and the HTTP status of an error."""
    if kind is Kind.THROTTLED:
        return _THROTTLING.get(service, ("ThrottlingException", 400))
    if kind is Kind.REFUSED:
        return _REFUSALS.get(service, ("AccessDeniedException", 400))
    return ("InternalError" if service in ("s3", "sns") else "InternalFailure"), 500


def _document(service: str, scope: Mapping[str, Any], code: str, said: str) -> tuple[bytes, bytes]:
    """Content type and body of an error, in the protocol of the request."""
    names = {name.lower() for name, _ in scope["headers"]}
    if service == "s3":
        return b"application/xml", f"<Error><Code>{code}</Code><Message>{escape(said)}</Message></Error>".encode()
    if b"x-amz-target" in names or service == "lambda":
        return b"application/x-amz-json-1.1", json.dumps({"__type": code, "message": said}).encode()
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(said)}</Message></Error>"
    return b"text/xml", f"<ErrorResponse>{error}<RequestId>played-by-the-sandbox</RequestId></ErrorResponse>".encode()
