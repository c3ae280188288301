"""`AWS::S3::Bucket` as CloudFormation has it, where ministack's handler does less.

ministack ignores `Tags`, `LifecycleConfiguration` and `BucketEncryption`, deletes a bucket together with what is in it, and has no
AWS managed key for `aws:kms` without a key.
(Lifecycle rules are kept and described; the sandbox does not live long enough to expire anything.)
"""

# ruff: noqa: SLF001 - see sandbox/internals.py: this file replaces some

from __future__ import annotations

from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from ..emulator.identity import account_id, region
from ..emulator.internals import Json, internal
from ..emulator.resource_types import Create, Update

_KMS_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_PROVISIONERS: Final = "services.cloudformation.provisioners"
# What CloudFormation calls it -> where S3's own document has it.
_RULE: Final = {
    "Id": "ID",
    "Status": "Status",
    "Prefix": "Filter/Prefix",
    "ExpirationInDays": "Expiration/Days",
    "ExpirationDate": "Expiration/Date",
    "ExpiredObjectDeleteMarker": "Expiration/ExpiredObjectDeleteMarker",
    "NoncurrentVersionExpiration": "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload": "AbortIncompleteMultipartUpload",
}


def repair() -> None:
    """Do what CloudFormation does, from now on."""
    provisioners = internal(_PROVISIONERS)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    handlers["create"] = _create(handlers["create"])
    handlers["update"] = _update(handlers["update"])
    handlers["delete"] = _delete_when_empty(handlers["delete"])
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")
    _have_a_managed_key()


def _have_a_managed_key() -> None:
    """`aws:kms` without a key means the AWS managed key `aws/s3`, as for the objects in a bootstrap bucket."""
    s3 = internal("services.s3")
    original = s3._resolve_sse_write_headers

    def resolve(headers: Json, bucket_name: str) -> Any:
        if headers.get("x-amz-server-side-encryption") == "aws:kms" and not headers.get(_KMS_KEY):
            # As ministack names it where a bucket's default says so; AWS answers with the ARN of the key behind the alias.
            headers = {**headers, _KMS_KEY: f"arn:aws:kms:{region()}:{account_id()}:alias/aws/s3"}
        return original(headers, bucket_name)

    s3._resolve_sse_write_headers = resolve
    _encrypt_with_the_managed_key()


def _encrypt_with_the_managed_key() -> None:
    """A write that asks for `aws:kms` and names no key gets the account's own key for S3, as on AWS; `cdk` publishes its assets so."""
    s3 = internal("services.s3")
    responses = internal("core.responses")
    resolve = s3._resolve_sse_write_headers
    algorithm, key = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"

    def resolve_with_a_key(headers: Json, bucket_name: str) -> Any:
        if headers.get(algorithm) == "aws:kms" and not headers.get(key):
            managed = f"arn:aws:kms:{responses.get_region()}:{responses.get_account_id()}:alias/aws/s3"
            return resolve({**headers, key: managed}, bucket_name)
        return resolve(headers, bucket_name)

    s3._resolve_sse_write_headers = resolve_with_a_key


def _create(original: Create) -> Create:
    def create(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = original(logical_id, properties, stack_name)
        _configure(name, properties)
        return name, attributes

    return create


def _update(original: Update) -> Update:
    def update(physical_id: str, old: Json, new: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = original(physical_id, old, new, stack_name)
        _configure(name, new)
        return name, attributes

    return update


def _delete_when_empty(original: Any) -> Any:
    """A bucket that holds an object or a version fails the deletion of its stack."""

    def delete(physical_id: str, properties: Json) -> None:
        s3 = internal("services.s3")
        bucket = s3._buckets.get(physical_id)
        if bucket is not None and (bucket["objects"] or s3._bucket_has_versions(physical_id)):
            raise ValueError(f"The bucket you tried to delete is not empty (Service: S3, Status Code: 409, Bucket: {physical_id})")
        original(physical_id, properties)

    return delete


def _configure(name: str, properties: Json) -> None:
    """Give the bucket the tags, encryption and lifecycle the template says; a property that is gone is taken away."""
    s3 = internal("services.s3")
    s3._bucket_tags[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    s3._bucket_encryption.pop(name, None)
    s3._bucket_lifecycle.pop(name, None)
    if "BucketEncryption" in properties:
        _put(s3._put_bucket_encryption, name, encryption(properties["BucketEncryption"]))
    if "LifecycleConfiguration" in properties:
        _put(s3._put_bucket_lifecycle, name, lifecycle(properties["LifecycleConfiguration"]))


def _put(operation: Any, name: str, document: bytes) -> None:
    """Call one of S3's own operations.

    Raises:
        ValueError: S3 refuses the document; the text is S3's answer.
    """
    status, _, body = operation(name, document)
    if status >= 400:
        raise ValueError(body.decode())


def encryption(properties: Json) -> bytes:
    """S3's `ServerSideEncryptionConfiguration` document for CloudFormation's `BucketEncryption`."""
    root = Element("ServerSideEncryptionConfiguration")
    for given in properties["ServerSideEncryptionConfiguration"]:
        rule = SubElement(root, "Rule")
        _fill(SubElement(rule, "ApplyServerSideEncryptionByDefault"), given.get("ServerSideEncryptionByDefault", {}))
        if "BucketKeyEnabled" in given:
            _fill(rule, {"BucketKeyEnabled": given["BucketKeyEnabled"]})
    return tostring(root)


def lifecycle(properties: Json) -> bytes:
    """S3's `LifecycleConfiguration` document for CloudFormation's.

    Raises:
        ValueError: a rule says something the sandbox does not know.
    """
    root = Element("LifecycleConfiguration")
    for given in properties["Rules"]:
        rule = SubElement(root, "Rule")
        for key, value in given.items():
            if key not in _RULE:
                raise ValueError(f"The sandbox does not emulate {key} in a bucket's LifecycleConfiguration (sandbox/buckets.py).")
            *parents, leaf = _RULE[key].split("/")
            place = rule if not parents else _child(rule, parents[0])
            _fill(place, {leaf: value})
    return tostring(root)


def _child(parent: Element, name: str) -> Element:
    found = parent.find(name)
    return SubElement(parent, name) if found is None else found


def _fill(parent: Element, values: Json) -> None:
    """Append elements for a JSON object, nested ones included."""
    for name, value in values.items():
        element = SubElement(parent, name)
        if isinstance(value, dict):
            _fill(element, value)
        else:
            element.text = str(value).lower() if isinstance(value, bool) else str(value)
