"""Lower case is Unicode's, and in Turkish and Azerbaijani its I has no dot (SpecialCasing.txt)."""

import sys
import unicodedata
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.corpus import lower_case
from blazingtext.corpus.normaliser import Normaliser, Numbers, Punctuation
from tests.unit.blazingtext.conftest import Typed

TURKISH = "ISPARTA \u0130zmir D\u0130YARBAKIR ba\u015fl\u0131k \u0131l\u0131k I\u0307\u00c7\u0130N"
FORMS: Any = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


@pytest.mark.parametrize("language", ["tr", "az"])
@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_the_i_of_turkish_and_azerbaijani_has_no_dot_and_the_dotted_one_is_i(language: str, form: Literal["NFC", "NFKC"]) -> None:
    words = Normaliser(language=language, form=form).words(TURKISH)

    assert words == "\u0131sparta izmir diyarbak\u0131r ba\u015fl\u0131k \u0131l\u0131k i\u00e7in"


def test_in_every_other_language_both_are_i() -> None:
    assert Normaliser().words(TURKISH) == "isparta izmir diyarbakir ba\u015fl\u0131k \u0131l\u0131k i\u00e7in"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Not_Before_Dot: marks below an I do not part it from its dot; a mark above does, and so does another letter.
        ("I\u0323\u0307", "i\u0323"),
        ("I\u0301\u0307", "\u0131\u0301\u0307"),
        ("Ia\u0307", "\u0131a\u0307"),
        ("I", "\u0131"),
    ],
)
def test_a_dot_belongs_to_an_i_as_unicode_says(text: str, words: str) -> None:
    assert lower_case.lower(text, "tr") == words


@given(st.text(alphabet=st.sampled_from(list("IiaZ\u0130\u0131\u0307\u0323\u0301 "))), st.sampled_from(["", "tr", "az"]), FORMS)
def test_normalising_twice_changes_nothing_in_any_language_and_form(text: str, language: str, form: Any) -> None:
    normaliser = Normaliser(language=language, form=form)

    once = normaliser.words(text)

    assert normaliser.words(once) == once
    assert unicodedata.is_normalized(form, once)
    assert not set(once) & set("IZ\u0130")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_the_dotted_capital_is_a_plain_i_in_every_normal_form(form: Any) -> None:
    assert Normaliser(form=form).words("\u0130") == "i"


def test_the_command_says_what_it_did_and_that_a_turkish_text_may_need_its_language(tmp_path: Path, typed: Typed) -> None:
    raw, out = tmp_path / "raw.txt", tmp_path / "out.txt"
    raw.write_text("\u0130zmir ve ISPARTA\n", encoding="utf-8")

    plain = typed("corpus", "prepare", str(raw), "-o", str(out))
    assert (plain[0], out.read_text(encoding="utf-8")) == (0, "izmir ve isparta\n")
    assert "1 capital \u0130 became i; if the text is Turkish" in plain[2]
    assert "recipe: NFKC, lower case, digits kept, punctuation dropped" in plain[2]

    turkish = typed("corpus", "prepare", str(raw), "-o", str(out), "--language", "TR", "--force")
    assert (turkish[0], out.read_text(encoding="utf-8")) == (0, "izmir ve \u0131sparta\n")
    assert "recipe: NFKC, lower case of Turkish, digits kept, punctuation dropped" in turkish[2]
    assert "became i" not in turkish[2]

    kept = typed("corpus", "prepare", str(raw), "-o", str(out), "--language", "tr", "--keep-case", "--force")
    assert (kept[0], "leave out one of them" in kept[2]) == (2, True)


def test_a_recipe_names_every_choice() -> None:
    normaliser = Normaliser(lower=False, numbers=Numbers.SPELL, punctuation=Punctuation.SPLIT, form="NFC")

    assert normaliser.recipe == "NFC, capitals kept, digits spelt out, punctuation as words"


def test_no_mark_that_combines_is_beyond_those_that_are_looked_at() -> None:
    combining = [code for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))]

    assert 0x10000 < max(combining) < lower_case._MARKS_END
