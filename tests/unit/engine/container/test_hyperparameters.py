"""Hyperparameters: what is taken, what is refused, and in whose words."""

from collections.abc import Mapping

import pytest

from blazingtext_engine.container import hyperparameters
from blazingtext_engine.container.hyperparameters import SupervisedArguments, Word2VecArguments
from blazingtext_engine.errors import HyperparameterError

SEED = {
    "mode": "batch_skipgram", "epochs": "10", "min_count": "40", "sampling_threshold": "0.0001", "learning_rate": "0.05",
    "window_size": "5", "vector_dim": "100", "negative_samples": "5", "batch_size": "11", "evaluation": "True", "subwords": "False",
}  # fmt: skip


def parse(
    given: Mapping[str, object], *, hosts: int = 1, instance_type: str = "", validation: bool = False
) -> Word2VecArguments | SupervisedArguments:
    """The request of one host of a type that is not known."""
    return hyperparameters.parse(given, hosts=hosts, instance_type=instance_type, validation=validation)


def test_the_settings_of_the_well_known_blog_are_understood() -> None:
    parsed = parse(SEED)

    assert parsed == Word2VecArguments("batch_skipgram", epochs=10, min_count=40)


@pytest.mark.parametrize("mode", ["batch_skipgram", "skipgram", "cbow"])
def test_word_vectors_have_the_documented_defaults(mode: str) -> None:
    parsed = parse({"mode": mode})

    assert vars(parsed) == {
        "mode": mode, "batch_size": 11, "buckets": 2_000_000, "epochs": 5, "evaluation": True, "learning_rate": 0.05, "min_char": 3,
        "max_char": 6, "min_count": 5, "negative_samples": 5, "sampling_threshold": 0.0001, "subwords": False, "vector_dim": 100,
        "window_size": 5,
    }  # fmt: skip


def test_classification_has_the_documented_defaults() -> None:
    parsed = parse({"mode": "supervised"})

    assert vars(parsed) == {
        "mode": "supervised", "buckets": 2_000_000, "early_stopping": False, "epochs": 5, "learning_rate": 0.05, "min_count": 5,
        "min_epochs": 5, "patience": 4, "vector_dim": 100, "word_ngrams": 2,
    }  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [("True", True), ("true", True), ("TRUE", True), ("False", False), ("false", False)])
def test_booleans_have_either_spelling(text: str, value: bool) -> None:
    parsed = parse({"mode": "cbow", "subwords": text})

    assert isinstance(parsed, Word2VecArguments)
    assert parsed.subwords is value


def test_values_that_are_not_strings_are_read_as_their_text() -> None:
    parsed = parse({"mode": "skipgram", "epochs": 3, "subwords": True, "learning_rate": 0.1})

    assert parsed == Word2VecArguments("skipgram", epochs=3, subwords=True, learning_rate=0.1)


def test_the_tuners_own_key_is_not_a_mistake() -> None:
    assert parse({"mode": "cbow", "_tuning_objective_metric": "train:mean_rho"}) == Word2VecArguments("cbow")


REFUSED = [
    ({}, "Please provide a mode in hyperparameters. It should be one of "),
    ({"mode": "glove"}, 'mode should be one of ["skipgram", "cbow", "batch_skipgram"]'),
    ({"mode": "cbow", "epochs": "many"}, "Parameter epochs expects integer input."),
    ({"mode": "cbow", "epochs": "5.0"}, "Parameter epochs expects integer input."),
    ({"mode": "cbow", "epochs": ""}, "Parameter epochs expects integer input."),
    *(
        ({"mode": "cbow", "epochs": text}, "Parameter epochs expects integer input.")
        for text in ("\u0665", "0_1", "1_0", "+5", "007", " 5", "5\n", "-0")
    ),
    *(
        ({"mode": "cbow", "learning_rate": text}, "Parameter learning_rate expects float input.")
        for text in ("0.0_1", "\u0660.\u0665", "+0.05", "00.5", ".5", "5.", " 0.05", "1e", "0x1p-3", "infinity", "1e999")
    ),
    ({"mode": "cbow", "learning_rate": "fast"}, "Parameter learning_rate expects float input."),
    ({"mode": "cbow", "learning_rate": "nan"}, "Parameter learning_rate expects float input."),
    ({"mode": "cbow", "learning_rate": "inf"}, "Parameter learning_rate expects float input."),
    ({"mode": "cbow", "sampling_threshold": "rare"}, "Parameter sampling_threshold expects float input."),
    ({"mode": "cbow", "subwords": "yes"}, "Parameter subwords expects boolean input."),
    ({"mode": "cbow", "min_count": "-1"}, "Parameter 'min_count' should be >= 0."),
    ({"mode": "cbow", "sampling_threshold": "0"}, "Parameter 'sampling_threshold' should be between (0,1)"),
    ({"mode": "cbow", "sampling_threshold": "1"}, "Parameter 'sampling_threshold' should be between (0,1)"),
    ({"mode": "cbow", "learning_rate": "0"}, "Parameter 'learning_rate' should be > 0."),
    ({"mode": "cbow", "window_size": "0"}, "Parameter 'window_size' should be > 0."),
    ({"mode": "cbow", "epochs": "0"}, "Parameter 'epochs' should be > 0."),
    ({"mode": "cbow", "negative_samples": "-5"}, "Parameter 'negative_samples' should be > 0."),
    ({"mode": "cbow", "vector_dim": "0"}, "Parameter 'vector_dim' should be > 0."),
    ({"mode": "cbow", "vector_dim": "2049"}, "Parameter 'vector_dim' should be <= 2048."),
    ({"mode": "cbow", "batch_size": "33"}, "Parameter 'batch_size' should be <= 32."),
    ({"mode": "cbow", "buckets": "99999999999"}, "Parameter 'buckets' should be <= 2147483647."),
    ({"mode": "cbow", "mini_batch_siz": "3"}, "Additional properties are not allowed ('mini_batch_siz' was unexpected)"),
    ({"mode": "supervised", "window_size": "5"}, "Additional properties are not allowed ('window_size' was unexpected)"),
    ({"mode": "cbow", "patience": "4"}, "Additional properties are not allowed ('patience' was unexpected)"),
    ({"mode": "batch_skipgram", "subwords": "True"}, "Subword embedding learning is not supported by batch_skipgram"),
    ({"mode": "cbow", "subwords": "True", "min_char": "5", "max_char": "4"}, "Parameter 'min_char' should be <= max_char."),
    ({"mode": "supervised", "early_stopping": "True"}, "early_stopping needs a validation channel"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_blazingtext_does_not_take_is_refused_in_its_words(given: dict[str, object], words: str) -> None:
    with pytest.raises(HyperparameterError) as refusal:
        parse(given)

    message = str(refusal.value)
    assert message.startswith(words)
    assert message.count(". ") >= 2, "what happened, why, what to do"


# Mode, name, the least and the greatest value taken, the nearest ones refused, and what a refusal says of them.
EDGES = [
    ("cbow", "batch_size", "1", "32", "0", "33", "> 0.", "<= 32."),
    ("cbow", "vector_dim", "1", "2048", "0", "2049", "> 0.", "<= 2048."),
    ("cbow", "learning_rate", "1e-9", "2147483647", "0", "2147483647.5", "> 0.", "<= 2147483647."),
    ("cbow", "sampling_threshold", "1e-9", "0.999999", "0", "1", "between (0,1).", "between (0,1)."),
    ("cbow", "min_count", "0", "2147483647", "-1", "2147483648", ">= 0.", "<= 2147483647."),
    *(
        (mode, name, "1", "2147483647", "0", "2147483648", "> 0.", "<= 2147483647.")
        for mode, names in {
            "cbow": ("buckets", "epochs", "max_char", "min_char", "negative_samples", "window_size"),
            "supervised": ("buckets", "epochs", "min_epochs", "patience", "word_ngrams"),
        }.items()
        for name in names
    ),
]


@pytest.mark.parametrize(("mode", "name", "least", "greatest", "below", "above", "under", "over"), EDGES, ids=lambda value: str(value)[:20])
def test_values_are_taken_up_to_their_limits(
    mode: str, name: str, least: str, greatest: str, below: str, above: str, under: str, over: str
) -> None:
    for text in (least, greatest):
        assert getattr(parse({"mode": mode, name: text}), name) == float(text)
    for text, limit in ((below, under), (above, over)):
        with pytest.raises(HyperparameterError) as refusal:
            parse({"mode": mode, name: text})
        assert str(refusal.value).startswith(f"Parameter '{name}' should be {limit} It is {text}. ")


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("cbow", ["batch_size", "buckets", "epochs", "max_char", "min_char", "min_count", "negative_samples", "vector_dim", "window_size"]),
        ("supervised", ["buckets", "epochs", "min_count", "min_epochs", "patience", "vector_dim", "word_ngrams"]),
    ],
)
def test_whole_numbers_are_whole(mode: str, names: list[str]) -> None:
    for name in names:
        with pytest.raises(HyperparameterError, match=f'^Parameter {name} expects integer input. It is "1.5"'):
            parse({"mode": mode, name: "1.5"})


@pytest.mark.parametrize(("mode", "names"), [("cbow", ["evaluation", "subwords"]), ("supervised", ["early_stopping"])])
def test_switches_are_true_or_false(mode: str, names: list[str]) -> None:
    for name in names:
        for text, value in (("true", True), ("False", False)):
            assert getattr(parse({"mode": mode, name: text}, validation=True), name) is value
        with pytest.raises(HyperparameterError, match=f'^Parameter {name} expects boolean input. It is "1"'):
            parse({"mode": mode, name: "1"})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(HyperparameterError) as refusal:
        parse({"mode": "batch_skipgram", "subwords": "true", "epochs": "0", "dims": "3", "learning_rate": "x"})

    assert len(str(refusal.value).splitlines()) == 4


@pytest.mark.parametrize("mode", ["skipgram", "cbow", "supervised"])
def test_several_hosts_train_batch_skipgram_only(mode: str) -> None:
    with pytest.raises(HyperparameterError, match=r"^Only batch_skipgram is available when training on multiple CPU instances"):
        parse({"mode": mode}, hosts=2)

    assert parse({"mode": "batch_skipgram"}, hosts=2) == Word2VecArguments("batch_skipgram")


@pytest.mark.parametrize("text", ["0.05", "1", "1e-05", "5E-2", "0.010000000000000002"])
def test_a_number_may_be_written_as_python_and_json_write_it(text: str) -> None:
    parsed = parse({"mode": "cbow", "learning_rate": text})

    assert parsed == Word2VecArguments("cbow", learning_rate=float(text))


@pytest.mark.parametrize(
    ("mode", "instance_type", "hosts", "words"),
    [
        (
            "batch_skipgram",
            "ml.p3.2xlarge",
            1,
            "batch_skipgram is not supported on GPU. Please select a CPU instance or use cbow/skipgram.",
        ),
        ("batch_skipgram", "ml.g4dn.xlarge", 1, "batch_skipgram is not supported on GPU."),
        ("skipgram", "ml.p3.2xlarge", 2, "Please use a single GPU instance or change to multiple CPU instances."),
        ("supervised", "ml.p3.8xlarge", 1, "supervised trains on one GPU only."),
        ("cbow", "ml.p4d.24xlarge", 1, "BlazingText does not train on ml.p4d.24xlarge."),
        ("cbow", "ml.trn1.2xlarge", 1, "BlazingText does not train on ml.trn1.2xlarge."),
    ],
)
def test_instances_that_the_page_excludes_are_refused(mode: str, instance_type: str, hosts: int, words: str) -> None:
    with pytest.raises(HyperparameterError) as refusal:
        parse({"mode": mode}, hosts=hosts, instance_type=instance_type)

    assert str(refusal.value).startswith(words)


@pytest.mark.parametrize(
    ("mode", "instance_type", "hosts"),
    [
        ("batch_skipgram", "ml.c5.xlarge", 4),
        ("batch_skipgram", "ml.c7i-flex.xlarge", 1),
        ("skipgram", "ml.p3.8xlarge", 1),
        ("cbow", "ml.g5.xlarge", 1),
        ("supervised", "ml.p3.2xlarge", 1),
        ("supervised", "local", 1),
    ],
)
def test_instances_that_the_page_allows_are_taken(mode: str, instance_type: str, hosts: int) -> None:
    assert parse({"mode": mode}, hosts=hosts, instance_type=instance_type).mode == mode


def test_early_stopping_works_with_a_validation_channel() -> None:
    parsed = parse({"mode": "supervised", "early_stopping": "True", "patience": "2"}, validation=True)

    assert parsed == SupervisedArguments("supervised", early_stopping=True, patience=2)


def test_what_is_legal_but_unusual_is_warned_of() -> None:
    warned = list(hyperparameters.warnings(Word2VecArguments("batch_skipgram", vector_dim=1500, window_size=8)))

    assert warned == [
        "You are using a big vector dimension. Training might take a long time or might fail due to memory issues.",
        "It is recommended that you set batch_size as 2*window_size + 1 which is 17 in this case.",
    ]
    assert not list(hyperparameters.warnings(Word2VecArguments("batch_skipgram", vector_dim=1499)))
    assert not list(hyperparameters.warnings(Word2VecArguments("cbow", window_size=8)))
    assert not list(hyperparameters.warnings(SupervisedArguments("supervised")))
    # The last window whose ideal, 31, is a batch size that BlazingText takes.
    for window, warned_of in ((15, True), (16, False)):
        assert bool(list(hyperparameters.warnings(Word2VecArguments("batch_skipgram", window_size=window)))) is warned_of


def test_a_name_of_another_mode_is_told_from_one_that_nobody_knows() -> None:
    for given, why in (
        ({"mode": "supervised", "window_size": "5"}, "It has no meaning in mode supervised."),
        ({"mode": "cbow", "windows": "5"}, "BlazingText has no such hyperparameter."),
    ):
        with pytest.raises(HyperparameterError) as refusal:
            parse(given)
        assert why in str(refusal.value)


def test_ngrams_may_all_have_one_length() -> None:
    parsed = parse({"mode": "cbow", "subwords": "True", "min_char": "4", "max_char": "4"})

    assert parsed == Word2VecArguments("cbow", subwords=True, min_char=4, max_char=4)
