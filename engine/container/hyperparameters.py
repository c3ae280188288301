"""Every hyperparameter of BlazingText: name, type, range and default, read from SageMaker's map of strings.

Tables: https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext_hyperparameters.html
Wording of the refusals: where AWS's own client-side validator has a sentence for a case, that sentence leads the message.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from ..errors import HyperparameterError
from . import instances

Word2VecMode = Literal["batch_skipgram", "skipgram", "cbow"]
WORD2VEC_MODES: tuple[str, ...] = get_args(Word2VecMode)
MODES = (*WORD2VEC_MODES, "supervised")
# What is a number: SageMaker checks integers by the pattern ^([1-9][0-9]*)$ ("Common information about built-in algorithms", logs), so a
# plus sign, leading zeros, underscores and other scripts' digits are refused. Its pattern for other numbers is not published: JSON's here.
INTEGER = re.compile(r"0|-?[1-9][0-9]*")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
LARGEST_INTEGER = 2**31 - 1  # the .bin format keeps them in 32 bits
TUNER_KEY = "_tuning_objective_metric"  # SageMaker's tuner adds it to every job of its own


@dataclass(frozen=True)
class Word2VecArguments:
    """A complete request for word vectors."""

    mode: Word2VecMode
    batch_size: int = 11
    buckets: int = 2_000_000
    epochs: int = 5
    evaluation: bool = True
    learning_rate: float = 0.05
    min_char: int = 3
    max_char: int = 6
    min_count: int = 5
    negative_samples: int = 5
    sampling_threshold: float = 0.0001
    subwords: bool = False
    vector_dim: int = 100
    window_size: int = 5


@dataclass(frozen=True)
class SupervisedArguments:
    """A complete request for text classification."""

    mode: Literal["supervised"]
    buckets: int = 2_000_000
    early_stopping: bool = False
    epochs: int = 5
    learning_rate: float = 0.05
    min_count: int = 5
    min_epochs: int = 5
    patience: int = 4
    vector_dim: int = 100
    word_ngrams: int = 2


Arguments = Word2VecArguments | SupervisedArguments


@dataclass(frozen=True)
class Setting:
    """One row of the table: what it is called in a message, how it is read, and which values it takes."""

    kind: str
    read: Callable[[str], object]
    problem: Callable[[float], str | None]
    remedy: str


class _UnreadableError(ValueError):
    """The text is not of the setting's type."""


def _integer(text: str) -> int:
    if INTEGER.fullmatch(text) is None:
        raise _UnreadableError
    return int(text)


def _float(text: str) -> float:
    if NUMBER.fullmatch(text) is None:
        raise _UnreadableError
    value = float(text)
    if not math.isfinite(value):
        raise _UnreadableError
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise _UnreadableError
    return text.lower() == "true"


def _positive(largest: int = LARGEST_INTEGER) -> Callable[[float], str | None]:
    def problem(value: float) -> str | None:
        if value <= 0:
            return "should be > 0."
        return f"should be <= {largest}." if value > largest else None

    return problem


def _not_negative(value: float) -> str | None:
    if value < 0:
        return "should be >= 0."
    return f"should be <= {LARGEST_INTEGER}." if value > LARGEST_INTEGER else None


def _between_zero_and_one(value: float) -> str | None:
    return None if 0 < value < 1 else "should be between (0,1)."


def _no_limit(_: float) -> str | None:
    return None


def _positive_integer(remedy: str, largest: int = LARGEST_INTEGER) -> Setting:
    return Setting("integer", _integer, _positive(largest), remedy)


SETTINGS: Mapping[str, Setting] = {
    "batch_size": _positive_integer("Use 8 to 32; 2 * window_size + 1 is a good choice.", largest=32),
    "buckets": _positive_integer("Use a positive number of hash buckets, for example 2000000."),
    "early_stopping": Setting("boolean", _boolean, _no_limit, "Use True or False."),
    "epochs": _positive_integer("Use a positive number of passes, for example 5."),
    "evaluation": Setting("boolean", _boolean, _no_limit, "Use True or False."),
    "learning_rate": Setting("float", _float, _positive(), "Use a positive number, for example 0.05."),
    "max_char": _positive_integer("Use a positive number of characters, for example 6."),
    "min_char": _positive_integer("Use a positive number of characters, for example 3."),
    "min_count": Setting("integer", _integer, _not_negative, "Use 0 or more; 5 drops words seen fewer than five times."),
    "min_epochs": _positive_integer("Use a positive number of passes, for example 5."),
    "negative_samples": _positive_integer("Use a positive number, for example 5."),
    "patience": _positive_integer("Use a positive number of epochs, for example 4."),
    "sampling_threshold": Setting("float", _float, _between_zero_and_one, "Use a small fraction, for example 0.0001."),
    "subwords": Setting("boolean", _boolean, _no_limit, "Use True or False."),
    "vector_dim": _positive_integer("Use 1 to 2048, for example 100.", largest=2048),
    "window_size": _positive_integer("Use a positive number of words, for example 5."),
    "word_ngrams": _positive_integer("Use a positive number of words, for example 2."),
}


def parse(given: Mapping[str, object], *, hosts: int, instance_type: str, validation: bool) -> Arguments:
    """The complete, checked request.

    Args:
        given: hyperparameters.json: names to strings (JSON numbers and booleans are read as their text).
        hosts: how many machines train together.
        instance_type: what they are; empty when that is not known.
        validation: whether a validation channel was sent.

    Raises:
        HyperparameterError: with every problem found, one a line.
    """
    texts = {name: str(value) for name, value in given.items() if name != TUNER_KEY}
    kind = _kind(texts)
    problems: list[str] = list(_unknown(texts, kind))
    values: dict[str, object] = {}
    for name in sorted(texts.keys() & _names(kind) - {"mode"}):
        try:
            values[name] = _value(name, texts[name])
        except HyperparameterError as error:
            problems.append(str(error))
    arguments = kind(mode=texts["mode"], **values)  # type: ignore[arg-type]  # every value was read by its own row of SETTINGS
    problems += instances.problems(arguments.mode, instance_type, hosts)
    problems += _invalid_combinations(arguments, validation)
    if problems:
        raise HyperparameterError("\n".join(problems))
    return arguments


def warnings(arguments: Arguments) -> Iterator[str]:
    """What is legal but probably not meant, in AWS's words."""
    if arguments.vector_dim >= 1500:
        yield "You are using a big vector dimension. Training might take a long time or might fail due to memory issues."
    if arguments.mode == "batch_skipgram":
        ideal = 2 * arguments.window_size + 1
        # Beyond a window of 15 it is more than the 32 that BlazingText takes.
        if arguments.batch_size != ideal and arguments.window_size < 16:
            yield f"It is recommended that you set batch_size as 2*window_size + 1 which is {ideal} in this case."


def _kind(texts: Mapping[str, str]) -> type[Word2VecArguments] | type[SupervisedArguments]:
    choices = '["skipgram", "cbow", "batch_skipgram"]'
    if "mode" not in texts:
        raise HyperparameterError(
            f"Please provide a mode in hyperparameters. It should be one of {choices} "
            'for word vectors or "supervised" for classification. Nothing can be trained without it. Add mode, for example batch_skipgram.'
        )
    if texts["mode"] not in MODES:
        raise HyperparameterError(
            f'mode should be one of {choices} or "supervised". It is "{texts["mode"]}", which BlazingText does not know. Correct mode.'
        )
    return SupervisedArguments if texts["mode"] == "supervised" else Word2VecArguments


def _names(kind: type[Word2VecArguments] | type[SupervisedArguments]) -> set[str]:
    return {field.name for field in fields(kind)}


def _unknown(texts: Mapping[str, str], kind: type[Word2VecArguments] | type[SupervisedArguments]) -> Iterator[str]:
    for name in sorted(texts.keys() - _names(kind)):
        why = f"It has no meaning in mode {texts['mode']}." if name in SETTINGS else "BlazingText has no such hyperparameter."
        yield (
            f"Additional properties are not allowed ('{name}' was unexpected). {why} "
            f"Remove it; allowed are: {', '.join(sorted(_names(kind)))}."
        )


def _value(name: str, text: str) -> object:
    setting = SETTINGS[name]
    try:
        value = setting.read(text)
    except _UnreadableError as error:
        raise HyperparameterError(f'Parameter {name} expects {setting.kind} input. It is "{text}". {setting.remedy}') from error
    problem = setting.problem(value) if isinstance(value, (int, float)) else None
    if problem is not None:
        raise HyperparameterError(f"Parameter '{name}' {problem} It is {text}. {setting.remedy}")
    return value


def _invalid_combinations(arguments: Arguments, validation: bool) -> Iterator[str]:
    """Hyperparameters that rule each other, or a missing channel, out."""
    if isinstance(arguments, SupervisedArguments):
        if arguments.early_stopping and not validation:
            yield (
                "early_stopping needs a validation channel, and the request has none. Stopping early is decided by the accuracy on it. "
                "Add a channel named validation, or set early_stopping to False."
            )
        return
    if arguments.subwords and arguments.mode == "batch_skipgram":
        yield (
            "Subword embedding learning is not supported by batch_skipgram. subwords is True and mode is batch_skipgram. "
            "Set mode to skipgram or cbow, or subwords to False."
        )
    if arguments.subwords and arguments.min_char > arguments.max_char:
        yield (
            f"Parameter 'min_char' should be <= max_char. They are {arguments.min_char} and {arguments.max_char}, which leaves no n-gram. "
            "Lower min_char or raise max_char."
        )
