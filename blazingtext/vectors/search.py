"""The rows of the highest cosines with one direction: a fast pass over all rows, and exact cosines of the few that it leaves.

Every pass comes with a bound on its error, so that what is found does not depend on which one it was, on the machine, or on threads.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..compiled.byte_rows import ByteRows

Matrix = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]
_TILE = 32
_ROWS_AT_ONCE = 16_384
# Rounded rows take as long to make as some searches, and Numba a second to load. Below these numbers BLAS is fast enough.
_SEARCHES_BEFORE_ROUNDING = 3
_LEAST_NUMBERS = 20_000_000


class Search:
    """Directions to search among.

    The first searches are products of BLAS. Where there are more and many rows, they are rounded to a byte a number, which takes a quarter
    of the rows' memory again, if Numba is installed (the extra `engine`).

    Args:
        directions: n x dimension, of length 1 or 0, finite.
    """

    def __init__(self, directions: Matrix) -> None:
        self._directions = directions
        self._searches = 0
        self._rounded: ByteRows | None = None
        # What float32 may be off in a sum of so many products of numbers of unit vectors, generously.
        self._slack = np.float32(4 * directions.shape[1] * np.finfo(np.float32).eps)

    def highest(self, direction: Matrix, count: int, top: int) -> tuple[Rows, Doubles]:
        """The rows of the highest cosines, and these; highest first, of equals the first row first.

        Args:
            direction: (dimension,), of length 1 or 0.
            count: how many.
            top: among so many first rows.
        """
        if min(count, top) < 1:
            return np.empty(0, np.int64), np.empty(0)
        self._searches += 1
        rows = self._candidates(np.ascontiguousarray(direction, np.float32), min(count, top), top)
        cosines = self._exact(rows, direction)
        order = np.argsort(-cosines, kind="stable")[:count]
        return rows[order], cosines[order]

    def _candidates(self, direction: Matrix, count: int, top: int) -> Rows:
        """Rows among which the highest are."""
        if self._rounded is None and self._searches > _SEARCHES_BEFORE_ROUNDING and self._directions.size >= _LEAST_NUMBERS:
            self._rounded = _rounded(self._directions)
        if self._rounded is not None and count <= top // _TILE:
            most, least = self._rounded.bounds(direction, top)
            return np.flatnonzero(most >= _highest(least, count) - self._slack)
        products = self._directions[:top] @ direction
        # The best of the best tiles are as many rows; the last, shorter tile is left out.
        tiles = products[: top // _TILE * _TILE].reshape(-1, _TILE).max(axis=1)
        return np.flatnonzero(products >= _highest(tiles if count <= len(tiles) else products, count) - self._slack)

    def _exact(self, rows: Rows, direction: Matrix) -> Doubles:
        """The cosines in double precision: of rows that are alike, there may be very many."""
        found = np.empty(len(rows))
        wide = direction.astype(np.float64)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            # Summed by NumPy, not by BLAS: equal rows have equal sums wherever they stand.
            found[part] = (self._directions[rows[part]].astype(np.float64) * wide).sum(axis=1)
        return found


def _highest(values: Matrix, count: int) -> np.float32:
    """The value that is at the place `count`, counted from the highest."""
    found: np.float32 = np.partition(values, -count)[-count]
    return found


def _rounded(directions: Matrix) -> ByteRows | None:
    if find_spec("numba") is None:
        return None
    from ..compiled.byte_rows import ByteRows  # noqa: PLC0415 - Numba takes a second to load, and may not be there

    return ByteRows(directions)
