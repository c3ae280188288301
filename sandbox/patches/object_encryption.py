"""Whoever writes or reads an object encrypted with a customer's key needs the key, too.

ministack keeps the key's name and asks nobody. Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
(`kms:GenerateDataKey` to write, `kms:Decrypt` to read, both for a multipart upload) and
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html (`kms:ViaService`, the encryption context). The AWS managed key
`aws/s3` may be used by everybody in the account through S3.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file reads some

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

from ..arns import arn
from ..emulator.identity import AccessDeniedError, ServiceError, account_id, authorize, region
from ..emulator.internals import Json, internal

_ALGORITHM: Final = "x-amz-server-side-encryption"
_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_SOURCE: Final = "x-amz-copy-source"
HttpAnswer = tuple[int, Json, bytes]
Handler = Callable[[str, str, Json, bytes, Json], Awaitable[HttpAnswer]]


def apply() -> None:
    """Ask before an object is written, and before one that was read is handed out."""
    handlers = internal("app").SERVICE_HANDLERS
    handlers["s3"] = _checked(handlers["s3"])


def _checked(handler: Handler) -> Handler:
    async def check_and_do(method: str, path: str, headers: Json, body: bytes, query: Json) -> HttpAnswer:
        written = internal("core.iam_actions").extract_resource_arn("s3", method, path, headers, b"", query, region(), account_id())
        bucket, _, name = str(written).rpartition(":")[2].partition("/")
        caller = str(internal("core.router").extract_access_key_id(headers, query))
        try:
            if name and method in ("PUT", "POST") and not query.keys() - {"uploads", "x-id"}:
                key = _written_with(bucket, headers)
                _authorize("kms:GenerateDataKey", key, str(written), caller)
                if "uploads" in query:
                    _authorize("kms:Decrypt", key, str(written), caller)
                if _SOURCE in headers:
                    source = unquote(str(headers[_SOURCE])).split("?", 1)[0].lstrip("/")
                    _, found, _ = await handler("HEAD", f"/{source}", {"host": headers.get("host", "")}, b"", {})
                    _authorize("kms:Decrypt", _key_of(found), arn("s3", "", "", source), caller)
            answer = await handler(method, path, headers, body, query)
            if name and method == "GET" and not query.keys() - {"versionId", "partNumber", "x-id"}:
                _authorize("kms:Decrypt", _key_of(answer[1]), str(written), caller)
        except ServiceError as problem:
            refused: HttpAnswer = internal("core.iam_actions").access_denied_response(
                "s3", "kms", "", str(uuid.uuid4()), message=problem.message, headers=headers
            )
            return refused
        return answer

    return check_and_do


def _written_with(bucket: str, headers: Json) -> str:
    """The key a write names, or the one the bucket encrypts with; empty for none."""
    if headers.get(_ALGORITHM):
        return str(headers.get(_KEY, "")) if str(headers[_ALGORITHM]).startswith("aws:kms") else ""
    return str(internal("services.s3")._bucket_default_sse_headers(bucket).get(_KEY, ""))


def _key_of(answered: Json) -> str:
    return next((str(value) for name, value in answered.items() if name.lower() == _KEY), "")


def _authorize(action: str, key: str, object_arn: str, caller: str) -> None:
    """Ask the caller's policies and the key's for a customer's key that exists."""
    found: Any = internal("services.kms")._resolve_key(key) if key and not key.endswith("alias/aws/s3") else None
    if not found:
        return
    context = {
        "kms:ViaService": f"s3.{region()}.amazonaws.com",
        "kms:CallerAccount": account_id(),
        "kms:EncryptionContext:aws:s3:arn": object_arn,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "aws:ViaAWSService": "true",
    }
    if not caller:
        raise AccessDeniedError(f"User: anonymous is not authorized to perform: {action} on resource: {found['Arn']}")
    authorize(action, str(found["Arn"]), context, access_key=caller)
