"""An object is read from its beginning, and once more when it breaks off."""

import io
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError, ResponseStreamingError

from blazingtext_lifecycle import object_reading
from tests.unit.lifecycle.aws_fakes import FakeS3, client_error

BROKEN = (ResponseStreamingError(error="Connection broken"), ReadTimeoutError(endpoint_url="https://s3"))


class BrokenBody(io.BytesIO):
    """A body that breaks off."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self.fault = fault

    def read(self, _: int | None = -1) -> bytes:
        raise self.fault


class UnreliableS3(FakeS3):
    """One object, whose first bodies break off."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__("own-bucket", {"corpora/wiki/train/text": b"the quick brown fox"})
        self.faults = list(faults)
        self.ranges: list[str] = []

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        self.ranges.append(Range)
        found = super().get_object(Bucket=Bucket, Key=Key, Range=Range)
        return {"Body": BrokenBody(self.faults.pop(0))} if self.faults else found


def beginning(s3: FakeS3) -> bytes:
    return object_reading.beginning(cast("Any", s3), "own-bucket", "corpora/wiki/train/text", 9)


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: type(fault).__name__)
def test_what_breaks_off_is_read_again_from_its_beginning(fault: HTTPClientError) -> None:
    s3 = UnreliableS3(fault)

    assert beginning(s3) == b"the quick"
    assert s3.ranges == ["bytes=0-8", "bytes=0-8"]


def test_what_does_not_break_off_is_read_once() -> None:
    s3 = UnreliableS3()

    assert beginning(s3) == b"the quick"
    assert s3.ranges == ["bytes=0-8"]


def test_what_breaks_off_twice_is_an_error() -> None:
    s3 = UnreliableS3(*BROKEN)

    with pytest.raises(ReadTimeoutError):
        beginning(s3)
    assert len(s3.ranges) == 2


def test_what_aws_refuses_is_not_asked_for_again() -> None:
    s3 = UnreliableS3(client_error("SlowDown", "Reduce your request rate"))

    with pytest.raises(ClientError):
        beginning(s3)
    assert len(s3.ranges) == 1


@pytest.mark.parametrize(
    ("key", "size"), [("corpora/wiki/train/text", 19), ("corpora/wiki/train/text2", None), ("corpora/wiki/train/tex", None)]
)
def test_only_the_object_of_this_very_key_has_its_size(key: str, size: int | None) -> None:
    assert object_reading.size_of(cast("Any", UnreliableS3()), "own-bucket", key) == size
