"""A download is compared with whatever checksum S3 has of the whole object."""

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import pytest

from blazingtext.runs import checksums
from blazingtext_lifecycle.errors import CloudError

CONTENT = b"a model, packed"
URI = "s3://bucket/runs/job/output/model.tar.gz"
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
CRC32 = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4, "big")).decode()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(CONTENT)
    return path


def head(**more: Any) -> dict[str, Any]:
    return {"ContentLength": len(CONTENT), "ETag": '"0123-2"', **more}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"ChecksumSHA256": SHA256, "ChecksumCRC32": "other"}, "SHA-256"),
        ({"ChecksumCRC32": CRC32, "ETag": f'"{"0" * 32}"'}, "CRC-32"),
        ({"ETag": f'"{MD5}"'}, "MD5"),
        ({"ETag": f'"{MD5}"', "ServerSideEncryption": "AES256"}, "MD5"),
        # Of the parts of an object, of a key's cipher text, or in an algorithm that is not here: none of the whole object.
        ({}, "size"),
        ({"ChecksumSHA256": f"{SHA256}-3", "ChecksumCRC32": f"{CRC32}-3"}, "size"),
        ({"ETag": f'"{"0" * 32}"', "ServerSideEncryption": "aws:kms"}, "size"),
        ({"ETag": f'"{"0" * 32}"', "SSECustomerAlgorithm": "AES256"}, "size"),
        ({"ChecksumCRC64NVME": "AAAAAAAAAAA="}, "size"),
    ],
)
def test_the_strongest_checksum_of_the_whole_object_is_compared(file: Path, more: dict[str, Any], name: str) -> None:
    assert checksums.check(file, head(**more), URI) == name


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ContentLength": 9}, f"S3 holds 9 bytes, {len(CONTENT)} arrived"),
        ({"ChecksumSHA256": CRC32}, f"S3 holds SHA-256 {CRC32}, {SHA256} arrived"),
        ({"ChecksumCRC32": "AAAAAA=="}, f"S3 holds CRC-32 AAAAAA==, {CRC32} arrived"),
        ({"ETag": f'"{"0" * 32}"'}, f"S3 holds MD5 {'0' * 32}, {MD5} arrived"),
    ],
)
def test_another_one_is_an_error_that_says_both(file: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(CloudError) as caught:
        checksums.check(file, head(**more), URI)

    assert str(caught.value).startswith(f"{URI} arrived changed. ")
    assert said in str(caught.value)
