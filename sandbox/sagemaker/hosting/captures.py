"""Data capture: a share of an endpoint's requests and answers, as JSON Lines in S3.

A file lies at `<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl`, by UTC, and is written with the execution role of the
variant's model. Each line is one request:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html

AWS does not say when it writes a file, what its name is made of, or whether it captures a request that the model refused. Here a file holds
the requests of a second, and what was refused is not captured. A file that cannot be written is lost, and the instance's log says so.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError
from urllib3 import BaseHTTPResponse

from ..api.contract import Parameters
from ..api.runtime import Invocation
from ..cloud import Cloud, RoleError
from ..s3 import Location
from ..store import EndpointConfig, now

logger = logging.getLogger("sandbox.sagemaker")

_UNKNOWN: Final = "application/octet-stream"
_BOTH: Final = frozenset({"Input", "Output"})


@dataclass(frozen=True)
class Capture:
    """How the requests of one variant are captured.

    Attributes:
        destination: the prefix that the configuration names.
        percent: how many of the requests, from 0 to 100.
        modes: `Input`, `Output`, or both.
        csv_types: the content types that are written as CSV.
        json_types: likewise, as JSON; all others in Base64.
        kms_key: the key that encrypts the files; empty: as the bucket encrypts.
        role_arn: with whose permissions they are written.
    """

    destination: Location
    percent: int
    modes: frozenset[str]
    csv_types: frozenset[str]
    json_types: frozenset[str]
    kms_key: str
    role_arn: str

    @classmethod
    def of(cls, config: EndpointConfig, role_arn: str) -> Capture | None:
        """What a configuration asks for, for a variant whose model has this role; None when it asks for nothing."""
        asked = config.request.get("DataCaptureConfig")
        if not enabled(config) or asked is None:
            return None
        given = {each["CaptureMode"] for each in asked["CaptureOptions"]}
        types = asked.get("CaptureContentTypeHeader", {})
        return cls(
            # CreateEndpointConfig has checked the address.
            Location.parse(asked["DestinationS3Uri"]) or Location("", ""),
            int(asked["InitialSamplingPercentage"]),
            _BOTH if "InputAndOutput" in given else frozenset(given),
            frozenset(types.get("CsvContentTypes", [])),
            frozenset(types.get("JsonContentTypes", [])),
            asked.get("KmsKeyId", ""),
            role_arn,
        )

    def line(self, invocation: Invocation, answer: BaseHTTPResponse) -> str:
        """One request and its answer."""
        captured = {}
        if "Input" in self.modes:
            captured["endpointInput"] = self._side("INPUT", invocation.get("ContentType", _UNKNOWN), invocation.body)
        if "Output" in self.modes:
            captured["endpointOutput"] = self._side("OUTPUT", answer.headers.get("content-type", _UNKNOWN), answer.data)
        metadata: Parameters = {"eventId": str(uuid.uuid4()), "inferenceTime": now().strftime("%Y-%m-%dT%H:%M:%SZ")}
        if "InferenceId" in invocation.members:
            metadata["inferenceId"] = invocation.get("InferenceId")
        if "CustomAttributes" in invocation.members:
            metadata["customAttributes"] = [invocation.get("CustomAttributes")]
        return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})

    def _side(self, mode: str, content_type: str, body: bytes) -> Parameters:
        kind = content_type.partition(";")[0].strip()
        encoding = "CSV" if kind in self.csv_types else "JSON" if kind in self.json_types else "BASE64"
        text = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
        return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def enabled(config: EndpointConfig) -> bool:
    """Whether a configuration captures anything; a capture is on unless it says that it is off."""
    asked = config.request.get("DataCaptureConfig")
    return asked is not None and bool(asked.get("EnableCapture", True))


def summary(config: EndpointConfig) -> Parameters | None:
    """The data capture of a configuration as DescribeEndpoint shows it."""
    asked = config.request.get("DataCaptureConfig")
    if asked is None:
        return None
    return {
        "EnableCapture": enabled(config),
        "CaptureStatus": "Started" if enabled(config) else "Stopped",
        "CurrentSamplingPercentage": asked["InitialSamplingPercentage"],
        "DestinationS3Uri": asked["DestinationS3Uri"],
        "KmsKeyId": asked.get("KmsKeyId", ""),
    }


@dataclass(frozen=True)
class Captured:
    """The captured requests of one instance.

    Attributes:
        captures: where they are collected.
        endpoint: the endpoint's name.
        variant: the variant's.
        capture: how they are captured.
        say: writes a line to the instance's log.
    """

    captures: Captures
    endpoint: str
    variant: str
    capture: Capture
    say: Callable[[str], Any]

    def add(self, invocation: Invocation, answer: BaseHTTPResponse) -> None:
        """Capture a request that was answered, if it is one of those that are."""
        if random.random() * 100 < self.capture.percent:  # noqa: S311 - a sample, no secret
            self.captures.add(self, self.capture.line(invocation, answer))

    def key(self) -> str:
        """The key of a file that is written now."""
        prefix, written = self.capture.destination.key.rstrip("/"), now()
        name = f"{written:%M-%S}-{written.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
        return "/".join([*([prefix] if prefix else []), self.endpoint, self.variant, f"{written:%Y/%m/%d/%H}", name])


class Captures:
    """Collects captured requests and writes those of a second as one file.

    Args:
        cloud: the account it runs in.
        interval: seconds between two files of a variant.
    """

    def __init__(self, cloud: Cloud, *, interval: float = 1.0) -> None:
        self._cloud, self._interval = cloud, interval
        self._lines: dict[tuple[str, str, Capture], tuple[Captured, list[str]]] = {}
        self._lock = threading.Lock()
        self._running = False

    def add(self, by: Captured, line: str) -> None:
        """Collect a line; the instances of a variant share its files."""
        with self._lock:
            self._lines.setdefault((by.endpoint, by.variant, by.capture), (by, []))[1].append(line)
            start, self._running = not self._running, True
        if start:
            self._cloud.background("data-capture", self._write_until_idle)

    def _write_until_idle(self) -> None:
        """Write every second; the thread ends when a second passes without a captured request."""
        while True:
            time.sleep(self._interval)
            with self._lock:
                found, self._lines = self._lines, {}
                self._running = bool(found)
            if not found:
                return
            for by, lines in found.values():
                self._write(by, lines)

    def _write(self, by: Captured, lines: list[str]) -> None:
        capture, key = by.capture, by.key()
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": capture.kms_key} if capture.kms_key else {}
        body = "".join(f"{line}\n" for line in lines).encode()
        try:
            s3 = self._cloud.client("s3", capture.role_arn)
            s3.put_object(Bucket=capture.destination.bucket, Key=key, Body=body, ContentType="application/jsonlines", **encryption)
        except (ClientError, RoleError) as problem:
            words = f"{len(lines)} captured requests cannot be written to s3://{capture.destination.bucket}/{key}: {problem}"
            logger.warning("%s", words)
            by.say(words)
