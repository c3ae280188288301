"""A corpus written to S3: parts that arrive in order, nothing seen before the end, and nothing left after a failure."""

import threading
from typing import Any

import pytest

from blazingtext.corpus import object_uploads, writing
from blazingtext.corpus.objects import Access, S3Object
from blazingtext_lifecycle.errors import AccessDeniedError, NotReady, RequestError, UserError
from tests.patience import PATIENCE
from tests.unit.aws_requests import CheckedClient
from tests.unit.lifecycle.aws_fakes import client_error

KEY = "out/corpus.txt"


class FakeUploads:
    """S3 with multipart uploads."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[int, bytes] = {}
        self.aborted = 0
        self.open = False
        self.late = b""
        self.refuses = ""
        self.head = "404"
        self._lock = threading.Lock()

    def _refuse(self, operation: str, code: str = "AccessDenied") -> None:
        if self.refuses == operation:
            raise client_error(code, "no", operation)

    @staticmethod
    def _check(place: dict[str, str]) -> None:
        assert place in ({"Bucket": "bucket", "Key": KEY}, {"Bucket": "bucket", "Key": KEY, "UploadId": "one"})

    def head_object(self, **place: str) -> dict[str, Any]:
        self._check(place)
        if KEY in self.objects:
            return {"ContentLength": 1}
        raise client_error(self.head, "none", "HeadObject")

    def create_multipart_upload(self, *, ContentType: str, **place: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        self._check(place)
        self._refuse("CreateMultipartUpload", "NoSuchBucket")
        assert ContentType.startswith("text/plain")
        self.open = True
        return {"UploadId": "one"}

    def upload_part(self, *, PartNumber: int, Body: bytes, **place: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        self._check(place)
        self._refuse("UploadPart")
        with self._lock:
            self.parts[PartNumber] = Body
        return {"ETag": f"tag{PartNumber}", "ChecksumCRC32": f"sum{PartNumber}", "ServerSideEncryption": "AES256"}

    def complete_multipart_upload(self, *, MultipartUpload: dict[str, Any], IfNoneMatch: str = "", **place: str) -> None:  # noqa: N803 - AWS's names
        self._check(place)
        if self.late:
            self.objects[KEY] = self.late
        if IfNoneMatch and KEY in self.objects:
            raise client_error("PreconditionFailed", "no", "CompleteMultipartUpload")
        named = MultipartUpload["Parts"]
        assert named == [{"PartNumber": n, "ETag": f"tag{n}", "ChecksumCRC32": f"sum{n}"} for n in range(1, len(self.parts) + 1)]
        self.objects[KEY] = b"".join(self.parts[each["PartNumber"]] for each in named)
        self.open = False

    def abort_multipart_upload(self, **place: str) -> None:
        self._check(place)
        self.aborted += 1
        self.open = False
        self._refuse("AbortMultipartUpload")


def write(target: S3Object, *pieces: bytes, fails: type[BaseException] | None = None) -> None:
    """Writes an object that may not be replaced; perhaps something fails meanwhile."""
    with writing.complete(target, force=False) as stream:
        for piece in pieces:
            stream.write(piece)
        if fails:
            raise fails


def object_in(fake: FakeUploads) -> S3Object:
    access = Access()
    access.__dict__["s3"] = CheckedClient("s3", fake)
    return S3Object(access, "bucket", KEY)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_uploads, "_PART", 100)
    monkeypatch.setattr(object_uploads, "_DOUBLED_AFTER", 3)


def test_an_object_appears_when_all_of_it_is_written() -> None:
    fake = FakeUploads()
    with writing.complete(object_in(fake), force=False) as stream:
        for number in range(300):
            assert stream.write(b"%06d\n" % number) == 7
            assert not fake.objects

    assert fake.objects == {KEY: b"".join(b"%06d\n" % number for number in range(300))}
    assert [len(fake.parts[number]) for number in sorted(fake.parts)] == [100, 100, 100, 200, 200, 200, 400, 400, 400]
    assert (fake.aborted, fake.open) == (0, False)


def test_an_empty_share_is_an_empty_object() -> None:
    fake = FakeUploads()
    with writing.complete(object_in(fake)):
        pass

    assert fake.objects == {KEY: b""}


@pytest.mark.parametrize("refuses", ["", "AbortMultipartUpload"])
def test_after_an_error_nothing_is_left(refuses: str) -> None:
    fake = FakeUploads()
    fake.refuses = refuses
    with pytest.raises(KeyboardInterrupt):
        write(object_in(fake), b"x" * 350, fails=KeyboardInterrupt)

    assert (fake.objects, fake.aborted, fake.open) == ({}, 1, False)


def test_a_part_that_is_refused_is_told_and_nothing_is_left() -> None:
    fake = FakeUploads()
    fake.refuses = "UploadPart"
    with pytest.raises(AccessDeniedError, match=r"Could not write s3://bucket/out/corpus\.txt"):
        write(object_in(fake), *[b"x" * 100] * 20)

    assert (fake.objects, fake.aborted, fake.open) == ({}, 1, False)


def test_a_refusal_is_known_before_anything_is_written() -> None:
    fake = FakeUploads()
    fake.refuses = "CreateMultipartUpload"

    with pytest.raises(RequestError, match=r"Could not write s3://bucket/out/corpus\.txt"):
        write(object_in(fake), fails=KeyboardInterrupt)
    assert fake.aborted == 0


def test_what_is_there_is_kept_unless_it_may_be_replaced() -> None:
    fake = FakeUploads()
    fake.objects[KEY] = b"old"

    with pytest.raises(UserError, match=r"already exists\. Nothing was written\. Use --force"):
        write(object_in(fake), fails=KeyboardInterrupt)
    with writing.complete(object_in(fake), force=True) as stream:
        stream.write(b"new")
    assert fake.objects == {KEY: b"new"}


@pytest.mark.parametrize("head", ["404", "403"])
def test_what_somebody_else_wrote_meanwhile_is_kept(head: str) -> None:
    fake = FakeUploads()
    fake.head, fake.late = head, b"theirs"

    with pytest.raises(UserError, match="already exists"):
        write(object_in(fake), b"ours")
    assert fake.objects == {KEY: b"theirs"}
    assert (fake.aborted, fake.open) == (1, False)


def test_who_cannot_look_is_told() -> None:
    fake = FakeUploads()
    fake.head = "503"
    with pytest.raises(NotReady, match=r"Could not write s3://bucket/out/corpus\.txt"):
        write(object_in(fake), fails=KeyboardInterrupt)


def test_four_parts_are_on_their_way_at_the_same_time() -> None:
    together = threading.Barrier(4)

    class Slow(FakeUploads):
        def upload_part(self, *, PartNumber: int, Body: bytes, **place: str) -> dict[str, str]:  # noqa: N803 - AWS's names
            together.wait(timeout=PATIENCE)
            return super().upload_part(PartNumber=PartNumber, Body=Body, **place)

    fake = Slow()
    write(object_in(fake), *[b"x" * 100] * 3, b"x" * 200)

    assert fake.objects == {KEY: b"x" * 500}


def test_whoever_writes_faster_than_s3_takes_waits_for_it() -> None:
    """What waits is held in memory."""
    may_go = threading.Event()
    begun: list[int] = []

    class Stuck(FakeUploads):
        def upload_part(self, *, PartNumber: int, Body: bytes, **place: str) -> dict[str, str]:  # noqa: N803 - AWS's names
            begun.append(PartNumber)
            assert may_go.wait(timeout=PATIENCE)
            return super().upload_part(PartNumber=PartNumber, Body=Body, **place)

    fake, written = Stuck(), list[int]()
    with writing.complete(object_in(fake), force=False) as stream:
        for number in range(4):
            stream.write(b"x" * (100 if number < 3 else 200))
            written.append(number)
        last = threading.Thread(target=lambda: written.append(stream.write(b"x" * 200)))
        last.start()
        last.join(timeout=0.05)
        meanwhile = written.copy()
        may_go.set()
        last.join(timeout=PATIENCE)
        assert meanwhile == [0, 1, 2, 3]

    assert written == [0, 1, 2, 3, 200]
    assert sorted(begun) == [1, 2, 3, 4, 5]
    assert fake.objects == {KEY: b"x" * 700}
