"""The bucket: its policy, its ACL, whether the public is kept out, and whether it is encrypted and versioned."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle.aws_errors import code_of
from blazingtext_lifecycle.plurals import count

from ..cloud import Cloud
from .comparison import Finding, same, same_policy
from .template import Deployed, Resource

_NOTHING = frozenset({"NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError"})


def buckets(cloud: Cloud, stacks: tuple[Deployed, ...]) -> Iterator[Finding]:
    """What is different about the buckets of some stacks."""
    for stack in stacks:
        policies = {each.properties["Bucket"]: each.properties["PolicyDocument"] for each in stack.resources("AWS::S3::BucketPolicy")}
        for bucket in stack.resources("AWS::S3::Bucket"):
            yield from _policy(cloud, bucket.id, policies.get(bucket.id))
            yield from _access(cloud, bucket)
            yield from _contents(cloud, bucket)


def _policy(cloud: Cloud, bucket: str, declared: Any) -> Iterator[Finding]:
    found = _seen(lambda: cloud.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    if found == declared or (found is not None and declared is not None and same_policy(declared, found)):
        return
    said = "It has a policy, and its template has none." if declared is None else "Its policy is not its template's, or is gone."
    put = f"aws s3api put-bucket-policy --bucket {bucket} --policy {shlex.quote(json.dumps(declared, default=str))}"
    yield Finding("bucket policy", bucket, said, f"aws s3api delete-bucket-policy --bucket {bucket}" if declared is None else put)


def _access(cloud: Cloud, bucket: Resource) -> Iterator[Finding]:
    block = _seen(lambda: cloud.s3.get_public_access_block(Bucket=bucket.id)["PublicAccessBlockConfiguration"]) or {}
    declared: Mapping[str, Any] = bucket.properties.get("PublicAccessBlockConfiguration", {})
    open_ = sorted(key for key, value in declared.items() if same(True, value) and not block.get(key))
    if open_:
        settings = ",".join(f"{key}=true" for key in declared)
        remedy = f"aws s3api put-public-access-block --bucket {bucket.id} --public-access-block-configuration {settings}"
        yield Finding("public access", bucket.id, f"The public is no longer kept out: {', '.join(open_)}.", remedy)
    acl = cloud.s3.get_bucket_acl(Bucket=bucket.id)
    others = [each for each in acl["Grants"] if each.get("Grantee", {}).get("ID") != acl["Owner"].get("ID")]
    if others:
        said = f"Its ACL lets {count(len(others), 'others')} than its owner in."
        yield Finding("ACL", bucket.id, said, f"aws s3api put-bucket-acl --bucket {bucket.id} --acl private")


def _contents(cloud: Cloud, bucket: Resource) -> Iterator[Finding]:
    wanted = bucket.properties.get("VersioningConfiguration", {}).get("Status")
    status = cloud.s3.get_bucket_versioning(Bucket=bucket.id).get("Status")
    if wanted and status != wanted:
        remedy = f"aws s3api put-bucket-versioning --bucket {bucket.id} --versioning-configuration Status={wanted}"
        yield Finding("versioning", bucket.id, f"Versioning is {status or 'off'}, and its template says {wanted}.", remedy)
    rules = _seen(lambda: cloud.s3.get_bucket_encryption(Bucket=bucket.id)["ServerSideEncryptionConfiguration"]["Rules"]) or []
    declared = bucket.properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    if not same(_keys(declared, "ServerSideEncryptionByDefault"), _keys(rules, "ApplyServerSideEncryptionByDefault")):
        said = "What is written to it is encrypted in another way than its template says."
        encryption = shlex.quote(json.dumps({"Rules": [{"ApplyServerSideEncryptionByDefault": each} for each in _keys(declared,
                                 "ServerSideEncryptionByDefault")]}, default=str))  # fmt: skip
        remedy = f"aws s3api put-bucket-encryption --bucket {bucket.id} --server-side-encryption-configuration {encryption}"
        yield Finding("encryption", bucket.id, said, remedy)


def _keys(rules: list[Mapping[str, Any]], name: str) -> list[Any]:
    return [each[name] for each in rules if name in each]


def _seen(look: Callable[[], Any]) -> Any:
    """What a bucket has of something; None when it has nothing of it."""
    try:
        return look()
    except ClientError as error:
        if code_of(error) in _NOTHING:
            return None
        raise
