"""The ranges of a tuning job: numbers between 0 and 1 become the texts of hyperparameters, and back."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..api.contract import Parameters

#: From this ratio of its ends on, a range with scaling Auto is searched on a logarithmic scale. AWS does not say how it chooses.
AUTO_RATIO: Final = 100.0
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BELOW_ONE: Final = math.nextafter(1.0, 0.0)


@dataclass(frozen=True)
class Number:
    """A range of integers or of floating-point numbers; both ends are allowed.

    Source: "ScalingType" of IntegerParameterRange and ContinuousParameterRange, SageMaker API reference.
    """

    name: str
    low: float
    high: float
    integer: bool
    scaling: str

    @property
    def width(self) -> int:
        """How many coordinates a point has for it."""
        return 1

    def text(self, unit: Sequence[float]) -> str:
        """The value at a place between 0 and 1."""
        place = min(max(unit[0], 0.0), _BELOW_ONE if self.integer else 1.0)
        value = self._unscale(self._scale(self.low) + place * (self._scale(self._end) - self._scale(self.low)))
        if self.integer:
            return str(min(max(math.floor(value), int(self.low)), int(self.high)))
        return repr(float(min(max(value, self.low), self.high)))

    def unit(self, text: str) -> list[float]:
        """The place of a value; ValueError when it is no number of the range."""
        value = float(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"{text} is not in the range of {self.name}")
        span = self._scale(self._end) - self._scale(self.low)
        return [(self._scale(value + 0.5 if self.integer else value) - self._scale(self.low)) / span if span else 0.0]

    @property
    def values(self) -> float:
        """How many values there are."""
        return self.high - self.low + 1 if self.integer else 1.0 if self.high == self.low else math.inf

    @property
    def _end(self) -> float:
        """An integer stands for the interval that begins with it."""
        return self.high + 1 if self.integer else self.high

    @property
    def _kind(self) -> str:
        if self.scaling != "Auto":
            return self.scaling
        return "Logarithmic" if self.low > 0 and self.high / self.low >= AUTO_RATIO else "Linear"

    def _scale(self, value: float) -> float:
        if self._kind == "Logarithmic":
            return math.log(value)
        return -math.log1p(-value) if self._kind == "ReverseLogarithmic" else value

    def _unscale(self, value: float) -> float:
        if self._kind == "Logarithmic":
            return math.exp(value)
        return -math.expm1(-value) if self._kind == "ReverseLogarithmic" else value


@dataclass(frozen=True)
class Choice:
    """A categorical range: a coordinate for each value, and the largest counts."""

    name: str
    choices: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many coordinates a point has for it."""
        return len(self.choices)

    def text(self, unit: Sequence[float]) -> str:
        """The value whose coordinate is the largest."""
        return max(zip(unit, self.choices, strict=True), key=lambda each: each[0])[1]

    def unit(self, text: str) -> list[float]:
        """1 for the value, 0 for the others; ValueError when it is none of them."""
        if text not in self.choices:
            raise ValueError(f"{text} is not in the range of {self.name}")
        return [float(choice == text) for choice in self.choices]

    @property
    def values(self) -> float:
        """How many values there are."""
        return len(self.choices)


@dataclass(frozen=True)
class Space:
    """All ranges of one training job definition."""

    ranges: tuple[Number | Choice, ...]

    @classmethod
    def of(cls, ranges: Parameters) -> Space:
        """The space of a request's `ParameterRanges`; ValueError when an end is no number."""
        numbers = [
            Number(each["Name"], _number(each["MinValue"]), _number(each["MaxValue"]), integer, each.get("ScalingType", "Auto"))
            for member, integer in (("IntegerParameterRanges", True), ("ContinuousParameterRanges", False))
            for each in ranges.get(member) or []
        ]
        choices = [Choice(each["Name"], tuple(each["Values"])) for each in ranges.get("CategoricalParameterRanges") or []]
        return cls((*numbers, *choices))

    @property
    def width(self) -> int:
        """How many coordinates a point has."""
        return sum(each.width for each in self.ranges)

    @property
    def combinations(self) -> float:
        """How many points there are; infinite with a continuous range."""
        return math.prod(each.values for each in self.ranges)

    def texts(self, point: Sequence[float]) -> dict[str, str]:
        """The hyperparameters at a point, coordinates from 0 to 1."""
        parts = iter(point)
        return {each.name: each.text(list(itertools.islice(parts, each.width))) for each in self.ranges}

    def point(self, texts: Mapping[str, str]) -> list[float]:
        """The point of hyperparameters; ValueError or KeyError when they are not all in the ranges."""
        return [coordinate for each in self.ranges for coordinate in each.unit(texts[each.name])]

    def grid(self) -> Iterator[dict[str, str]]:
        """Every combination of categorical ranges."""
        choices = [each.choices for each in self.ranges if isinstance(each, Choice)]
        names = [each.name for each in self.ranges if isinstance(each, Choice)]
        return (dict(zip(names, values, strict=True)) for values in itertools.product(*choices))


def _number(text: str) -> float:
    """A number as JSON writes it; ValueError for anything else that Python reads."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is none")
    return float(text)
