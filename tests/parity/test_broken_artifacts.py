"""Artifacts that cannot be served: the endpoint says so in SageMaker's words, and nothing is written that should not be."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from blazingtext_sandbox.sagemaker import volume
from blazingtext_sandbox.sagemaker.api.errors import ValidationException
from tests.parity.sagemaker_support import IMAGE, ROLE, Sage


def tar(name: str = "vectors.txt", content: bytes = b"words", *, link: str = "") -> bytes:
    """An artifact of one member, a link when it leads anywhere."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = tarfile.SYMTYPE if link else tarfile.REGTYPE, link, len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


DIGITS = "".join(map(str, range(100_000))).encode()


def damaged(whole: bytes, length: int) -> bytes:
    """With other bytes in its middle: a few are other text, many are none."""
    middle = len(whole) // 2
    return whole[:middle] + b"\xff" * length + whole[middle + length :]


NOT_AN_ARCHIVE = (
    'Failed to extract model data archive for container "container_1" from URL "s3://bucket/runs/m/output/model.tar.gz". Please ensure that'
    " the object located at the URL is a valid tar.gz archive."
)
TOO_LARGE = (
    "The model data archive is too large. Please reduce the size of the model data archive or move to an instance type with more memory."
)
NOT_HEALTHY = "The primary container for production variant AllTraffic did not pass the ping health check."


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (tar(content=os.urandom(100_000))[:-40], NOT_AN_ARCHIVE),
        (tar()[:2] + b"x" * 100, NOT_AN_ARCHIVE),
        (damaged(tar(content=DIGITS), 100), NOT_AN_ARCHIVE),
        (damaged(tar(content=DIGITS), 20_000), NOT_AN_ARCHIVE),
        (gzip.compress(b"words " * 1000), NOT_AN_ARCHIVE),
        (tar("../outside"), NOT_AN_ARCHIVE),
        (tar("reply.txt", b"", link="/etc/passwd"), NOT_AN_ARCHIVE),
        (tar(content=bytes(3 << 20)), TOO_LARGE),
        (gzip.compress(bytes(10_240)), NOT_HEALTHY),
    ],
    ids=[
        "cut off",
        "corrupt from its start",
        "corrupt further on",
        "corrupt from there on",
        "no tar",
        "upwards",
        "link outwards",
        "bomb",
        "empty",
    ],
)
def test_an_artifact_that_cannot_be_served_fails_its_endpoint_and_leaves_nothing(
    sage: Sage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, artifact: bytes, reason: str
) -> None:
    monkeypatch.setattr(volume, "GIGABYTE", 1 << 20)
    sage.config("m", "one", VolumeSizeInGB=2)
    sage.cloud.aws.objects["bucket", "runs/m/output/model.tar.gz"] = artifact
    sage.call("CreateEndpoint", EndpointName="e", EndpointConfigName="m")

    endpoint = sage.stable()

    assert (endpoint["EndpointStatus"], endpoint["FailureReason"][: len(reason)]) == ("Failed", reason)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()]


def test_an_object_without_a_byte_is_refused_as_no_archive(sage: Sage) -> None:
    sage.cloud.aws.objects["bucket", "m.tar.gz"] = b""

    with pytest.raises(ValidationException, match="is not gzipped"):
        sage.call(
            "CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://bucket/m.tar.gz"}
        )
