"""Machine code counts the words and the lines that Python counts."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blazingtext.compiled import word_counts
from blazingtext.compiled.word_counts import LineCounts, WordCounts
from blazingtext.corpus import statistics as statistics_module
from blazingtext.corpus.statistics import Statistics, statistics

# Words that are one number, or share the number of their first bytes, or have the hash of another; white space of every kind.
WORDS = [b"a", b"\0a", b"\0\0a", b"abcdefgh", b"abcdefghi", b"abcdefgih", b"abcdefghij", b"\xff\xff", b"\xc2\xa0", b"\x1c", b"x" * 40]
BLANKS = [b" ", b"\n", b"\n\n", b"\r\n", b"\t", b"\x0b", b"\x0c", b" \n "]
TEXTS = st.lists(st.sampled_from(WORDS + BLANKS), max_size=60).map(b"".join) | st.binary(max_size=60)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables begin so small that they have to grow."""
    monkeypatch.setattr(word_counts, "_FIRST_WORDS", 2)
    monkeypatch.setattr(word_counts, "_FIRST_BYTES", 8)


@given(st.lists(TEXTS, max_size=4))
@example([b"abcdefghi abcdefgih abcdefghi", b"", b"\0a a", b" " * 20])
def test_words_are_those_of_split_in_the_order_in_which_they_came(texts: list[bytes]) -> None:
    counts, expected = WordCounts(), Counter[bytes]()

    for text in texts:
        counts.add(text)
        expected.update(text.split())

    assert list(counts.items()) == list(expected.items())


@given(TEXTS, st.integers(0, 3))
def test_lines_are_those_that_hold_words(text: bytes, before: int) -> None:
    found = WordCounts().add(text, before)

    *whole, rest = [len(line.split()) for line in text.split(b"\n")]
    lengths = [*whole, rest]
    lengths[0] += before
    *whole, rest = lengths
    assert found == LineCounts(sum(map(bool, whole)), whole.count(0), max(whole, default=0), rest)


def test_many_words_find_their_places_as_tables_grow() -> None:
    counts = WordCounts()
    text = b" ".join(b"%d" % (n * n) for n in range(5000))

    for _ in range(3):
        counts.add(text)

    assert dict(counts.items()) == {b"%d" % (n * n): 3 for n in range(5000)}


def _of(path: Path, text: str, monkeypatch: pytest.MonkeyPatch, *, worth: int, piece: int) -> Statistics:
    path.write_text(text, newline="")
    monkeypatch.setattr(statistics_module, "WORTH", worth)
    monkeypatch.setattr(statistics_module, "_PIECE", piece)
    return statistics(path, min_count=1)


@pytest.mark.parametrize("piece", [3, 20, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "a bb ccc bb\n\nccc ddd\n \r\na last",
        "one\ntwo words\n__label__x three\nfour five six seven\nunlabelled\n__label__y\n",
        "__label__x a b c d\n" * 3 + "e f\n",
        "w " * 50,
    ],
)
def test_statistics_are_the_same_whatever_counts(tmp_path: Path, text: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    made: list[WordCounts] = []

    def counting() -> WordCounts:
        made.append(WordCounts())
        return made[-1]

    monkeypatch.setattr(word_counts, "WordCounts", counting)

    expected = _of(path, text, monkeypatch, worth=1 << 60, piece=1 << 20)
    assert not made

    assert _of(path, text, monkeypatch, worth=0, piece=piece) == expected
    assert len(made) == 1


def test_without_numba_python_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "blazingtext.compiled.word_counts", None)

    assert _of(tmp_path / "a.txt", "a b a\n", monkeypatch, worth=0, piece=100).frequent == (("a", 2), ("b", 1))
