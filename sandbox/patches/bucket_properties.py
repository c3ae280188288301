"""`Tags`, `LifecycleConfiguration`, `BucketEncryption` and `LoggingConfiguration` of `AWS::S3::Bucket` take effect.

ministack ignores them. Lifecycle rules are kept and described, but nothing expires: a sandbox does not live long enough. Nor is an access
log written.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces some

from __future__ import annotations

from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from ..emulator.internals import Json, internal

#: CloudFormation's name of a rule's property -> its path in S3's own document.
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


def apply() -> None:
    """Configure buckets as their templates say."""
    provisioners = internal("services.cloudformation.provisioners")
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def create_and_configure(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = create(logical_id, properties, stack_name)
        _configure(name, properties)
        return name, attributes

    def update_and_configure(physical_id: str, old: Json, new: Json, stack_name: str) -> tuple[str, Json]:
        name, attributes = update(physical_id, old, new, stack_name)
        _configure(name, new)
        return name, attributes

    handlers["create"], handlers["update"] = create_and_configure, update_and_configure
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")


def _configure(name: str, properties: Json) -> None:
    """Set tags, encryption, lifecycle and logging; a property that is no longer in the template is removed."""
    s3 = internal("services.s3")
    s3._bucket_tags[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    s3._bucket_encryption.pop(name, None)
    s3._bucket_lifecycle.pop(name, None)
    s3._bucket_logging_config.pop(name, None)
    if "BucketEncryption" in properties:
        _put(s3._put_bucket_encryption, name, encryption(properties["BucketEncryption"]))
    if "LifecycleConfiguration" in properties:
        _put(s3._put_bucket_lifecycle, name, lifecycle(properties["LifecycleConfiguration"]))
    if "LoggingConfiguration" in properties:
        _put(s3._put_bucket_logging, name, logging(name, properties["LoggingConfiguration"]))


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
        ValueError: a rule has a property that the sandbox does not emulate.
    """
    root = Element("LifecycleConfiguration")
    for given in properties["Rules"]:
        rule = SubElement(root, "Rule")
        for key, value in given.items():
            if key not in _RULE:
                raise ValueError(f"The sandbox does not emulate {key} in a bucket's LifecycleConfiguration: leave it out (see {__name__}).")
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


def logging(name: str, configuration: Json) -> bytes:
    """S3's own document for a template's `LoggingConfiguration`; without a destination a bucket logs into itself."""
    root = Element("BucketLoggingStatus", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    enabled = SubElement(root, "LoggingEnabled")
    SubElement(enabled, "TargetBucket").text = configuration.get("DestinationBucketName", name)
    SubElement(enabled, "TargetPrefix").text = configuration.get("LogFilePrefix", "")
    return tostring(root)
