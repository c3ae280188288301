import pytest

from blazingtext_lifecycle.plurals import count


@pytest.mark.parametrize(
    ("number", "noun", "verb", "said"),
    [
        (0, "lines", "", "0 lines"),
        (1, "lines", "", "1 line"),
        (2000, "lines", "", "2,000 lines"),
        (1, "words", "are", "1 word is"),
        (2, "words", "are", "2 words are"),
        (1, "jobs", "were", "1 job was"),
        (1, "labels", "have", "1 label has"),
        (1, "labels", "end", "1 label ends"),
        (0, "labels", "end", "0 labels end"),
    ],
)
def test_one_is_singular_and_everything_else_plural(number: int, noun: str, verb: str, said: str) -> None:
    assert count(number, noun, verb) == said
