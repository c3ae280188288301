"""Micro-kernels against NumPy, at row lengths from one register to many, with guards around everything they write."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from blazingtext_engine.arrays import Floats
from blazingtext_engine.kernels import row_operations
from blazingtext_engine.kernels.jit import CPU, kernel, selected_cpu
from blazingtext_engine.kernels.vector_ir import IndexedRows, WeightedRows
from tests.unit.engine.reference import Guarded

# The last is longer than the code that is written out, on any processor: a loop, and a rest.
DIMS = [1, 7, 100, 300, 700]


@kernel
def call_dot_tile(width: Any, x: Floats, y: Floats, out: Floats) -> None:
    row_operations.dot_tile(width, np.int64(x.ctypes.data), np.int64(y.ctypes.data), np.int64(out.ctypes.data), np.int64(4 * out.shape[1]))


@kernel
def call_add_rows(width: Any, target: Floats, x: Floats, g: Floats, y: Floats, h: Floats) -> None:
    row_operations.add_rows(
        width,
        np.int64(target.ctypes.data),
        WeightedRows(x.ctypes.data, len(x), g.ctypes.data, 4),
        WeightedRows(y.ctypes.data, len(y), h.ctypes.data, 4),
    )


@kernel
def call_add_rows_to_two(width: Any, targets: Floats, second: int, x: Floats, g: Floats) -> None:
    """Coefficients of the second target are the second row of g."""
    row = np.int64(4 * targets.shape[1])
    at = np.int64(targets.ctypes.data)
    stride = np.int64(4 * g.shape[1])
    weighted, nothing = WeightedRows(x.ctypes.data, len(x), g.ctypes.data, 4), WeightedRows(x.ctypes.data, 0, g.ctypes.data, 4)
    row_operations.add_rows_to_two(width, row_operations.RowPair(at, at + second * row, stride, stride), weighted, nothing)


@kernel
def call_gather_and_scatter(width: Any, matrix: Floats, ids: Any, count: int, total: Floats) -> None:
    rows = IndexedRows(matrix.ctypes.data, ids.ctypes.data, count)
    row_operations.gather_scaled(width, np.int64(total.ctypes.data), rows, np.float32(0.5))
    row_operations.scatter_scaled(width, rows, np.int64(total.ctypes.data), np.float32(2))


@kernel
def call_scatter_change(width: Any, matrix: Floats, ids: Any, count: int, rows: Floats) -> None:
    before = np.int64(rows.ctypes.data)
    after = before + np.int64(4 * rows.shape[1])
    row_operations.scatter_change(width, IndexedRows(matrix.ctypes.data, ids.ctypes.data, count), after, before, np.float32(0.5))


@kernel
def call_dot_row(width: Any, x: Floats, y: Floats) -> Any:
    return row_operations.dot_row(width, np.int64(x.ctypes.data), np.int64(y.ctypes.data))


@kernel
def call_equal_pairs(ids: Any, count: int) -> Any:
    return row_operations.equal_pairs(np.int64(ids.ctypes.data), np.int64(count))


@kernel
def call_weighted_sigmoids(width: Any, scores: Floats, weights: Floats) -> None:
    row_operations.weighted_sigmoids(width, np.int64(scores.ctypes.data), np.int64(weights.ctypes.data), np.int64(len(scores)))


@kernel
def call_exponentials(width: Any, scores: Floats, largest: float) -> None:
    row_operations.exponentials(width, np.int64(scores.ctypes.data), np.int64(len(scores)), np.float32(largest))


@pytest.mark.parametrize("registers", [1, 2, 7])
def test_rows_are_whole_registers_and_a_width_has_a_place_for_each(registers: int) -> None:
    for dim in (CPU.lanes * (registers - 1) + 1, CPU.lanes * registers):
        assert row_operations.padded(dim) == CPU.lanes * registers
        assert row_operations.row_width(dim) == (0,) * registers


@pytest.mark.parametrize(("rows", "columns"), [(1, 16), (3, 16), (7, 112), (100, 32), (1001, 16)])
def test_a_matrix_begins_on_a_cache_line_and_is_zero(rows: int, columns: int) -> None:
    found = [row_operations.aligned(rows, columns) for _ in range(5)]

    for matrix in found:
        assert (matrix.shape, matrix.dtype.name, matrix.flags.c_contiguous) == ((rows, columns), "float32", True)
        # 64 bytes, on all that this engine runs on.
        assert matrix.ctypes.data % 64 == 0
        assert not matrix.any()
        matrix[:] = 1


@pytest.mark.parametrize("dim", DIMS)
def test_a_tile_is_sixteen_dot_products(dim: int) -> None:
    x, y = Guarded.random(4, dim, 1), Guarded.random(4, dim, 2)
    out = np.full((6, 9), 7, np.float32)

    call_dot_tile(row_operations.row_width(dim), x.rows, y.rows, out[1:5])

    np.testing.assert_allclose(out[1:5, :4], y.values @ x.values.T, rtol=1e-4, atol=1e-4)
    assert (out[[0, 5]] == 7).all()
    assert (out[:, 4:] == 7).all()


@pytest.mark.parametrize("dim", DIMS)
def test_scaled_rows_are_added(dim: int) -> None:
    target, x, y = Guarded.random(1, dim, 1), Guarded.random(5, dim, 2), Guarded.random(3, dim, 3)
    g, h = np.random.default_rng(4).random((2, 8), dtype=np.float32)
    expected = target.values + g[:5] @ x.values + h[:3] @ y.values

    call_add_rows(row_operations.row_width(dim), target.rows, x.rows, g, y.rows, h)

    np.testing.assert_allclose(target.values, expected, rtol=1e-4, atol=1e-5)
    assert target.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("second", [0, 1], ids=["one row twice", "two rows"])
def test_two_rows_are_added_to_at_once_even_if_they_are_one(dim: int, second: int) -> None:
    targets, x = Guarded.random(2, dim, 1), Guarded.random(5, dim, 2)
    g = np.random.default_rng(4).random((2, 5), dtype=np.float32)
    expected = targets.values
    expected[0] += g[0] @ x.values
    expected[second] += g[1] @ x.values

    call_add_rows_to_two(row_operations.row_width(dim), targets.rows, second, x.rows, g)

    np.testing.assert_allclose(targets.values, expected, rtol=1e-4, atol=1e-5)
    assert targets.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_rows_are_gathered_and_scattered_repeats_included(dim: int) -> None:
    matrix, total = Guarded.random(9, dim, 1), Guarded.random(1, dim, 2)
    ids = np.array([3, 8, 3, 0, *[0] * row_operations.AHEAD], np.int32)
    expected_total = 0.5 * matrix.values[ids[:4]].sum(axis=0)
    expected = matrix.values
    np.add.at(expected, ids[:4], 2 * expected_total)

    call_gather_and_scatter(row_operations.row_width(dim), matrix.rows, ids, 4, total.rows)

    np.testing.assert_allclose(total.values[0], expected_total, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(matrix.values, expected, rtol=1e-4, atol=1e-5)
    assert matrix.untouched_outside()
    assert total.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_a_change_is_added_to_rows_repeats_included(dim: int) -> None:
    matrix, rows = Guarded.random(9, dim, 1), Guarded.random(2, dim, 2)
    ids = np.array([3, 8, 3, 0, *[0] * row_operations.AHEAD], np.int32)
    expected = matrix.values
    np.add.at(expected, ids[:3], 0.5 * (rows.values[1] - rows.values[0]))

    call_scatter_change(row_operations.row_width(dim), matrix.rows, ids, 3, rows.rows)

    np.testing.assert_allclose(matrix.values, expected, rtol=1e-4, atol=1e-5)
    assert matrix.untouched_outside()


@pytest.mark.parametrize("dim", DIMS)
def test_a_dot_product_of_two_rows(dim: int) -> None:
    rows = Guarded.random(2, dim, 1)

    assert call_dot_row(row_operations.row_width(dim), rows.rows[0], rows.rows[1]) == pytest.approx(
        rows.values[0] @ rows.values[1], abs=1e-4
    )


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 31, 64, 95])
def test_equal_ids_are_counted_pair_by_pair_and_those_past_the_last_are_not(count: int) -> None:
    ids = np.random.default_rng(count).integers(0, 10, count + CPU.lanes).astype(np.int32)
    ids[count:] = ids[0]

    assert call_equal_pairs(ids, count) == sum(ids[i] == ids[j] for j in range(count) for i in range(j))


def test_sigmoids_are_exact_to_a_few_in_a_hundred_thousand_and_end_at_nine() -> None:
    scores = np.linspace(-30, 30, 1024, dtype=np.float32)
    expected = 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -9, 9)))

    call_weighted_sigmoids(row_operations.row_width(1), scores, np.ones(1024, np.float32))

    np.testing.assert_allclose(scores, expected, atol=3e-5)


def test_sigmoids_are_the_continued_fraction_of_tanh_cut_after_seven_levels() -> None:
    scores = np.linspace(-8.5, 8.5, 512, dtype=np.float32)
    y = scores.astype(np.float64) / 2
    fraction = np.full(512, 13.0)
    for odd in (11, 9, 7, 5, 3, 1):
        fraction = odd + y * y / fraction

    call_weighted_sigmoids(row_operations.row_width(1), scores, np.full(512, 2, np.float32))

    np.testing.assert_allclose(scores, 1 + y / fraction, atol=2e-6)


def test_exponentials_of_what_is_near_the_largest_are_exact_to_seven_digits() -> None:
    scores = np.linspace(-1.4, 0, 512, dtype=np.float32)
    expected = np.exp(scores.astype(np.float64))

    call_exponentials(row_operations.row_width(1), scores, 0.0)

    np.testing.assert_allclose(scores, expected, rtol=6e-7)


def test_exponentials_are_exact_and_vanish_far_below_the_largest() -> None:
    scores = np.linspace(-200, 5, 1024, dtype=np.float32)
    expected = np.exp(scores.astype(np.float64) - 5)

    call_exponentials(row_operations.row_width(1), scores, 5.0)

    np.testing.assert_allclose(scores, expected, rtol=2e-5, atol=1e-37)


CHECK = """
import numpy as np
from blazingtext_engine.kernels import row_operations
from blazingtext_engine.kernels.jit import CPU
from tests.unit.engine.kernels import test_cbow, test_row_operations, test_skipgram
test_row_operations.test_scaled_rows_are_added(100)
test_row_operations.test_a_tile_is_sixteen_dot_products(100)
test_row_operations.test_equal_ids_are_counted_pair_by_pair_and_those_past_the_last_are_not(31)
test_skipgram.test_skipgram_blocks_match_numpy_and_touch_nothing_else(100, test_skipgram.SKIPGRAM_SIZES[0])
test_cbow.test_cbow_blocks_match_numpy_and_touch_nothing_else(100, test_cbow.CBOW_SIZES[0])
print(CPU.name, row_operations.padded(5))
"""


def test_machines_without_wide_registers_compute_the_same() -> None:
    if selected_cpu("", {}, os.uname().machine).name == "neon":
        pytest.skip("x86-64 only")

    environment = {**os.environ, "ENGINE_CPU": "sse"}
    found = subprocess.run([sys.executable, "-c", CHECK], env=environment, check=True, capture_output=True, text=True)

    assert found.stdout == "sse 8\n"
