import bz2
import gzip
import lzma
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext.corpus import preparation, sources
from blazingtext.corpus.normaliser import Normaliser, Numbers, Punctuation, sentences
from blazingtext_lifecycle.errors import CorpusError, UserError


def prepared(tmp_path: Path, *inputs: str, **options: object) -> list[str]:
    out = tmp_path / "out.txt"
    preparation.prepare(inputs, out, **options)  # type: ignore[arg-type] # a test's options
    return out.read_text(encoding="utf-8").splitlines()


def file(tmp_path: Path, name: str, text: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def test_words_are_folded_and_punctuation_goes() -> None:
    assert Normaliser().words("He said: \"Don't PANIC!\" (twice), rock 'n' roll") == "he said don't panic twice rock n roll"


def test_typographic_twins_become_one_word() -> None:
    assert Normaliser().words("\uff26\uff55\uff4c\uff4c \ufb01ne don\u2019t soft\u00adhyphen") == "full fine don't softhyphen"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I \u2764\ufe0f it \u2600\ufe0f!", "i it"),
        ("Press 1\ufe0f\u20e3 now", "press 1 now"),
        ("a \U0001f468\u200d\U0001f469\u200d\U0001f467 family \U0001f3f3\ufe0f\u200d\U0001f308", "a family"),
        ("\U0001f44d\U0001f3fd ok \U0001f3f4\U000e0067\U000e0062\U000e007f", "ok"),
        ("zero\u200bwidth soft\u00adhyphen word\u2060joiner \ufeffmark", "zero width softhyphen wordjoiner mark"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 x\u200cy \u200d", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 xy"),
        ("\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"),
        ("\u2665\u0301 a\u0301 \u0301", "\u00e1"),
        ("\u0130stanbul I\u0307zmir", "istanbul izmir"),
        ("a\u00a0b\u3000c\u2003d\u2028e\x85f", "a b c d e f"),
    ],
)
def test_what_belongs_to_a_word_is_what_unicode_says(text: str, words: str) -> None:
    assert Normaliser().words(text) == words


@given(st.text(alphabet=st.sampled_from(list("aI\u0130\u0301\u0307\u200d\u200c\u200b\ufe0f\u20e3\u2764\u0645\u0dca' .1"))))
def test_no_word_is_only_marks_and_no_words_hold_what_cannot_be_seen(text: str) -> None:
    words = Normaliser().words(text)

    assert not any(unicodedata.category(word[0])[0] == "M" for word in words.split())
    assert not set(words) & set("\u200b\ufe0f\u20e3")
    assert Normaliser().words(words) == words


@pytest.mark.parametrize("text", ["." * 200_000, "Mr. A " * 50_000, "'" * 200_000 + "a", "a. " + '"' * 200_000, "x. \u2026 " * 50_000])
def test_punctuation_costs_linear_time(text: str) -> None:
    begun = time.process_time()
    for sentence in sentences(text):
        Normaliser().words(sentence)

    assert time.process_time() - begun < 10


def test_marks_of_other_scripts_stay_in_their_words() -> None:
    assert Normaliser().words("हिन्दी, русский; 日本語。") == "हिन्दी русский 日本語"


@pytest.mark.parametrize(("numbers", "becomes"), [("keep", "in 42 days"), ("drop", "in days"), ("spell", "in four two days")])
def test_digits_are_kept_dropped_or_spelt_as_text8_does(numbers: str, becomes: str) -> None:
    assert Normaliser(numbers=Numbers(numbers)).words("In 42 days.") == becomes


def test_punctuation_can_be_split_off() -> None:
    assert Normaliser(punctuation=Punctuation.SPLIT).words("Stop, thief!") == "stop , thief !"


def test_labels_stay_as_they_are() -> None:
    assert Normaliser().words("__label__Sci-Fi A Great film!") == "__label__Sci-Fi a great film"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = Normaliser().words(text)

    assert Normaliser().words(once) == once


@given(st.text(alphabet="aB. !?\"'\n"))
def test_no_sentence_is_lost(text: str) -> None:
    assert "".join(sentences(text)) == text


def test_sentences_end_at_full_stops_and_not_at_abbreviations() -> None:
    found = [each.strip() for each in sentences("Dr. Smith met J. Doe, e.g. Today. Did he? Yes! 3.5 is one.")]

    assert found == ["Dr. Smith met J. Doe, e.g. Today.", "Did he?", "Yes!", "3.5 is one."]


def test_one_sentence_stands_on_each_line(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.txt", "The cat sat. The dog ran!\n\nA new line\n")

    assert prepared(tmp_path, raw) == ["the cat sat", "the dog ran", "a new line"]


def test_hard_wrapped_lines_are_joined_until_a_blank_one(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.txt", "The cat\nsat down. It\nslept.\n\nNext\n")

    assert prepared(tmp_path, raw, shape=preparation.Shape(wrapped=True)) == ["the cat sat down", "it slept", "next"]


def test_every_kind_of_compressed_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt.gz").write_bytes(gzip.compress(b"one fish"))
    (tmp_path / "raw" / "b.txt.bz2").write_bytes(bz2.compress(b"two fish"))
    (tmp_path / "raw" / "c.txt.xz").write_bytes(lzma.compress(b"red fish"))
    with zipfile.ZipFile(tmp_path / "raw" / "d.zip", "w") as archive:
        archive.writestr("2.txt", "sad fish")
        archive.writestr("1.txt", "blue fish")
        archive.writestr("__MACOSX/3.txt", "no fish")
    (tmp_path / "raw" / ".hidden").write_text("not a fish")

    assert prepared(tmp_path, str(tmp_path / "raw")) == ["one fish", "two fish", "red fish", "blue fish", "sad fish"]


def test_a_glob_means_its_files_in_name_order(tmp_path: Path) -> None:
    file(tmp_path, "b.text", "second")
    file(tmp_path, "a.text", "first")

    assert prepared(tmp_path, str(tmp_path / "*.text")) == ["first", "second"]


def test_progress_hears_of_every_stored_byte(tmp_path: Path) -> None:
    raw = tmp_path / "a.txt.gz"
    raw.write_bytes(gzip.compress(b"many words " * 50_000))
    heard: list[int] = []

    prepared(tmp_path, str(raw), reading=sources.Reading(advance=heard.append))

    assert sum(heard) == raw.stat().st_size


def test_a_text_without_line_breaks_streams_and_keeps_every_word(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(400_000)]
    raw = file(tmp_path, "text8", " ".join(words))

    lines = prepared(tmp_path, raw)

    assert " ".join(lines).split() == words
    assert max(len(line.split()) for line in lines) <= preparation.LONGEST_LINE


def test_posts_of_the_blog_corpus_are_found_in_files_that_no_xml_parser_takes(tmp_path: Path) -> None:
    raw = file(
        tmp_path,
        "1.male.25.xml",
        "<Blog>\n<date>1,May,2004</date>\n<post>\n Fish &amp; chips & urlLink peas.\n</post>\n<date>x</date></Blog>",
    )

    assert prepared(tmp_path, raw) == ["fish chips peas"]


def test_a_csv_column_is_taken_by_name_and_a_row_with_a_label_is_one_line(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.csv", 'kind,text\nSci Fi,"Good, bad. Ugly"\nwest,"two\nlines"\n')

    lines = prepared(tmp_path, raw, reading=sources.Reading(column="text", label_column="kind"))

    assert lines == ["__label__Sci_Fi good bad ugly", "__label__west two lines"]


def test_a_csv_column_is_taken_by_number_from_a_file_without_header(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.tsv", "1\tfirst text\n2\tsecond text\n")

    assert prepared(tmp_path, raw, reading=sources.Reading(column="2")) == ["first text", "second text"]


def test_a_missing_csv_column_is_refused_with_those_there_are(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.csv", "kind,text\nx,y\n")

    with pytest.raises(CorpusError, match=r'no column "body".*kind, text'):
        prepared(tmp_path, raw, reading=sources.Reading(column="body"))


def test_a_byte_order_mark_names_the_encoding(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.txt", "\ufeffcaf\u00e9".encode("utf-16"))

    assert prepared(tmp_path, raw) == ["caf\u00e9"]


def test_a_file_that_is_there_is_not_replaced_without_force(tmp_path: Path) -> None:
    raw = file(tmp_path, "a.txt", "new")
    out = tmp_path / "out.txt"
    out.write_text("precious")

    with pytest.raises(UserError, match="--force"):
        preparation.prepare([raw], out)
    assert out.read_text() == "precious"
    preparation.prepare([raw], out, force=True)
    assert out.read_text() == "new\n"


def test_a_broken_archive_leaves_nothing_behind(tmp_path: Path) -> None:
    whole = gzip.compress(b"words " * 10_000)
    raw = file(tmp_path, "a.txt.gz", whole[: len(whole) // 2])

    with pytest.raises(CorpusError, match=r"a\.txt\.gz cannot be read"):
        preparation.prepare([raw], tmp_path / "out.txt")

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt.gz"]


@pytest.mark.parametrize("text", ["", " \n\n", "... !!! ---"])
def test_inputs_without_words_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match="No words were found"):
        preparation.prepare([file(tmp_path, "a.txt", text)], tmp_path / "out.txt")


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        preparation.prepare([str(tmp_path / "nowhere")], tmp_path / "out.txt")


@pytest.mark.parametrize(("letters", "found"), [(1, 1), (32, 1), (33, 2)])
def test_initials_are_an_abbreviation_when_they_are_shorter_than_64_characters(letters: int, found: int) -> None:
    text = "by " + "A." * letters + " Next"

    assert len(list(sentences(text))) == found
