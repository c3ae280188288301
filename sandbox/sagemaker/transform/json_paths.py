"""The part of JSONPath that the filters of a transform job may use.

Source: "Supported JSONPath Operators",
https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html: `$`, `.name`, `*`, `['a','b']`, `[0,-1]`, `[1:]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

_STEP: Final = re.compile(
    r"\.?\[(?P<slice>\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*)\]"
    r"|\.?\[\s*(?P<indexes>(?:-?\d+|-?\d*:-?\d*)(?:\s*,\s*(?:-?\d+|-?\d*:-?\d*))*)\s*\]"
    r"|\.?\[\s*(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\s*\]"
    r"|\.?\[\s*(?P<any>\*)\s*\]"
    r"|\.(?P<name>[^.\[\]*'\s]+)"
    r"|(?P<every>\.\*)"
)
Step = Callable[[Any], Any]


class PathError(ValueError):
    """A path is no JSONPath of the supported kind, or a value has nothing there."""


class JsonPath:
    """One expression.

    Args:
        text: such as ``$.features``.

    Raises:
        PathError: it is not of the supported kind.
    """

    def __init__(self, text: str) -> None:
        self._text, self._steps = text, list[Step]()
        if not text.startswith("$"):
            raise PathError(f"{text} does not begin with $")
        place = 1
        while place < len(text):
            found = _STEP.match(text, place)
            if found is None:
                raise PathError(f"{text} is not a JSONPath that is supported")
            self._steps.append(_step(found))
            place = found.end()

    @property
    def is_root(self) -> bool:
        """Whether it selects everything."""
        return not self._steps

    def select(self, value: Any) -> Any:
        """What it selects of a JSON value.

        Raises:
            PathError: there is nothing.
        """
        for step in self._steps:
            try:
                value = step(value)
            except (KeyError, IndexError, TypeError) as problem:
                raise PathError(f"{self._text} selects nothing") from problem
        return value


def _step(found: re.Match[str]) -> Step:
    if found["slice"] is not None:
        return _sliced(found["slice"])
    if found["indexes"] is not None:
        chosen = [part.strip() for part in found["indexes"].split(",")]
        return _indexed(int(chosen[0])) if len(chosen) == 1 else _several(chosen)
    if found["names"] is not None:
        names = re.findall("'([^']*)'", found["names"])
        return _named(names[0]) if len(names) == 1 else lambda value: {name: _named(name)(value) for name in names}
    if found["name"] is not None:
        return _named(found["name"])
    return _every


def _named(name: str) -> Step:
    def step(value: Any) -> Any:
        if not isinstance(value, dict):
            raise KeyError(name)
        return value[name]

    return step


def _indexed(index: int) -> Step:
    def step(value: Any) -> Any:
        return _array(value)[index]

    return step


def _sliced(text: str) -> Step:
    start, end = (int(part) if part.strip() else None for part in text.split(":"))
    return lambda value: _array(value)[start:end]


def _several(chosen: list[str]) -> Step:
    """Indexes and slices together, such as ``[0,5:]``."""

    def step(value: Any) -> Any:
        found: list[Any] = []
        for part in chosen:
            found += _sliced(part)(value) if ":" in part else [_indexed(int(part))(value)]
        return found

    return step


def _every(value: Any) -> Any:
    return list(value.values()) if isinstance(value, dict) else list(_array(value))


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
