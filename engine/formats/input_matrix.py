"""An input matrix put together for a file: stretches of rows, and between them the zeros of buckets nothing ever fell into."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..kernels import row_operations as simd
from ..kernels.jit import float32, int64, kernel
from ..training.settings import Floats, InputMatrix

# Rows put together at once: few enough to stay in the processor's cache.
STRETCH_ROWS = 2048
# So many zero rows in a row end a stretch: some pages of the file that need not be written.
GAP_ROWS = 64
# Rows lie in memory in another order than in the file: each is asked for this many rows before it is copied.
_AHEAD = 16


def stretches(matrix: InputMatrix) -> Iterator[tuple[int, Floats]]:
    """The matrix from top to bottom: the number of the first row of a stretch, and its rows, C-contiguous, valid until the next.

    What lies between stretches is zero.
    """
    words, width = len(matrix.words), simd.width(matrix.words.shape[1])
    for start in range(0, words, STRETCH_ROWS):
        yield start, np.ascontiguousarray(matrix.words[start : start + STRETCH_ROWS])
    places = np.full(matrix.buckets, -1, np.int32)
    places[matrix.bucket_ids] = np.arange(len(matrix.bucket_ids), dtype=np.int32)
    stretch = np.empty((STRETCH_ROWS, matrix.words.shape[1]), np.float32)
    first = count = 0
    while True:
        first, count = _next_stretch(width, places, first + count, matrix.bucket_rows, stretch)
        if not count:
            return
        yield words + first, stretch[:count]


@kernel
def _next_stretch(width: tuple[int, ...], places: NDArray[np.int32], start: int, rows: Floats, stretch: Floats) -> tuple[int, int]:
    """Put the next rows that are not all zero into `stretch`, zero rows among them included.

    Args:
        width: row length token (`simd.width`).
        places: for each row wanted where in `rows` it is; -1 for zeros.
        start: the row to look from.
        rows: what there is.
        stretch: receives rows until it is full or GAP_ROWS zero rows follow.

    Returns:
        The first row of the stretch, and how many it has; 0 when only zeros are left.
    """
    while start < len(places) and places[start] < 0:
        start += 1
    count = 0
    at = 0
    while at < min(len(stretch), len(places) - start) and at - count < GAP_ROWS:
        ahead = places[min(start + at + _AHEAD, len(places) - 1)]
        simd.prefetch_row(width, int64(rows.ctypes.data) + int64(rows.strides[0]) * int64(max(ahead, 0)))
        place = places[start + at]
        for column in range(stretch.shape[1]):
            stretch[at, column] = rows[place, column] if place >= 0 else float32(0)
        at += 1
        if place >= 0:
            count = at
    return start, count
