"""A write that asks for `aws:kms` and names no key is encrypted with the AWS managed key `aws/s3`; `cdk` publishes its assets so.

ministack refuses it. Source: "Using server-side encryption with AWS KMS keys" in the S3 user guide.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from typing import Any, Final

from .. import arns
from ..emulator.identity import account_id, region
from ..emulator.internals import Json, internal

_ALGORITHM: Final = "x-amz-server-side-encryption"
_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"


def apply() -> None:
    """Name the managed key where a write names none."""
    s3 = internal("services.s3")
    original = s3._resolve_sse_write_headers

    def resolve(headers: Json, bucket_name: str) -> Any:
        if headers.get(_ALGORITHM) == "aws:kms" and not headers.get(_KEY):
            # The alias, as ministack writes it for a bucket's default encryption; AWS answers with the ARN of the key behind it.
            headers = {**headers, _KEY: arns.arn("kms", region(), account_id(), "alias/aws/s3")}
        return original(headers, bucket_name)

    s3._resolve_sse_write_headers = resolve
