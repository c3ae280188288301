"""Micro-kernels on windows of rows, as LLVM IR (see `row_operations`): sums of consecutive rows are differences of two running sums."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any

from .jit import cgutils
from .vector_ir import (
    FAST,
    FLOAT,
    INT64,
    VECTOR_BYTES,
    IndexedRows,
    PrefetchList,
    WeightedRows,
    WindowSums,
    accumulators,
    add_product,
    add_row,
    add_scaled_rows,
    column_sums,
    constant,
    each_register,
    indexed_row,
    keep,
    load,
    multiply_add,
    prefetch,
    row_kernel,
    splat,
    store,
    total_of,
)


@row_kernel(int, IndexedRows)
def running_sums(b: Any, registers: int, sums: Any, rows: IndexedRows) -> None:
    """Running sums of rows: row 0 of sums is zero, row i + 1 is row i plus the row that ids[i] names."""
    row = registers * VECTOR_BYTES
    for offset, total, _ in column_sums(b, registers):
        keep(b, total, b.add(sums, offset))
        with cgutils.for_range(b, rows.size, intp=INT64) as loop:
            add_row(b, total, b.add(indexed_row(b, rows, loop.index, row), offset))
            keep(b, total, b.add(b.add(sums, offset), b.mul(b.add(loop.index, constant(1)), constant(row))))


def _window_sum(b: Any, window: WindowSums, offset: Any) -> Any:
    """One register of the sum of a window's rows: (before - low) + (high - after)."""
    low, before, after, high = (load(b, address, offset) for address in window)
    return b.fadd(b.fsub(before, low, flags=FAST), b.fsub(high, after, flags=FAST), flags=FAST)


@row_kernel(int, int, int, WindowSums, float)
def window_mean(b: Any, registers: int, mean: Any, y: Any, score: Any, window: WindowSums, scale: Any) -> None:
    """Mean = scale * the sum of a window's rows, and score = dot(mean, y)."""
    scales = splat(b, scale)
    sums = accumulators(b, 4)
    for k, place in enumerate(each_register(b, registers)):
        value = b.fmul(_window_sum(b, window, place), scales, flags=FAST)
        store(b, value, mean, place)
        add_product(b, sums[k % 4], value, load(b, y, place))
    store(b, total_of(b, sums), score)


@row_kernel(int, WeightedRows, IndexedRows, WeightedRows, PrefetchList)
def window_errors(b: Any, registers: int, sums: Any, x: WeightedRows, u: IndexedRows, y: WeightedRows, wanted: PrefetchList) -> None:
    """Running sums of the errors e[t] = sum_j g[t, j] x[j] + h[t] u[t], while every u[t] += h[t] y[t], one t after the other.

    `x` has the coefficients g, those of different t side by side, `y` the coefficients h; row 0 of sums becomes zero. With each t one row
    of `wanted` is prefetched.
    """
    row = registers * VECTOR_BYTES
    for offset, total, first in column_sums(b, registers):
        keep(b, total, b.add(sums, offset))
        with cgutils.for_range(b, u.size, intp=INT64) as loop:
            t = loop.index
            if first:
                # Past the end the last one is prefetched again: cheaper than a branch.
                k = b.select(b.icmp_signed("<", t, wanted.size), t, b.sub(wanted.size, constant(1)))
                prefetch(b, registers, load(b, wanted.addresses, b.mul(k, constant(8)), INT64))
            add_scaled_rows(b, [total], offset, row, x, shifts=(b.mul(t, constant(4)),))
            target = b.add(indexed_row(b, u, t, row), offset)
            source = b.add(b.add(y.rows, offset), b.mul(t, constant(row)))
            gradient = splat(b, load(b, y.coefficients, b.mul(t, y.stride), FLOAT))
            for part, slot in enumerate(total):
                old = load(b, target, part * VECTOR_BYTES)
                add_product(b, slot, gradient, old)
                store(b, multiply_add(b, gradient, load(b, source, part * VECTOR_BYTES), old), target, part * VECTOR_BYTES)
            keep(b, total, b.add(b.add(sums, offset), b.mul(b.add(t, constant(1)), constant(row))))


@row_kernel(int, WindowSums, float)
def add_window(b: Any, registers: int, row: Any, window: WindowSums, scale: Any) -> None:
    """Row += scale * the sum of a window's rows."""
    scales = splat(b, scale)
    for place in each_register(b, registers):
        store(b, multiply_add(b, scales, _window_sum(b, window, place), load(b, row, place)), row, place)
