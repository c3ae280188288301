"""Machine code is used where it is installed and worth loading, and gives what the definition gives for every character."""

import sys
import unicodedata
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blazingtext.compiled import formed_words
from blazingtext.compiled.utf8_lines import Utf8Lines
from blazingtext.corpus import corpus_lines
from blazingtext.corpus.character_kinds import PAGE, CharacterKinds
from blazingtext.corpus.corpus_lines import LineMaker, Shape
from blazingtext.corpus.normaliser import Normaliser, Numbers, sentences
from blazingtext.corpus.utf8_text import Utf8Text

NORMALISERS = [Normaliser(), Normaliser(lower=False, form="NFC"), Normaliser(form="NFD", numbers=Numbers.DROP), Normaliser(form="NFKD")]
LETTERS = list("aEiIJ=.'\u00e9\u00ea\u1e9b\u0105\u0130\u03b1\u0399\u03a3\u0928\u0921\u09c7\u0b95\u0e1c\u3046\u30ab\uff76\u05e9\u0648\u0915")
MARKS = list(
    "\u0301\u0307\u0316\u0323\u0327\u0338\u0344\u0345\u0378\u05bc\u05c1\u064b\u0651\u0654\u093c\u094d\u0903\u09be\u09d7\u0bbe\u0e39\u0e49"
    "\u3099\uff9e\u1161\u11a8\u20dd\ufe0f\u00ad\u200b\u200d\U0001d165\U000e0100"
)
SYLLABLES = list("\u1100\u1161\u11a8\uac00\uac01\uff21\uff61\ufb2a\ufdfa\u0f77\u0f71\u0f72\u0f39\u1b35\u1b06\U000110a5\U000110ba\U000114b9")
COMPOSING = st.lists(st.sampled_from(LETTERS + MARKS + SYLLABLES + [" ", "\n", ". A", "\u3002"]), max_size=24).map("".join)


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was given to the expressions."""
    asked: list[bytes] = []
    normalised = Utf8Text.normalised

    def remembered(text: Utf8Text, data: bytes, *, split: bool) -> bytes:
        asked.append(data)
        return normalised(text, data, split=split)

    monkeypatch.setattr(Utf8Text, "normalised", remembered)
    return asked


def compiled(normaliser: Normaliser) -> Utf8Lines:
    return Utf8Lines(CharacterKinds(normaliser).page, lambda words: normaliser.lines("\n".join(words)), [b"mr"])


def defined(text: str, normaliser: Normaliser) -> Iterator[str]:
    for line in text.split("\n"):
        for sentence in sentences(line):
            yield from filter(None, normaliser.lines(sentence))


def test_machine_code_comes_when_there_is_enough_text(asked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_lines, "WORTH", 12)
    maker = LineMaker(Normaliser(), Shape(), labelled=False)

    found = [maker.made([b"One. Two\n"]).data for _ in range(3)]

    assert found == [b"one\ntwo\n"] * 3
    assert len(asked) == 1


def test_machine_code_comes_at_once_when_enough_is_expected(asked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_lines, "WORTH", 12)

    assert LineMaker(Normaliser(), Shape(), labelled=False, expected=12).made([b"One. Two\n"]).data == b"one\ntwo\n"
    assert not asked


def test_without_numba_expressions_go_on(asked: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_lines, "WORTH", -1)
    monkeypatch.setitem(sys.modules, "blazingtext.compiled.utf8_lines", None)
    monkeypatch.delattr("blazingtext.compiled.utf8_lines", raising=False)

    assert LineMaker(Normaliser(), Shape(), labelled=False).made([b"One. Two\n"]).data == b"one\ntwo\n"
    assert len(asked) == 1


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=str)
def test_every_character_becomes_what_the_definition_says(normaliser: Normaliser) -> None:
    assigned = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cs", "Cn", "Co"}]
    # Ideographs and syllables are one like another, so that some will do.
    some = [each for each in assigned if each not in "\n\r" and (ord(each) < 0x3400 or ord(each) % 7 == 0 or ord(each) > 0xF900)]
    text = "\n".join(f"x{each}y {each} '{each}d\u0323{each} b. {each}c" for each in some if ord(each) < 0x20000 or ord(each) % 97 == 0)

    made = compiled(normaliser).made(text.encode(), split=False).decode().split("\n")

    assert made == normaliser.lines(text)


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=str)
@given(text=COMPOSING)
@example(
    "\u0928\u093c \u0921\u093c\u094d \u0e1c\u0e39\u0e49 \u0e1c\u0e49\u0e39 a\u0316\u0301 a\u00ad\u0301 I\u0316\u0307 =\u0338 \uac00\u11a8"
)
def test_neighbours_compose_as_the_definition_says(normaliser: Normaliser, text: str) -> None:
    found = compiled(normaliser).finished(text.encode(), split=True)

    lines = list(defined(text, normaliser))
    assert found.data.decode().splitlines() == lines
    assert (found.lines, found.words) == (len(lines), sum(len(line.split(" ")) for line in lines))
    assert found.longest >= max((len(f"{line}\n".encode()) for line in lines), default=0)


def test_there_is_room_for_what_is_longer_than_the_text() -> None:
    made = compiled(Normaliser())

    assert made.made("\u337f".encode() * 2000, split=False) == "\u682a\u5f0f\u4f1a\u793e".encode() * 2000
    assert made.made("\ufdfa ".encode() * 2000, split=False).decode() == " ".join(Normaliser().lines("\ufdfa ")[0].split() * 2000)


def test_words_are_formed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    formed: list[str] = []
    normaliser = Normaliser()

    def remembered(words: Sequence[str]) -> list[str]:
        formed.extend(words)
        return normaliser.lines("\n".join(words))

    monkeypatch.setattr(formed_words, "_MOST_WORDS", 2)
    made = Utf8Lines(CharacterKinds(normaliser).page, remembered, [b"mr"])
    first, other = "\u039f\u03a3 \u0391\u03a3", "\u0395\u03a3"

    assert [made.made(f"{each} {each}".encode(), split=False).decode() for each in (first, first, other, first)] == [
        normaliser.lines(f"{each} {each}")[0] for each in (first, first, other, first)
    ]
    # There is room for two: the third takes the place of both.
    assert formed == [*first.split(), other, *first.split()]


def test_more_new_words_than_are_kept_are_formed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formed_words, "_MOST_WORDS", 2)
    monkeypatch.setattr(formed_words, "_MOST_BYTES", 2)
    text = " ".join(f"{each}\u03a3" for each in "abcdef")

    assert compiled(Normaliser()).made(text.encode(), split=False).decode() == Normaliser().lines(text)[0]


def test_no_composite_is_where_none_is_looked_for() -> None:
    pairs = (code for code in range(sys.maxunicode + 1) if len(unicodedata.decomposition(chr(code)).split()) == 2)
    canonical = [code for code in pairs if not unicodedata.decomposition(chr(code)).startswith("<")]

    from blazingtext.corpus.character_kinds import _WITH_COMPOSITES

    assert all(any(code in part for part in _WITH_COMPOSITES) for code in canonical)
    assert len(list(CharacterKinds(Normaliser()).page(0))) == PAGE
