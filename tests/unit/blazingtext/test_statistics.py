from pathlib import Path

import pytest

from blazingtext.corpus.statistics import statistics
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
    assert any("no label" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("rare words only\n", "No word occurs 5 times"),
        ("The Cat sat, and sat.\n" * 9, "capitals"),
        ("the cat sat, and sat.\n" * 9, "punctuation"),
        ("a b c d e\n" * 9, "are few"),
        ("a\0b c\n" * 9, "zero bytes"),
        ("__label__x a\n" * 9, "only one label"),
        ("a " * 2000, "longest line"),
    ],
)
def test_what_would_train_badly_is_warned_of(tmp_path: Path, text: str, warning: str) -> None:
    found = statistics(file(tmp_path, "a.txt", text))

    assert any(warning in each for each in found.warnings)


def test_statistics_of_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="contains no words"):
        statistics(file(tmp_path, "a.txt", "\n\n"))
