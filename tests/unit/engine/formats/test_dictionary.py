"""The dictionary of a model file: its entries, and the index that finds words in it."""

import mmap
import struct
from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.formats.dictionary import CutShortError, Words, read_entries

# Counts whose bytes hold zeros, none, and the sign; a word longer than two windows of 64 bytes; nothing; bytes that are no UTF-8.
ENTRIES = [(b"the", 256, 0), (b"x" * 200, 2**62, 1), (b"", 0x0101010101010101, 0), (b"\xff\x01", -1, 0), (b"the", 0, 5), (b"a", 98, 0)]


def mapped(path: Path, content: bytes) -> mmap.mmap:
    path.write_bytes(content)
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def packed(entries: list[tuple[bytes, int, int]]) -> bytes:
    return b"".join(word + b"\0" + struct.pack("<qb", count, kind) for word, count, kind in entries)


@pytest.mark.parametrize("window", [1, 10, 11, 64, 10_000])
def test_entries_are_found_whatever_part_of_the_file_is_searched_at_once(tmp_path: Path, window: int) -> None:
    before, after = b"\0\1\0", b"\0" * 40
    data = mapped(tmp_path / "file", before + packed(ENTRIES) + after)

    found = read_entries(data, len(before), len(ENTRIES), window)

    words = Words(data, found.starts)
    assert list(zip(words, found.counts.tolist(), found.kinds.tolist(), strict=True)) == ENTRIES
    assert found.stop == len(before) + len(packed(ENTRIES))


def test_a_file_of_no_entries_has_none(tmp_path: Path) -> None:
    found = read_entries(mapped(tmp_path / "file", b"end"), 3, 0)

    assert (len(found.starts), len(found.counts), len(found.kinds), found.stop) == (0, 0, 0, 3)


@pytest.mark.parametrize("window", [1, 10_000])
def test_a_dictionary_cut_short_anywhere_is_noticed(tmp_path: Path, window: int) -> None:
    content = packed([(b"the", 256, 0), (b"of", 3, 0)])
    for size in range(1, len(content)):
        data = mapped(tmp_path / str(size), content[:size])
        with pytest.raises(CutShortError):
            read_entries(data, 0, 2, window)


def test_words_are_read_one_by_one_and_in_parts(tmp_path: Path) -> None:
    data = mapped(tmp_path / "file", b"the\0of\0\0and\0")

    words = Words(data, np.array([0, 4, 7, 8]))

    assert (len(words), words[1], words[-1], words[1:3]) == (4, b"of", b"and", [b"of", b""])


def test_every_word_is_found_and_no_other(tmp_path: Path) -> None:
    names = [b"w%d" % number for number in range(5000)]
    content = packed([(name, 1, 0) for name in names])
    data = mapped(tmp_path / "file", content)
    words = Words(data, read_entries(data, 0, len(names)).starts)

    assert [words.place(name) for name in names] == list(range(5000))
    assert [words.place(name) for name in (b"", b"w", b"w00", b"w5000", b"x1")] == [None] * 5


def test_of_two_equal_words_the_last_one_is_found(tmp_path: Path) -> None:
    data = mapped(tmp_path / "file", packed(ENTRIES))

    assert Words(data, read_entries(data, 0, len(ENTRIES)).starts).place(b"the") == 4


def test_words_with_equal_checksums_are_told_apart(tmp_path: Path) -> None:
    # CRC-32 of both is 0x4ddb0c25.
    data = mapped(tmp_path / "file", b"plumless\0buckeroo\0")

    words = Words(data, np.array([0, 9]))

    assert [words.place(word) for word in (b"plumless", b"buckeroo")] == [0, 1]


def test_a_word_with_a_nul_is_none(tmp_path: Path) -> None:
    # In the file, "a" is followed by its NUL and a count of 98, which is the letter b and seven NULs.
    data = mapped(tmp_path / "file", packed([(b"a", 98, 0)]))
    # The word that is asked for has to have the checksum's bits of the one that is there: with one bit, half of all have.
    asked = [b"a\0b" + b"\0" * more for more in range(7)]

    assert [Words(data, np.array([0])).place(word) for word in asked] == [None] * 7


def test_no_words_are_found_in_an_empty_dictionary(tmp_path: Path) -> None:
    assert Words(mapped(tmp_path / "file", b"x"), np.zeros(0, np.int64)).place(b"x") is None
