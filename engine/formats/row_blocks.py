"""An input matrix in blocks of rows, as a file receives them; the zero rows of buckets without an n-gram are left out."""

from collections.abc import Iterator

import numpy as np

from ..arrays import Floats
from ..kernels import row_operations
from ..kernels.sparse_rows import next_block
from ..training.models import InputMatrix

# Rows put together at once: few enough to stay in the processor's cache.
BLOCK_ROWS = 2048


def row_blocks(matrix: InputMatrix) -> Iterator[tuple[int, Floats]]:
    """The matrix from top to bottom: the number of the first row of a block, and its rows, C-contiguous, valid until the next.

    Rows between blocks are zero.
    """
    words, width = len(matrix.words), row_operations.row_width(matrix.words.shape[1])
    for start in range(0, words, BLOCK_ROWS):
        yield start, np.ascontiguousarray(matrix.words[start : start + BLOCK_ROWS])
    places = np.full(matrix.buckets, -1, np.int32)
    places[matrix.bucket_ids] = np.arange(len(matrix.bucket_ids), dtype=np.int32)
    block = np.empty((BLOCK_ROWS, matrix.words.shape[1]), np.float32)
    first = count = 0
    while True:
        first, count = next_block(width, places, first + count, matrix.bucket_rows, block)
        if not count:
            return
        yield words + first, block[:count]
