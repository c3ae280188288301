"""Every hyperparameter at the edges of what AWS's page allows.

https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext_hyperparameters.html and, for sampling_threshold and the messages, the
validator.py beside AWS's text8 notebook; the greatest learning_rate is ours, AWS's page has none.
"""

import re

import pytest

from blazingtext_lifecycle import combinations, hyperparameters
from blazingtext_lifecycle.errors import HyperparameterError
from blazingtext_lifecycle.hyperparameters import TABLE, complete

CPU = "ml.c5.xlarge"
WORDS = frozenset({"batch_skipgram", "skipgram", "cbow"})
CLASSES = frozenset({"supervised"})
ALL = WORDS | CLASSES
LARGEST = 2**31 - 1
WHOLE, WHOLE_FROM_0 = "a whole number from 1", "a whole number from 0"

# Name, modes, least and greatest value, what is refused on both sides, allowed values in words, what it depends on.
LIMITS = [
    ("batch_size", WORDS, 1, 32, 0, 33, f"{WHOLE} to 32", "batch_skipgram"),
    ("buckets", ALL, 1, LARGEST, 0, LARGEST + 1, WHOLE, "subwords"),
    ("epochs", ALL, 1, LARGEST, 0, LARGEST + 1, WHOLE, ""),
    ("max_char", WORDS, 3, LARGEST, 0, LARGEST + 1, WHOLE, "subwords"),
    ("min_char", WORDS, 1, 6, 0, LARGEST + 1, WHOLE, "subwords"),
    ("min_count", ALL, 0, LARGEST, -1, LARGEST + 1, WHOLE_FROM_0, ""),
    ("min_epochs", CLASSES, 1, LARGEST, 0, LARGEST + 1, WHOLE, "early_stopping"),
    ("negative_samples", WORDS, 1, LARGEST, 0, LARGEST + 1, WHOLE, ""),
    ("patience", CLASSES, 1, LARGEST, 0, LARGEST + 1, WHOLE, "early_stopping"),
    ("vector_dim", ALL, 1, 2048, 0, 2049, f"{WHOLE} to 2048", ""),
    ("window_size", WORDS, 1, LARGEST, 0, LARGEST + 1, WHOLE, ""),
    ("word_ngrams", CLASSES, 1, LARGEST, 0, LARGEST + 1, WHOLE, ""),
    ("learning_rate", ALL, 1e-9, 100, 0.0, 100.1, "a number above 0 to 100", ""),
    ("sampling_threshold", WORDS, 1e-9, 0.999999, 0.0, 1.0, "a number above 0 and below 1", ""),
]
SWITCHES = {"early_stopping": CLASSES, "evaluation": WORDS, "subwords": WORDS}


def test_the_table_has_these_and_no_other() -> None:
    assert TABLE.keys() == {limits[0] for limits in LIMITS} | SWITCHES.keys()


@pytest.mark.parametrize(("name", "modes", "least", "greatest", "below", "above", "words", "only_with"), LIMITS)
def test_both_ends_are_allowed_and_what_lies_beyond_is_refused(
    name: str, modes: frozenset[str], least: float, greatest: float, below: float, above: float, words: str, only_with: str
) -> None:
    mode = min(modes)

    for value in (least, greatest):
        assert float(complete(mode, {name: value}, CPU, 1)[0][name]) == value
    for beyond in (below, above):
        with pytest.raises(HyperparameterError, match=re.escape(f"Give {words}.")):
            complete(mode, {name: beyond}, CPU, 1)
    assert (TABLE[name].modes, TABLE[name].allowed, TABLE[name].only_with) == (modes, words, only_with)


@pytest.mark.parametrize(("name", "modes"), SWITCHES.items())
def test_a_switch_is_on_or_off(name: str, modes: frozenset[str]) -> None:
    assert (TABLE[name].modes, TABLE[name].allowed, TABLE[name].only_with) == (modes, "True or False", "")
    mode = "skipgram" if "skipgram" in modes else "supervised"
    for value in (True, False):
        assert complete(mode, {name: value}, CPU, 1)[0][name] == str(value)


# https://fasttext.cc/docs/en/options.html, beside BlazingText's own names.
FASTTEXT = {
    "bucket": "buckets",
    "dim": "vector_dim",
    "epoch": "epochs",
    "lr": "learning_rate",
    "maxn": "max_char",
    "minCount": "min_count",
    "minn": "min_char",
    "neg": "negative_samples",
    "t": "sampling_threshold",
    "ws": "window_size",
}


@pytest.mark.parametrize(("fasttext", "ours"), FASTTEXT.items())
def test_fasttexts_name_is_answered_with_blazingtexts(fasttext: str, ours: str) -> None:
    with pytest.raises(HyperparameterError, match=rf'Did you mean "{ours}"\?'):
        complete("skipgram", {fasttext: 1}, CPU, 1)


def test_fasttexts_name_for_what_the_mode_does_not_have_is_not_answered_with_it() -> None:
    with pytest.raises(HyperparameterError, match="Did you mean") as caught:
        complete("supervised", {"wordNgrams": 1}, CPU, 1)
    assert '"word_ngrams"' in str(caught.value)
    with pytest.raises(HyperparameterError) as caught:
        complete("supervised", {"ws": 1}, CPU, 1)
    assert "window_size" not in str(caught.value)


def refusals(mode: str, instance: str, count: int, **given: object) -> list[str]:
    with pytest.raises(HyperparameterError) as caught:
        complete(mode, given, instance, count)
    return str(caught.value).splitlines()


ONE_GPU_INSTANCE = "Please use a single GPU instance or change to multiple CPU instances."
NOT_ON_GPU = "batch_skipgram is not supported on GPU."
ONE_CPU_INSTANCE = "Only batch_skipgram is available when training on multiple CPU instances."
ONE_GPU = "supervised uses one GPU only."


@pytest.mark.parametrize(
    ("mode", "instance", "count", "reasons"),
    [
        ("batch_skipgram", "ml.p3.2xlarge", 1, [NOT_ON_GPU]),
        ("batch_skipgram", "ml.p3.2xlarge", 2, [ONE_GPU_INSTANCE, NOT_ON_GPU]),
        ("skipgram", "ml.p3.2xlarge", 2, [ONE_GPU_INSTANCE]),
        ("skipgram", CPU, 2, [ONE_CPU_INSTANCE]),
        ("cbow", CPU, 2, [ONE_CPU_INSTANCE]),
        ("supervised", CPU, 2, [ONE_CPU_INSTANCE]),
        ("supervised", "ml.p2.8xlarge", 1, [ONE_GPU]),
        ("supervised", "ml.g5.12xlarge", 2, [ONE_GPU_INSTANCE, ONE_GPU]),
    ],
)
def test_a_choice_outside_awss_matrix_is_refused_for_this_reason(mode: str, instance: str, count: int, reasons: list[str]) -> None:
    found = refusals(mode, instance, count)

    assert len(found) == len(reasons)
    assert all(line.startswith(reason) for line, reason in zip(found, reasons, strict=True))


@pytest.mark.parametrize(
    ("mode", "given", "warned"),
    [
        ("cbow", {"vector_dim": 1499}, ""),
        ("cbow", {"vector_dim": 1500}, "big vector dimension"),
        ("cbow", {"sampling_threshold": 0.001}, ""),
        ("cbow", {"sampling_threshold": 0.0011}, "hardly thins out"),
        ("cbow", {"learning_rate": 1}, ""),
        ("cbow", {"learning_rate": 1.1}, "usually makes training diverge"),
        ("batch_skipgram", {"window_size": 15, "batch_size": 31}, ""),
        ("batch_skipgram", {"window_size": 15, "batch_size": 30}, "2*window_size + 1 which is 31"),
        ("batch_skipgram", {"window_size": 16, "batch_size": 32}, ""),
        ("supervised", {"early_stopping": True, "epochs": 6}, ""),
        ("supervised", {"early_stopping": True, "epochs": 5}, "min_epochs is not below epochs"),
        ("cbow", {"buckets": 9}, "buckets has no effect without subwords. Set subwords to True"),
        ("cbow", {"min_char": 2}, "min_char has no effect without subwords"),
        ("cbow", {"max_char": 7}, "max_char has no effect without subwords"),
        ("supervised", {"min_epochs": 2}, "min_epochs has no effect without early_stopping"),
        ("supervised", {"patience": 2}, "patience has no effect without early_stopping. Set early_stopping to True"),
        ("cbow", {"subwords": True, "buckets": 9, "min_char": 2, "max_char": 7}, ""),
        ("supervised", {"early_stopping": True, "epochs": 9, "min_epochs": 2, "patience": 2}, ""),
        ("skipgram", {"batch_size": 11}, "batch_size has no effect in mode skipgram"),
        ("batch_skipgram", {"batch_size": 11}, ""),
    ],
)
def test_a_warning_begins_where_it_is_meant_to(mode: str, given: dict[str, object], warned: str) -> None:
    warnings = complete(mode, given, CPU, 1)[1]

    assert bool(warnings) is bool(warned), warnings
    assert all(warned in warning for warning in warnings)


def test_the_vocabulary_of_modes_is_awss() -> None:
    assert (WORDS, CLASSES, ALL) == (combinations.WORD2VEC, combinations.SUPERVISED, combinations.MODES)
    assert combinations.DEFAULT_MODE == "batch_skipgram"
    assert hyperparameters.text(1e-7) == "0.0000001"
