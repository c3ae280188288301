import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazingtext_lifecycle import combinations
from blazingtext_lifecycle.errors import HyperparameterError
from blazingtext_lifecycle.hyperparameters import TABLE, complete, names, text

CPU = "ml.c5.xlarge"
# The two tables of AWS's hyperparameter page: name -> default.
WORD2VEC = {
    "batch_size": 11,
    "buckets": 2_000_000,
    "epochs": 5,
    "evaluation": True,
    "learning_rate": 0.05,
    "max_char": 6,
    "min_char": 3,
    "min_count": 5,
    "negative_samples": 5,
    "sampling_threshold": 0.0001,
    "subwords": False,
    "vector_dim": 100,
    "window_size": 5,
}
CLASSIFICATION = {
    "buckets": 2_000_000,
    "early_stopping": False,
    "epochs": 5,
    "learning_rate": 0.05,
    "min_count": 5,
    "min_epochs": 5,
    "patience": 4,
    "vector_dim": 100,
    "word_ngrams": 2,
}


def sent(mode: Any = "batch_skipgram", instance: Any = CPU, count: Any = 1, channels: Any = None, **given_values: Any) -> dict[str, str]:
    return complete(mode, given_values, instance, count, channels=channels)[0]


def warnings(mode: str = "batch_skipgram", instance: str = CPU, **given_values: Any) -> list[str]:
    return complete(mode, given_values, instance, 1)[1]


@pytest.mark.parametrize(
    ("mode", "table"), [("batch_skipgram", WORD2VEC), ("skipgram", WORD2VEC), ("cbow", WORD2VEC), ("supervised", CLASSIFICATION)]
)
def test_the_table_is_awss(mode: str, table: dict[str, Any]) -> None:
    assert {name: TABLE[name].default for name in names(mode)} == table


def test_a_request_without_values_gets_every_default_that_has_an_effect() -> None:
    assert sent("batch_skipgram") == {
        "mode": "batch_skipgram",
        "batch_size": "11",
        "epochs": "5",
        "evaluation": "True",
        "learning_rate": "0.05",
        "min_count": "5",
        "negative_samples": "5",
        "sampling_threshold": "0.0001",
        "subwords": "False",
        "vector_dim": "100",
        "window_size": "5",
    }


def test_switches_bring_what_depends_on_them() -> None:
    assert {"buckets", "min_char", "max_char"} <= set(sent("skipgram", subwords=True))
    assert {"buckets", "min_char", "max_char", "batch_size"}.isdisjoint(sent("skipgram"))
    assert {"min_epochs", "patience"} <= set(sent("supervised", early_stopping="true", epochs=20))
    assert {"min_epochs", "patience"}.isdisjoint(sent("supervised"))
    assert "buckets" in sent("supervised")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("epochs", 7, "7"),
        ("epochs", "7", "7"),
        ("epochs", " 007 ", "7"),
        ("min_count", 0, "0"),
        ("learning_rate", 1e-05, "0.00001"),
        ("learning_rate", "1E-5", "0.00001"),
        ("learning_rate", 1, "1.0"),
        ("evaluation", False, "False"),
        ("evaluation", "TRUE", "True"),
        ("evaluation", "false", "False"),
        ("vector_dim", 2048, "2048"),
        ("batch_size", 32, "32"),
    ],
)
def test_every_spelling_of_a_value_is_sent_alike(name: str, value: object, expected: str) -> None:
    assert sent(**{name: value})[name] == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("epochs", 0, "Parameter 'epochs' should be > 0."),
        ("epochs", -1, "Parameter 'epochs' should be > 0."),
        ("epochs", 5.0, "Parameter 'epochs' expects integer input."),
        ("epochs", "5.0", "Parameter 'epochs' expects integer input."),
        ("epochs", True, "Parameter 'epochs' expects integer input."),
        ("epochs", None, "Parameter 'epochs' expects integer input."),
        ("epochs", "", "Parameter 'epochs' expects integer input."),
        ("epochs", [5], "Parameter 'epochs' expects integer input."),
        ("epochs", 2**31, "Parameter 'epochs' should be <= 2147483647."),
        ("window_size", 0, "Parameter 'window_size' should be > 0."),
        ("negative_samples", 0, "Parameter 'negative_samples' should be > 0."),
        ("min_count", -1, "Parameter 'min_count' should be >= 0."),
        ("vector_dim", 2049, "Parameter 'vector_dim' should be <= 2048."),
        ("batch_size", 33, "Parameter 'batch_size' should be <= 32."),
        ("learning_rate", 0, "Parameter 'learning_rate' should be > 0."),
        ("learning_rate", "fast", "Parameter 'learning_rate' expects float input."),
        ("learning_rate", "nan", "Parameter 'learning_rate' expects float input."),
        ("learning_rate", float("inf"), "Parameter 'learning_rate' expects float input."),
        ("learning_rate", True, "Parameter 'learning_rate' expects float input."),
        ("sampling_threshold", 0, "Parameter 'sampling_threshold' should be between (0,1)."),
        ("sampling_threshold", 1, "Parameter 'sampling_threshold' should be between (0,1)."),
        ("evaluation", "yes", "Parameter 'evaluation' expects boolean input."),
        ("evaluation", 1, "Parameter 'evaluation' expects boolean input."),
    ],
)
def test_a_wrong_value_is_refused_in_awss_words(name: str, value: object, words: str) -> None:
    with pytest.raises(HyperparameterError, match=re.escape(words)):
        sent(**{name: value})


@pytest.mark.parametrize(
    ("mode", "name", "hint"),
    [
        ("batch_skipgram", "epoch", 'Did you mean "epochs"?'),
        ("batch_skipgram", "dim", 'Did you mean "vector_dim"?'),
        ("batch_skipgram", "ws", 'Did you mean "window_size"?'),
        ("supervised", "lr", 'Did you mean "learning_rate"?'),
        ("supervised", "wordNgrams", 'Did you mean "word_ngrams"?'),
        ("cbow", "zzz", "The hyperparameters of cbow are batch_size, buckets"),
        ("cbow", "word_ngrams", "It belongs to text classification"),
        ("supervised", "window_size", "It belongs to Word2Vec"),
    ],
)
def test_an_unknown_name_is_refused_with_what_was_meant(mode: str, name: str, hint: str) -> None:
    with pytest.raises(HyperparameterError, match=re.escape(hint)):
        sent(mode, **{name: 5})


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("", "Please provide a mode"),
        ("skip-gram", 'Did you mean "skipgram"?'),
        ("bert", "mode should be one of"),
        ("bert", 'It was given as "bert". Word vectors: batch_skipgram; text classification: supervised.'),
    ],
)
def test_a_mode_is_one_of_four(mode: str, words: str) -> None:
    with pytest.raises(HyperparameterError, match=re.escape(words)):
        sent(mode)


def test_a_mode_may_be_repeated_and_not_contradicted() -> None:
    assert complete("cbow", {"mode": "cbow"}, CPU, 1)[0]["mode"] == "cbow"
    with pytest.raises(HyperparameterError, match="\"cbow\" and, in hyperparameters, 'skipgram'"):
        complete("cbow", {"mode": "skipgram"}, CPU, 1)


# The matrix of AWS's page: (mode, instance, count) -> "" where BlazingText trains so, or else how the refusal begins.
ONE_GPU_INSTANCE = "Please use a single GPU instance or change to multiple CPU instances."
NOT_ON_GPU = "batch_skipgram is not supported on GPU."
ONE_CPU_INSTANCE = "Only batch_skipgram is available when training on multiple CPU instances."
ONE_GPU = "supervised uses one GPU only."
MATRIX = {
    ("batch_skipgram", CPU, 1): "",
    ("batch_skipgram", CPU, 4): "",
    ("batch_skipgram", "ml.p3.2xlarge", 1): NOT_ON_GPU,
    ("batch_skipgram", "ml.g5.xlarge", 1): NOT_ON_GPU,
    ("skipgram", CPU, 1): "",
    ("skipgram", CPU, 2): ONE_CPU_INSTANCE,
    ("skipgram", "ml.p3.8xlarge", 1): "",
    ("skipgram", "ml.p3.2xlarge", 2): ONE_GPU_INSTANCE,
    ("cbow", CPU, 1): "",
    ("cbow", CPU, 2): ONE_CPU_INSTANCE,
    ("cbow", "ml.g4dn.xlarge", 1): "",
    ("cbow", "ml.g4dn.xlarge", 2): ONE_GPU_INSTANCE,
    ("supervised", CPU, 1): "",
    ("supervised", CPU, 2): ONE_CPU_INSTANCE,
    ("supervised", "ml.p2.xlarge", 1): "",
    ("supervised", "ml.p2.8xlarge", 1): ONE_GPU,
    ("supervised", "ml.g5.12xlarge", 1): ONE_GPU,
    ("supervised", "ml.p3.2xlarge", 2): ONE_GPU_INSTANCE,
}


@pytest.mark.parametrize(("choice", "refusal"), MATRIX.items())
def test_modes_and_instances_fit_as_in_awss_matrix(choice: tuple[str, str, int], refusal: str) -> None:
    mode, instance, count = choice
    if not refusal:
        assert sent(mode, instance, count)["mode"] == mode
        return
    with pytest.raises(HyperparameterError) as refused:
        sent(mode, instance, count)
    # This reason, and no other problem with it.
    (reason,) = str(refused.value).splitlines()
    assert refusal in reason


def test_batch_skipgram_learns_no_subwords() -> None:
    with pytest.raises(HyperparameterError, match="Subword embedding learning is not supported by batch_skipgram"):
        sent("batch_skipgram", subwords=True)
    assert sent("cbow", subwords=True)["subwords"] == "True"


def test_the_shortest_n_gram_is_not_longer_than_the_longest() -> None:
    with pytest.raises(HyperparameterError, match="'min_char' should be <= 'max_char'"):
        sent("skipgram", subwords=True, min_char=7)
    assert sent("skipgram", subwords=True, min_char=6)["min_char"] == "6"


def test_early_stopping_needs_a_validation_channel_when_the_channels_are_known() -> None:
    with pytest.raises(HyperparameterError, match="early_stopping needs a validation channel"):
        sent("supervised", channels=["train"], early_stopping=True)
    assert sent("supervised", channels=["train", "validation"], early_stopping=True)["early_stopping"] == "True"
    assert sent("supervised", early_stopping=True)["early_stopping"] == "True"
    assert sent("supervised", channels=["train"])["early_stopping"] == "False"


@pytest.mark.parametrize(
    ("only_with", "mode", "values", "effect"),
    [
        ("", "cbow", {}, True),
        ("subwords", "supervised", {}, True),
        ("subwords", "cbow", {}, False),
        ("subwords", "cbow", {"subwords": True}, True),
        ("batch_skipgram", "supervised", {}, False),
        ("batch_skipgram", "batch_skipgram", {}, True),
        ("early_stopping", "supervised", {}, False),
    ],
)
def test_a_hyperparameter_does_something_with_its_switch_alone(only_with: str, mode: str, values: dict[str, Any], effect: bool) -> None:
    assert combinations.has_effect(only_with, mode, values) is effect


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(HyperparameterError) as refusal:
        sent("batch_skipgram", "ml.p3.2xlarge", 2, epochs=0, dims=3, subwords=True)

    assert len(str(refusal.value).splitlines()) == 5


@pytest.mark.parametrize(
    ("mode", "values", "words"),
    [
        ("batch_skipgram", {"vector_dim": 1500}, "big vector dimension"),
        ("batch_skipgram", {"window_size": 6}, "2*window_size + 1 which is 13"),
        ("batch_skipgram", {"window_size": 15}, "2*window_size + 1 which is 31"),
        ("cbow", {"sampling_threshold": 0.01}, "at most 0.001"),
        ("cbow", {"learning_rate": 2}, "diverge"),
        ("cbow", {"min_char": 2}, "min_char has no effect without subwords"),
        ("cbow", {"batch_size": 11}, "batch_size has no effect in mode cbow"),
        ("supervised", {"patience": 2}, "patience has no effect without early_stopping"),
        ("supervised", {"early_stopping": True}, "early_stopping never acts"),
    ],
)
def test_what_is_probably_a_mistake_is_a_warning(mode: str, values: dict[str, Any], words: str) -> None:
    assert any(words in warning for warning in warnings(mode, **values))


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("batch_skipgram", {}),
        ("batch_skipgram", {"window_size": 6, "batch_size": 13}),
        ("batch_skipgram", {"window_size": 16}),
        ("cbow", {}),
        ("skipgram", {"subwords": True, "min_char": 2}),
        ("supervised", {"early_stopping": True, "epochs": 10, "patience": 2}),
        ("supervised", {"buckets": 100}),
    ],
)
def test_what_is_sensible_gets_no_warning(mode: str, values: dict[str, Any]) -> None:
    assert warnings(mode, **values) == []


def test_gpu_instances_have_warnings_of_their_own() -> None:
    assert "P2, P3, G4dn and G5" in warnings("supervised", "ml.p5.48xlarge")[0]
    assert "no vectors.bin" in warnings("cbow", "ml.p3.8xlarge")[0]
    assert "P2, P3, G4dn and G5" in warnings("cbow", "ml.p5.48xlarge")[0]
    assert warnings("cbow", "ml.p3.2xlarge") == []


@given(st.floats(min_value=1e-300, max_value=1e300, allow_nan=False))
def test_a_number_survives_its_text(number: float) -> None:
    assert float(text(number)) == number
    assert "e" not in text(number).lower()


VALUES = st.integers(-2, 40) | st.text("0123456789.-eTruFals ", max_size=5)


@given(st.sampled_from(sorted(combinations.MODES)), st.dictionaries(st.sampled_from(sorted(TABLE)), VALUES))
def test_whatever_is_given_is_either_complete_strings_or_a_refusal(mode: str, values: dict[str, Any]) -> None:
    try:
        found = complete(mode, values, CPU, 1)[0]
    except HyperparameterError:
        return

    assert all(len(value) <= 256 for value in found.values())
    assert complete(mode, found, CPU, 1)[0] == found
