"""Objects of S3 as sources: what is read is what is there, in any order; what breaks off is asked again, what has changed is told."""

import io
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from blazingtext.corpus import object_parts, object_requests, objects
from blazingtext.corpus.objects import Access, S3Object
from blazingtext.errors import UnreachableError
from blazingtext_lifecycle.errors import CorpusError, UserError
from tests.patience import PATIENCE
from tests.unit.aws_requests import CheckedClient
from tests.unit.lifecycle.aws_fakes import client_error

DATA = b"".join(number.to_bytes(3, "big") for number in range(100_000))
TAG = '"one"'


class FakeObjects:
    """S3 with the same content under each of some keys; answers break off as often as a test says."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.ranges: list[tuple[int, int]] = []
        self.broken = 0
        self.etag = TAG
        self.at_once = self.most_at_once = 0
        self.together: threading.Barrier | None = None

    def get_object(self, *, Bucket: str, Key: str, Range: str, IfMatch: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (Bucket, Key) == ("raw", "a/b.txt")
        if IfMatch != self.etag:
            raise client_error("PreconditionFailed", "At least one of the preconditions you specified did not hold.", "GetObject")
        start, end = map(int, Range.removeprefix("bytes=").split("-"))
        self.ranges.append((start, end + 1))
        if self.together:
            self.together.wait(timeout=PATIENCE)
        if self.broken:
            self.broken -= 1
            return {"Body": Broken()}
        return {"Body": io.BytesIO(DATA[start : end + 1])}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert Bucket == "raw"
        if Key not in self.keys:
            raise client_error("404", "Not Found", "HeadObject")
        return {"ContentLength": len(DATA), "ETag": TAG}

    def get_paginator(self, operation: str) -> "FakeObjects":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - AWS's names
        assert Bucket == "raw"
        found = [{"Key": key, "Size": 7, "ETag": TAG} for key in self.keys if key.startswith(Prefix)]
        return [{}, {"Contents": found[:2]}, {"Contents": found[2:]}]


class Broken:
    """An answer that breaks off while it is read."""

    def read(self) -> bytes:
        raise ResponseStreamingError(error="the connection was reset")


def access_to(fake: Any) -> Access:
    access = Access()
    access.__dict__["s3"] = CheckedClient("s3", fake)
    return access


def read(fake: FakeObjects) -> S3Object:
    return S3Object(access_to(fake), "raw", "a/b.txt", len(DATA), TAG)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_PART", 40_000)
    monkeypatch.setattr(objects, "_FIRST", 1000)
    monkeypatch.setattr("time.sleep", lambda _: None)


def part_of(whole: S3Object) -> bytes:
    version = object_parts.Version(whole.bucket, whole.key, whole.etag, str(whole))
    return object_parts.part(whole.access.s3, version, 10, 20)


def test_an_object_is_read_in_parts_that_are_asked_for_together() -> None:
    fake = FakeObjects()
    # No answer comes before so many are asked for.
    fake.together = threading.Barrier(4)

    with read(fake).open() as stream:
        assert stream.read() == DATA

    assert sorted(fake.ranges) == [(start, min(start + 40_000, 300_000)) for start in range(0, 300_000, 40_000)]


def test_no_more_is_asked_for_than_is_wanted() -> None:
    fake = FakeObjects()

    with read(fake).opened(70_000, 90_000) as stream:
        assert stream.read() == DATA[70_000:90_000]

    assert fake.ranges == [(70_000, 90_000)]


def test_an_object_can_be_sought_and_little_is_asked_for_there() -> None:
    fake = FakeObjects()
    whole = read(fake)

    with whole.open() as stream:
        assert stream.seek(0, io.SEEK_END) == len(DATA)
        assert stream.read(5) == b""
        stream.seek(200_000)
        assert stream.read(10) == DATA[200_000:200_010]
        stream.seek(-100, io.SEEK_END)
        assert stream.read() == DATA[-100:]
        stream.seek(150_000)
        assert stream.read(100_000) == DATA[150_000:250_000]
        assert stream.tell() == 250_000

    assert fake.ranges[0] == (200_000, 201_000)
    assert len([each for each in fake.ranges if each[0] < 150_000]) == 0
    assert whole.stat().st_size == len(DATA)


def test_what_breaks_off_is_asked_for_again() -> None:
    fake = FakeObjects()
    fake.broken = 3

    assert part_of(read(fake)) == DATA[10:20]
    assert fake.ranges == [(10, 20)] * 4


def test_what_breaks_off_again_and_again_is_told() -> None:
    fake = FakeObjects()
    fake.broken = 99

    with pytest.raises(UnreachableError, match=r"Could not read s3://raw/a/b.txt.*the connection was reset"):
        part_of(read(fake))
    assert len(fake.ranges) == 5


def test_an_object_that_changes_meanwhile_is_told() -> None:
    fake = FakeObjects()
    fake.etag = '"two"'

    with read(fake).open() as stream, pytest.raises(CorpusError, match=r"s3://raw/a/b.txt has changed while it was read"):
        stream.read()


@pytest.mark.parametrize("kind", [ReadTimeoutError, ResponseStreamingError, IncompleteReadError, ConnectionClosedError])
def test_whatever_ends_an_answer_before_its_last_byte_is_one_of_what_breaks_off(kind: type[Exception]) -> None:
    assert issubclass(kind, object_parts._BROKEN_OFF)


KEYS = ("in/a.txt", "in/b.gz", "in/c/d.txt", "in/c/.e.txt", "in/.f/g.txt", "in/[x].txt", "in/c/", "inside.txt")


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("s3://raw/in/", ["in/a.txt", "in/b.gz", "in/c/d.txt", "in/[x].txt"]),
        ("s3://raw/in", ["in/a.txt", "in/b.gz", "in/c/d.txt", "in/[x].txt"]),
        ("s3://raw/in/a.txt", ["in/a.txt"]),
        ("s3://raw/in/c/.e.txt", ["in/c/.e.txt"]),
        ("s3://raw/in/*.txt", ["in/a.txt", "in/[x].txt"]),
        ("s3://raw/in/**/*.txt", ["in/a.txt", "in/c/d.txt", "in/[x].txt"]),
        ("s3://raw/i*", ["inside.txt"]),
        ("s3://raw/in/[ab].*", ["in/a.txt", "in/b.gz"]),
        ("s3://raw/in/[!a].??", ["in/b.gz"]),
        ("s3://raw/in/[x].txt", ["in/[x].txt"]),
        ("s3://raw/in/a", []),
        ("s3://raw", ["in/a.txt", "in/b.gz", "in/c/d.txt", "in/[x].txt", "inside.txt"]),
    ],
)
def test_an_address_means_an_object_a_folder_or_what_matches(address: str, keys: list[str]) -> None:
    found = object_requests.matching(address, access_to(FakeObjects(*KEYS)))

    assert [str(each) for each in found] == [f"s3://raw/{key}" for key in keys]


def test_an_address_without_a_bucket_or_an_object_is_refused() -> None:
    with pytest.raises(CorpusError, match="names no bucket"):
        object_requests.matching("s3:///a", access_to(FakeObjects()))
    for address in ("s3://raw", "s3://raw/", "s3:///a", "s3://raw/in/"):
        with pytest.raises(UserError, match="names no object"):
            object_requests.target(address, Access())
    assert str(object_requests.target("s3://raw/in/a.txt", Access())) == "s3://raw/in/a.txt"


def test_objects_are_equal_by_address_and_know_what_lies_beside_them() -> None:
    access = Access()
    one, same, other = (S3Object(access, "raw", key, size) for key, size in (("in/a.txt", 1), ("in/a.txt", 2), ("a.txt", 1)))

    assert (one == same, one == other, one == "s3://raw/in/a.txt", len({one, same, other})) == (True, False, False, 2)
    assert repr(one.with_name("b.txt")) == "S3Object(s3://raw/in/b.txt)"
    assert str(other.with_name("b.txt")) == "s3://raw/b.txt"


def test_another_process_makes_one_client_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class FakeSession:
        def __init__(self, **options: Any) -> None:
            made.append(options)

        def client(self, *_: Any, **__: Any) -> object:
            return object()

    monkeypatch.setattr("boto3.Session", FakeSession)
    sent = pickle.dumps(S3Object(Access("eu-west-1", "mine"), "raw", "a", 5, TAG))

    one, two = pickle.loads(sent), pickle.loads(sent)  # noqa: S301 - what was just written

    assert (str(one), one.stat().st_size, one.etag) == ("s3://raw/a", 5, TAG)
    assert one.access.s3 is two.access.s3
    assert made == [{"region_name": "eu-west-1", "profile_name": "mine"}]


def test_readers_end_their_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[dict[str, bool]] = []
    shut: Callable[..., None] = ThreadPoolExecutor.shutdown

    def shutdown(pool: Any, **options: bool) -> None:
        ended.append(options)
        shut(pool, **options)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    stream = read(FakeObjects()).open()
    stream.close()
    stream.close()

    assert ended == [{"wait": False, "cancel_futures": True}]
