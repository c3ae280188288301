"""Looks for an S3 object, and reads its beginning, again when it breaks off."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import HTTPClientError, IncompleteReadError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
else:
    S3Client = Any


def beginning(s3: S3Client, bucket: str, key: str, size: int) -> bytes:
    """The first bytes of an object.

    boto3 asks again until an answer begins, not when its body breaks off: that is for its caller
    (https://docs.aws.amazon.com/boto3/latest/guide/retries.html).

    Args:
        s3: the client; it needs to read the object.
        bucket: where it is.
        key: its key.
        size: how many bytes, if it has as many.
    """

    def read() -> bytes:
        return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{size - 1}")["Body"].read()

    try:
        return read()
    except (HTTPClientError, IncompleteReadError):
        return read()


def size_of(s3: S3Client, bucket: str, key: str) -> int | None:
    """The size of an object in bytes; None when there is none.

    By listing: HeadObject tells whoever may list only some prefixes that it is forbidden, not that the object is missing
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).

    Args:
        s3: the client; it needs to list the key.
        bucket: where it is looked for.
        key: its key.
    """
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        for each in page.get("Contents", []):
            if each["Key"] == key:
                return each["Size"]
    return None
