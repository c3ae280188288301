"""Files cut into parts of equal size, and what happens when reading or writing one of them does not go as it should."""

import os
from concurrent import futures
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blazingtext_engine.corpus import scanning
from blazingtext_engine.corpus.scanning import FileRange, all_words, scan_files, split_files
from blazingtext_engine.corpus.vocabulary import Vocabulary, read_corpus, read_corpus_with
from blazingtext_engine.corpus.word_table import WordTable


def spell(ranges: list[FileRange]) -> bytes:
    return b"".join(each.path.read_bytes()[each.start : each.stop] for each in ranges)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_every_thread_has_an_equal_share_cut_between_words(tmp_path: Path, threads: int) -> None:
    texts = [b"word%04d " % number * 50 for number in range(20)] + [b"", b"\n", b"x" * 300]
    paths = [tmp_path / f"{number:02}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    size = sum(map(len, texts))

    lists = split_files(paths, threads)

    assert [each.path for ranges in lists for each in ranges] == sorted(each.path for ranges in lists for each in ranges)
    assert b"".join(map(spell, lists)) == b"".join(texts)
    ends = np.cumsum([len(spell(ranges)) for ranges in lists])
    # A cut goes on to the end of the word it falls into.
    for part, end in enumerate(ends.tolist(), 1):
        assert 0 <= end - size * part // threads < (9 if part < threads else 1)
    assert all(spell(ranges)[-1:] in b" \n" for ranges in lists[:-1])
    last_of = {each.path: each.ends_file for ranges in lists for each in ranges}
    assert set(last_of.values()) == {True}
    for ranges in lists:
        assert [each.ends_file for each in ranges[:-1]] == [True] * (len(ranges) - 1)
        assert ranges[-1].ends_file is (ranges[-1].stop == ranges[-1].path.stat().st_size)


def test_a_cut_behind_a_separator_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"abc def ")

    cuts = [split_files([path], 2)[0][0].stop]
    path.write_bytes(b"abcd ef ")
    cuts.append(split_files([path], 2)[0][0].stop)

    assert cuts == [4, 5]


def test_a_text_is_one_word_for_whoever_comes_first(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"x" * 100)

    assert [len(ranges) for ranges in split_files([tmp_path / "text"], 3)] == [1, 0, 0]


def test_what_a_thread_cannot_read_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[int, int]:
        raise OSError("unplugged")

    (tmp_path / "text").write_bytes(b"some words")
    monkeypatch.setattr(WordTable, "add", broken)

    with pytest.raises(OSError, match="unplugged"):
        read_corpus([tmp_path / "text"], min_count=1, threads=2)


def test_what_a_thread_cannot_write_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError("full")

    (tmp_path / "text").write_bytes(b"some words")
    monkeypatch.setattr(os, "pwrite", broken)

    with pytest.raises(OSError, match="full"):
        read_corpus([tmp_path / "text"], min_count=1, threads=2)


def test_a_system_that_writes_a_few_bytes_at_a_time_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pwrite
    (tmp_path / "text").write_bytes(b"a b c d\ne f g h a b\n" * 9)
    expected = read_corpus([tmp_path / "text"], min_count=1, threads=1).tokens.ids.tolist()
    monkeypatch.setattr(os, "pwrite", lambda file, rest, place: whole(file, rest[:5], place))

    assert read_corpus([tmp_path / "text"], min_count=1, threads=3).tokens.ids.tolist() == expected


def test_a_long_stream_is_written_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text").write_bytes(b"often rare1 often rare2\n" * 1 + b"often often\n" * 99)
    expected = read_corpus([tmp_path / "text"], min_count=2, threads=1).tokens.ids.tolist()
    monkeypatch.setattr(scanning, "_READ_BYTES", 12)

    assert read_corpus([tmp_path / "text"], min_count=2, threads=2).tokens.ids.tolist() == expected == [0, 0, -1] * 100


def test_a_file_that_shrinks_while_it_is_read_ends_where_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"a b a")
    monkeypatch.setattr(scanning, "split_files", lambda *_: [[FileRange(path, 0, 50, ends_file=True)]])

    corpus = read_corpus([path], min_count=1, threads=1)

    assert (corpus.vocabulary.words, corpus.tokens.ids.tolist()) == ([b"a", b"b"], [0, 1, 0, -1])


def test_a_stop_can_be_heard_ten_times_a_second_while_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, reported, original = list[float](), list[int](), futures.wait

    def wait(pending: set[Any], timeout: float) -> tuple[set[Any], set[Any]]:
        waits.append(timeout)
        # The first time nobody has come to an end.
        return (set(), pending) if len(waits) == 1 else original(pending)

    (tmp_path / "text").write_bytes(b"some words")
    monkeypatch.setattr(scanning, "wait", wait)
    read_corpus([tmp_path / "text"], min_count=1, threads=1, progress=reported.append)

    assert waits == [0.1, 0.1]
    assert len(reported) == 2
    assert reported[-1] == 2


def test_an_empty_text_has_no_tokens(tmp_path: Path) -> None:
    (tmp_path / "text").touch()
    nothing = Vocabulary([b"known"], np.array([1]), 1, [b"__label__a"], np.array([1]))

    assert read_corpus_with(nothing, [tmp_path / "text"], threads=2).tokens.ids.tolist() == []


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_tables_grow_while_words_are_read_and_while_threads_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    grown, grow = list[int](), WordTable.grow

    def noted(table: WordTable) -> None:
        grow(table)
        grown.append(len(table.slots))

    monkeypatch.setattr("blazingtext_engine.corpus.word_table._INITIAL_SLOTS", 16)
    monkeypatch.setattr(WordTable, "grow", noted)
    words = [b"w%d" % n for n in range(100)] + [b"a-rather-long-word-%d" % n for n in range(100)]
    (tmp_path / "text").write_bytes(b"\n".join(words))

    corpus = read_corpus([tmp_path / "text"], min_count=1, threads=threads)

    assert corpus.vocabulary.words == words
    assert corpus.tokens.ids.tolist() == [token for word in range(200) for token in (word, -1)]
    # Key and value of a slot: 32 numbers for 16 slots, and four times as many with each step.
    assert set(grown) <= {128, 512, 2048}
    assert max(grown) >= 512


def test_a_table_grows_when_it_is_half_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext_engine.corpus.word_table._INITIAL_SLOTS", 16)
    sizes = []
    for count in (1, 8, 9, 32, 33):
        table, text = WordTable.empty(), b"".join(b"w%d " % n for n in range(count))
        buffer = np.frombuffer(text + bytes(32), np.uint8).copy()
        table.add(buffer, len(text), np.zeros(len(text), np.int32))
        assert table.words(np.arange(count)) == text.split()
        sizes.append(len(table.slots) // 2)

    assert sizes == [16, 16, 64, 64, 256]


@pytest.mark.parametrize(("other", "slots"), [(range(8), 16), (range(4, 9), 64), (range(100, 124), 64), (range(100, 125), 256)])
def test_a_merged_table_grows_only_for_words_it_lacks(monkeypatch: pytest.MonkeyPatch, other: range, slots: int) -> None:
    monkeypatch.setattr("blazingtext_engine.corpus.word_table._INITIAL_SLOTS", 16)
    tables = []
    for numbers in (range(8), other):
        text = b"".join(b"w%d " % number for number in numbers)
        tables.append(WordTable.empty())
        tables[-1].add(np.frombuffer(text + bytes(32), np.uint8).copy(), len(text), np.zeros(len(text), np.int32))

    here = tables[0].merge(tables[1], tables[1].counts(), np.arange(tables[1].entries))

    expected = list(dict.fromkeys([*range(8), *other]))
    assert tables[0].words(np.arange(tables[0].entries)) == [b"w%d" % number for number in expected]
    assert here.tolist() == [expected.index(number) for number in other]
    assert tables[0].counts().tolist() == [(number < 8) + (number in other) for number in expected]
    # A key and a value each; half of the slots are in use at most.
    assert len(tables[0].slots) // 2 == slots


def test_a_part_gives_up_its_words_once_they_are_merged(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"a b c d e f g h i j k l " * 3)

    with scan_files([tmp_path / "text"], 3, None) as parts:
        assert [part.table.entries for part in parts] == [12, 12, 12]
        table, entries = all_words(parts)

        assert all(part.table is table for part in parts)
        assert table.counts().tolist() == [3] * 12
        assert entries.tolist() == list(range(12))
        read = [[(tokens, codes.tolist(), counts.tolist()) for tokens, codes, counts in part.read_segments()] for part in parts]
        # The last part ends the last line.
        assert read == [[(tokens, list(range(12)), [1] * 12)] for tokens in (12, 12, 13)]


def test_room_for_words_is_made_with_what_kernels_read_past_the_end_and_doubles() -> None:
    table, sizes = WordTable.empty(), []
    buffer = np.frombuffer(b"first " + bytes(32), np.uint8).copy()
    table.add(buffer, 6, np.zeros(6, np.int32))

    for size in (10, 1000, 1001, 1002, 5000):
        table.reserve(size)
        sizes.append(len(table.text))
        # 16 bytes at once are read, from any byte of a word on.
        assert len(table.text) >= 5 + size + 32
        assert table.word(0) == b"first"

    assert all(later == earlier or later >= 2 * earlier for earlier, later in pairwise(sizes))
    assert sizes[1:4] == [5 + 1000 + 32, 2 * (5 + 1000 + 32), 2 * (5 + 1000 + 32)]


def text_of_many_words(path: Path, words: int = 30_000) -> Path:
    """Words of all lengths, in an order in which most come back, with line ends."""
    generator = np.random.default_rng(1)
    numbers = np.minimum(generator.zipf(1.2, words), 10**6)
    text = [b"%s%d" % (b"w" * int(number % 11), number) for number in numbers]
    path.write_bytes(b"\n".join(b" ".join(text[at : at + 20]) for at in range(0, words, 20)))
    return path


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("most", [1, 300, 10**6])
def test_many_threads_that_share_words_read_what_one_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, labels: bool
) -> None:
    path = text_of_many_words(tmp_path / "text")
    expected = read_corpus([path], min_count=2, threads=1, labels=labels)
    monkeypatch.setattr(scanning, "SHARED_BLOCK_BYTES", 500)
    monkeypatch.setattr(scanning, "SHARED_ENTRIES", most)
    # So that tables of partitions grow, too.
    monkeypatch.setattr("blazingtext_engine.corpus.word_table._INITIAL_SLOTS", 16)

    found = read_corpus([path], min_count=2, threads=scanning.FEW_THREADS + 1, labels=labels)

    assert found.vocabulary.words == expected.vocabulary.words
    assert found.vocabulary.counts.tolist() == expected.vocabulary.counts.tolist()
    assert found.vocabulary.total_words == expected.vocabulary.total_words
    assert found.tokens.ids.tolist() == expected.tokens.ids.tolist()
    assert found.tokens.hashes.tolist() == expected.tokens.hashes.tolist()


@pytest.mark.parametrize("threads", [scanning.FEW_THREADS, scanning.FEW_THREADS + 1])
def test_tables_of_many_threads_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    path = text_of_many_words(tmp_path / "text")
    sizes, add = list[int](), WordTable.add

    def noted(table: WordTable, *given: Any) -> tuple[int, int]:
        found = add(table, *given)
        sizes.append(table.entries)
        return found

    monkeypatch.setattr(scanning, "SHARED_BLOCK_BYTES", 500)
    monkeypatch.setattr(scanning, "SHARED_ENTRIES", 200)
    monkeypatch.setattr(WordTable, "add", noted)
    with scan_files([path], threads, None) as parts:
        words = all_words(parts)[0].entries

    # A block of 500 bytes has fewer than 250 words.
    assert (max(sizes) < 200 + 250) is (threads > scanning.FEW_THREADS)
    assert words > 3000
