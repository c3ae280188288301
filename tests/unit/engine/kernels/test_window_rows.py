"""Micro-kernels on windows of rows against NumPy, at row lengths from one register to many, with guards around what they write."""

from typing import Any

import numpy as np
import pytest

from blazingtext_engine.arrays import Floats
from blazingtext_engine.kernels import row_operations, window_rows
from blazingtext_engine.kernels.jit import kernel
from blazingtext_engine.kernels.vector_ir import IndexedRows, PrefetchList, WeightedRows, WindowSums
from tests.unit.engine.reference import Guarded

DIMS = [1, 7, 100, 300, 700]


@kernel
def call_running_sums(width: Any, matrix: Floats, ids: Any, count: int, sums: Floats) -> None:
    window_rows.running_sums(width, np.int64(sums.ctypes.data), IndexedRows(matrix.ctypes.data, ids.ctypes.data, count))


@kernel
def call_window_mean(width: Any, mean: Floats, y: Floats, score: Floats, sums: Floats, ends: Any) -> None:
    at = np.int64(sums.ctypes.data)
    row = np.int64(4 * sums.shape[1])
    window = WindowSums(at + ends[0] * row, at + ends[1] * row, at + ends[2] * row, at + ends[3] * row)
    mean_at, y_at, score_at = np.int64(mean.ctypes.data), np.int64(y.ctypes.data), np.int64(score.ctypes.data)
    window_rows.window_mean(width, mean_at, y_at, score_at, window, np.float32(0.25))


@kernel
def call_window_errors(width: Any, sums: Floats, x: Floats, g: Floats, matrix: Floats, ids: Any, h: Floats, y: Floats, wanted: Any) -> None:
    window_rows.window_errors(
        width,
        np.int64(sums.ctypes.data),
        WeightedRows(x.ctypes.data, len(x), g.ctypes.data, 4 * g.shape[1]),
        IndexedRows(matrix.ctypes.data, ids.ctypes.data, len(ids)),
        WeightedRows(y.ctypes.data, len(y), h.ctypes.data, 4),
        PrefetchList(wanted.ctypes.data, len(wanted) - 1),
    )


@kernel
def call_add_window(width: Any, matrix: Floats, number: int, sums: Floats, ends: Any, scale: float) -> None:
    at = np.int64(sums.ctypes.data)
    row = np.int64(4 * sums.shape[1])
    window = WindowSums(at + ends[0] * row, at + ends[1] * row, at + ends[2] * row, at + ends[3] * row)
    window_rows.add_window(width, np.int64(matrix.ctypes.data) + number * row, window, np.float32(scale))


@pytest.mark.parametrize("dim", DIMS)
def test_running_sums_begin_with_nothing_and_end_with_all(dim: int) -> None:
    matrix, sums = Guarded.random(9, dim, 1), Guarded.random(5, dim, 2)
    ids = np.array([3, 8, 3, 0], np.int32)

    call_running_sums(row_operations.row_width(dim), matrix.rows, ids, 4, sums.rows)

    np.testing.assert_allclose(sums.values[1:], np.cumsum(matrix.values[ids], axis=0), rtol=1e-4, atol=1e-5)
    assert not sums.values[0].any()
    assert sums.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_the_mean_of_a_window_leaves_out_its_centre(dim: int) -> None:
    rows, mean, y = Guarded.random(8, dim, 1), Guarded.random(1, dim, 2), Guarded.random(1, dim, 3)
    sums = np.concatenate([np.zeros((1, rows.rows.shape[1]), np.float32), np.cumsum(rows.rows, axis=0)])
    score = np.zeros(1, np.float32)

    call_window_mean(row_operations.row_width(dim), mean.rows, y.rows, score, sums, np.array([1, 3, 4, 6]))

    expected = 0.25 * rows.values[[1, 2, 4, 5]].sum(axis=0)
    np.testing.assert_allclose(mean.values[0], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(score[0], expected @ y.values[0], rtol=1e-4, atol=1e-4)
    assert mean.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_errors_of_windows_see_what_the_same_centre_changed_before(dim: int) -> None:
    sums, x, y, matrix = (Guarded.random(rows, dim, seed) for seed, rows in enumerate([4, 5, 3, 9]))
    g, h = np.random.default_rng(4).random((5, 8), dtype=np.float32), np.random.default_rng(5).random(3, dtype=np.float32)
    ids = np.array([3, 8, 3], np.int32)
    expected, errors = matrix.values, []
    for t, number in enumerate(ids):
        errors.append(g[:, t] @ x.values + h[t] * expected[number])
        expected[number] += h[t] * y.values[t]

    wanted = np.array([x.rows.ctypes.data, y.rows.ctypes.data, 0])
    call_window_errors(row_operations.row_width(dim), sums.rows, x.rows, g, matrix.rows, ids, h, y.rows, wanted)

    np.testing.assert_allclose(sums.values[1:], np.cumsum(errors, axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(matrix.values, expected, rtol=1e-4, atol=1e-4)
    assert not sums.values[0].any()
    assert sums.untouched_outside()
    assert matrix.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_a_window_is_added_to_a_row_scaled(dim: int) -> None:
    matrix, rows = Guarded.random(9, dim, 1), Guarded.random(8, dim, 2)
    sums = np.concatenate([np.zeros((1, rows.rows.shape[1]), np.float32), np.cumsum(rows.rows, axis=0)])
    expected = matrix.values
    expected[3] += 3 * rows.values[[1, 2, 4, 5]].sum(axis=0)

    call_add_window(row_operations.row_width(dim), matrix.rows, 3, sums, np.array([1, 3, 4, 6]), 3.0)

    np.testing.assert_allclose(matrix.values, expected, rtol=1e-4, atol=1e-4)
    assert matrix.untouched_outside()
