"""Downloads from and uploads to S3 with a role's client."""

from __future__ import annotations

import contextlib
import errno
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from .volume import INSUFFICIENT

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


def nothing_found(uri: str, region: str, role: str) -> str:
    """The words for a prefix without an object, or one that the role may not list.

    CreateTrainingJob refuses with them (seen: https://github.com/aws/amazon-sagemaker-examples/issues/2489). Of a job whose data goes
    between its creation and its download no answer of AWS's is published: here its reason has the same words.
    """
    location = Location.parse(uri)
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in the selected region'
        f' ({region}), that objects exist under that S3 prefix, and that the role "{role}" has "s3:ListBucket" permissions on bucket'
        f' "{uri if location is None else location.bucket}".'
    )


@dataclass(frozen=True)
class Downloaded:
    """What a download brought: how many files, and their bytes."""

    files: int
    size: int


def download_prefix(s3: Any, prefix: Location, folder: Path, *, room: int | None = None, part: tuple[int, int] = (0, 1)) -> Downloaded:
    """Fetch every object under a prefix; the rest of its key becomes the file's path.

    Args:
        s3: a client of the role's.
        prefix: what to fetch.
        folder: where to.
        room: bytes that there is room for; None: as many as this machine has.
        part: which part of the keys, of how many: one instance's, when the data is sharded.

    Raises:
        TransferError: an object the role may not read, a key that would leave the folder, or not enough room.
    """
    count = total = 0
    number, parts = part
    for key, size in itertools.islice(objects(s3, prefix), number, None, parts):
        total += size
        if room is not None and total > room:
            raise TransferError(INSUFFICIENT)
        target = folder / (key[len(prefix.key) :].lstrip("/") or key.rsplit("/", 1)[-1])
        if not target.resolve().is_relative_to(folder.resolve()):
            raise TransferError(f"Failed to download data. S3 key: s3://{prefix.bucket}/{key} has an illegal char sub-sequence '..' in it")
        target.parent.mkdir(parents=True, exist_ok=True)
        download(s3, Location(prefix.bucket, key), target)
        count += 1
    return Downloaded(count, total)


def download(s3: Any, source: Location, target: Path) -> None:
    """Fetch one object.

    Raises:
        TransferError: it is missing, the role may not read it, or this machine's disk is full.
    """
    try:
        body = s3.get_object(Bucket=source.bucket, Key=source.key)["Body"]
    except ClientError as problem:
        raise TransferError(f"Unable to download object {source} ({_error_text(problem)})") from problem
    with _explaining_full_disks(), target.open("wb") as file, contextlib.closing(body):
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            file.write(chunk)


@contextlib.contextmanager
def _explaining_full_disks() -> Iterator[None]:
    """Turn the operating system's error into SageMaker's."""
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise TransferError(INSUFFICIENT) from problem


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


def objects(s3: Any, prefix: Location) -> Iterator[tuple[str, int]]:
    """The keys under a prefix, folders left out, and their sizes.

    Raises:
        TransferError: the role may not list them.
    """
    try:
        for found in s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
            yield from ((each["Key"], each["Size"]) for each in found.get("Contents", []) if not each["Key"].endswith("/"))
    except ClientError as problem:
        raise TransferError(f"Unable to list objects under {prefix} ({_error_text(problem)})") from problem


def _error_text(problem: ClientError) -> str:
    error = problem.response["Error"]
    return f"{error['Code']}: {error.get('Message', '')}"
