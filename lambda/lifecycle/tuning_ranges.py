"""What a tuning job may search: ranges of hyperparameters, read from an event and checked.

Sources: which hyperparameters BlazingText lets be searched, and the recommended ranges,
https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext-tuning.html; kinds of ranges and scaling,
https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import hyperparameters, values
from .combinations import MODES, SUPERVISED, Value
from .errors import HyperparameterError, RequestError, UserError
from .suggestions import did_you_mean

PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext-tuning.html"
SCALINGS = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
RANGE_KEYS = ("from", "to", "scaling")
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CategoricalParameterRange.html
MAXIMUM_VALUES = 30


class Recommended(NamedTuple):
    """The range that AWS recommends."""

    low: float
    high: float


_OF_BOTH = {
    "epochs": Recommended(5, 15),
    "learning_rate": Recommended(0.005, 0.01),
    "min_count": Recommended(0, 100),
    "vector_dim": Recommended(32, 300),
}
_OF_VECTORS = {
    **_OF_BOTH,
    "batch_size": Recommended(8, 32),
    "negative_samples": Recommended(5, 25),
    "sampling_threshold": Recommended(0.0001, 0.001),
    "window_size": Recommended(1, 10),
}
_OF_CLASSIFIERS = {**_OF_BOTH, "buckets": Recommended(1_000_000, 10_000_000), "word_ngrams": Recommended(1, 3)}


def recommended(mode: str) -> Mapping[str, Recommended]:
    """What can be searched in a mode besides the mode itself, with the ranges that AWS recommends."""
    return _OF_CLASSIFIERS if mode in SUPERVISED else _OF_VECTORS


@dataclass(frozen=True)
class Range:
    """A hyperparameter of which everything between two values is tried.

    Attributes:
        name: the hyperparameter.
        low: the least value.
        high: the greatest.
        scaling: how it is searched: one of `SCALINGS`.
        whole: whether it holds whole numbers only.
    """

    name: str
    low: Value
    high: Value
    scaling: str
    whole: bool

    @property
    def kind(self) -> str:
        """What SageMaker calls it."""
        return "Integer" if self.whole else "Continuous"

    @property
    def combinations(self) -> float:
        """How many different values there are; infinite for fractions."""
        return self.high - self.low + 1 if self.whole else math.inf

    @property
    def ends(self) -> tuple[object, ...]:
        """The values that stand for all."""
        return (self.low, self.high)

    def request(self) -> dict[str, Any]:
        """It as a part of SageMaker's ParameterRanges."""
        low, high = hyperparameters.text(self.low), hyperparameters.text(self.high)
        return {"Name": self.name, "MinValue": low, "MaxValue": high, "ScalingType": self.scaling}


@dataclass(frozen=True)
class Choice:
    """A hyperparameter of which the values of a list are tried.

    Attributes:
        name: the hyperparameter.
        ends: the values, each of which stands for itself.
    """

    name: str
    ends: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What SageMaker calls it."""
        return "Categorical"

    @property
    def combinations(self) -> int:
        """How many different values there are."""
        return len(self.ends)

    def request(self) -> dict[str, Any]:
        """It as a part of SageMaker's ParameterRanges."""
        return {"Name": self.name, "Values": list(self.ends)}


def requested(ranges: Sequence[Range | Choice]) -> dict[str, list[dict[str, Any]]]:
    """Ranges as SageMaker's ParameterRanges."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for each in ranges:
        kinds.setdefault(f"{each.kind}ParameterRanges", []).append(each.request())
    return kinds


def read(mode: str, given: Mapping[str, object]) -> tuple[list[Range | Choice], list[UserError]]:
    """The ranges of a mode in an event, in alphabetical order, and everything that is wrong with them.

    Args:
        mode: the training mode, or one of those searched.
        given: name to a list of values, or to an object with ``from``, ``to`` and maybe ``scaling``.
    """
    found, problems = list[Range | Choice](), list[UserError]()
    for name, wish in sorted(given.items()):
        try:
            found.append(_modes(wish) if name == "mode" else _read(mode, name, wish))
        except UserError as problem:
            problems.append(problem)
    return found, problems


def searched_modes(given: Mapping[str, object]) -> list[str]:
    """The modes that an event has searched, as far as they are ones."""
    wish = given.get("mode", [])
    return [each for each in wish if isinstance(each, str) and each in MODES] if isinstance(wish, list) else []


def _modes(wish: object) -> Choice:
    if not isinstance(wish, list) or not all(isinstance(each, str) and each in MODES for each in wish):
        raise RequestError(
            f"tuning.ranges.mode: {values.shown(wish)} is no list of modes. A mode is a name, so there is nothing between two of them. "
            'Write ["batch_skipgram", "skipgram", "cbow"], or some of them.'
        )
    if SUPERVISED & set(wish):
        raise RequestError(
            "tuning.ranges.mode: supervised is not searched beside others. A classifier and word vectors have different objectives, which "
            "cannot be compared. Give the mode outside of the ranges."
        )
    return _choice("mode", [str(each) for each in wish])


def _read(mode: str, name: str, wish: object) -> Range | Choice:
    row = hyperparameters.TABLE.get(name)
    known = recommended(mode)
    if row is None or mode not in row.modes:
        # Refused in the words for any hyperparameter.
        hyperparameters.read_value(mode, name, "")
    if row is None or name not in known:
        hint = did_you_mean(name, tuple(known)) or f"Those of {mode} are mode, {', '.join(sorted(known))}."
        raise RequestError(
            f"tuning.ranges.{values.cut(name)}: BlazingText does not let it be searched ({PAGE}). Fix it in hyperparameters. {hint}"
        )
    if isinstance(wish, list):
        return _choice(name, [hyperparameters.text(hyperparameters.read_value(mode, name, each)) for each in wish])
    if not isinstance(wish, Mapping) or not {"from", "to"} <= set(wish) <= set(RANGE_KEYS):
        raise RequestError(
            f"tuning.ranges.{name}: {values.shown(wish)} is neither a range nor a list. "
            f'Write {{"from": ..., "to": ...}}, with "scaling" if it is not to be {SCALINGS[0]}, or [value, value].'
        )
    low, high = (hyperparameters.read_value(mode, name, wish[end]) for end in ("from", "to"))
    return _checked(Range(name, low, high, _scaling(name, wish), row.kind == "integer"))


def _choice(name: str, choices: Sequence[str]) -> Choice:
    if not 2 <= len(choices) <= MAXIMUM_VALUES or len(set(choices)) < len(choices):
        raise RequestError(
            f"tuning.ranges.{name}: {', '.join(choices) or 'nothing'} is no choice. A list holds 2 to {MAXIMUM_VALUES} different values. "
            "Add some, leave out what stands there twice, or fix the value in hyperparameters."
        )
    return Choice(name, tuple(choices))


def _scaling(name: str, wish: Mapping[str, object]) -> str:
    scaling = wish.get("scaling", SCALINGS[0])
    if scaling not in SCALINGS:
        raise RequestError(
            f"tuning.ranges.{name}.scaling: {values.shown(scaling)} is none of SageMaker's. Give {', '.join(SCALINGS)}, or leave it out."
        )
    return str(scaling)


def _checked(found: Range) -> Range:
    """The range itself, when it can be searched on its scale."""
    if found.low >= found.high:
        raise HyperparameterError(
            f"tuning.ranges.{found.name}: it goes from {found.low} to {found.high}, so there is nothing to search. "
            "Give the smaller value first, or fix the value in hyperparameters."
        )
    if found.scaling == "Logarithmic" and found.low <= 0:
        raise HyperparameterError(
            f"tuning.ranges.{found.name}: Logarithmic scaling needs values above 0, and the range begins at {found.low}. "
            "Begin above, or take Linear."
        )
    if found.scaling == "ReverseLogarithmic" and (found.whole or not 0 <= found.low <= found.high < 1):
        raise HyperparameterError(
            f"tuning.ranges.{found.name}: ReverseLogarithmic scaling is for fractions from 0 to below 1. Take Linear or Logarithmic."
        )
    return found


def warnings(mode: str, ranges: Sequence[Range | Choice]) -> list[str]:
    """What of the ranges lies outside of what AWS recommends."""
    known, found = recommended(mode), []
    for each in ranges:
        if each.name not in known:
            continue
        low, high = known[each.name]
        numbers = [float(end) for end in each.ends if isinstance(end, int | float | str)]
        if min(numbers) < low or max(numbers) > high:
            found.append(
                f"{each.name} is searched from {min(numbers):g} to {max(numbers):g}; AWS recommends {low:.10g} to {high:.10g} ({PAGE})."
            )
    return found
