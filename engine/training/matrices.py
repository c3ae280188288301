"""The model in memory: two matrices whose rows are whole vector registers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import UserError
from ..kernels import row_operations

# Rows longer than this are no word vectors any more: trained ones stay below about 20 whatever the settings.
MAX_NORM = 1e3
_CHECKED_ROWS = 512
_INITIAL_ROWS = 65_536


@dataclass(frozen=True)
class ModelMatrices:
    """The trained state.

    Attributes:
        vectors: input matrix, (rows, padded dim); columns past dim are zero and stay zero.
        outputs: output matrix, likewise.
        done: words trained so far, one counter for each thread.
    """

    vectors: Floats
    outputs: Floats
    done: NDArray[np.float64]


def new_matrices(rows: tuple[int, int], dim: int, *, counters: int) -> ModelMatrices:
    """Zeroed matrices; `rows` are those of the input and of the output matrix."""
    columns = row_operations.padded(dim)
    return ModelMatrices(row_operations.aligned(rows[0], columns), row_operations.aligned(rows[1], columns), np.zeros(counters))


def initialise(vectors: Floats, dim: int, bound: float, seed: int) -> None:
    """Fill the first `dim` columns with uniform random numbers in [-bound, bound)."""
    generator = np.random.default_rng(seed)
    for start in range(0, len(vectors), _INITIAL_ROWS):
        part = vectors[start : start + _INITIAL_ROWS, :dim]
        part[:] = (generator.random(part.shape, dtype=np.float32) - np.float32(0.5)) * np.float32(2 * bound)


def raise_if_diverged(matrices: ModelMatrices, learning_rate: float, *, everything: bool = False) -> None:
    """Raise when rows have left the range of numbers that mean something; looks at a sample unless told otherwise.

    Raises:
        UserError: with the remedy.
    """
    for matrix in (matrices.vectors, matrices.outputs):
        step = 1 if everything else max(1, len(matrix) // _CHECKED_ROWS)
        for start in range(0, len(matrix), step * _INITIAL_ROWS):
            rows = matrix[start : start + step * _INITIAL_ROWS : step]
            # A sum of squares that overflows is as telling as one that is not a number.
            with np.errstate(all="ignore"):
                squares = np.einsum("ij,ij->i", rows, rows)
            if not np.all(squares < MAX_NORM**2):
                raise UserError(
                    f"Training diverged: vectors grew beyond all bounds at learning_rate {learning_rate:g}, which is too high for "
                    "this text and these settings. Lower learning_rate, for example by half."
                )
