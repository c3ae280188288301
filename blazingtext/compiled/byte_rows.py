"""Unit vectors in a byte a number, to find the few whose exact cosines have to be computed: a pass over a quarter of the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

TILE = 32
_LEVELS = 127
Function = TypeVar("Function", bound=Callable[..., Any])
_njit: Any = numba.njit
_OPTIONS = {"nogil": True, "fastmath": True, "error_model": "numpy"}
# Without Numba's runtime, nobody counts the references to arrays that are passed on: that took four fifths of the time.
_BARE = {**_OPTIONS, "_nrt": False, "forceinline": True}
# In a kernel these make machine numbers; for the type checker they are int and float.
_int8: Callable[[Any], int] = cast("Any", np.int8)
_float32: Callable[[Any], float] = cast("Any", np.float32)


def kernel(function: Function) -> Function:
    """Machine code, kept between runs beside this file or in the user's cache; where neither can be written, made anew."""
    return _compiled(function, _OPTIONS)


def bare_kernel(function: Function) -> Function:
    """The same of a function that makes no array, and is a part of those that call it."""
    return _compiled(function, _BARE)


def _compiled(function: Function, options: dict[str, Any]) -> Function:
    try:
        compiled: Function = _njit(**options, cache=True)(function)
    except RuntimeError:
        compiled = _njit(**options)(function)
    return compiled


class _Levels(NamedTuple):
    """Rounded rows: n x dimension whole numbers, the scale of each row, and the length of what was rounded off it."""

    levels: NDArray[np.int8]
    scales: NDArray[np.float32]
    lost: NDArray[np.float32]


class ByteRows:
    """Rows rounded to whole numbers from -127 to 127, each with a scale of its own.

    Args:
        rows: n x dimension, float32, finite.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        numbers = (np.empty(len(rows), np.float32) for _ in range(2))
        self._rows = _Levels(np.empty(rows.shape, np.int8), *numbers)
        _round(rows, self._rows)

    def bounds(self, direction: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Between what the dot products of the first `count` rows with a unit vector lie, but for the rounding of float32.

        A product is at most as far from that of the rounded row as the rounding moved the row (Cauchy-Schwarz).

        Returns:
            The most of each row, (count,), and the least of the best row of every 32 (the last may be fewer).
        """
        most, least = np.empty(count, np.float32), np.empty(-(-count // TILE), np.float32)
        _scan(self._rows, direction, most, least)
        return most, least


@kernel
def _round(rows: NDArray[np.float32], rounded: _Levels) -> None:
    for row in range(rows.shape[0]):
        largest = _float32(0)
        for column in range(rows.shape[1]):
            largest = max(largest, abs(rows[row, column]))
        scale = largest / _float32(_LEVELS) if largest > 0 else _float32(1)
        squares = _float32(0)
        for column in range(rows.shape[1]):
            level = np.rint(rows[row, column] / scale)
            rounded.levels[row, column] = _int8(level)
            rest = rows[row, column] - level * scale
            squares += rest * rest
        rounded.scales[row], rounded.lost[row] = scale, np.sqrt(squares)


@kernel
def _scan(rounded: _Levels, direction: NDArray[np.float32], most: NDArray[np.float32], least: NDArray[np.float32]) -> None:
    levels = rounded.levels
    for tile in range(len(least)):
        best = _float32(-2)
        for row in range(tile * TILE, min((tile + 1) * TILE, len(most))):
            total = _float32(0)
            for column in range(levels.shape[1]):
                total += _float32(levels[row, column]) * direction[column]
            product = total * rounded.scales[row]
            most[row] = product + rounded.lost[row]
            best = max(best, product - rounded.lost[row])
        least[tile] = best
