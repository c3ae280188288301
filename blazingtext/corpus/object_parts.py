"""Parts of objects, asked for again where an answer breaks off."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore import exceptions as aws

from blazingtext_lifecycle import aws_errors
from blazingtext_lifecycle.errors import CorpusError

from ..aws_errors import translating_aws_errors

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_s3 import S3Client

# botocore repeats requests until an answer begins, not when its body breaks off; boto3's own downloads try as often
# (https://docs.aws.amazon.com/boto3/latest/guide/retries.html).
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.2
_BROKEN_OFF = (aws.IncompleteReadError, aws.HTTPClientError)
# Of an object that was there: it has been replaced, is gone, or is shorter.
_CHANGED = frozenset({"PreconditionFailed", "NoSuchKey", "InvalidRange", "412", "404", "416"})


@dataclass(frozen=True)
class Version:
    """An object with the content that it had when it was found.

    Attributes:
        bucket: its bucket.
        key: its key.
        etag: what S3 calls the content.
        address: what people call the object.
    """

    bucket: str
    key: str
    etag: str
    address: str


def part(s3: S3Client, of: Version, start: int, stop: int) -> bytes:
    """The bytes of one request, for a person: `fetched` with AWS's errors translated.

    Raises:
        CorpusError: the object has changed since it was found.
        LifecycleError: AWS refuses, or cannot be reached.
    """
    with translating_aws_errors(f"read {of.address}"):
        return fetched(s3, of, start, stop)


def fetched(s3: S3Client, of: Version, start: int, stop: int) -> bytes:
    """The bytes of one request, asked for again where its answer breaks off.

    Args:
        s3: the client.
        of: the object.
        start: the first byte.
        stop: the byte after the last.

    Raises:
        CorpusError: the object has changed since it was found.
        ClientError: AWS refuses.
        BotoCoreError: it cannot be reached, or its answers break off.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return _asked(s3, of, start, stop)
        except _BROKEN_OFF:
            time.sleep(_PAUSE_SECONDS * 2**attempt)
    return _asked(s3, of, start, stop)


def _asked(s3: S3Client, of: Version, start: int, stop: int) -> bytes:
    try:
        return s3.get_object(Bucket=of.bucket, Key=of.key, Range=f"bytes={start}-{stop - 1}", IfMatch=of.etag)["Body"].read()
    except aws.ClientError as error:
        if aws_errors.code_of(error) not in _CHANGED:
            raise
        raise CorpusError(
            f"{of.address} has changed while it was read. Nothing of the corpus is there. Run the same command again when its sources rest."
        ) from error
