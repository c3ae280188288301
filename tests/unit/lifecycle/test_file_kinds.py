"""What a file is, by its content; every archive here is made by the format's own writer."""

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext_lifecycle import file_kinds
from blazingtext_lifecycle.file_kinds import Content, Form, form_of, kind_of


def zipped(name: str = "a.txt", data: bytes = b"some words\n") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def tarred(form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 11
        archive.addfile(entry, io.BytesIO(b"some words\n"))
    return out.getvalue()


def without_signature(archive: bytes) -> bytes:
    """A tar header as Unix V7 wrote it."""
    header = bytearray(archive[:257] + bytes(255))
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + archive[512:]


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (lambda: gzip.compress(b"words"), "gzip"),
        (lambda: bz2.compress(b"words"), "bzip2"),
        (lambda: bz2.compress(b""), "bzip2"),
        (lambda: lzma.compress(b"words"), "xz"),
        (lambda: lzma.compress(b"words", lzma.FORMAT_ALONE), "lzma"),
        (lambda: b"\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00words", "zstd"),
        (lambda: b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd", "zstd"),
        (zipped, "zip"),
        (lambda: tarred(tarfile.USTAR_FORMAT), "tar"),
        (lambda: tarred(tarfile.GNU_FORMAT), "tar"),
        (lambda: tarred(tarfile.PAX_FORMAT), "tar"),
        (lambda: without_signature(tarred(tarfile.USTAR_FORMAT)), "tar"),
        (lambda: b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (lambda: b"Rar!\x1a\x07\x01\x00", "rar"),
    ],
)
def test_compressed_files_and_archives_are_known_by_their_content(made: Callable[[], bytes], name: str) -> None:
    found = kind_of(made(), whole=True)

    assert (found.content, found.name) == (Content.PACKED, name)


@pytest.mark.parametrize(
    ("length", "content"), [(512, Content.PACKED), (511, Content.BINARY), (156, Content.BINARY), (148, Content.BINARY)]
)
def test_a_tar_header_is_a_whole_block(length: int, content: Content) -> None:
    """The checksum holds for less, because the block ends in zeros."""
    found = kind_of(without_signature(tarred(tarfile.USTAR_FORMAT))[:length], whole=False)

    assert (found.content, found.name == "tar") == (content, content is Content.PACKED)


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (zipped("[Content_Types].xml"), "a Microsoft Office document"),
        (zipped("mimetype", b"application/epub+zip"), "an EPUB book"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "a pointer of Git LFS"),
        (bytes(range(256)) * 9, "binary data, not text"),
    ],
)
def test_what_is_no_text_is_named(sample: bytes, name: str) -> None:
    found = kind_of(sample, whole=True)

    assert found.content is Content.BINARY
    assert found.name.startswith(name)


@pytest.mark.parametrize(
    "text", ["caf\u00e9 au lait, every day\n", "\u65e5\u672c\u8a9e \u30c6\u30ad\u30b9\u30c8\n", "plain words\n" * 20, "x y"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_every_unicode_encoding_is_known_without_a_mark(text: str, encoding: str) -> None:
    assert kind_of(text.encode(encoding), whole=True).encoding == encoding


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding(encoding: str) -> None:
    assert kind_of("caf\u00e9".encode(encoding), whole=True).encoding == encoding


@pytest.mark.parametrize(
    ("sample", "encoding"),
    [
        (b"caf\xe9 au lait", ""),
        ("\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440".encode("cp1251"), ""),
        ("\u3053\u3093\u306b\u3061\u306f".encode("iso2022_jp"), "iso2022_jp_2"),
        (b"a stray\0 zero byte in a text is no reason to see UTF-16 in it, however long the text may be after all\n" * 3, "utf-8"),
    ],
)
def test_other_encodings_are_not_taken_for_unicode(sample: bytes, encoding: str) -> None:
    assert kind_of(sample, whole=True).encoding == encoding


def test_a_sample_may_end_within_a_character() -> None:
    cut = "caf\u00e9".encode()[:-1]

    assert kind_of(cut).encoding == "utf-8"
    assert not kind_of(cut, whole=True).encoding


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("plain words", Form.PLAIN),
        ("<s> words </s> more", Form.PLAIN),
        ("<3 this film", Form.PLAIN),
        ("[laughter] so he said", Form.PLAIN),
        ("{sic} and so on", Form.PLAIN),
        ("<Blog>\n<date>1</date>", Form.BLOG),
        ('<?xml version="1.0"?>\n<!-- x -->\n<rss version="2.0">', Form.XML),
        ("<TEI.2><text>words</text></TEI.2>", Form.XML),
        ('<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">', Form.MEDIAWIKI),
        ("<!DOCTYPE html>\n<p>", Form.HTML),
        ('{"text": "a"}\n{"text": "b"}\n', Form.JSON_LINES),
        ('{\n "text": "a"\n}\n', Form.JSON),
        ('[{"text": "a"}]', Form.JSON),
    ],
)
def test_the_form_of_a_text_is_known(text: str, form: Form) -> None:
    assert form_of(text) is form
    assert form_of(f"\ufeff\n {text}") is form


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_have_a_kind(sample: bytes, whole: bool) -> None:
    found = kind_of(sample, whole=whole)

    assert (found.content is Content.EMPTY) is (not sample)
    if found.encoding and found.content is Content.TEXT and whole:
        sample.decode(found.encoding)


# Signatures from each format's own specification; numpy, sqlite3 and zlib write their own.
SIGNATURES = [
    ("504b0304", "zip"),
    ("504b0506", "zip"),
    ("504b0708", "zip"),
    ("377abcaf271c", "7z"),
    ("526172211a07", "rar"),
    ("04224d18", "lz4"),
    ("4c5a495001", "lzip"),
    ("1f9d90", "compress (.Z)"),
    ("4d53434600000000", "cabinet"),
    ("213c617263683e0a", "ar"),
    ("ff060000734e61507059", "snappy"),
    ("894c5a4f000d0a1a0a", "lzop"),
    ("425a683931415926535900", "bzip2"),
    ("fd377a585a0000", "xz"),
    ("1f8b0800", "gzip"),
]
BINARIES = [
    ("2521505321", "a PostScript document"),
    ("7b5c72746631", "an RTF document"),
    ("d0cf11e0a1b11ae1", "a Microsoft Office document of the old format"),
    ("4f524300", "an ORC file"),
    ("4f626a01", "an Avro file"),
    ("4152524f57310000", "an Arrow file"),
    ("894844460d0a1a0a", "an HDF5 file"),
    ("ba164f2f0c000000", "a fastText model"),
    ("89504e470d0a1a0a", "a PNG image"),
    ("ffd8ffe0", "a JPEG image"),
    ("474946383761", "a GIF image"),
    ("474946383961", "a GIF image"),
    ("7f454c4602", "a program"),
    ("cafebabe", "a program"),
    ("50415231", "a Parquet file"),
    ("255044462d", "a PDF document"),
]


@pytest.mark.parametrize(("signature", "name"), SIGNATURES)
def test_each_signature_of_what_is_packed_is_known(signature: str, name: str) -> None:
    found = kind_of(bytes.fromhex(signature) + b"rest")

    assert (found.content, found.name) == (Content.PACKED, name)


@pytest.mark.parametrize(("signature", "name"), BINARIES)
def test_each_signature_of_what_is_binary_is_known(signature: str, name: str) -> None:
    found = kind_of(bytes.fromhex(signature) + b"rest")

    assert (found.content, found.name) == (Content.BINARY, name)


def test_what_numpy_and_sqlite_write_is_known(tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("create table a (b)")

    assert kind_of(array.getvalue()).name == "a NumPy array"
    assert kind_of((tmp_path / "a.db").read_bytes()).name == "an SQLite database"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("mimetype", b"application/vnd.oasis.opendocument.text", "an OpenDocument file"),
        ("META-INF/MANIFEST.MF", b"", "a Java archive"),
    ],
)
def test_a_zip_archive_that_is_a_document_is_named(name: str, data: bytes, kind: str) -> None:
    assert kind_of(zipped(name, data)).name == kind


@pytest.mark.parametrize("name", sorted(set(file_kinds._PACKED.values()) - {"gzip", "bzip2", "xz", "lzma", "zstd", "zip", "tar"}))
def test_what_python_cannot_unpack_is_answered_with_a_command(name: str) -> None:
    assert file_kinds.UNPACK_WITH[name].endswith(" {}")


@pytest.mark.parametrize(("kept", "encoding"), [(1, "utf-8"), (2, "utf-8"), (3, "utf-8"), (4, "utf-8")])
def test_only_the_last_character_of_a_sample_may_be_cut(kept: int, encoding: str) -> None:
    character = "\U0001f600".encode()

    assert kind_of(b"words and words " + character[:kept]).encoding == encoding
    # What is broken further from the end is broken, and so is the end of a whole file.
    assert kind_of(b"words and words " + character[:3] + b"more").encoding == ""
    assert kind_of(b"words and words \xff" + b"abcd").encoding == ""
    assert kind_of(b"words and words " + character[:kept], whole=True).encoding == ("utf-8" if kept == 4 else "")


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ('<?xml version="1.0"', Form.XML),
        ("<!DOCTYPE corpus", Form.XML),
        ("<?php", Form.PLAIN),
        ("<unk> word", Form.PLAIN),
        ("<mediawiki> ", Form.MEDIAWIKI),
        ("<Blog> ", Form.BLOG),
        ("<own> words", Form.PLAIN),
        ("<own> words </own>", Form.XML),
        ("<own a='b'> words", Form.XML),
        ("<own> a = b", Form.PLAIN),
        ('<?xml version="1.0"?><own> ', Form.XML),
        ('<?xml version="1.0"?>\n<mediawiki> ', Form.MEDIAWIKI),
        ("<!-- a <own> tag --><Blog> ", Form.BLOG),
        ("<!DOCTYPE Blog [<!ELEMENT Blog (post)>]>\n<Blog> ", Form.BLOG),
        ("<!DOCTYPE post><post> ", Form.BLOG),
        ("<date/>", Form.BLOG),
        ("<text:Blog> ", Form.BLOG),
    ],
)
def test_markup_is_declared_closed_or_has_attributes(start: str, form: Form) -> None:
    assert form_of(start) is form
