"""The model in memory: two matrices whose rows are whole vector registers, private or, for several hosts, in a file they all map."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..errors import EngineError, UserError
from ..kernels import row_operations

# Rows longer than this are no word vectors any more: trained ones stay below about 20 whatever the settings.
MAX_NORM = 1e3
_CHECKED_ROWS = 512
_INITIAL_ROWS = 65_536
# Parts of the shared file begin on pages.
_PAGE = 4096
_COUNTERS_PER_HOST = 256


@dataclass(frozen=True)
class ModelMatrices:
    """The trained state.

    Attributes:
        vectors: input matrix, (rows, padded dim); columns past dim are zero and stay zero.
        outputs: output matrix, likewise.
        done: words trained so far, one counter for each thread of each host.
    """

    vectors: Floats
    outputs: Floats
    done: NDArray[np.float64]


def new_matrices(rows: tuple[int, int], dim: int, *, counters: int) -> ModelMatrices:
    """Zeroed matrices of one process; `rows` are those of the input and of the output matrix."""
    columns = row_operations.padded(dim)
    return ModelMatrices(row_operations.aligned(rows[0], columns), row_operations.aligned(rows[1], columns), np.zeros(counters))


def shared_matrices(path: Path, rows: tuple[int, int], dim: int, *, hosts: int) -> ModelMatrices:
    """The matrices of a model file that another process made, mapped: what one process writes the others see.

    Raises:
        EngineError: when the file is not a model of this shape.
    """
    columns, starts = row_operations.padded(dim), _file_layout(rows, dim, hosts)
    fits = path.stat().st_size == starts[-1] and np.fromfile(path, np.int64, 4).tolist() == [*rows, dim, hosts]
    if not fits:
        raise EngineError(
            f"{path} is no model of {rows[0]} words and {dim} dimensions for {hosts} hosts. The hosts read different texts or were "
            "given different settings. Give every host the same."
        )
    done = np.memmap(path, np.float64, "r+", starts[0], (_COUNTERS_PER_HOST * hosts,))
    vectors = np.memmap(path, np.float32, "r+", starts[1], (rows[0], columns))
    outputs = np.memmap(path, np.float32, "r+", starts[2], (rows[1], columns))
    return ModelMatrices(vectors.view(np.ndarray), outputs.view(np.ndarray), done.view(np.ndarray))


def make_model_file(path: Path, rows: tuple[int, int], dim: int, *, hosts: int, bound: float, seed: int) -> ModelMatrices:
    """Make a model file, initialised; it appears under its name only when it is whole."""
    unfinished = path.with_name(path.name + ".unfinished")
    with unfinished.open("wb") as file:
        file.write(np.array([*rows, dim, hosts], np.int64).tobytes())
        file.truncate(_file_layout(rows, dim, hosts)[-1])
    matrices = shared_matrices(unfinished, rows, dim, hosts=hosts)
    initialise(matrices.vectors, dim, bound, seed)
    unfinished.replace(path)
    return matrices


def _file_layout(rows: tuple[int, int], dim: int, hosts: int) -> list[int]:
    """Where counters, input matrix and output matrix begin, after a page that says the shape, and the size of the file."""
    starts = [_PAGE]
    for size in (8 * _COUNTERS_PER_HOST * hosts, 4 * rows[0] * row_operations.padded(dim), 4 * rows[1] * row_operations.padded(dim)):
        starts.append(starts[-1] + -(-size // _PAGE) * _PAGE)
    return starts


def first_counter(host: int) -> int:
    """The first of a host's counters in `done` of shared matrices."""
    return _COUNTERS_PER_HOST * host


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
