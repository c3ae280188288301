"""A service that the sandbox does not have says so, in the error shape of the request's own protocol.

ministack answers 400 with a body that no SDK can read. The codes are AWS's for an operation that is not there
(https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, `InvalidAction`; in JSON, `UnknownOperationException`).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ..emulator.internals import internal
from ..emulator.service_catalog import Service, services

Answer = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]
UNKNOWN: Final = "UnknownOperationException"


def apply() -> None:
    """Answer for every service of AWS that nobody answers for."""
    app, router = internal("app"), internal("core.router")
    app.SERVICE_HANDLERS = _WithRefusals(app.SERVICE_HANDLERS)
    # ministack's own list loads four hundred models, which holds up the server for seconds.
    router._is_aws_service_name = lambda name: name in services()


class _WithRefusals(dict[str, Any]):
    """Handlers by service; `get` has one for the services of AWS that have none."""

    def get(self, name: str, default: Any = None) -> Any:
        found = super().get(name, default)
        return _refusing(name, services()[name]) if found is None and name in services() else found


def _refusing(name: str, service: Service) -> Handler:
    async def refuse(_method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> Answer:
        form = parse_qs(body.decode("utf-8", "replace")) if "x-www-form-urlencoded" in headers.get("content-type", "") else {}
        action = "".join({**query, **form}.get("Action", [""])[:1])
        target = headers.get("x-amz-target", "").rpartition(".")[2] or path.partition("/operation/")[2]
        words = (
            f"The sandbox does not emulate {service.title} ({name}): {action or target or path} was not carried out."
            " sandbox/README.md says what it emulates."
        )
        return refusal(service, headers, action, words)

    return refuse


def refusal(service: Service, headers: Mapping[str, str], action: str, words: str) -> Answer:
    """An error in the protocol of a request: that of its headers, or of its form's Action, else the service's own."""
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return 400, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, _cbor({"__type": UNKNOWN, "message": words})
    body = json.dumps({"__type": UNKNOWN, "message": words}).encode()
    if "x-amz-target" in headers:
        return 400, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": UNKNOWN}, body
    if action or service.protocol in {"query", "ec2", "rest-xml"}:
        return _xml(service, words)
    return 404, {"Content-Type": "application/json", "x-amzn-ErrorType": UNKNOWN}, body


def _xml(service: Service, words: str) -> Answer:
    """The error of the protocols that speak XML; EC2 has a shape of its own."""
    error = f"<Code>InvalidAction</Code><Message>{escape(words)}</Message>"
    number = uuid.uuid4()
    if service.protocol == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{number}</RequestID></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{number}</RequestId></ErrorResponse>"
    return 400, {"Content-Type": "text/xml"}, text.encode()


def _cbor(members: Mapping[str, str]) -> bytes:
    """A map of at most 23 short texts in CBOR (RFC 8949, sections 3 and 3.1)."""
    texts = b"".join(_cbor_text(text) for pair in members.items() for text in pair)
    return bytes([0xA0 + len(members)]) + texts


def _cbor_text(text: str) -> bytes:
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content
