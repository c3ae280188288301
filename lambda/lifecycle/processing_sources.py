"""The raw text that a processing job prepares: S3 objects, listed in the order in which they are read.

The function lists them for the request's hash, and the job lists them again: what has changed meanwhile is noticed. Order, and what is left
out, are those of ``blazingtext corpus prepare`` over a folder with the same files (``blazingtext/corpus/sources.py``).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import naming
from .aws_errors import translating_aws_errors
from .errors import AccessDeniedError, CorpusError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any

# A listing takes a call for each thousand, and the function has a minute.
MAXIMUM_OBJECTS = 100_000
_RECIPE = ".recipe.json"


@dataclass(frozen=True)
class SourceObject:
    """An object with raw text.

    Attributes:
        bucket: where it is.
        key: its key.
        etag: S3's ETag, with its quotation marks: it changes when the object does.
        size: in bytes.
        named: whether it was named itself; others were found under a prefix, and are left out where they are no text.
    """

    bucket: str
    key: str
    etag: str
    size: int
    named: bool

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"s3://{self.bucket}/{self.key}"


def listed(s3: S3Client, uris: Iterable[str]) -> tuple[SourceObject, ...]:
    """The objects of keys and of prefixes (they end in a slash), in name order within a prefix, each once.

    Args:
        s3: the client; it needs to list what is named.
        uris: such as ``s3://bucket/folder/`` or ``s3://bucket/folder/file.gz``.

    Raises:
        CorpusError: there is nothing, or too much.
        UserError: AWS refused to show it; see `lifecycle.aws_errors`.
        CloudError: AWS failed.
    """
    found: dict[tuple[str, str], SourceObject] = {}
    for uri in uris:
        several = sorted(_found(s3, uri), key=lambda each: each.key.split("/"))
        if not several:
            raise CorpusError(
                f"{uri} was not found: there is no object of that key, and none below it that is not hidden. "
                "A prefix ends in a slash: s3://bucket/folder/. Check it with: aws s3 ls"
            )
        for each in several:
            place = (each.bucket, each.key)
            # Of an object that is named twice, the first place counts.
            found[place] = replace(each, named=each.named or (place in found and found[place].named))
        if len(found) > MAXIMUM_OBJECTS:
            raise CorpusError(
                f"{uri} has too many objects: more than {MAXIMUM_OBJECTS:,} in all. Join small files, or prepare some at a time."
            )
    return tuple(found.values())


def digest(objects: Iterable[SourceObject]) -> str:
    """A hash of what would be read: other keys, contents or another order have another."""
    told = [[each.bucket, each.key, each.etag, each.size] for each in objects]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _found(s3: S3Client, uri: str) -> Iterator[SourceObject]:
    bucket, key = naming.split_s3_uri(uri)
    named = bool(key) and not key.endswith("/")
    try:
        with translating_aws_errors(f"list {uri}"):
            items = _items(s3, bucket, key, named=named)
    except AccessDeniedError as error:
        raise AccessDeniedError(
            f"{error} The role may read {naming.RAW} of the stage's own bucket, and the buckets that the stage's setting sourceBuckets "
            f"names: have {bucket} added there and the stage deployed again."
        ) from error
    keys = {item["Key"] for item in items}
    for item in items:
        if named or not _left_out(item["Key"].removeprefix(key), item["Key"], keys):
            yield SourceObject(bucket, item["Key"], item["ETag"], item["Size"], named)


def _items(s3: S3Client, bucket: str, key: str, *, named: bool) -> list[Any]:
    found: list[Any] = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        found += page.get("Contents", [])
        if named:
            # The key itself is the first of those that begin with it.
            return [each for each in found if each["Key"] == key]
        if len(found) > 2 * MAXIMUM_OBJECTS:
            break
    return found


def _left_out(below: str, key: str, keys: set[str]) -> bool:
    """Whether something below a prefix is none of its texts: a folder's placeholder, hidden, or the recipe of a corpus beside it."""
    hidden = any(part.startswith(".") for part in below.split("/"))
    return not below or key.endswith("/") or hidden or (key.endswith(_RECIPE) and key.removesuffix(_RECIPE) in keys)
