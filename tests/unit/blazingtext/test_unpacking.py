"""Whatever text is packed in: it is read, or refused by name."""

import bz2
import gzip
import io
import lzma
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.corpus import preparation, sources, unpacking
from blazingtext_lifecycle.errors import CorpusError
from tests.unit.blazingtext.corpora import prepared, written

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"some words here\n"
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zstd": zstd.compress,
}


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(mode: str = "w", **members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload] # the mode is a test's
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


PACKED = {
    **{name: compress(TEXT) for name, compress in COMPRESSIONS.items()},
    **{f"tar in {name}": compress(tarred(a=TEXT)) for name, compress in COMPRESSIONS.items()},
    "zip": zipped(a=TEXT),
    "tar": tarred(a=TEXT),
    "gzip twice": gzip.compress(gzip.compress(TEXT)),
    "gzip in zip": zipped(a=gzip.compress(TEXT)),
    "zip in tar in gzip": gzip.compress(tarred(a=zipped(b=TEXT))),
    "zip in gzip": gzip.compress(zipped(a=TEXT)),
}


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("name", ["noext", "wrong.txt", "wrong.zip"])
def test_text_is_found_in_whatever_it_is_packed_whatever_its_name(tmp_path: Path, content: bytes, name: str) -> None:
    lines, made = prepared(tmp_path, name, content)

    assert lines == ["some words here"]
    assert made.files == 1


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd"])
def test_all_members_of_a_compressed_file_are_read(tmp_path: Path, name: str) -> None:
    compress = COMPRESSIONS[name]

    lines, _ = prepared(tmp_path, "a", compress(b"one fish\n") + compress(b"two fish\n"))

    assert lines == ["one fish", "two fish"]


@pytest.mark.parametrize("name", PACKED)
def test_what_is_cut_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    content = PACKED[name] if name != "tar" else tarred(a=TEXT * 99)

    with pytest.raises(CorpusError):
        prepared(tmp_path, "a", content[: len(content) // 2] if name != "tar" else content[:1000])

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_damaged_header_within_a_tar_archive_does_not_end_it_in_silence(tmp_path: Path) -> None:
    content = bytearray(tarred(a=TEXT, b=TEXT))
    content[1024 : 1024 + 50] = b"x" * 50

    with pytest.raises(CorpusError, match="damaged header"):
        prepared(tmp_path, "a.tar", bytes(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "is a 7z archive.*7z x a"),
        (b"Rar!\x1a\x07\x00" + bytes(40), "is a rar archive.*unrar x a"),
        (gzip.compress(b"\x04\x22\x4d\x18" + bytes(40)), "is a lz4 archive.*lz4 -d"),
    ],
)
def test_archives_that_cannot_be_read_are_named_with_the_command_that_can(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        prepared(tmp_path, "a", content)


def of_method(method: int, flags: int = 0) -> bytes:
    """A zip archive whose headers name another compression method, or flags."""
    content = bytearray(zipped(a=TEXT))
    directory = content.index(b"PK\x01\x02")
    for at in (6, directory + 8):
        content[at : at + 2] = flags.to_bytes(2, "little")
        content[at + 2 : at + 4] = method.to_bytes(2, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (of_method(9), r"method 9 \(Deflate64\).*7z x a\.zip"),
        (of_method(98), r"method 98 \(PPMd\)"),
        (of_method(97), r"method 97 \(WavPack\)"),
        (of_method(95), r"method 95 \(XZ\)"),
        (of_method(99), r"method 99 \(AES encryption\)"),
        (of_method(50), r"method 50 \(unknown\)"),
        (of_method(99, flags=1), "a is encrypted"),
        (of_method(0, flags=1), "a is encrypted"),
    ],
)
def test_members_that_cannot_be_read_are_named(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(CorpusError, match=why):
        prepared(tmp_path, "a.zip", content)


def test_what_is_no_text_is_refused_by_name_and_skipped_beside_text(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is not text but a PDF document"):
        prepared(tmp_path, "a.txt", b"%PDF-1.7\n")

    lines, made = prepared(tmp_path, "a.zip", zipped(picture=b"\x89PNG\r\n\x1a\n" + bytes(20), text=TEXT))

    assert lines == ["some words here"]
    assert made.skipped == {"a.zip/picture": "is a PNG image"}


def test_files_of_a_folder_that_are_no_text_are_skipped_and_told(tmp_path: Path) -> None:
    written(tmp_path, "in/a.txt", TEXT)
    written(tmp_path, "in/b.png", b"\x89PNG\r\n\x1a\n" + bytes(20))

    made = preparation.prepare([str(tmp_path / "in")], tmp_path / "out.txt")

    assert (made.lines, made.skipped) == (1, {"b.png": "is a PNG image"})


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_HARMLESS_BYTES", 1 << 20)
    bomb = bz2.compress(b"a b\n" * (1 << 20))

    for content in (bomb, zipped(a=bomb), gzip.compress(tarred(a=bomb)), gzip.compress(zipped(a=bytes(1 << 22)))):
        with pytest.raises(CorpusError, match="decompression bomb"):
            prepared(tmp_path, "a", content)


def test_archives_are_not_followed_without_end(tmp_path: Path) -> None:
    content = TEXT
    for _ in range(6):
        content = zipped(a=content)

    assert prepared(tmp_path, "six", content)[0] == ["some words here"]
    content = zipped(a=content)
    with pytest.raises(CorpusError, match="archives within archives, more than 6 deep"):
        prepared(tmp_path, "seven", content)


def test_a_long_name_in_a_tar_archive_is_no_way_to_fill_the_memory(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 1 << 33

    with pytest.raises(CorpusError, match=r"a name of 8,589,934,592 bytes"):
        prepared(tmp_path, "a.tar", entry.tobuf(tarfile.GNU_FORMAT))


def test_stdin_may_be_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(zipped(a=gzip.compress(TEXT)))))

    made = preparation.prepare(["-"], tmp_path / "out.txt", reading=sources.Reading())

    assert made.lines == 1


@given(st.sampled_from(sorted(PACKED)), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=3)), min_size=1, max_size=3))
def test_damaged_archives_are_read_or_refused_in_a_sentence_and_leave_nothing(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: list[tuple[float, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    content = PACKED[name]
    for where, bytes_ in damage:
        place = int(where * len(content))
        content = content[:place] + bytes_ + content[place + max(len(bytes_), 1) :]

    try:
        lines, made = prepared(folder, "damaged", content)
    except CorpusError as error:
        assert "damaged" in str(error) or "No words" in str(error)  # noqa: PT017 - the alternative to being read
        assert [each.name for each in folder.iterdir()] == ["damaged"]
    else:
        assert made.lines == len(lines) > 0


def test_what_a_file_may_become_is_a_gigabyte_and_then_250_times_its_size() -> None:
    small, large = unpacking.Budget("a", stored=1000), unpacking.Budget("a", stored=1 << 23)
    small.spend(1 << 30)
    large.spend(250 << 23)

    for budget in (small, large):
        with pytest.raises(CorpusError, match="a grows to more than 250 times its size"):
            budget.spend(1)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.REGTYPE])
def test_a_name_in_a_tar_archive_has_a_megabyte_at_most_and_a_file_any_size(kind: bytes) -> None:
    def read(size: int) -> int:
        entry = tarfile.TarInfo("a")
        entry.type, entry.size = kind, size
        return unpacking._Entry.frombuf(entry.tobuf(tarfile.GNU_FORMAT), "utf-8", "strict").size

    assert read(1 << 20) == 1 << 20
    if kind == tarfile.REGTYPE:
        assert read((1 << 20) + 1) == (1 << 20) + 1
    else:
        with pytest.raises(tarfile.ReadError, match="a name of 1,048,577 bytes"):
            read((1 << 20) + 1)


@pytest.mark.parametrize(
    "error",
    [
        OSError("x"),
        EOFError("x"),
        RuntimeError("x"),
        NotImplementedError("x"),
        OverflowError("x"),
        struct.error("x"),
        lzma.LZMAError("x"),
        tarfile.TarError("x"),
        zipfile.BadZipFile("x"),
        zlib.error("x"),
        zstd.ZstdError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_library_raises_over_what_is_damaged_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(unpacking, "leaves", broken)

    with pytest.raises(CorpusError, match=rf"a cannot be read\. {type(error).__name__}: x\. Check"):
        prepared(tmp_path, "a", b"words")


def test_where_no_library_reads_zstandard_a_file_is_refused_with_the_command_that_unpacks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS's Spark image."""
    monkeypatch.delitem(unpacking._DECOMPRESSED, "zstd")

    with pytest.raises(CorpusError, match=r"text\.zst is a zstd archive, which cannot be read here\. Unpack it with: zstd -d text\.zst"):
        prepared(tmp_path, "text.zst", zstd.compress(TEXT))
