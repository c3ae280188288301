"""Buckets as a processing job sees them, in memory; parts of uploads are held to S3's limits, which a test may make small."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from blazingtext.spark import assembly
from tests.unit.aws_requests import validate
from tests.unit.lifecycle.aws_fakes import Paginated, client_error


class FakeBuckets(Paginated):
    """Objects by bucket and key."""

    service = "s3"

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.metadata: dict[tuple[str, str], dict[str, str]] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.copied = 0
        self.undeletable: set[str] = set()
        #: Called before an object is read, with its key.
        self.before_reading: Callable[[str], None] = lambda _: None

    def etag(self, bucket: str, key: str) -> str:
        return f'"{hashlib.md5(self.objects[bucket, key], usedforsecurity=False).hexdigest()}"'

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return sorted(key for held, key in self.objects if held == bucket and key.startswith(prefix))

    def _list_objects_v2(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        keys = self.keys(Bucket, Prefix)
        for start in range(0, len(keys), 3):
            yield {
                "Contents": [
                    {"Key": key, "ETag": self.etag(Bucket, key), "Size": len(self.objects[Bucket, key])} for key in keys[start : start + 3]
                ]
            }
        if not keys:
            yield {"KeyCount": 0}

    def get_object(self, **wish: Any) -> dict[str, Any]:
        validate("s3", "GetObject", wish)
        bucket, key = wish["Bucket"], wish["Key"]
        self.before_reading(key)
        if (bucket, key) not in self.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.")
        if wish.get("IfMatch", self.etag(bucket, key)) != self.etag(bucket, key):
            raise client_error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        return {"Body": io.BytesIO(self._ranged(bucket, key, wish.get("Range")))}

    def _ranged(self, bucket: str, key: str, range_: str | None) -> bytes:
        data = self.objects[bucket, key]
        if range_ is None:
            return data
        first, last = map(int, range_.removeprefix("bytes=").split("-"))
        if not first <= last or first >= len(data):
            raise client_error("InvalidRange", "The requested range is not satisfiable")
        return data[first : last + 1]

    def head_object(self, **wish: Any) -> dict[str, Any]:
        validate("s3", "HeadObject", wish)
        if (wish["Bucket"], wish["Key"]) not in self.objects:
            raise client_error("404", "Not Found", "HeadObject")
        return {"Metadata": self.metadata.get((wish["Bucket"], wish["Key"]), {})}

    def put_object(self, **request: Any) -> None:
        validate("s3", "PutObject", request)
        self.objects[request["Bucket"], request["Key"]] = request["Body"]

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.objects[bucket, key] = Path(path).read_bytes()

    def delete_objects(self, **wish: Any) -> dict[str, Any]:
        validate("s3", "DeleteObjects", wish)
        keys = [each["Key"] for each in wish["Delete"]["Objects"]]
        for key in keys:
            if key not in self.undeletable:
                self.objects.pop((wish["Bucket"], key), None)
        return {"Errors": [{"Key": key, "Code": "AccessDenied", "Message": "no"} for key in keys if key in self.undeletable]}

    def create_multipart_upload(self, **wish: Any) -> dict[str, str]:
        validate("s3", "CreateMultipartUpload", wish)
        upload = f"upload-{len(self.uploads)}"
        self.uploads[upload] = {}
        self.metadata[wish["Bucket"], wish["Key"]] = wish["Metadata"]
        return {"UploadId": upload}

    def upload_part(self, **wish: Any) -> dict[str, str]:
        validate("s3", "UploadPart", wish)
        self.uploads[wish["UploadId"]][wish["PartNumber"]] = wish["Body"]
        return {"ETag": f'"{wish["PartNumber"]}"'}

    def upload_part_copy(self, **wish: Any) -> dict[str, Any]:
        validate("s3", "UploadPartCopy", wish | {"CopySource": "given as a dictionary, which boto3 takes"})
        source = wish["CopySource"]
        data = self._ranged(source["Bucket"], source["Key"], wish["CopySourceRange"])
        assert len(data) <= assembly.LARGEST, "EntityTooLarge"
        self.uploads[wish["UploadId"]][wish["PartNumber"]] = data
        self.copied += 1
        return {"CopyPartResult": {"ETag": f'"{wish["PartNumber"]}"'}}

    def complete_multipart_upload(self, **wish: Any) -> dict[str, str]:
        validate("s3", "CompleteMultipartUpload", wish)
        place = (wish["Bucket"], wish["Key"])
        if wish.get("IfNoneMatch") == "*" and place in self.objects:
            raise client_error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        parts = self.uploads.pop(wish["UploadId"])
        numbers = [each["PartNumber"] for each in wish["MultipartUpload"]["Parts"]]
        assert numbers == sorted(parts) == list(range(1, len(parts) + 1))
        if any(len(parts[number]) < assembly.SMALLEST for number in numbers[:-1]):
            raise client_error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        self.objects[place] = b"".join(parts[number] for number in numbers)
        return {"ETag": self.etag(*place)}

    def abort_multipart_upload(self, **wish: Any) -> None:
        validate("s3", "AbortMultipartUpload", wish)
        del self.uploads[wish["UploadId"]]
