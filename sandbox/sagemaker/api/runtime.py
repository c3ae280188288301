"""The runtime endpoint's requests, read and checked by botocore's model of it, and its event stream."""

from __future__ import annotations

import re
import struct
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

import botocore.session
from botocore.model import ServiceModel, StructureShape

from . import constraints
from .constraints import Parameters
from .coverage import OPERATIONS
from .errors import SerializationException, ValidationError, members_not_emulated, operation_not_emulated

#: A payload part holds at most so much; AWS cuts where the container's chunks end.
_PART: Final = 64 * 1024


@dataclass(frozen=True)
class Invocation:
    """A checked request: the operation and its members, those that the client gave."""

    operation: str
    members: Parameters

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return str(self.members["EndpointName"])

    @property
    def body(self) -> bytes:
        """What the container gets."""
        return bytes(self.members.get("Body", b""))

    def get(self, member: str, default: str = "") -> str:
        """A member that travels in a header."""
        return str(self.members.get(member, default))

    @classmethod
    def parse(cls, operation: str, path: str, headers: Mapping[str, str], body: bytes) -> Invocation:
        """From the HTTP request; header names in lower case.

        Raises:
            ValidationError: not this operation's path, constraints of the model, or something that is not emulated.
        """
        shape = cast("StructureShape", model().operation_model(operation).input_shape)
        if operation not in OPERATIONS:
            raise ValidationError(operation_not_emulated(operation).message)
        members = {name: value for name, value in _members(operation, shape, path, headers).items() if value is not None}
        try:
            problems = list(constraints.problems(shape, {**members, "Body": body}, ""))
        except SerializationException as problem:
            raise ValidationError(problem.message) from problem
        if problems:
            raise ValidationError(f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: {'; '.join(problems)}")
        uncovered = [name for name in members if name not in OPERATIONS[operation]]
        if uncovered:
            raise ValidationError(members_not_emulated(operation, uncovered).message)
        return cls(operation, {**members, "Body": body})


def routes() -> list[tuple[str, str, str]]:
    """Method, regular expression of the path and name of every operation of the runtime endpoint, for those not emulated too."""
    operations = (model().operation_model(name) for name in model().operation_names)
    return [(each.http["method"], _path(each.http["requestUri"]).pattern, each.name) for each in operations]


def endpoint_of(path: str) -> str:
    """The endpoint's name in the path of any operation of the runtime endpoint."""
    return urllib.parse.unquote(path.split("/")[2])


@cache
def model() -> ServiceModel:
    """Botocore's model of the runtime endpoint."""
    return botocore.session.get_session().get_service_model("sagemaker-runtime")


def _members(operation: str, shape: StructureShape, path: str, headers: Mapping[str, str]) -> Parameters:
    """The members that stand in the path and in headers."""
    match = _path(model().operation_model(operation).http["requestUri"]).fullmatch(path)
    if match is None:
        raise ValidationError(f"{path} is no invocation of an endpoint")
    found: Parameters = {"EndpointName": urllib.parse.unquote(match[1])}
    for name, member in shape.members.items():
        if member.serialization.get("location") == "header":
            found[name] = headers.get(str(member.serialization["name"]).lower())
    return found


def _path(uri: str) -> re.Pattern[str]:
    return re.compile(uri.replace("{EndpointName}", "([^/]+)"))


# --- the event stream ----------------------------------------------------------------------------------------------------------------


def event_stream(payload: bytes) -> bytes:
    """A container's answer as the events of InvokeEndpointWithResponseStream: one PayloadPart after another.

    Source: the event stream encoding of the AWS SDKs ("application/vnd.amazon.eventstream").
    """
    return b"".join(_event("PayloadPart", part) for part in _parts(payload))


def _parts(payload: bytes) -> Iterator[bytes]:
    return (payload[start : start + _PART] for start in range(0, len(payload), _PART))


def _event(kind: str, payload: bytes) -> bytes:
    headers = b"".join(
        _header(name, value)
        for name, value in ((":event-type", kind), (":content-type", "application/octet-stream"), (":message-type", "event"))
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    text = 7  # the encoding's type of a string
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", text, len(value)) + value.encode()
