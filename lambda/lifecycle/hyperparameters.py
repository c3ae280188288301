"""BlazingText's hyperparameters: one table, and what makes a request's values complete and valid.

Names, types, defaults and modes are those of the SageMaker guide (``blazingtext_hyperparameters.html``); where AWS's own
``validator.py`` (beside its text8 notebook) has a message, that message begins ours.
SageMaker's API takes strings only, so `complete` answers with strings.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from . import combinations, values
from .combinations import BATCH_SKIPGRAM, MODES, SUPERVISED, WORD2VEC, Choice, Value
from .errors import HyperparameterError, raise_all
from .suggestions import did_you_mean

_LARGEST = 2**31 - 1
# Ours: AWS's table has no maximum. Good values lie below 1; steps of this size only ever make numbers too large for a float.
_FASTEST = 100
_PARSERS: Mapping[str, Callable[[object], Value]] = {"integer": values.whole_number, "float": values.number, "boolean": values.boolean}
# fastText's names for those that ours do not resemble; the others are found by likeness.
_FASTTEXT = {
    "dim": "vector_dim",
    "lr": "learning_rate",
    "minn": "min_char",
    "neg": "negative_samples",
    "t": "sampling_threshold",
    "ws": "window_size",
}


@dataclass(frozen=True)
class Hyperparameter:
    """One row of the table.

    Attributes:
        name: as SageMaker knows it.
        kind: how its text is read.
        default: BlazingText's own.
        modes: where it may be given.
        meaning: what it is, for people.
        minimum: the least value; None for booleans.
        exclusive: whether the minimum itself is refused.
        maximum: the greatest value.
        below: whether the maximum itself is refused.
        only_with: the switch without which it has no effect, and is sent only when given.
    """

    name: str
    kind: Literal["integer", "float", "boolean"]
    default: Value
    modes: frozenset[str]
    meaning: str
    minimum: float | None = None
    exclusive: bool = False
    maximum: float | None = None
    below: bool = False
    only_with: str = ""

    @property
    def allowed(self) -> str:
        """The allowed values, in words."""
        if self.minimum is None:
            return "True or False"
        noun = "a whole number" if self.kind == "integer" else "a number"
        if self.kind == "integer":
            least = f"from {self.minimum + self.exclusive:g}"
        else:
            least = f"above {self.minimum:g}" if self.exclusive else f"from {self.minimum:g}"
        if self.maximum == _LARGEST:
            return f"{noun} {least}"
        return f"{noun} {least} {'and below' if self.below else 'to'} {self.maximum:g}"


def _positive(
    name: str, default: int, modes: frozenset[str], meaning: str, *, maximum: int = _LARGEST, only_with: str = ""
) -> Hyperparameter:
    return Hyperparameter(name, "integer", default, modes, meaning, minimum=0, exclusive=True, maximum=maximum, only_with=only_with)


TABLE = {
    row.name: row
    for row in (
        _positive("batch_size", 11, WORD2VEC, "words that share their negative samples", maximum=32, only_with=BATCH_SKIPGRAM),
        _positive("buckets", 2_000_000, MODES, "hash buckets for n-grams", only_with="subwords"),
        Hyperparameter("early_stopping", "boolean", False, SUPERVISED, "stop when validation accuracy no longer improves"),
        _positive("epochs", 5, MODES, "passes over the corpus"),
        Hyperparameter("evaluation", "boolean", True, WORD2VEC, "score the vectors on WordSim-353 after training"),
        Hyperparameter("learning_rate", "float", 0.05, MODES, "step size, falling to 0", minimum=0, exclusive=True, maximum=_FASTEST),
        _positive("max_char", 6, WORD2VEC, "longest character n-gram", only_with="subwords"),
        _positive("min_char", 3, WORD2VEC, "shortest character n-gram", only_with="subwords"),
        Hyperparameter("min_count", "integer", 5, MODES, "drop words seen fewer times", minimum=0, maximum=_LARGEST),
        _positive("min_epochs", 5, SUPERVISED, "epochs before early stopping may act", only_with="early_stopping"),
        _positive("negative_samples", 5, WORD2VEC, "wrong words shown per right one"),
        _positive("patience", 4, SUPERVISED, "epochs without improvement that early stopping bears", only_with="early_stopping"),
        Hyperparameter(
            "sampling_threshold",
            "float",
            0.0001,
            WORD2VEC,
            "how strongly frequent words are thinned out",
            minimum=0,
            exclusive=True,
            maximum=1,
            below=True,
        ),
        Hyperparameter("subwords", "boolean", False, WORD2VEC, "learn character n-grams, so that unknown words have vectors"),
        _positive("vector_dim", 100, MODES, "numbers per vector", maximum=2048),
        _positive("window_size", 5, WORD2VEC, "words to the left and right that count as context"),
        _positive("word_ngrams", 2, SUPERVISED, "longest word n-gram"),
    )
}


def names(mode: str) -> tuple[str, ...]:
    """The hyperparameters that a mode has, besides ``mode``, in alphabetical order."""
    return tuple(name for name, row in TABLE.items() if mode in row.modes)


def complete(
    mode: str, given: Mapping[str, object], instance_type: str, instance_count: int, *, channels: Collection[str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """The whole set of hyperparameters to send, with what is legal but probably a mistake.

    Args:
        mode: the training mode; ``given`` may repeat it, not contradict it.
        given: names and values as a person or a JSON document gives them: numbers, booleans or text.
        instance_type: what the job runs on; modes and instances constrain each other.
        instance_count: on how many of them.
        channels: the job's channels, when they are known: early stopping needs ``validation``.

    Returns:
        Every hyperparameter as SageMaker takes it, and the warnings.

    Raises:
        HyperparameterError: names every problem, a line each.
    """
    _check_mode(mode, given)
    complete, problems = _values(mode, given)
    choice = Choice(mode, complete, frozenset(given), instance_type, instance_count, None if channels is None else frozenset(channels))
    problems += combinations.problems(choice)
    raise_all(problems)
    return {"mode": mode, **_sent(mode, given, complete)}, combinations.warnings(choice)


def _check_mode(mode: str, given: Mapping[str, object]) -> None:
    allowed = 'one of ["skipgram", "cbow", "batch_skipgram", "supervised"]'
    if not mode:
        raise HyperparameterError(
            f"Please provide a mode in hyperparameters. It should be {allowed}. "
            "Word vectors: batch_skipgram; text classification: supervised."
        )
    if mode not in MODES:
        hint = did_you_mean(mode, sorted(MODES)) or "Word vectors: batch_skipgram; text classification: supervised."
        raise HyperparameterError(f'mode should be {allowed}. It was given as "{values.cut(mode)}". {hint}')
    if "mode" in given and given["mode"] != mode:
        raise HyperparameterError(
            f'mode is given twice: "{mode}" and, in hyperparameters, {values.shown(given["mode"])}.'
            " A job has one mode. Leave one of them out."
        )


def _values(mode: str, given: Mapping[str, object]) -> tuple[dict[str, Value], list[HyperparameterError]]:
    found = {name: TABLE[name].default for name in names(mode)}
    problems = []
    for name, raw in given.items():
        if name == "mode":
            continue
        try:
            found[name] = read_value(mode, name, raw)
        except HyperparameterError as problem:
            problems.append(problem)
    return found, problems


def read_value(mode: str, name: str, raw: object) -> Value:
    """One hyperparameter's value, as a mode takes it.

    Raises:
        HyperparameterError: the mode has none of that name, or it takes no such value.
    """
    row = TABLE.get(name)
    if row is None:
        known = names(mode)
        ours = _FASTTEXT.get(name)
        meant = f'Did you mean "{ours}"?' if ours in known else did_you_mean(name, known, cutoff=0.5)
        hint = meant or f"The hyperparameters of {mode} are {', '.join(known)}."
        raise HyperparameterError(
            f"Additional properties are not allowed ('{values.cut(name)}' was unexpected). "
            f"BlazingText refuses names that it does not know. {hint}"
        )
    if mode not in row.modes:
        raise HyperparameterError(
            f"Additional properties are not allowed ('{values.cut(name)}' was unexpected). "
            f"It belongs to {_family(row.modes)}, and the mode is {mode}. Leave it out or change the mode."
        )
    return _in_range(row, _parsed(row, raw))


def _family(modes: frozenset[str]) -> str:
    return "text classification (supervised)" if modes == SUPERVISED else "Word2Vec (skipgram, cbow, batch_skipgram)"


def _parsed(row: Hyperparameter, raw: object) -> Value:
    try:
        return _PARSERS[row.kind](raw)
    except ValueError as error:
        raise HyperparameterError(
            f"Parameter '{row.name}' expects {row.kind} input. It was given as {values.shown(raw)} "
            f"({row.meaning}; default {text(row.default)}). "
            f"Give {row.allowed}."
        ) from error


def _in_range(row: Hyperparameter, value: Value) -> Value:
    rule = _broken_rule(row, value)
    if rule:
        raise HyperparameterError(
            f"Parameter '{row.name}' should be {rule}. It was given as {text(value)} ({row.meaning}; default {text(row.default)}). "
            f"Give {row.allowed}."
        )
    return value


def _broken_rule(row: Hyperparameter, value: Value) -> str:
    """The rule that a value breaks, in AWS's words; ``""`` when it breaks none."""
    if row.minimum is None:
        return ""
    low = value <= row.minimum if row.exclusive else value < row.minimum
    high = row.maximum is not None and (value >= row.maximum if row.below else value > row.maximum)
    if row.below:
        return f"between ({row.minimum:g},{row.maximum:g})" if low or high else ""
    if low:
        return f"{'>' if row.exclusive else '>='} {row.minimum:g}"
    return f"<= {row.maximum:.0f}" if high else ""


def _sent(mode: str, given: Mapping[str, object], values: Mapping[str, Value]) -> dict[str, str]:
    """What is sent: everything that has an effect, and whatever was given."""
    return {
        name: text(values[name]) for name in names(mode) if name in given or combinations.has_effect(TABLE[name].only_with, mode, values)
    }


def text(value: Value) -> str:
    """A value as SageMaker's string-to-string map carries it; never in exponent form."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
