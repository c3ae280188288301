"""S3 as a role sees it: the corpus on its way in, the artifact on its way out and in again."""

from __future__ import annotations

import contextlib
import re
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

_URI: Final = re.compile(r"(?:s3://|https://s3[.\-a-z0-9]*\.amazonaws\.com(?:\.cn)?/)(?P<bucket>[^/]+)/?(?P<key>.*)")
_PIECE: Final = 1 << 20


class TransferError(Exception):
    """An object could not be moved; the message is AWS's FailureReason without its prefix."""


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
    """Some key under the prefix; None when there is none, or the role may not list it, or the bucket is not there."""
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
        raise TransferError(f"Unable to download object {source} ({_words(problem)})") from problem
    with target.open("wb") as file, contextlib.closing(body):
        for piece in body.iter_chunks(_PIECE):
            file.write(piece)


def upload(s3: Any, source: Path, target: Location) -> None:
    """Store one file.

    Raises:
        TransferError: the bucket is missing or the role may not write.
    """
    try:
        with source.open("rb") as file:
            s3.put_object(Bucket=target.bucket, Key=target.key, Body=file)
    except ClientError as problem:
        raise TransferError(f"Unable to upload object {target} ({_words(problem)})") from problem


def pack(folder: Path, archive: Path) -> list[str]:
    """A folder as SageMaker packs `/opt/ml/model`: names relative to it, no leading `./`.

    Binaries come first: `vectors.bin`, `eval.json`, `vectors.txt` is the order seen in AWS's artifacts.

    Returns:
        The names packed.
    """
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: (path.suffix != ".bin", path.name))
    with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
        for path in files:
            tar.add(path, arcname=path.relative_to(folder).as_posix())
    return [path.relative_to(folder).as_posix() for path in files]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a model artifact; a member that would land outside the folder, a device or a link is refused.

    Raises:
        TransferError: not a gzipped tar, or an unsafe member.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            # Not extractall with a filter: Python 3.11 before 3.11.4 has none.
            for member in tar:
                _unpack_member(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise TransferError(f"Unable to extract model data from {archive.name}: {problem}") from problem


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = (folder / member.name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise tarfile.ExtractError(f"{member.name!r} would be extracted outside the destination")
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    source = tar.extractfile(member) if member.isreg() else None
    if source is None:
        raise tarfile.ExtractError(f"{member.name!r} is neither a file nor a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _keys(s3: Any, prefix: Location) -> Iterator[str]:
    try:
        for found in s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
            yield from (each["Key"] for each in found.get("Contents", []) if not each["Key"].endswith("/"))
    except ClientError as problem:
        raise TransferError(f"Unable to list objects under {prefix} ({_words(problem)})") from problem


def _words(problem: ClientError) -> str:
    error = problem.response["Error"]
    return f"{error['Code']}: {error.get('Message', '')}"
