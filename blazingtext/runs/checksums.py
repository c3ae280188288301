"""Whether a file that was downloaded is what S3 holds, by whatever checksum S3 has of it."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from blazingtext_lifecycle.errors import CloudError

_CHUNK = 1 << 20
# An ETag that may be an MD5; that of an object of several parts ends in their number.
_MD5 = re.compile(r"[0-9a-f]{32}")


def check(path: Path, head: Mapping[str, Any], uri: str) -> str:
    """Does nothing but name the check when a file has the size and the checksum of an object.

    S3 has a SHA-256 or a CRC-32 where the one who uploaded asked for it, of the whole object or of its parts
    (Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html). Without them, the ETag of an object that
    came in one part and that no KMS key encrypts is its MD5 (Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
    CRC-64/NVME, which S3 makes of every other object, is in no library that the project needs; the archive's own CRC-32 is compared when it
    is unpacked.

    Args:
        path: the file.
        head: what HeadObject says of the object, with ChecksumMode ENABLED.
        uri: what to call it.

    Returns:
        "SHA-256", "CRC-32", "MD5", or "size" where S3 has no more.

    Raises:
        CloudError: it is another.
    """
    size = path.stat().st_size
    if size != head["ContentLength"]:
        raise _changed(uri, f"{head['ContentLength']} bytes", f"{size}")
    for name, stored, of_file in _known(head):
        found = of_file(path)
        if found != stored:
            raise _changed(uri, f"{name} {stored}", found)
        return name
    return "size"


def _known(head: Mapping[str, Any]) -> list[tuple[str, str, Callable[[Path], str]]]:
    """The checksums of the whole object, the strongest first: name, value, and what computes it of a file."""
    found: list[tuple[str, str, Callable[[Path], str]]] = []
    for name, key, of_file in (("SHA-256", "ChecksumSHA256", _sha256), ("CRC-32", "ChecksumCRC32", _crc32)):
        value = head.get(key, "")
        if value and "-" not in value:
            found.append((name, value, of_file))
    tag = head["ETag"].strip('"')
    if (
        _MD5.fullmatch(tag)
        and not str(head.get("ServerSideEncryption", "AES256")).startswith("aws:")
        and "SSECustomerAlgorithm" not in head
    ):
        found.append(("MD5", tag, _md5))
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return base64.b64encode(hashlib.file_digest(stream, "sha256").digest()).decode()


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _crc32(path: Path) -> str:
    value = 0
    with path.open("rb") as stream:
        while part := stream.read(_CHUNK):
            value = zlib.crc32(part, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def _changed(uri: str, stored: str, arrived: str) -> CloudError:
    return CloudError(
        f"{uri} arrived changed. S3 holds {stored}, {arrived} arrived: it was corrupted on the way, or replaced meanwhile. "
        "Nothing of it was kept. Run the command again to download it again."
    )
