import errno
import gzip
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from blazingtext.cloud import Cloud
from blazingtext.runs import artifacts
from blazingtext_lifecycle.errors import CloudError, NotReady, RequestError, UserError
from tests.unit.blazingtext.cloud_fakes import FakeBucket, FakeJobs, artifact, cloud, packed

JOB = "blazingtext-dev-wiki-skipgram-0123456789"


@pytest.fixture(name="stored")
def _stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], tuple[Cloud, FakeBucket]]:
    monkeypatch.setenv("BLAZINGTEXT_CACHE", str(tmp_path / "cache"))

    def put(content: bytes) -> tuple[Cloud, FakeBucket]:
        bucket = FakeBucket()
        bucket.put(f"runs/{JOB}/output/model.tar.gz", content)
        return cloud(s3=bucket), bucket

    return put


def test_an_artifact_is_downloaded_once(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    where, bucket = stored(packed({"vectors.txt": b"1 2\na 1 2\n", "eval.json": b"{}"}))

    first = artifacts.fetch(where, artifact(JOB))
    bucket.objects.clear()
    second = artifacts.fetch(where, artifact(JOB))

    assert first == second
    assert first.files == ("eval.json", "vectors.txt")
    assert first.path("vectors.txt").read_bytes() == b"1 2\na 1 2\n"


def test_an_artifact_is_found_by_the_beginning_of_its_jobs_name(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    _, bucket = stored(packed({"eval.json": b"{}"}))
    jobs = FakeJobs()
    jobs.add(JOB)

    found = artifacts.fetch(cloud(s3=bucket, sagemaker=jobs), artifact("wiki-skip"))

    assert (found.uri, found.files) == (artifact(JOB), ("eval.json",))


def test_the_same_job_name_in_another_account_is_another_artifact(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    one = artifacts.fetch(stored(packed({"eval.json": b"1"}))[0], artifact(JOB))
    two = artifacts.fetch(stored(packed({"eval.json": b"2"}))[0], artifact(JOB))

    assert (one.path("eval.json").read_bytes(), two.path("eval.json").read_bytes()) == (b"1", b"2")


def test_an_archive_cannot_write_outside_its_folder_nor_through_links(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path
) -> None:
    evil = packed({"../../evil.txt": b"x", "/etc/evil": b"x", "run.sh": b"x", "vectors.txt": b"0 2\n"}, vectors_bin="/etc/passwd")

    found = artifacts.fetch(stored(evil)[0], artifact(JOB))

    assert found.files == ("vectors.txt",)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"vectors.txt"}


@pytest.mark.parametrize(
    ("status", "family", "said"),
    [
        ("", RequestError, "no training job"),
        ("Failed", RequestError, "It is Failed: ClientError: no words"),
        ("Completed", RequestError, "It is Completed, and there is no s3://"),
        ("InProgress", NotReady, "logs blazingtext-dev-wiki-skipgram-0123456789 --follow"),
    ],
)
def test_a_run_without_a_model_says_why(status: str, family: type[Exception], said: str) -> None:
    jobs = FakeJobs()
    if status:
        jobs.add(JOB, status, FailureReason="ClientError: no words" if status == "Failed" else "")

    with pytest.raises(family, match=said):
        artifacts.fetch(cloud(s3=FakeBucket(), sagemaker=jobs), artifact(JOB))


def test_an_object_that_is_no_artifact_and_is_not_there_is_named() -> None:
    with pytest.raises(RequestError, match="There is no s3://bucket/runs//output"):
        artifacts.fetch(cloud(s3=FakeBucket(), sagemaker=FakeJobs()), "s3://bucket/runs//output/model.tar.gz")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        packed({"vectors.txt": b"x" * 100_000})[:-40],
        packed({"vectors.txt": b"x" * 100_000})[:-8] + bytes(8),
        packed({"readme": b"x"}),
    ],
    ids=["empty", "text", "cut off", "another checksum", "without vectors"],
)
def test_a_broken_archive_is_refused_and_leaves_nothing(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(CloudError, match=r"model\.tar\.gz"):
        artifacts.fetch(stored(content)[0], artifact(JOB))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_classifier_has_no_vectors_and_says_what_does(stored: Callable[[bytes], tuple[Cloud, FakeBucket]]) -> None:
    found = artifacts.fetch(stored(packed({"model.bin": b"x"}))[0], artifact(JOB))

    with pytest.raises(RequestError, match="supervised"):
        found.path("vectors.txt")


def test_a_cache_that_cannot_be_written_is_said_with_the_way_round_it(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, _ = stored(packed({"vectors.txt": b"1 2\na 1 2\n"}))
    (tmp_path / "cache").write_text("a file where the folder should be")

    with pytest.raises(UserError, match=r"cannot be kept in .*BLAZINGTEXT_CACHE"):
        artifacts.fetch(where, artifact(JOB))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "cache").unlink()
    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(UserError, match=os.strerror(errno.ENOSPC)):
        artifacts.fetch(where, artifact(JOB))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_archive_that_unpacks_to_more_than_the_disk_has_is_not_unpacked(
    stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999_999))
    monkeypatch.setattr(shutil, "copyfileobj", lambda *_: written.append(1))

    with pytest.raises(UserError, match="for a file of 1,000,000 bytes"):
        artifacts.fetch(stored(packed({"vectors.txt": bytes(1_000_000)}))[0], artifact(JOB))

    assert not written
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("error", [tarfile.ReadError("x"), EOFError("x"), zlib.error("x"), gzip.BadGzipFile("x")])
def test_whatever_is_raised_over_a_damaged_archive_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    (tmp_path / "model.tar.gz").write_bytes(packed({"vectors.txt": b"x"}))
    monkeypatch.setattr(tarfile, "open", broken)

    with pytest.raises(CloudError, match=rf"model\.tar\.gz cannot be unpacked\. {type(error).__name__}: x\. Run the command again"):
        artifacts.unpack(tmp_path / "model.tar.gz", tmp_path / "files")


def test_an_archive_whose_own_checksum_differs_is_refused(stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path) -> None:
    whole = packed({"vectors.txt": b"1 2\na 1 2\n"})
    # The last eight bytes of gzip: CRC-32 and length of what was packed. The members are read whole before them.
    where, _ = stored(whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])

    with pytest.raises(CloudError, match=r"cannot be unpacked\. BadGzipFile: CRC check failed"):
        artifacts.fetch(where, artifact(JOB))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_arrived_other_than_s3_holds_it_is_not_kept(stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path) -> None:
    where, bucket = stored(packed({"vectors.txt": b"1 2\na 1 2\n"}))
    bucket.objects[f"runs/{JOB}/output/model.tar.gz"] = packed({"vectors.txt": b"1 2\na 9 9\n"})

    with pytest.raises(CloudError, match="arrived changed"):
        artifacts.fetch(where, artifact(JOB))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_runs_files_are_copied_with_their_hashes(stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path) -> None:
    where, _ = stored(packed({"vectors.txt": b"text", "eval.json": b"{}"}))

    copied = artifacts.copy(artifacts.fetch(where, artifact(JOB)), tmp_path / "a folder" / "of mine")

    assert [(each.path.name, each.bytes, each.sha256) for each in copied] == [
        ("eval.json", 2, hashlib.sha256(b"{}").hexdigest()),
        ("vectors.txt", 4, hashlib.sha256(b"text").hexdigest()),
    ]
    assert {each.path.read_bytes() for each in copied} == {b"{}", b"text"}


def test_a_file_that_is_there_stops_the_copy_before_it_begins(stored: Callable[[bytes], tuple[Cloud, FakeBucket]], tmp_path: Path) -> None:
    found = artifacts.fetch(stored(packed({"vectors.txt": b"new", "eval.json": b"{}"}))[0], artifact(JOB))
    (tmp_path / "vectors.txt").write_bytes(b"mine")

    with pytest.raises(UserError, match=r"vectors\.txt already exists\. Nothing was written\. Use --force"):
        artifacts.copy(found, tmp_path)

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["vectors.txt"]
    artifacts.copy(found, tmp_path, force=True)
    assert (tmp_path / "vectors.txt").read_bytes() == b"new"
