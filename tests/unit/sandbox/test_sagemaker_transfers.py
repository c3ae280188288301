"""Artifacts packed and unpacked, and what is fetched from and stored in S3."""

import errno
import io
import os
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from blazingtext_sandbox.sagemaker import model_archive, s3
from blazingtext_sandbox.sagemaker.model_archive import ArchiveError
from blazingtext_sandbox.sagemaker.s3 import Location, TransferError
from blazingtext_sandbox.sagemaker.volume import INSUFFICIENT
from tests.parity.sagemaker_support import FakeAws, FakeClient


def test_a_model_is_packed_with_binaries_first_and_comes_back_as_it_was(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "code").mkdir(parents=True)
    for name in ("vectors.txt", "eval.json", "vectors.bin", "code/a.py"):
        (model / name).write_text(name, "utf-8")

    packed = model_archive.pack(model, tmp_path / "model.tar.gz")
    model_archive.unpack(tmp_path / "model.tar.gz", tmp_path / "there")

    assert packed == ["vectors.bin", "code/a.py", "eval.json", "vectors.txt"]
    with tarfile.open(tmp_path / "model.tar.gz", "r:gz") as tar:
        assert tar.getnames() == packed
    assert {name: (tmp_path / "there" / name).read_text("utf-8") for name in packed} == {name: name for name in packed}


def archive(path: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        member.size = 5 if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(b"words"))
    return path


@pytest.mark.parametrize(
    ("name", "kind", "link", "words"),
    [
        ("../outside", tarfile.REGTYPE, "", "would be extracted outside the destination"),
        ("inner/../../outside", tarfile.REGTYPE, "", "would be extracted outside the destination"),
        ("link", tarfile.SYMTYPE, "/etc/passwd", "is neither a file nor a folder"),
        ("hard", tarfile.LNKTYPE, "other", "is neither a file nor a folder"),
        ("device", tarfile.CHRTYPE, "", "is neither a file nor a folder"),
    ],
)
def test_an_artifact_writes_nothing_but_files_and_nothing_outside(tmp_path: Path, name: str, kind: bytes, link: str, words: str) -> None:
    target = tmp_path / "deep" / "there"

    with pytest.raises(ArchiveError, match=rf"Unable to extract model data from a.tar.gz: .*{words}"):
        model_archive.unpack(archive(tmp_path / "a.tar.gz", name, kind, link), target)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()] == ["a.tar.gz"]


def test_an_absolute_name_in_an_artifact_is_refused_and_not_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"

    with pytest.raises(ArchiveError, match="would be extracted outside the destination"):
        model_archive.unpack(archive(tmp_path / "a.tar.gz", str(outside)), tmp_path / "there")

    assert not outside.exists()


def test_what_is_no_archive_is_refused_and_folders_are_made(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"words")
    with pytest.raises(ArchiveError):
        model_archive.unpack(tmp_path / "a.tar.gz", tmp_path / "there")

    model_archive.unpack(archive(tmp_path / "b.tar.gz", "folder", tarfile.DIRTYPE), tmp_path / "there")
    assert (tmp_path / "there" / "folder").is_dir()


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("s3://b/k/x", Location("b", "k/x")),
        ("s3://b", Location("b", "")),
        ("s3://b/", Location("b", "")),
        ("https://s3.amazonaws.com/b/k", Location("b", "k")),
        ("https://s3.eu-west-1.amazonaws.com/b/k", Location("b", "k")),
        ("https://s3-eu-west-1.amazonaws.com/b/k", Location("b", "k")),
        ("https://s3.cn-north-1.amazonaws.com.cn/b/k", Location("b", "k")),
        ("s3://", None),
        ("file:///b/k", None),
        ("https://example.org/b/k", None),
    ],
)
def test_an_address_in_s3_is_a_bucket_and_a_key_or_none(uri: str, location: Location | None) -> None:
    assert Location.parse(uri) == location
    if location is not None:
        assert str(location) == f"s3://{location.bucket}/{location.key}"


def test_a_prefix_is_fetched_with_its_folders(tmp_path: Path) -> None:
    aws = FakeAws({("b", "p/a"): b"1", ("b", "p/deep/b"): b"2", ("b", "p/folder/"): b"", ("b", "other"): b"3"})

    assert s3.download_prefix(FakeClient(aws), Location("b", "p/"), tmp_path) == s3.Downloaded(2, 2)
    assert s3.download_prefix(FakeClient(aws), Location("b", "p/a"), tmp_path / "one") == s3.Downloaded(1, 1)

    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == {
        "a": b"1",
        "deep/b": b"2",
        "one/a": b"1",
    }
    assert s3.first_key(FakeClient(aws), Location("b", "p/")) == "p/a"
    assert s3.first_key(FakeClient(aws), Location("b", "none")) is None
    assert s3.download_prefix(FakeClient(aws), Location("b", "none"), tmp_path / "none") == s3.Downloaded(0, 0)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("ListObjectsV2", r"Unable to list objects under s3://b/p/ \(AccessDenied: Access Denied\)"),
        ("GetObject", r"Unable to download object s3://b/p/a \(AccessDenied: Access Denied\)"),
    ],
)
def test_a_missing_permission_is_the_end_of_a_download(tmp_path: Path, operation: str, words: str) -> None:
    aws = FakeAws({("b", "p/a"): b"1"}, refused={operation})

    with pytest.raises(TransferError, match=words):
        s3.download_prefix(FakeClient(aws), Location("b", "p/"), tmp_path)
    assert (s3.first_key(FakeClient(aws), Location("b", "p/")) is None) is (operation == "ListObjectsV2")


class FailingDisk(FakeClient):
    """A client whose objects meet an error of the operating system's when they are written here."""

    def __init__(self, number: int) -> None:
        super().__init__(FakeAws({("b", "p/a"): b"1"}))
        self._number = number

    def get_object(self, **names: str) -> Any:
        number = self._number

        class Failing(io.BytesIO):
            def iter_chunks(self, _: int) -> Any:
                raise OSError(number, os.strerror(number))

        return {"Body": Failing(b"1")} if names == {"Bucket": "b", "Key": "p/a"} else super().get_object(**names)


def test_a_disk_that_is_full_is_the_end_of_a_download_in_aws_words(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match=f"^{re.escape(INSUFFICIENT)}$"):
        s3.download_prefix(FailingDisk(errno.ENOSPC), Location("b", "p/"), tmp_path)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EDQUOT])
def test_another_error_of_this_machine_is_none_of_aws(tmp_path: Path, number: int) -> None:
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        s3.download(FailingDisk(number), Location("b", "p/a"), tmp_path / "a")

    assert raised.value.errno == number


@pytest.mark.parametrize(("room", "fits"), [(None, True), (3, True), (2, False), (0, False)])
def test_a_download_may_fill_its_volume_and_not_go_beyond(tmp_path: Path, room: int | None, fits: bool) -> None:
    client = FakeClient(FakeAws({("b", "p/a"): b"1", ("b", "p/b"): b"23"}))

    if fits:
        assert s3.download_prefix(client, Location("b", "p/"), tmp_path, room=room) == s3.Downloaded(2, 3)
    else:
        with pytest.raises(TransferError, match=re.escape(INSUFFICIENT)):
            s3.download_prefix(client, Location("b", "p/"), tmp_path, room=room)


@pytest.mark.parametrize(("part", "files"), [((0, 2), ["a", "c"]), ((1, 2), ["b"]), ((2, 3), ["c"]), ((3, 4), [])])
def test_one_instance_of_several_fetches_its_part_of_the_keys(tmp_path: Path, part: tuple[int, int], files: list[str]) -> None:
    aws = FakeAws({("b", f"p/{name}"): b"1" for name in "abc"})

    assert s3.download_prefix(FakeClient(aws), Location("b", "p/"), tmp_path, part=part) == s3.Downloaded(len(files), len(files))
    assert sorted(path.name for path in tmp_path.iterdir()) == files


def test_a_key_that_leaves_the_folder_is_refused_and_an_upload_may_be(tmp_path: Path) -> None:
    aws = FakeAws({("b", "p/../../x"): b"1"}, refused={"PutObject"})
    (tmp_path / "file").write_bytes(b"1")

    with pytest.raises(TransferError, match=r"has an illegal char sub-sequence '\.\.' in it"):
        s3.download_prefix(FakeClient(aws), Location("b", "p/"), tmp_path / "there")
    with pytest.raises(TransferError, match=r"Unable to upload object s3://b/k \(AccessDenied"):
        s3.upload(FakeClient(aws), tmp_path / "file", Location("b", "k"))
    assert not (tmp_path / "x").exists()
