"""What is no text is refused, and the engine and the launcher agree on what that is, though they share no code."""

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from blazingtext_engine.container.content import check_text
from blazingtext_engine.errors import ChannelError
from blazingtext_lifecycle.corpus_text import refusal_of

TEXT = b"some words here\n" * 9


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", TEXT)
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("a")
        entry.size = len(TEXT)
        archive.addfile(entry, io.BytesIO(TEXT))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gzip.compress(TEXT), "a gzip archive"),
        (bz2.compress(TEXT), "a bzip2 archive"),
        (lzma.compress(TEXT), "a xz archive"),
        (b"\x28\xb5\x2f\xfd" + TEXT, "a zstd archive"),
        (zipped(), "a zip archive"),
        (tarred(), "a tar archive"),
        (b"7z\xbc\xaf\x27\x1c" + TEXT, "a 7z archive"),
        (b"Rar!\x1a\x07" + TEXT, "a rar archive"),
        (b"\x50\x2a\x4d\x18" + TEXT, "a zstd archive"),
        (b"\x5f\x2a\x4d\x18" + TEXT, "a zstd archive"),
        (b"PK\x05\x06" + bytes(18), "a zip archive"),
        (b"PK\x07\x08" + zipped(), "a zip archive"),
        (bz2.compress(b""), "a bzip2 archive"),
        (bz2.compress(TEXT, 1), "a bzip2 archive"),
        (b"\n" * 257 + b"ustar", "a tar archive"),
        (codecs.BOM_UTF16_BE + TEXT.decode().encode("utf-16-be"), "UTF-16"),
        (codecs.BOM_UTF32_BE + TEXT.decode().encode("utf-32-be"), "UTF-32"),
        (TEXT.decode().encode("utf-16"), "UTF-16"),
        (TEXT.decode().encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_text_is_refused_here_as_by_the_launcher(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a").write_bytes(content)

    with pytest.raises(ChannelError, match=rf"a is {what.replace('archive', 'file')}\."):
        check_text(tmp_path / "a", "a")
    assert what in refusal_of(content, "a", whole=True)


def test_the_remedy_names_what_sagemaker_unpacks_itself(tmp_path: Path) -> None:
    for content, words in (
        (gzip.compress(TEXT), "Unpack it before the upload, or set CompressionType to Gzip on the channel so that SageMaker does."),
        (bz2.compress(TEXT), "Unpack it before the upload."),
    ):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(ChannelError) as refusal:
            check_text(tmp_path / "a", "/opt/ml/a")
        assert str(refusal.value).startswith("/opt/ml/a is a ")
        assert str(refusal.value).endswith(words)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        TEXT,
        b"caf\xe9 words\n",
        b"BZh words\n",
        b"PK words\n",
        b"PK\x03words",
        b"a" * 256 + b"ustar",
        b"ustar " * 99,
        b"\xff words",
        b"BZh0AY&SY",
        b"7z words",
        b"\x1f\x8b",
        "\u65e5\u672c\n".encode(),
    ],
)
def test_any_other_bytes_are_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)

    check_text(tmp_path / "a", "a")
