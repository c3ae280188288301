"""What ministack does otherwise than AWS, where our stacks meet it; each repair is one function, and says what AWS does.

Internals are reached through `sandbox.mount.internal` only, and every name is in `sandbox.mount.NAMES`.
"""

# ruff: noqa: SLF001 - repairing internals is this file's whole purpose

from __future__ import annotations

import os
from typing import Final

from sandbox.mount import Json, internal

_PROVISIONERS: Final = "services.cloudformation.provisioners"


def repair() -> None:
    """Apply every repair; once per process, before the first request."""
    accept_only_own_credentials()
    run_no_scripts_of_the_machine()
    tag_buckets()
    keep_buckets_that_are_not_empty()


def accept_only_own_credentials() -> None:
    """One access key is the account's root, and its signature is verified.

    ministack takes `test`, any twelve digits and an empty key for root, and believes root without checking the signature.
    On AWS a wrong secret is `SignatureDoesNotMatch`, an unknown key `InvalidClientTokenId`.
    """
    evaluator, sts = internal("core.iam_evaluator"), internal("services.sts")

    def is_root(access_key: str) -> bool:
        return access_key == os.environ["AWS_ACCESS_KEY_ID"]

    evaluator.is_root_access_key = is_root
    sts.is_root_access_key = is_root
    # Asked only to skip the signature check.
    evaluator._is_root_key = lambda _: False


def run_no_scripts_of_the_machine() -> None:
    """ministack runs the scripts in /docker-entrypoint-initaws.d and /etc/localstack; a sandbox obeys nobody's files."""
    internal("app")._collect_scripts = lambda *_: []


def tag_buckets() -> None:
    """CloudFormation puts a bucket's `Tags`, the stack's tags and its own `aws:cloudformation:*` tags on the bucket."""
    provisioners, buckets = internal(_PROVISIONERS), internal("services.s3")._bucket_tags
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def tag(name: str, properties: Json) -> None:
        buckets[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}

    def create_tagged(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = create(logical_id, properties, stack_name)
        tag(name, properties)
        return name, attributes

    def update_tagged(physical_id: str, old: Json, new: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = update(physical_id, old, new, stack_name)
        tag(name, new)
        return name, attributes

    handlers["create"], handlers["update"] = create_tagged, update_tagged
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")


def keep_buckets_that_are_not_empty() -> None:
    """CloudFormation fails to delete a bucket that still holds an object or a version; ministack drops it with its content."""
    provisioners, s3 = internal(_PROVISIONERS), internal("services.s3")
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    delete = handlers["delete"]

    def delete_empty(physical_id: str, properties: Json) -> None:
        bucket = s3._buckets.get(physical_id)
        if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ValueError(
                f"The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Bucket: {physical_id})"
            )
        delete(physical_id, properties)

    handlers["delete"] = delete_empty
