"""How a shadow answers what the live model was asked, by the captured requests of both.

A line of a capture says neither that it is the copy of another nor, on every request, whose request it was
(https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html), so requests are told by what was asked: the same
model answers the same request the same way.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import AccessDeniedError

from ..aws_errors import translating_aws_errors
from ..cloud import Cloud

# The newest files of a variant that are read.
MOST_FILES = 50


@dataclass(frozen=True)
class Answers:
    """How the answers of two models compare.

    Attributes:
        compared: different requests that both were captured with.
        equal: of them answered with the same bytes, but for spaces.
        alike: of them answered alike: by a classifier with the same labels, by word vectors with a vector for the same words. Two trainings
            never give the same numbers.
        readable: False when whoever asks may not read what was captured.
    """

    compared: int
    equal: int
    alike: int
    readable: bool = True


def compare(cloud: Cloud, endpoint: str, capture: Mapping[str, Any], since: datetime) -> Answers | None:
    """Compares the captured answers of an endpoint's live model with those of its shadow.

    Args:
        cloud: the stage.
        endpoint: the endpoint's name.
        capture: its DataCaptureConfig, as DescribeEndpoint shows it.
        since: requests before that are left out.

    Returns:
        None where nothing is captured.

    Raises:
        LifecycleError: AWS refused or failed.
    """
    if not capture.get("EnableCapture"):
        return None
    bucket, prefix = naming.split_s3_uri(capture["DestinationS3Uri"])
    folder = f"{prefix.rstrip('/')}/{endpoint}/"
    try:
        with translating_aws_errors(f"read what was captured in s3://{bucket}/{folder}"):
            live, tried = (
                dict(_captured(cloud, bucket, f"{folder}{variant}/", since)) for variant in (naming.VARIANT, naming.SHADOW_VARIANT)
            )
    except AccessDeniedError:
        return Answers(0, 0, 0, readable=False)
    both = [(live[asked], tried[asked]) for asked in live.keys() & tried.keys()]
    equal = sum(one == other for one, other in both)
    return Answers(len(both), equal, sum(essence(one) == essence(other) for one, other in both))


def _captured(cloud: Cloud, bucket: str, prefix: str, since: datetime) -> Iterator[tuple[str, Any]]:
    """What was asked, and the answer, of the newest files of a variant."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [(each["LastModified"], each["Key"]) for page in pages for each in page.get("Contents", []) if each["LastModified"] >= since]
    for _, key in sorted(found)[-MOST_FILES:]:
        for line in cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines():
            sides = json.loads(line)["captureData"]
            if {"endpointInput", "endpointOutput"} <= sides.keys():
                yield _text(sides["endpointInput"]), _read(_text(sides["endpointOutput"]))


def _text(side: Mapping[str, str]) -> str:
    return base64.b64decode(side["data"]).decode("utf-8", "replace") if side["encoding"] == "BASE64" else side["data"]


def _read(answer: str) -> Any:
    """An answer as values: one JSON document, JSON lines, or the text that it is."""
    try:
        return json.loads(answer)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in answer.splitlines()]
    except ValueError:
        return answer


def essence(answer: Any) -> Any:
    """An answer without the numbers in which two trainings differ: labels without their probabilities, and whether a vector is zeros."""
    if isinstance(answer, list):
        return [essence(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    if "vector" in answer:
        return {**answer, "vector": any(answer["vector"])}
    return {key: value for key, value in answer.items() if key != "prob"}
