"""CloudFormation does not delete a bucket that is not empty: the deletion of the stack fails.

ministack deletes the bucket together with its objects. Source: "DeletionPolicy attribute" in the CloudFormation user guide ("For Amazon
S3 buckets, you must delete all objects in the bucket for deletion to succeed").
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from ..emulator.internals import Json, internal


def apply() -> None:
    """Refuse to delete a bucket that holds an object or a version."""
    handlers = internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    original = handlers["delete"]

    def delete_when_empty(physical_id: str, properties: Json) -> None:
        s3 = internal("services.s3")
        bucket = s3._buckets.get(physical_id)
        if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ValueError(f"The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Bucket: {physical_id})")
        original(physical_id, properties)

    handlers["delete"] = delete_when_empty
