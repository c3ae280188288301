import gzip
import re
from pathlib import Path

import pytest

from blazingtext.corpus import statistics as statistics_module
from blazingtext.corpus.statistics import statistics
from blazingtext.errors import UnreadableFileError
from blazingtext_lifecycle.corpora import SAMPLE_BYTES
from blazingtext_lifecycle.errors import CorpusError


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_statistics_count_lines_words_and_vocabulary(tmp_path: Path) -> None:
    path = file(tmp_path, "a.txt", "a b a\n\nb a c\n")

    found = statistics(path, min_count=2)

    assert (found.lines, found.empty_lines, found.words, found.distinct, found.longest_line) == (2, 1, 6, 3, 3)
    assert found.vocabulary == 2
    assert found.covered == pytest.approx(5 / 6)
    assert found.frequent[0] == ("a", 3)


def test_statistics_of_an_endless_line_are_those_of_its_words(tmp_path: Path) -> None:
    path = file(tmp_path, "text8", "seven eight " * 200_000)

    found = statistics(path)

    assert (found.lines, found.words, found.longest_line, found.distinct) == (1, 400_000, 400_000, 2)


def test_labels_are_counted_apart_from_words(tmp_path: Path) -> None:
    path = file(tmp_path, "a.txt", "__label__x good\n__label__y bad\n__label__x fine\nlost\n")

    found = statistics(path, min_count=1)

    assert found.labels == (("__label__x", 2), ("__label__y", 1))
    assert (found.words, found.unlabelled) == (4, 1)
    assert any("1 of 4 lines without a label" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("rare words only\n", "No word occurs 5 times"),
        ("The Cat sat, and sat.\n" * 9, "capitals"),
        ("the cat sat, and sat.\n" * 9, "punctuation"),
        ("a b c d e\n" * 9, "are few"),
        ("__label__x\n__label__y\n", "labels only"),
        ("__label__x, a\n__label__y b\n" * 9, "1 label ends in punctuation"),
        ("__label__ a\n__label__y b\n" * 9, "have no name"),
        ("".join(f"__label__{number}\u00a0a b\n" for number in range(20)), "a class of its own"),
        ("the\u3000cat sat\n" * 9, "U\\+3000 IDEOGRAPHIC SPACE 9 times"),
        ("\ufeffthe cat sat\n" * 9, "byte order mark"),
        ("a,b,c\n" * 9, "looks like a table of 3 columns"),
        ("__label__x a\n" * 9, "only one label"),
        ("a " * 2000, "longest line"),
    ],
)
def test_what_would_train_badly_is_warned_of(tmp_path: Path, text: str, warning: str) -> None:
    found = statistics(file(tmp_path, "a.txt", text))

    assert any(re.search(warning, each) for each in found.warnings)


def test_statistics_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="contains no words"):
        statistics(file(tmp_path, "a.txt", "\n\n"))


def test_a_label_behind_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    found = statistics(file(tmp_path, "a.txt", "\ufeff__label__x good fine\r\n__label__y bad sad\r\n__label__x good\r\n"))

    assert (found.unlabelled, dict(found.labels)) == (1, {"__label__x": 1, "__label__y": 1})


def test_words_that_are_not_utf_8_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9 au lait\n" * 9)

    assert any("9 words are not UTF-8" in each for each in statistics(path).warnings)


@pytest.mark.parametrize(
    ("content", "what"), [(gzip.compress(b"a b c", mtime=0), "gzip"), (b"a\0b c\n" * 9, "binary"), (b"<html>a</html>", "HTML")]
)
def test_what_is_no_prepared_text_has_no_statistics(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)

    with pytest.raises(CorpusError, match=f"{what}.*corpus prepare"):
        statistics(path)


def test_a_letter_that_the_sample_cuts_in_two_is_no_reason_to_doubt_a_corpus(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    # The second byte of the letter is the first after the sample.
    path.write_bytes(b"word " * ((SAMPLE_BYTES - 6) // 5) + b"some".ljust((SAMPLE_BYTES - 6) % 5 + 5, b"x") + "\u00e9 and more\n".encode())

    assert path.read_bytes()[:SAMPLE_BYTES].endswith(b"\xc3")
    assert [each for each in statistics(path).warnings if "UTF-8" in each] == []


def test_a_folder_has_no_statistics(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is not a file"):
        statistics(tmp_path)


def test_a_file_that_cannot_be_read_to_its_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path, "a.txt", "some words")

    def removed_meanwhile(there: Path) -> tuple[str, ...]:
        there.unlink()
        return ()

    monkeypatch.setattr(statistics_module, "_form", removed_meanwhile)

    with pytest.raises(UnreadableFileError, match=r"a\.txt"):
        statistics(path)
