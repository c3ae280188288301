import hashlib
import io
import urllib.error
import zipfile
from pathlib import Path
from typing import Any

import pytest

from blazingtext.corpus import public_corpora
from blazingtext.corpus.statistics import statistics
from blazingtext.errors import UnreadableFileError
from blazingtext_lifecycle.errors import CloudError, CorpusError, UserError


@pytest.fixture(name="zipped")
def _zipped(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A small archive in text8.zip's form, with its own checksum in the place of text8's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("text8", "anarchism originated as a term of abuse")
    monkeypatch.setattr(public_corpora, "TEXT8_SHA256", hashlib.sha256(buffer.getvalue()).hexdigest())
    return buffer.getvalue()


def test_the_sample_is_real_text_of_the_size_its_readme_says(tmp_path: Path) -> None:
    path = public_corpora.sample(tmp_path / "wikipedia.txt")

    found = statistics(path)

    assert (found.size, found.words) == (32_710_749, 5_568_309)
    assert found.frequent[0][0] == "the"
    readme = (Path(public_corpora.__file__).parents[1] / "data/sample/README.md").read_text(encoding="utf-8")
    assert "32,710,749" in readme
    assert "5,568,309" in readme
    assert "CC BY-SA 4.0" in readme


def test_the_packed_sample_is_small_enough_to_ship() -> None:
    packed = Path(public_corpora.__file__).parents[1] / "data/sample/wikipedia.txt.xz"

    assert packed.stat().st_size <= 8_000_000


def test_text8_is_downloaded_checked_and_unpacked(tmp_path: Path, zipped: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(zipped))
    heard: list[int] = []

    public_corpora.text8(tmp_path / "text8", advance=heard.append)

    assert (tmp_path / "text8").read_text() == "anarchism originated as a term of abuse"
    assert sum(heard) == len(zipped)


def test_an_archive_brought_by_hand_is_checked_too(tmp_path: Path, zipped: bytes) -> None:
    archive = tmp_path / "text8.zip"
    archive.write_bytes(zipped)

    assert public_corpora.text8(tmp_path / "text8", archive=archive) == tmp_path / "text8"

    assert (tmp_path / "text8").exists()


@pytest.mark.usefixtures("zipped")
def test_another_file_in_its_place_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    archive = tmp_path / "text8.zip"
    archive.write_bytes(b"<html>Please log in</html>")

    with pytest.raises(CorpusError, match=r"not text8\.zip"):
        public_corpora.text8(tmp_path / "text8", archive=archive)
    assert not (tmp_path / "text8").exists()


def test_without_internet_three_ways_on_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("name resolution failed")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)

    with pytest.raises(CloudError, match="name resolution failed") as caught:
        public_corpora.text8(tmp_path / "text8")

    for way in ("HTTPS_PROXY", "--archive", "corpus sample"):
        assert way in str(caught.value)


def test_a_file_that_is_there_is_kept_before_anything_is_downloaded(tmp_path: Path) -> None:
    (tmp_path / "text8").write_text("precious")

    with pytest.raises(UserError, match="already exists"):
        public_corpora.text8(tmp_path / "text8")


def test_an_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"mine\.zip"):
        public_corpora.text8(tmp_path / "text8", archive=tmp_path / "mine.zip")
    assert not (tmp_path / "text8").exists()


@pytest.mark.parametrize("by_hand", [False, True])
def test_every_megabyte_of_an_archive_is_told(tmp_path: Path, by_hand: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer, heard = io.BytesIO(), list[int]()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("text8", bytes(5 << 19))
    monkeypatch.setattr(public_corpora, "TEXT8_SHA256", hashlib.sha256(buffer.getvalue()).hexdigest())
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(buffer.getvalue()))
    (tmp_path / "mine.zip").write_bytes(buffer.getvalue())

    public_corpora.text8(tmp_path / "text8", archive=tmp_path / "mine.zip" if by_hand else None, advance=heard.append)

    assert heard == [1 << 20, 1 << 20, len(buffer.getvalue()) - (2 << 20)]
    assert (tmp_path / "text8").stat().st_size == 5 << 19
