"""Rows put together from those that exist and zeros between them."""

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from .jit import float32, int64, kernel
from .row_operations import prefetch_row

# This many consecutive zero rows end a block: pages of the file that need not be written.
GAP_ROWS = 64
# Rows lie in memory in another order than in the file: each is prefetched this many rows before it is copied.
_AHEAD = 16


@kernel
def next_block(width: tuple[int, ...], places: NDArray[np.int32], start: int, rows: Floats, block: Floats) -> tuple[int, int]:
    """Put the next rows that are not all zero into `block`, zero rows among them included.

    Args:
        width: row length token (`row_operations.row_width`).
        places: for each row wanted where in `rows` it is; -1 for zeros.
        start: the row to look from.
        rows: what there is.
        block: receives rows until it is full or GAP_ROWS zero rows follow.

    Returns:
        The first row of the block, and how many it has; 0 when only zeros are left.
    """
    while start < len(places) and places[start] < 0:
        start += 1
    count = 0
    at = 0
    while at < min(len(block), len(places) - start) and at - count < GAP_ROWS:
        ahead = places[min(start + at + _AHEAD, len(places) - 1)]
        prefetch_row(width, int64(rows.ctypes.data) + int64(rows.strides[0]) * int64(max(ahead, 0)))
        place = places[start + at]
        for column in range(block.shape[1]):
            block[at, column] = rows[place, column] if place >= 0 else float32(0)
        at += 1
        if place >= 0:
            count = at
    return start, count
