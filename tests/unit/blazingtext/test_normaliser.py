"""What becomes of single characters, and where sentences end, case by case."""

import pytest

from blazingtext.corpus.normaliser import Normaliser, Numbers, Punctuation, label_of, pieces, sentences

# And initials.
ABBREVIATIONS = (
    "Mr Mrs Ms Dr Prof Sr Jr St Mt vs etc vol eq al inc ltd co corp dept gen col lt sgt capt rev hon gov sen rep "
    "Jan Feb Apr Jun Jul Aug Sept Oct Nov Dec Tue Wed Thu Fri e.g i.e cf ca approx J U.S a.b.c"
)


@pytest.mark.parametrize("before", ["", "(", '"', "'", "["])
def test_an_abbreviation_ends_no_sentence(before: str) -> None:
    for abbreviation in ABBREVIATIONS.split():
        for written in (abbreviation, abbreviation.lower(), abbreviation.upper()):
            text = f"so {before}{written}. Next"
            assert list(sentences(text)) == [text]
            assert list(sentences(f"{written}. Next")) == [f"{written}. Next"]


@pytest.mark.parametrize("word", ["sat", "sun", "no", "mar", "drs", "1", "a.bc", "a..b", "mr!", "x2"])
def test_another_word_ends_one(word: str) -> None:
    assert len(list(sentences(f"so {word}. Next"))) == 2


@pytest.mark.parametrize("first", ["One.", "One!", "One?", "One\u2026", "One...", "One?!"])
def test_a_sentence_ends_before_what_can_begin_one(first: str) -> None:
    opened = [f"{quote}Two" for quote in "\"'\u201c\u2018([\u00ab\u00bf\u00a1"]
    for closing in ("", '"', "'", "\u201d", "\u2019", ")", "]", "\u00bb", ")\u00bb"):
        for second in ("Two", "2", "\u00c9t\u00e9", '"(Two', *opened):
            assert list(sentences(f"{first}{closing}  {second}")) == [f"{first}{closing}  ", second]


@pytest.mark.parametrize("text", ["One. two", "One.Two", "One. _Two", "One, Two", "One. ,Two", "One: Two", "3.5"])
def test_no_sentence_ends_elsewhere(text: str) -> None:
    assert list(sentences(text)) == [text]


@pytest.mark.parametrize("end", ["\u3002", "\uff01", "\uff1f", "\u0964", "\u3002\u3002"])
@pytest.mark.parametrize("closing", ["", "\u300d", "\u300f", '"', "'"])
def test_a_full_width_stop_needs_no_space_behind_it(end: str, closing: str) -> None:
    assert list(sentences(f"\u4e00{end}{closing}\u4e8c")) == [f"\u4e00{end}{closing}", "\u4e8c"]


def test_every_digit_is_spelt_in_every_script_and_what_is_no_digit_is_left_out() -> None:
    spelt = Normaliser(numbers=Numbers.SPELL)
    words = "zero one two three four five six seven eight nine"

    assert spelt.words("0123456789") == words
    assert spelt.words("".join(chr(0x0660 + digit) for digit in range(10))) == words
    assert Normaliser(numbers=Numbers.SPELL, form="NFC").words("a\u00bdb \u2167 c") == "a b c"


@pytest.mark.parametrize("apostrophe", "'\u2019\u02bc\uff07")
@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_every_apostrophe_is_the_same_between_letters_and_none_elsewhere(apostrophe: str, form: str) -> None:
    for punctuation, alone in ((Punctuation.DROP, ""), (Punctuation.SPLIT, "' ")):
        normaliser = Normaliser(punctuation=punctuation, form=form)  # type: ignore[arg-type] # one of its names

        assert normaliser.words(f"don{apostrophe}t") == "don't"
        assert normaliser.words(f"{apostrophe}tis") == f"{alone}tis"
        assert normaliser.words(f"dogs{apostrophe} tail") == f"dogs {alone}tail"
        assert normaliser.words(f"{apostrophe}a{apostrophe}{apostrophe}b{apostrophe}").split() == f"{alone}a {alone}b {alone}".split()


@pytest.mark.parametrize(
    ("character", "becomes"),
    [
        *((vs, "ab") for vs in "\ufe00\ufe0f\U000e0100\U000e01ef\u180b\u180c\u180d\u180f"),
        *((unseen, "ab") for unseen in "\u00ad\u2060\u20e3\u200c\u200d"),
        *((apart, "a b") for apart in "\u200b\u2028\t\u3000-\u2014\u20ac\U0001f600\ue000"),
        ("\u0300", "\u00e0b"),
        ("\u0e31", "a\u0e31b"),
    ],
)
def test_what_is_within_a_word_leaves_it_whole_or_parts_it(character: str, becomes: str) -> None:
    assert Normaliser().words(f"a{character}b") == becomes


@pytest.mark.parametrize(
    ("value", "label"),
    [("Sci-Fi", "Sci-Fi"), ("two words", "two_words"), (" a\u200b\ufeff\0b ", "a_b"), ("__label__x", "x"), ("", ""), ("a\u00a0b", "a_b")],
)
def test_a_label_is_one_word(value: str, label: str) -> None:
    assert label_of(value) == f"__label__{label}"


@pytest.mark.parametrize(
    ("most", "lines"), [(1, ["a", "b", "c", "d"]), (2, ["a b", "c d"]), (3, ["a b c", "d"]), (4, ["a b c d"]), (5, ["a b c d"])]
)
def test_pieces_have_as_many_words_as_asked_for_and_the_last_the_rest(most: int, lines: list[str]) -> None:
    assert list(pieces("a b c d", most)) == lines
