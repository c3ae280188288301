"""The fast ways of making lines give, byte for byte, what the normaliser and its sentences give."""

import sys
import unicodedata
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blazingtext.corpus import corpus_lines, word_forms
from blazingtext.corpus.alphabets import Alphabet, alphabet_of
from blazingtext.corpus.corpus_lines import Block, LineMaker, Made, Shape
from blazingtext.corpus.normaliser import LABEL, Normaliser, Numbers, Punctuation, pieces, sentences
from blazingtext.corpus.sentence_ends import SENTENCE
from blazingtext.corpus.word_forms import WordForms

NORMALISERS = [
    Normaliser(lower=lower, numbers=numbers, punctuation=punctuation)
    for lower, numbers, punctuation in product([True, False], Numbers, Punctuation)
] + [Normaliser(language="tr"), *(Normaliser(form=form) for form in ("NFC", "NFD", "NFKD"))]
ALPHABETS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"]

# What the ways treat differently: ends of sentences, abbreviations, apostrophes, marks, joiners, signs that become several characters,
# capitals whose lower case depends on what follows, white space of every kind, signs that stand for others within the code.
TROUBLE = (
    list("aZI.!?\"'()[],-_ \t\n\r0\u00b9\0\1\x1c\x85\xa0\xad\xb4\xb5\xbd\xaa\xdf")
    + list("\u00e9\u00c9\u0130\u0131\u0149\u02bc\u0301\u0307\u0316\u0338\u20dd\u03a3\u03c3\u03c2\u0391\u1e9e\ufb01\u01c5\u24b6\u2163")
    + list("\u2018\u2019\u201c\u201d\u2026\u2014\u00ab\u00bb\u00bf\u200b\u200c\u200d\u2028\u3000\ufe0f\ufeff\uff07\uff0c\u0000")
    + list("\u4e2d\u3002\uff01\u300d\u304b\u3099\uac00\u1100\u1161\u0e01\u0e33\u0e49\u0915\u094d\u0964\u0645\u064b\u05d0\u05b7\u0431\u0416")
    + list("\U0001f600\U0001f468\U00010400\U000e0100\ud800")
    + [". ", "? ", "Mr. ", "e.g. ", "J. ", "etc. A", "'s ", ".) ", LABEL, f" {LABEL}x ", "\n\n", "\r\n", " 'n' ", "U.S. "]
)
TEXTS = st.lists(st.sampled_from(TROUBLE), max_size=60).map("".join) | st.text(max_size=40)


@pytest.fixture(params=["expressions", "machine code"], autouse=True, scope="module")
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here: without Numba, new words formed by expressions; and with it, new words formed by the definition."""
    with pytest.MonkeyPatch.context() as changed:
        compiled = request.param == "machine code"
        changed.setattr(corpus_lines, "WORTH", -1 if compiled else 1 << 60)
        changed.setattr(word_forms, "WORTH", 1 << 60 if compiled else -1)
        yield


def defined(text: str, normaliser: Normaliser, shape: Shape) -> Iterator[str]:
    """The lines of a text, whose lines end in newlines, one after the other."""
    for line in text.split("\n"):
        if LABEL in line:
            words = normaliser.words(line)
            yield from [words] if words and len(words.split(" ")) >= shape.minimum_words else []
            continue
        for sentence in sentences(line) if shape.split_sentences else [line]:
            for words in normaliser.lines(sentence):
                if words and len(words.split(" ")) >= shape.minimum_words:
                    yield from pieces(words, shape.maximum_words)


def read(text: str) -> str:
    """A text as a file gives it: valid UTF-8, its line ends newlines, its lines without byte order marks."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.removeprefix("\ufeff") for line in text.split("\n"))


def made(text: str | bytes, normaliser: Normaliser, shape: Shape | None = None) -> Made:
    block: Block = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    return LineMaker(normaliser, shape or Shape(), labelled=False).made([block])


@pytest.mark.parametrize("normaliser", NORMALISERS, ids=str)
@given(text=TEXTS)
@example("\xb4\u017a \u017a\xb4 caf\u00e9. Mr. \u0160 J. B. C. \u039f\u0394\u039f\u03a3. \u03a3\u0391\u03a3!")
@example("a\u03a3.a \u03a3'\u0391")
@example("'s .) Z. Mr . Smith \u00e9 . A caf\u00e9 \u00a0. B")
@example("a" * 70 + "mr. Next. " + "(" * 62 + "mr. Next")
def test_a_block_becomes_what_the_definition_says(normaliser: Normaliser, text: str) -> None:
    assert made(text, normaliser).data.decode().splitlines() == list(defined(read(text), normaliser, Shape()))


@given(text=TEXTS, least=st.integers(1, 3), most=st.sampled_from([2, 3, 4, 1000]), split=st.booleans())
@example(text="a b c d e f\n\n.\nDon't. A b", least=1, most=2, split=True)
@example(text="\na b 'c' d\n\n.\nDon't. A b", least=1, most=1000, split=True)
def test_lines_are_shaped_and_counted(text: str, least: int, most: int, split: bool) -> None:
    shape = Shape(minimum_words=least, maximum_words=most, split_sentences=split)
    found = made(text, Normaliser(), shape)
    lines = list(defined(read(text), Normaliser(), shape))

    assert found.data.decode().splitlines() == lines
    assert (found.lines, found.words) == (len(lines), sum(len(line.split(" ")) - line.count(LABEL) for line in lines))
    assert found.labelled == any(LABEL in line for line in lines)


@pytest.mark.parametrize("encoding", ALPHABETS)
@given(data=st.data())
def test_every_text_of_an_alphabet_becomes_what_the_definition_says(encoding: str, data: st.DataObject) -> None:
    normaliser = Normaliser()
    alphabet = alphabet_of(normaliser, encoding)
    letters = sorted(alphabet.characters - {SENTENCE})
    text = data.draw(st.lists(st.sampled_from([*letters, ". ", "? A", "Mr. ", "J. ", "\n", " ", "'"]), max_size=80).map("".join))
    encoded = alphabet.encoded(text)

    assert encoded is not None
    lines = alphabet.normalised(encoded, split=True).decode(encoding).split("\n")
    assert len(lines) == text.count("\n") + 1
    assert [[each for part in line.split(SENTENCE) if (each := part.strip())] for line in lines] == [
        list(defined(line, normaliser, Shape())) for line in text.split("\n")
    ]


def test_an_alphabet_has_no_character_that_looks_at_its_neighbours_or_becomes_several() -> None:
    greek = alphabet_of(Normaliser(), "cp1253")

    assert greek.encoded("\u03b1\u03b2\u03b3 \u0391") is not None
    assert greek.encoded("\u03a3") is None
    assert greek.encoded("\xbd") is None
    assert greek.encoded("\u0436") is None
    assert not Alphabet.serves(Normaliser(language="tr"))
    assert not Alphabet.serves(Normaliser(numbers=Numbers.SPELL))
    assert not Alphabet.serves(Normaliser(punctuation=Punctuation.SPLIT))


@pytest.mark.parametrize("normaliser", [Normaliser(), Normaliser(lower=False, form="NFC"), Normaliser(form="NFD")], ids=str)
def test_every_character_of_the_plane_becomes_what_the_definition_says(normaliser: Normaliser) -> None:
    characters = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000 and chr(code) not in "\n\0\1"]
    text = "\n".join(f"a{each}b {each}" for each in characters)

    found = WordForms(normaliser).normalised(text, split=False).split("\n")

    assert [line.strip() for line in found] == normaliser.lines(text)


def test_words_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_forms, "_MOST", 10)
    normaliser = Normaliser(punctuation=Punctuation.SPLIT)
    forms = WordForms(normaliser)

    for text in ("\u0431\u0436 one", "two \u0431\u0436", "three four five", "six, seven\n\u0431\u0436"):
        assert [line.strip() for line in forms.normalised(text, split=False).split("\n")] == Normaliser(
            punctuation=Punctuation.SPLIT
        ).lines(text)
        assert len(forms._forms) <= 8


@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "", "A b", "a\x1fb", LABEL, "\ud800"]), TEXTS), min_size=1, max_size=6),
    labelled=st.booleans(),
)
def test_texts_of_tables_become_what_the_definition_says(rows: list[tuple[str, str]], labelled: bool) -> None:
    normaliser, shape = Normaliser(), Shape(minimum_words=2)

    found = LineMaker(normaliser, shape, labelled=labelled).made([rows])

    if labelled:
        words = [normaliser.words(text) for _, text in rows]
        kept = [each for (label, _), each in zip(rows, words, strict=True) if label not in {"", LABEL} and len(each.split(" ")) >= 2]
        assert [line.split(" ", line.count(LABEL))[-1] for line in found.data.decode().splitlines()] == [
            each.split(" ", each.count(LABEL))[-1] for each in kept
        ]
        assert found.lines + found.lost.total() == len(rows)
        return
    lines = [words for _, text in rows for words in defined(text.rstrip("\n").replace("\n", " "), normaliser, shape)]
    assert found.data.decode().splitlines() == lines


def test_dotted_capitals_are_noted_where_they_may_be_another_letter() -> None:
    assert made("\u0130 \u0130\n", Normaliser()).notes.total() == 2
    assert made(f"{LABEL}a \u0130\n", Normaliser()).notes.total() == 1
    assert not made("\u0130\n", Normaliser(language="tr")).notes
    assert not made("\u0130\n", Normaliser(lower=False)).notes


def test_unicode_of_this_python_has_one_kind_of_ideographs_and_syllables() -> None:
    for first, last in word_forms._OF_ONE_KIND.items():
        kinds = {unicodedata.category(chr(code))[0] for code in range(first, last + 1)}
        assert len(kinds - {"C"}) <= 1
    assert sys.maxunicode == 0x10FFFF
