"""Empties a bucket: CloudFormation deletes no bucket that holds an object, a version or an unfinished upload."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from .aws_errors import code_of, translating_aws_errors
from .deadline import Deadline
from .errors import CloudError
from .plurals import count

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef
else:
    S3Client = ListObjectVersionsOutputTypeDef = Any

# What XML 1.0 cannot say, not even escaped (https://www.w3.org/TR/xml/#charsets), though S3 takes it in a key.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# What DeleteObjects says of single objects that it may delete the next time
# (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html: "the result from the delete action, success or error").
_PASSING = frozenset({"InternalError", "ServiceUnavailable", "SlowDown"})
_PAUSE_SECONDS = 1.0


def empty_bucket(s3: S3Client, bucket: str, deadline: Deadline) -> int:
    """Deletes every version, delete marker and unfinished upload of a bucket, until none is found.

    Returns:
        How many were deleted; 0 also when there is no such bucket.

    Raises:
        NotReady: the time was over first.
        LifecycleError: AWS refused or failed, if only for a single object.
    """
    total = 0
    with translating_aws_errors(f"empty the bucket {bucket}"):
        try:
            while deleted := _delete_versions(s3, bucket, deadline) + _abort_uploads(s3, bucket, deadline):
                total += deleted
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise
    return total


def _delete_versions(s3: S3Client, bucket: str, deadline: Deadline) -> int:
    """Deletes in the batches of at most 1000 that the pages of the list are, which is also what DeleteObjects takes."""
    deleted = 0
    for batch in _batches(s3, bucket):
        deadline.check(f"Emptying the bucket {bucket}")
        # DeleteObjects sends keys as XML; DeleteObject sends one in the address, where everything can be written.
        for each in batch:
            if _UNWRITABLE.search(each["Key"]):
                s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
        _delete_together(s3, bucket, [each for each in batch if not _UNWRITABLE.search(each["Key"])], deadline)
        deleted += len(batch)
    return deleted


def _delete_together(s3: S3Client, bucket: str, batch: list[dict[str, str]], deadline: Deadline) -> None:
    """Deletes versions in one request; those that S3 was too busy for are listed, and so deleted, again.

    Raises:
        CloudError: S3 keeps one of them.
    """
    if not batch:
        return
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})  # type: ignore[typeddict-item] # plain dicts
    kept = [each for each in answer.get("Errors", []) if each.get("Code") not in _PASSING]
    if kept:
        first = kept[0]
        raise CloudError(
            f"Could not empty the bucket {bucket}. S3 kept {count(len(kept), 'objects')}, first {first.get('Key')}: "
            f"{first.get('Code')}: {first.get('Message')}. Remove what holds them, then destroy again."
        )
    if answer.get("Errors"):
        deadline.wait(_PAUSE_SECONDS, f"Emptying the bucket {bucket}")


def _batches(s3: S3Client, bucket: str) -> Iterator[list[dict[str, str]]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1000}):
        batch = _versions(page)
        if batch:
            yield batch


def _versions(page: ListObjectVersionsOutputTypeDef) -> list[dict[str, str]]:
    """What a page lists: versions and delete markers, 1000 of both together at most."""
    found = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page.get("Versions", [])]
    return found + [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page.get("DeleteMarkers", [])]


def _abort_uploads(s3: S3Client, bucket: str, deadline: Deadline) -> int:
    aborted = 0
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, EncodingType="url"):
        for upload in page.get("Uploads", []):
            deadline.check(f"Emptying the bucket {bucket}")
            # boto3 decodes the keys of other listings by itself, not of this one.
            try:
                s3.abort_multipart_upload(Bucket=bucket, Key=unquote_plus(upload["Key"]), UploadId=upload["UploadId"])
            except ClientError as error:
                # It was aborted, and the answer lost: boto3 asked again.
                if code_of(error) != "NoSuchUpload":
                    raise
            aborted += 1
    return aborted
