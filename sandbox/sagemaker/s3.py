"""Downloads from and uploads to S3 with a role's client."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

_URI: Final = re.compile(r"(?:s3://|https://s3[.\-a-z0-9]*\.amazonaws\.com(?:\.cn)?/)(?P<bucket>[^/]+)/?(?P<key>.*)")
_CHUNK_BYTES: Final = 1 << 20


class TransferError(Exception):
    """A download or upload failed; the message is the end of AWS's FailureReason."""


@dataclass(frozen=True)
class Location:
    """A bucket and a key or prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Location | None:
        """An `s3://` or `https://s3...` address; None when it is neither."""
        match = _URI.fullmatch(uri)
        return None if match is None else cls(match["bucket"], match["key"])

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def first_key(s3: Any, prefix: Location) -> str | None:
    """A key under the prefix; None when there is none, the role may not list it, or the bucket does not exist."""
    try:
        found = s3.list_objects_v2(Bucket=prefix.bucket, Prefix=prefix.key, MaxKeys=1)
    except ClientError:
        return None
    contents = found.get("Contents", [])
    return contents[0]["Key"] if contents else None


def download_prefix(s3: Any, prefix: Location, folder: Path) -> int:
    """Fetch every object under a prefix; the rest of its key becomes the file's path.

    Returns:
        The number of files.

    Raises:
        TransferError: an object the role may not read, or a key that would leave the folder.
    """
    count = 0
    for key in _keys(s3, prefix):
        target = folder / (key[len(prefix.key) :].lstrip("/") or key.rsplit("/", 1)[-1])
        if not target.resolve().is_relative_to(folder.resolve()):
            raise TransferError(f"Failed to download data. S3 key: s3://{prefix.bucket}/{key} has an illegal char sub-sequence '..' in it")
        target.parent.mkdir(parents=True, exist_ok=True)
        download(s3, Location(prefix.bucket, key), target)
        count += 1
    return count


def download(s3: Any, source: Location, target: Path) -> None:
    """Fetch one object.

    Raises:
        TransferError: it is missing or the role may not read it.
    """
    try:
        body = s3.get_object(Bucket=source.bucket, Key=source.key)["Body"]
    except ClientError as problem:
        raise TransferError(f"Unable to download object {source} ({_error_text(problem)})") from problem
    with target.open("wb") as file, contextlib.closing(body):
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            file.write(chunk)


def upload(s3: Any, source: Path, target: Location) -> None:
    """Store one file.

    Raises:
        TransferError: the bucket is missing or the role may not write.
    """
    try:
        with source.open("rb") as file:
            s3.put_object(Bucket=target.bucket, Key=target.key, Body=file)
    except ClientError as problem:
        raise TransferError(f"Unable to upload object {target} ({_error_text(problem)})") from problem


def _keys(s3: Any, prefix: Location) -> Iterator[str]:
    try:
        for found in s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
            yield from (each["Key"] for each in found.get("Contents", []) if not each["Key"].endswith("/"))
    except ClientError as problem:
        raise TransferError(f"Unable to list objects under {prefix} ({_error_text(problem)})") from problem


def _error_text(problem: ClientError) -> str:
    error = problem.response["Error"]
    return f"{error['Code']}: {error.get('Message', '')}"
