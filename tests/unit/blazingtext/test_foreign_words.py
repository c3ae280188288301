"""Words of other scripts in Latin text: each is formed once, and what nothing can stand for is left to others, a line at a time."""

import pytest

from blazingtext.corpus import foreign_words
from blazingtext.corpus.corpus_lines import LineMaker, Shape, _FastText
from blazingtext.corpus.foreign_words import ForeignWords
from blazingtext.corpus.normaliser import Normaliser
from blazingtext.corpus.utf8_text import beyond_ascii, utf8_text


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("(\u4e2d\u6587).", "(\u4e2d\u6587)."),
        ("A\u0301b", "\u00e1b"),
        # A small letter begins no sentence, and what it composes to would.
        ("e\u0301t", "-\u00e9t"),
        ("X\u2261y", "X-y"),
        ("\U0001f600!", "-!"),
        ("\u039f\u0394\u039f\u03a3,", "\u03bf\u03b4\u03bf\u03c2,"),
        ("don\u02b9t", "don\u02b9t"),
    ],
)
def test_what_stands_for_a_word_looks_like_it(word: str, form: str) -> None:
    words = ForeignWords(Normaliser(), {})
    place = next(place for place, byte in enumerate(word.encode()) if byte > 127)

    assert words.formed(word.encode(), [place]) == (form.encode(), [])


@pytest.mark.parametrize(
    "word", ["\u4e2d\u3002\u6587", "\ufb06", "a\u2003\u4e2d", "_\u4e2d", "\u4e2d" * 30, "J.\u4e2d", "\uff21lpha"], ids=ascii
)
def test_nothing_stands_for_a_word_that_would_be_another(word: str) -> None:
    data = f"One\n{word} two".encode()

    assert ForeignWords(Normaliser(), {}).formed(data, [data.index(word.encode()[-1:], 4)]) == (data, [4])


def test_places_in_one_word_and_words_behind_replaced_ones_are_found() -> None:
    data = "x \U0001f600\U0001f600 A\u0301b\n\u3002".encode()
    places = [place for place, byte in enumerate(data) if byte >= 0xC2]

    formed, unformed = ForeignWords(Normaliser(), {}).formed(data, places)

    assert formed == "x - \u00e1b\n\u3002".encode()
    assert unformed == [formed.index(b"\n") + 1]


def test_words_are_formed_once_and_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_words, "_MOST", 2)
    asked: list[str] = []

    class Counting(Normaliser):
        def lines(self, text: str) -> list[str]:
            asked.append(text)
            return super().lines(text)

    words = ForeignWords(Counting(), {})
    for word in ("\u4e2d", "\u4e2d", "\u6587", "\u6587", "\u5b57", "\u5b57"):
        assert words.formed(word.encode(), [0]) == (word.encode(), [])

    assert asked == ["\u4e2d", "\u6587", "\u5b57"]
    assert len(words._forms) == 1


def test_only_lines_with_what_nothing_can_stand_for_go_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    others: list[bytes] = []
    foreign = _FastText._foreign

    def remembered(text: _FastText, block: bytes, *, split: bool) -> bytes:
        others.append(block)
        return foreign(text, block, split=split)

    monkeypatch.setattr(_FastText, "_foreign", remembered)
    block = "Plain.\nWith \u4e2d\u6587.\nWith \u4e2d\u3002\u6587\nA \x01 control\nPlain\n".encode()

    made = LineMaker(Normaliser(), Shape(), labelled=False).made([block])

    assert made.data.decode() == "plain\nwith \u4e2d\u6587\nwith \u4e2d\n\u6587\na control\nplain\n"
    assert others == ["With \u4e2d\u3002\u6587\nA \x01 control".encode()]


def test_rare_and_frequent_characters_change_alike() -> None:
    latin = utf8_text(Normaliser())
    rare = "\u00c9a " + "word " * 400
    for text in (rare, "\u00c9a \u201c\u00c9\u201d " * 50):
        data = text.encode()
        eased, hard = latin.eased(data, beyond_ascii(data))
        assert hard == []
        assert "\u201c".encode() not in eased
        assert latin.normalised(eased, split=False).decode().split() == Normaliser().lines(text)[0].split()
