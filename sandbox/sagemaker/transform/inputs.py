"""The objects that a transform job reads, and where the result of each goes.

Source: "S3Uri" of https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html and "S3OutputPath" of
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformOutput.html. That page's example has a folder less in the output than
in the input; here the rest of a key after the last slash of the prefix is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..api.contract import Parameters
from ..s3 import Location, TransferError


class InputError(Exception):
    """There is nothing to read, or it cannot be listed; the message is the end of a FailureReason."""


@dataclass(frozen=True)
class Source:
    """One object to transform, and its name below the output path without `.out`."""

    location: Location
    name: str


def sources(request: Parameters, client: Any, missing: str) -> list[Source]:
    """The objects of a request, in order.

    Args:
        request: the CreateTransformJob request.
        client: S3 with the role of the model.
        missing: what to say when there is none.

    Raises:
        InputError: there is none, or they cannot be listed.
    """
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    place = Location.parse(source["S3Uri"])
    if place is None:
        raise InputError(missing)
    try:
        found = _listed(client, place) if source["S3DataType"] == "S3Prefix" else _in_manifest(client, place)
    except TransferError as problem:
        raise InputError(str(problem)) from problem
    if not found:
        raise InputError(missing)
    return found


def _listed(client: Any, prefix: Location) -> list[Source]:
    folder = prefix.key[: prefix.key.rfind("/") + 1]
    keys = [key for key, _ in s3.objects(client, prefix)]
    return [Source(Location(prefix.bucket, key), key.removeprefix(folder)) for key in keys]


def _in_manifest(client: Any, place: Location) -> list[Source]:
    try:
        head, *names = json.loads(client.get_object(Bucket=place.bucket, Key=place.key)["Body"].read())
        prefix = Location.parse(head["prefix"])
        if prefix is None or not all(isinstance(name, str) for name in names):
            raise ValueError(head)  # noqa: TRY301 - reported like any other reason
    except ClientError as problem:
        raise InputError(f"Unable to download the manifest {place} ({problem})") from problem
    except (ValueError, TypeError, KeyError) as problem:
        raise InputError(f'The manifest {place} is not a list of {{"prefix": "s3://..."}} and names of objects.') from problem
    return [Source(Location(prefix.bucket, prefix.key + name), name) for name in names]
