import pytest

from blazingtext_lifecycle.suggestions import did_you_mean, some


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("epoch", 'Did you mean "epochs"?'),
        ("epochs", 'Did you mean "epochs"?'),
        ("min_cuont", 'Did you mean "min_count"?'),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_most_similar_name_is_offered_and_none_when_none_is_similar(word: str, sentence: str) -> None:
    assert did_you_mean(word, ("epochs", "min_count", "min_char")) == sentence


def test_several_names_can_be_offered_most_similar_first() -> None:
    assert did_you_mean("kong", (word for word in ("ping", "king", "kongs")), most=2) == 'Did you mean "kongs" or "king"?'


def test_the_cutoff_says_how_similar_a_name_must_be() -> None:
    assert did_you_mean("abxx", ["abcd"], cutoff=0.5) == 'Did you mean "abcd"?'
    assert not did_you_mean("abxx", ["abcd"], cutoff=0.51)


def test_a_word_longer_than_any_name_is_not_compared() -> None:
    name = "x" * 80

    assert did_you_mean("x" * 80, [name]) == f'Did you mean "{name}"?'
    assert did_you_mean("x" * 81, [name]) == ""


@pytest.mark.parametrize(("number", "shown"), [(12, 12), (13, 13), (14, 12), (1015, 12)])
def test_of_many_names_the_first_dozen_are_listed(number: int, shown: int) -> None:
    listed = ", ".join(f"n{place}" for place in range(shown))
    rest = f" and {number - shown:,} more" if number > shown else ""

    assert some([f"n{place}" for place in range(number)]) == listed + rest
