"""Word pairs and analogies of somebody's own, in every form that people have them."""

from pathlib import Path

import pytest

from blazingtext.vectors import sets
from blazingtext.vectors.sets import AnalogySet, Pair, Question, SimilaritySet
from blazingtext_lifecycle.errors import UserError

TIGER, BOOK = Pair("tiger", "cat", 7.35), Pair("book", "paper", 7.46)


def pairs_of(content: bytes) -> tuple[Pair, ...]:
    found = sets.of_bytes("mine.txt", content, where="mine.txt")
    assert isinstance(found, SimilaritySet)
    return found.pairs


def questions_of(content: bytes) -> tuple[Question, ...]:
    found = sets.of_bytes("mine.txt", content, where="mine.txt")
    assert isinstance(found, AnalogySet)
    return found.questions


@pytest.mark.parametrize(
    "content",
    [
        b"tiger\tcat\t7.35\nbook\tpaper\t7.46\n",
        b"tiger,cat,7.35\r\nbook,paper,7.46\r\n",
        b"tiger;cat;7,35\nbook;paper;7,46",
        b"tiger cat 7.35\nbook   paper 7.46\n",
        b"tiger cat 7,35\nbook paper 7,46\n",
        b"tiger\tcat\t7,35\rbook\tpaper\t7,46\r",
        b"\xef\xbb\xbftiger, cat, 7.35\n\n  \nbook, paper, 7.46\n",
        b"# who, when\ntiger\tcat\t7.35\n  # another\nbook\tpaper\t7.46\n",
        b"Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nbook,paper,7.46\n",
        b"word1\tword2\tPOS\tSimLex999\tother\ntiger\tcat\tN\t7.35\t1\nbook\tpaper\tN\t7.46\t2\n",
        b'"tiger","cat","7.35"\n"book","paper",7.46\n',
        b'"tiger"\t"cat"\t"7.35"\nbook\tpaper\t+7.46e0\t\n',
    ],
)
def test_pairs_are_read_in_every_form(content: bytes) -> None:
    assert pairs_of(content) == (TIGER, BOOK)


def test_words_of_several_words_stand_between_tabs_or_commas() -> None:
    assert pairs_of(b"New York\tbig city\t8\na\tb\t.5\n") == (Pair("New York", "big city", 8), Pair("a", "b", 0.5))
    assert pairs_of(b'"Paris, Texas","New York",3\n') == (Pair("Paris, Texas", "New York", 3),)
    for years in (b"1990, 1991, 5\n", b"1990,1991,5\n"):
        assert pairs_of(years) == (Pair("1990", "1991", 5),)


@pytest.mark.parametrize(
    ("content", "line", "shown"),
    [
        (b"tiger\tcat\t7\nbook\tpaper\t7\nbad line\n", 3, "bad line"),
        (b"# c\n\ntiger\tcat\t7\nbook\tpaper\tmuch\n", 4, "book\tpaper\tmuch"),
        (b"tiger cat\ntiger cat 7\n", 1, "tiger cat"),
        (b"5\ttiger\tcat\ntiger\tcat\t7\n", 1, "5\ttiger\tcat"),
        (b"tiger\tcat\t7\ntiger\tcat\t8\n\tcat\t7\n", 3, "cat\t7"),
        (b"tiger\tcat\t7\ntiger\tcat\tnan\n", 2, "tiger\tcat\tnan"),
        (b"tiger\tcat\t7\ntiger\tcat\t1e999\n", 2, "tiger\tcat\t1e999"),
        (b": a\na b c d\na b c\n", 3, "a b c"),
        (b": a\na\tb\t\td\n", 2, "a\tb\t\td"),
        (b"a\tb\nc\td/e\nf\t/\n", 3, "f\t/"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(content: bytes, line: int, shown: str) -> None:
    with pytest.raises(UserError, match=rf"mine\.txt, line {line} cannot be read") as caught:
        sets.of_bytes("mine.txt", content, where="mine.txt")
    assert f'"{shown}"' in str(caught.value)


def test_a_line_that_is_no_utf_8_is_named() -> None:
    with pytest.raises(UserError, match="line 2 cannot be read: it is no UTF-8"):
        pairs_of(b"a\tb\t1\n\xe9\tb\t1\n")


@pytest.mark.parametrize(("content", "what"), [(b"", "It is empty"), (b"# only\n", "It is empty"), (b"text\nmore\n", 'Line 1 is "text"')])
def test_a_file_of_something_else_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(UserError, match=f"holds neither word pairs nor analogies. {what}"):
        sets.of_bytes("mine.txt", content, where="mine.txt")


def test_analogies_have_sections_or_are_one() -> None:
    assert questions_of(b": one\nA b C d\n:two \ne f g h\n") == (
        Question("one", "A", "b", "C", ("d",)),
        Question("two", "e", "f", "g", ("h",)),
    )
    assert questions_of(b"a,b,c,d e\n") == (Question("mine", "a", "b", "c", ("d e",)),)
    # A section without a question is none.
    assert questions_of(b": one\n: two\na b c d\n") == (Question("two", "a", "b", "c", ("d",)),)


def test_every_two_lines_of_a_relation_make_two_questions(tmp_path: Path) -> None:
    deep = tmp_path / "BATS" / "1_Inflection"
    deep.mkdir(parents=True)
    (deep / "I01 [noun - plural].txt").write_text("cat\tcats\nmouse\tmice/mouses\n")
    (tmp_path / "BATS" / "README.txt").write_text("words about it")

    found = sets.read(tmp_path / "BATS")

    expected = AnalogySet(
        "BATS",
        (
            Question("I01 [noun - plural]", "cat", "cats", "mouse", ("mice", "mouses")),
            Question("I01 [noun - plural]", "mouse", "mice", "cat", ("cats",)),
        ),
    )
    assert found == expected
    assert sets.read(deep / "I01 [noun - plural].txt") == AnalogySet("I01 [noun - plural].txt", expected.questions)


def test_a_folder_without_relations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no \.txt file"):
        sets.read(tmp_path)
    (tmp_path / "pairs.txt").write_text("a b 1\n")
    with pytest.raises(UserError, match=r"pairs\.txt holds no relation"):
        sets.read(tmp_path)


def test_what_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"none cannot be read\. No such file"):
        sets.read(tmp_path / "none")
    with pytest.raises(UserError, match="holds more than 64 MB"):
        sets.read(Path("/dev/zero"))
