"""Files that several processes read at once become the corpus that one makes of them, in the order of the files."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blazingtext.corpus import answers, batches, hashing, plain_lines, preparation, processes, recipe, whole_files
from blazingtext.corpus.answers import Answers
from blazingtext.corpus.corpus_lines import LineMaker, Made, Shape
from blazingtext.corpus.hashing import HashingReader
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.plain_lines import FileRange
from blazingtext.corpus.shares import Share
from blazingtext.corpus.sources import Part, Reading
from blazingtext.corpus.whole_files import Distribution, WholeFiles
from blazingtext_lifecycle.errors import CorpusError, UserError

MAKER = LineMaker(Normaliser(), Shape(), labelled=False)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is shared, too."""
    monkeypatch.setattr(processes, "_ALONE", 1)
    monkeypatch.setattr(batches, "SIZE", 100)
    monkeypatch.setattr(plain_lines, "RANGE", 1000)
    monkeypatch.setattr(whole_files, "_TOGETHER", 300)


def text(name: str, count: int = 300) -> bytes:
    return "".join(f"Line {n} of {name}. Mr. \u00c9 \u0130t ends! {n * n}\n" for n in range(count)).encode()


def zipped(**members: bytes) -> bytes:
    with io.BytesIO() as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return stream.getvalue()


def tarred(**members: bytes) -> bytes:
    with io.BytesIO() as stream:
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return stream.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "a.txt.gz": lambda: gzip.compress(text("a")),
    "b.txt.bz2": lambda: bz2.compress(text("b")),
    "c.txt.xz": lambda: lzma.compress(b"Invalid: caf\xe9.\n" + text("c")),
    "d.zip": lambda: zipped(one=text("d"), two=bytes(range(256)) * 4, three=b"<Blog><post>A post. Another</post></Blog>"),
    "e.txt": lambda: b"Small. One",
    "f.txt": lambda: b"",
    "g.txt": lambda: text("g", 100) + b"caf\xe9\n",
    "h.tar.gz": lambda: tarred(one=text("h"), two=text("i")),
    "j.bin": lambda: bytes(range(256)),
    "k.txt": lambda: text("k").decode().encode("utf-16"),
    "k2.txt": lambda: b"caf\xe9\n" + b"word\n" * 199,
    **{f"l{n:02}.txt": (lambda n=n: text(f"l{n}", n)) for n in range(30)},  # type: ignore[misc] # its default is its type
}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content())
    return folder


@pytest.mark.parametrize("shape", [Shape(), Shape(wrapped=True), Shape(minimum_words=5, maximum_words=6)])
@pytest.mark.parametrize("workers", [2, 3])
def test_several_processes_make_of_files_what_one_makes(
    folder: Path, tmp_path: Path, shape: Shape, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "IN_MEMORY", 2000)
    heard: dict[int, list[int]] = {1: [], workers: []}

    found = [
        preparation.prepare(
            [str(folder)], tmp_path / f"{count}.txt", shape=shape, workers=count, reading=Reading(advance=heard[count].append)
        )
        for count in heard
    ]

    assert (tmp_path / f"{workers}.txt").read_bytes() == (tmp_path / "1.txt").read_bytes()
    written = recipe.beside(tmp_path / f"{workers}.txt")
    assert written.read_bytes() == recipe.beside(tmp_path / "1.txt").read_bytes()
    one, several = (replace(each, path=Path("x"), recipe_file=None) for each in found)
    assert several == one
    assert list(several.skipped) == list(one.skipped) == ["d.zip/two", "j.bin"]
    assert (one.garbled, one.undecodable) == (("c.txt", "g.txt", "k2.txt"), 3)
    assert sum(heard[workers]) == sum(heard[1])
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {"in", *(f"{count}.txt{end}" for count in heard for end in ("", recipe.SUFFIX))}


@pytest.mark.parametrize("workers", [1, 2])
def test_shares_of_packed_files_are_the_whole(folder: Path, tmp_path: Path, workers: int) -> None:
    whole = preparation.prepare([str(folder)], tmp_path / "whole.txt")
    shares = [
        preparation.prepare([str(folder)], tmp_path / f"{number}.txt", workers=workers, reading=Reading(share=Share(number, 3)))
        for number in (1, 2, 3)
    ]

    assert sum(each.undecodable for each in shares) == whole.undecodable == 3
    assert b"".join((tmp_path / f"{n}.txt").read_bytes() for n in (1, 2, 3)) == (tmp_path / "whole.txt").read_bytes()


def test_small_files_go_together_large_ones_alone_and_plain_ones_in_ranges(tmp_path: Path) -> None:
    sizes = {"a": 120, "b": 120, "c": 120, "d": 0, "e": 3000, "f": 300, "g": 300}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size if name != "e" else text("e", 100))
    (tmp_path / "h").write_bytes(gzip.compress(os.urandom(4000)))
    (tmp_path / "i").write_bytes(gzip.compress(os.urandom(8000)))
    paths = [tmp_path / name for name in [*sizes, "h", "i"]]
    distribution = Distribution(Reading(), frozenset([paths[1]]), wrapped=False, workers=2)

    found = list(distribution.work(paths[:8]))

    whole = [[path.name for path, _ in each.parts] for each in found if isinstance(each, WholeFiles)]
    assert whole == [["a", "b"], ["c", "d"], ["f"], ["g"], ["h"]]
    assert [each.size for each in found if isinstance(each, WholeFiles)][:2] == [240, 120]
    assert [each.named for each in found if isinstance(each, WholeFiles)][:2] == [{paths[1]}, set()]
    assert {each.path.name for each in found if isinstance(each, FileRange)} == {"e"}
    with pytest.raises(CorpusError, match=r"i.*is not text"):
        # More than half of everything is unpacked here.
        list(Distribution(Reading(), frozenset(paths), wrapped=False, workers=2).work([paths[0], paths[8]]))


def test_an_error_in_a_file_is_raised_here_and_leaves_nothing(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt.gz").write_bytes(gzip.compress(text(str(number))))
    (tmp_path / "4.txt.gz").write_bytes(gzip.compress(text("4"))[:-20])

    with pytest.raises(CorpusError, match=r"4\.txt\.gz cannot be read. EOFError"):
        preparation.prepare([str(tmp_path)], tmp_path / "out.txt", workers=2)

    assert not list(tmp_path.glob("*out*"))


def test_the_end_of_a_file_ends_a_paragraph(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The cat\nsat")
    (tmp_path / "b.zip").write_bytes(zipped(one=b"down it\nslept", two=b"next"))

    preparation.prepare([str(tmp_path)], tmp_path / "out", shape=Shape(wrapped=True))

    assert (tmp_path / "out").read_text().splitlines() == ["the cat sat", "down it slept", "next"]


@pytest.fixture(name="kept")
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    monkeypatch.setattr(answers, "IN_MEMORY", 10)
    kept = Answers(tmp_path)
    yield kept
    kept.close()


def test_what_is_much_is_kept_in_a_file_and_comes_in_order(kept: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Made(b"%d" % n * n, lines=n) for n in range(9)]
    folders: list[Path] = []
    create: Any = tempfile.TemporaryFile

    def created(**given: Any) -> Any:
        folders.append(given["dir"])
        return create(**given)

    monkeypatch.setattr(tempfile, "TemporaryFile", created)

    for each in [*made, None]:
        kept.put(each)

    assert folders == [tmp_path]
    assert list(kept) == made


def test_memory_that_is_free_again_is_used_again(kept: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    taken: list[Made] = []

    for _ in range(5):
        kept.put(Made(b"123456789"))
        taken.append(next(iter(kept)))

    assert taken == [Made(b"123456789")] * 5


def test_no_room_is_told(kept: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    kept.put(Made(b"12345"))
    kept.put(Made(b"1234567"))

    with pytest.raises(UserError, match=rf"{tmp_path} has no room .* No space left on device. Make room, or use --workers 1"):
        list(kept)


def test_what_is_read_from_beginning_to_end_is_hashed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[str] = []

    def hashed(path: Path) -> str:
        again.append(path.name)
        return hashing.sha256_of(path)

    monkeypatch.setattr(recipe, "sha256_of", hashed)
    for name in ("a.txt.gz", "b.txt.bz2", "d.zip", "e.txt", "g.txt", "h.tar.gz"):
        (tmp_path / name).write_bytes(FILES[name]())

    found = preparation.prepare([str(tmp_path)], tmp_path / "out")

    # A zip archive is sought.
    assert again == ["d.zip"]
    paths: list[Part] = [(each, None) for each in sorted(tmp_path.iterdir()) if each.name[0] != "o"]
    expected = recipe.sources_of([path for path, _ in paths], {})
    assert found.recipe_file is not None
    assert isinstance(found.recipe_file, Path)
    made = recipe.read(found.recipe_file)
    assert made is not None
    assert made.prepared[0].sources == expected


def test_a_stream_that_was_sought_has_no_hash() -> None:
    reader = HashingReader(io.BytesIO(b"0123456789"), may_seek=True)
    assert (reader.seekable(), HashingReader(io.BytesIO()).seekable()) == (True, False)
    assert reader.read(2) == b"01"

    assert (reader.seek(-1, io.SEEK_END), reader.tell(), reader.read()) == (9, 9, b"9")

    assert not reader.sha256()


@pytest.mark.parametrize("read", [0, 3, 10])
def test_the_hash_is_of_the_whole_stream_however_much_was_read(read: int) -> None:
    reader = HashingReader(io.BytesIO(b"0123456789"))
    reader.read(read)

    assert reader.sha256() == hashlib.sha256(b"0123456789").hexdigest()
    assert reader.size == 10
