"""Many objects become one, by S3 itself: a multipart upload whose parts are copies.

A part has 5 MiB at least, but for the last one, and 5 GiB at most; there are 10,000 of them
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). What is too small is fetched and joined to what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from blazingtext_lifecycle.errors import CorpusError

SMALLEST = 5 << 20
LARGEST = 5 << 30
MAXIMUM_PIECES = 10_000
# Copies go on within S3: a machine only waits for them.
_AT_ONCE = 16


@dataclass(frozen=True)
class Slice:
    """Some bytes of an object.

    Attributes:
        key: the object's.
        start: the first one.
        stop: the one after the last.
    """

    key: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """How many they are."""
        return self.stop - self.start


Piece = tuple[Slice, ...]


def pieces(objects: Sequence[tuple[str, int]]) -> list[Piece]:
    """The parts of the upload: a slice of one object, or several in a row where one alone would be too small.

    Args:
        objects: their keys and sizes, in order.
    """
    found: list[Piece] = []
    held: list[Slice] = []
    for key, size in objects:
        start = 0
        if held:
            missing = SMALLEST - sum(each.size for each in held)
            start = missing if size - missing >= SMALLEST else size
            held.append(Slice(key, 0, start))
            if start < missing:
                continue
            found.append(tuple(held))
            held = []
        rest = Slice(key, start, size)
        if rest.size >= SMALLEST:
            found += ((each,) for each in _cut(rest))
        elif rest.size:
            held = [rest]
    return [*found, *([tuple(held)] if held else [])]


def _cut(whole: Slice) -> Iterator[Slice]:
    """A slice in as many of the same size as it takes for none to be too large."""
    count = -(-whole.size // LARGEST)
    places = [whole.start + whole.size * number // count for number in range(count + 1)]
    yield from (Slice(whole.key, start, stop) for start, stop in pairwise(places))


@dataclass(frozen=True)
class Target:
    """The object that is made.

    Attributes:
        bucket: of it and of what it is made of.
        key: its key.
        metadata: its metadata.
        must_be_new: whether there may be none of that key yet.
    """

    bucket: str
    key: str
    metadata: Mapping[str, str]
    must_be_new: bool = False


def assemble(s3: Any, objects: Sequence[tuple[str, int]], target: Target) -> str:
    """Puts objects together; the result appears when it is complete, and nothing is left when it cannot be made.

    Args:
        s3: the client; it needs to read the objects and to write the target.
        objects: their keys and sizes, in order.
        target: what becomes of them.

    Returns:
        Its ETag.

    Raises:
        CorpusError: S3 has no room for so many parts.
    """
    planned = pieces(objects)
    if len(planned) > MAXIMUM_PIECES:
        raise CorpusError(
            f"{len(planned):,} parts are more than S3 puts together ({MAXIMUM_PIECES:,}). Prepare some of the sources at a time."
        )
    place = {"Bucket": target.bucket, "Key": target.key}
    upload = s3.create_multipart_upload(**place, ContentType="text/plain", Metadata=dict(target.metadata))["UploadId"]
    try:
        send = partial(_send, s3, place, upload)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="assembly") as threads:
            parts = list(threads.map(send, range(1, len(planned) + 1), planned))
        new = {"IfNoneMatch": "*"} if target.must_be_new else {}
        answer = s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts}, **new)
    except BaseException:
        s3.abort_multipart_upload(**place, UploadId=upload)
        raise
    etag: str = answer["ETag"]
    return etag


def _send(s3: Any, place: Mapping[str, str], upload: str, number: int, piece: Piece) -> dict[str, Any]:
    bucket = place["Bucket"]
    wish = {**place, "UploadId": upload, "PartNumber": number}
    if len(piece) == 1:
        (only,) = piece
        source = {"Bucket": bucket, "Key": only.key}
        answer = s3.upload_part_copy(**wish, CopySource=source, CopySourceRange=f"bytes={only.start}-{only.stop - 1}")["CopyPartResult"]
    else:
        answer = s3.upload_part(**wish, Body=b"".join(_fetched(s3, bucket, each) for each in piece))
    return {"PartNumber": number, "ETag": answer["ETag"]}


def _fetched(s3: Any, bucket: str, piece: Slice) -> bytes:
    data: bytes = s3.get_object(Bucket=bucket, Key=piece.key, Range=f"bytes={piece.start}-{piece.stop - 1}")["Body"].read()
    return data
