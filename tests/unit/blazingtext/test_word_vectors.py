import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.vectors import reading
from blazingtext.vectors.subwords import BrokenFileError
from blazingtext.vectors.word_vectors import Vectors
from blazingtext_lifecycle.errors import UserError


@pytest.fixture(name="royal")
def _royal() -> Vectors:
    words = ("man", "woman", "king", "queen", "apple")
    rows = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 0.1, 0]]
    return Vectors(words, np.array(rows, np.float32))


def test_the_nearest_word_comes_first_and_the_word_itself_not_at_all(royal: Vectors) -> None:
    near = royal.neighbors("king", 3)

    assert [each.word for each in near] == ["queen", "man", "woman"]
    assert near[0].similarity == pytest.approx(2 / np.sqrt(6), abs=1e-5)


def test_more_neighbours_than_words_are_all_the_others(royal: Vectors) -> None:
    assert len(royal.neighbors("king", 100)) == 4


def test_man_is_to_king_as_woman_to_queen(royal: Vectors) -> None:
    assert royal.analogy("man", "king", "woman", 1)[0].word == "queen"


def test_an_unknown_word_is_refused_with_words_spelt_like_it(royal: Vectors) -> None:
    with pytest.raises(UserError, match=r'does not know "kingg".*Did you mean "king"'):
        royal.neighbors("kingg")


def test_capitals_are_pointed_out(royal: Vectors) -> None:
    with pytest.raises(UserError, match=r'does not know "King".*Did you mean "king"\?$'):
        royal.row("King")


def test_vectors_cannot_be_changed(royal: Vectors) -> None:
    with pytest.raises(ValueError, match="read-only"):
        royal["king"][0] = 7


def test_a_zero_vector_has_no_nearest_words_out_of_thin_air() -> None:
    found = Vectors(("a", "b"), np.array([[0, 0], [1, 0]], np.float32)).neighbors("a", 1)

    assert found[0].similarity == 0


@pytest.mark.parametrize("length", [1e-12, 1.5e-12, 1e-3])
def test_however_short_a_sum_is_its_direction_counts(length: float) -> None:
    rows = np.array([[1, 0], [1, -length], [0, 3]], np.float32)

    (near,) = Vectors(("a", "b", "c"), rows).neighbors("a - b", 5)

    assert near.word == "c"
    assert near.similarity == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("line_end", ["\n", " \n"])
def test_vectors_txt_is_read_with_and_without_trailing_spaces(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(f"3 2\nthe 0.5 -1{line_end}</s> 9 9{line_end}caf\u00e9 1e-3 2{line_end}", encoding="utf-8")

    found = reading.parse(path)

    assert found.words == ("the", "caf\u00e9")
    assert found["caf\u00e9"] == pytest.approx([0.001, 2])


@pytest.mark.parametrize("text", ["3 2\na 1 2\n", "words\n", "1 2\na 1\n", "2 2\na 1 2\nb 1 2 3\n", ""])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)

    with pytest.raises(BrokenFileError, match=r"vectors\.txt"):
        reading.parse(path)


def test_the_second_load_reads_the_binary_copy_and_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("2 2\na 1 2\nb 3 4\n")

    first = reading.load(path)
    path.write_text("not vectors any more")
    second = reading.load(path)

    assert second.words == first.words == ("a", "b")
    assert np.array_equal(first.matrix, second.matrix)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["vectors.npz", "vectors.txt"]


def test_gensim_finds_the_same_neighbours(tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(7)
    lines = [f"w{row} " + " ".join(f"{number:.5f}" for number in rng.normal(size=8)) for row in range(50)]
    path = tmp_path / "vectors.txt"
    path.write_text("50 8\n" + "\n".join(lines) + "\n")

    theirs = gensim.KeyedVectors.load_word2vec_format(path).most_similar("w7", topn=5)
    ours = reading.parse(path).neighbors("w7", 5)

    assert [each.word for each in ours] == [word for word, _ in theirs]
    assert [each.similarity for each in ours] == pytest.approx([score for _, score in theirs], abs=1e-5)


@pytest.mark.parametrize("text", ["2 2\nthe 0.3 0.4\nof 0.5 -0.6\n\n", "2 2\n\nthe 0.3  0.4\n \nof 0.5 -0.6 \n"])
def test_blank_lines_of_vectors_txt_are_no_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)

    found = reading.parse(path)

    assert found.words == ("the", "of")
    assert np.allclose(found.matrix, [[0.3, 0.4], [0.5, -0.6]])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2 2\nthe 0.3\nof 0.5 -0.6 0.7\n", 'the line of "the" has 1 numbers, not 2'),
        ("2 2\nthe 0.3 0.4 0.5\nof 0.5\n", 'the line of "the" has 3 numbers, not 2'),
        ("2 2\nthe\nof 1 2\n", 'the line of "the" has 0 numbers'),
        ("2 2\nthe a b\nof 1 2\n", "could not convert"),
        ("two 2\n", "word2vec's text format"),
        ("", "word2vec's text format"),
        ("3 2\nthe 1 2\nof 1 2\n", "ends early"),
    ],
)
def test_numbers_never_shift_between_words(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)

    with pytest.raises(BrokenFileError, match=why):
        reading.parse(path)


@given(st.binary(max_size=80))
def test_any_vectors_txt_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    path.write_bytes(b"2 2\n" + content)

    try:
        found = reading.parse(path)
    except BrokenFileError:
        return
    assert found.matrix.shape == (len(found), 2)


@pytest.mark.parametrize("damage", [0.5, 0.0, 0.95])
def test_a_cut_cache_is_made_anew(tmp_path: Path, damage: float) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("2 2\nthe 0.3 0.4\nof 0.5 -0.6\n")
    cached = tmp_path / "vectors.npz"
    reading.load(path)
    content = cached.read_bytes()
    cached.write_bytes(content[: int(len(content) * damage)])

    assert reading.load(path).words == ("the", "of")
    assert cached.read_bytes() == content


@pytest.mark.parametrize("error", [OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error])
def test_a_cache_that_cannot_be_read_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("1 2\nthe 0.3 0.4\n")
    reading.load(path)

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(np, "load", broken)

    assert reading.load(path).words == ("the",)


@pytest.mark.parametrize(
    "stored",
    [
        {"words": np.array("a\nb")},
        {"matrix": np.ones((2, 2), np.float32)},
        {"words": np.array("a\nb"), "matrix": np.ones(2, np.float32)},
        {"words": np.array("a\nb"), "matrix": np.ones((3, 2), np.float32)},
    ],
    ids=["no matrix", "no words", "a vector", "another number of rows"],
)
def test_a_cache_of_something_else_is_made_anew_and_a_good_one_is_taken(tmp_path: Path, stored: dict[str, Any]) -> None:
    path, heard = tmp_path / "vectors.txt", list[int]()
    path.write_text("2 2\nthe 0.3 0.4\nof 0.5 -0.6\n")
    np.savez(tmp_path / "vectors.npz", **stored)

    assert reading.load(path, heard.append).words == ("the", "of")
    assert sum(heard) == len("the 0.3 0.4\nof 0.5 -0.6\n")
    heard.clear()
    again = reading.load(path, heard.append)
    assert (again.words, heard) == (("the", "of"), [])
    assert np.allclose(again.matrix, [[0.3, 0.4], [0.5, -0.6]])


def test_without_room_for_the_cache_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "vectors.txt"
    path.write_text("1 2\nthe 0.3 0.4\n")
    monkeypatch.setattr(tempfile, "mkstemp", refuse)

    assert reading.load(path).words == ("the",)
    assert [each.name for each in tmp_path.iterdir()] == ["vectors.txt"]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u0dc1\u0dca\u0dbb\u0dd3", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"),
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"),
        ("full", "\uff46\uff55\uff4c\uff4c"),
    ],
)
def test_a_word_is_found_however_its_characters_are_composed(known: str, asked: str) -> None:
    vectors = Vectors((known, "other"), np.eye(2, dtype=np.float32))

    assert asked in vectors
    assert [vectors.has_vector(word) for word in (asked, known, "no")] == [True, True, False]
    assert vectors.neighbors(asked)[0].word == "other"


def test_a_capital_that_is_composed_otherwise_is_pointed_out() -> None:
    with pytest.raises(UserError, match='Did you mean "caf\u00e9"'):
        Vectors(("caf\u00e9",), np.eye(1, dtype=np.float32)).row("CAFE\u0301")
