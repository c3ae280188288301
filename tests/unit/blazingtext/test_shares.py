"""Shares of the inputs: which bytes belong to which, and that all of them are the whole."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.corpus import decoding, plain_lines, preparation
from blazingtext.corpus.objects import Access, S3Object
from blazingtext.corpus.shares import Share
from blazingtext.corpus.sources import Reading
from blazingtext_lifecycle.errors import CorpusError
from tests.unit.blazingtext.conftest import Typed


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", " 1/2", "1.0/2", "a/b", "\u0661/\u0662", "1/1234567890"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no share. The first of eight is 1/8, and the last 8/8."):
        Share.parse(text)


def test_shares_have_a_number_and_a_count() -> None:
    assert Share.parse("2/8") == Share(2, 8)
    assert Share.parse("1/1").is_all
    assert Share().is_all
    assert not Share(8, 8).is_all


def test_objects_have_shares_as_files_have() -> None:
    first, second = S3Object(Access(), "raw", "a", 6), S3Object(Access(), "raw", "b", 4)

    assert list(Share(2, 2).parts([first, second])) == [(first, range(5, 6)), (second, range(4))]
    assert Share(2, 2).size([first, second]) == 5


@given(sizes=st.lists(st.integers(0, 9), max_size=6), count=st.integers(2, 7))
def test_every_byte_belongs_to_one_share(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], count: int) -> None:
    folder = tmp_path_factory.mktemp("shares")
    paths = [folder / str(number) for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(b"x" * size)

    shares = [Share(number, count) for number in range(1, count + 1)]
    found = [(path, byte) for share in shares for path, part in share.parts(paths) for byte in part or ()]

    assert found == [(path, byte) for path, size in zip(paths, sizes, strict=True) for byte in range(size)]
    lengths = [share.size(paths) or 0 for share in shares]
    assert sum(lengths) == sum(sizes)
    assert max(lengths) - min(lengths) <= 1


def texts(folder: Path) -> list[str]:
    folder.mkdir()
    lines = "".join(f"Line {n}. It ends!\n" for n in range(60)).encode()
    (folder / "a.txt").write_bytes(b"\xef\xbb\xbfFirst.\r\n" + lines)
    (folder / "b.gz").write_bytes(gzip.compress(b"Packed. Whole.\n" + lines, mtime=0))
    (folder / "c.txt").write_bytes(lines + b"__label__x A caf\xe9 once\n" + b"word " * 100)
    (folder / "d.txt").write_bytes("UTF-16. As a whole".encode("utf-16"))
    (folder / "empty.txt").write_bytes(b"")
    return [str(folder)]


@pytest.mark.parametrize("count", [2, 3, 5, 40])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_outputs_of_all_shares_are_the_whole_corpus(tmp_path: Path, count: int, workers: int) -> None:
    inputs = texts(tmp_path / "in")
    heard: list[int] = []
    whole = preparation.prepare(inputs, tmp_path / "whole.txt")

    made = [
        preparation.prepare(
            inputs, tmp_path / f"{n}.txt", reading=Reading(share=Share(n, count), advance=heard.append), workers=workers
        )
        for n in range(1, count + 1)
    ]  # fmt: skip

    assert b"".join((tmp_path / f"{n}.txt").read_bytes() for n in range(1, count + 1)) == (tmp_path / "whole.txt").read_bytes()
    assert sum(each.lines for each in made) == whole.lines
    assert sum(each.words for each in made) == whole.words
    assert sum(each.undecodable for each in made) == whole.undecodable == 1


def test_what_has_no_size_has_no_shares(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"- is not a file, so that it has no shares: its size is unknown. Write it to a file"):
        preparation.prepare(["-"], tmp_path / "out.txt", reading=Reading(share=Share(1, 2)))
    assert not (tmp_path / "out.txt").exists()


def test_shard_is_an_option_of_prepare(typed: Typed, tmp_path: Path) -> None:
    raw = tmp_path / "a.txt"
    raw.write_text("One. Two.\nthree\nfour\n")
    parts = []
    for shard in ("1/3", "2/3", "3/3"):
        code, _, _ = typed("corpus", "prepare", str(raw), "-o", str(tmp_path / "out.txt"), "--shard", shard, "--workers", "2", "--force")
        assert code == 0
        parts.append((tmp_path / "out.txt").read_text())

    assert parts == ["one\ntwo\n", "three\n", "four\n"]
    code, _, err = typed("corpus", "prepare", str(raw), "-o", str(tmp_path / "new.txt"), "--shard", "4/3")
    assert (code, "'4/3' is no share" in err) == (2, True)
    code, _, err = typed("corpus", "prepare", str(raw), "-o", str(tmp_path / "new.txt"), "--shard", "1/3", "--wrapped")
    assert (code, "--shard divides texts between lines, which --wrapped joins" in err) == (2, True)
    assert typed("corpus", "prepare", str(raw), "-o", str(tmp_path / "new.txt"), "--workers", "0")[0] == 2
    assert not (tmp_path / "new.txt").exists()


@given(
    text=st.lists(st.sampled_from([b"a", b"bb ", b"\n", b"\n\n", b"cccc", b"\xc3\xa9", b"\xe9"]), max_size=40).map(b"".join),
    start=st.integers(0, 60),
    length=st.integers(1, 60),
    size=st.integers(1, 20),
)
def test_ranges_hold_the_lines_that_begin_in_a_part(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, start: int, length: int, size: int
) -> None:
    path = tmp_path_factory.mktemp("ranges") / "a.txt"
    path.write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_lines, "RANGE", size)
        found = list(plain_lines.ranges(path, range(start, min(start + length, len(text))), 0))
    begins = [place for place in range(len(text)) if place == 0 or text[place - 1 : place] == b"\n"]
    ends = [*begins[1:], len(text)]
    lines = [text[begin:end] for begin, end in zip(begins, ends, strict=bool(text)) if start <= begin < start + length]

    invalid = decoding.Invalid()
    assert b"".join(text[each.start : each.stop] for each in found) == b"".join(lines)
    assert b"".join(block for each in found for block in each.blocks(invalid)) == b"".join(lines).decode("utf-8", invalid.handler).encode()


def test_a_text_in_ranges_with_too_many_invalid_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_lines, "RANGE", 70_000)
    path = tmp_path / "a.txt"
    path.write_bytes(b"Plain words.\n" * 6000 + b"caf\xe9\n" * 1000)

    with pytest.raises(CorpusError, match=r"a.txt is not utf-8: 1,000 of 83,000 bytes are invalid in it. Give its encoding"):
        preparation.prepare([str(path)], tmp_path / "out.txt")
    assert not (tmp_path / "out.txt").exists()


def test_progress_of_ranges_is_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_lines, "RANGE", 1000)
    (tmp_path / "a.txt").write_bytes(b"Plain words.\n" * 6000)
    heard: list[int] = []

    preparation.prepare([str(tmp_path / "a.txt")], tmp_path / "out.txt", reading=Reading(advance=heard.append))

    assert sum(heard) == 78_000
