"""Micro-kernels on the rows of labels against NumPy, at row lengths from one register to many."""

from typing import Any

import numpy as np
import pytest

from blazingtext_engine.arrays import Floats
from blazingtext_engine.kernels import label_rows, row_operations
from blazingtext_engine.kernels.jit import kernel
from tests.unit.engine.reference import Guarded

DIMS = [1, 7, 100, 300, 700]


@kernel
def call_score_rows(width: Any, x: Floats, y: Floats, out: Floats) -> None:
    label_rows.score_rows(width, np.int64(x.ctypes.data), np.int64(y.ctypes.data), np.int64(len(y)), np.int64(out.ctypes.data))


@kernel
def call_train_rows(width: Any, y: Floats, gradients: Floats, x: Floats, error: Floats) -> None:
    gradients_at, error_at = np.int64(gradients.ctypes.data), np.int64(error.ctypes.data)
    label_rows.train_rows(width, np.int64(y.ctypes.data), np.int64(len(y)), gradients_at, np.int64(x.ctypes.data), error_at)


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("rows", [4, 5, 7, 8, 30])
def test_one_row_is_scored_against_many(dim: int, rows: int) -> None:
    x, y = Guarded.random(1, dim, 1), Guarded.random(rows, dim, 2)
    out = np.full(rows + 2, 7, np.float32)

    call_score_rows(row_operations.row_width(dim), x.rows, y.rows, out[1:-1])

    np.testing.assert_allclose(out[1:-1], y.values @ x.values[0], rtol=1e-4, atol=1e-4)
    assert (out[[0, -1]] == 7).all()


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("rows", [1, 2, 7])
def test_a_step_on_many_rows_gives_the_error_of_the_rows_before_it(dim: int, rows: int) -> None:
    x, y, error = Guarded.random(1, dim, 1), Guarded.random(rows, dim, 2), Guarded.random(1, dim, 3)
    gradients = np.random.default_rng(4).normal(size=rows).astype(np.float32)
    expected_error, expected = gradients @ y.values, y.values + np.outer(gradients, x.values)

    call_train_rows(row_operations.row_width(dim), y.rows, gradients, x.rows, error.rows)

    np.testing.assert_allclose(error.values[0], expected_error, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y.values, expected, rtol=1e-4, atol=1e-5)
    assert y.untouched_outside()
    assert error.untouched_outside()
    assert x.untouched_outside()
