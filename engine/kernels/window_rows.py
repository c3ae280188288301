"""Micro-kernels on windows of rows, as LLVM IR (see `simd`): sums over any stretch of rows are differences of two running sums."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any

from .jit import cgutils
from .vector_ir import (
    FAST,
    FLOAT,
    INT64,
    VECTOR_BYTES,
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


@row_kernel(4)
def running_sums(b: Any, registers: int, sums: Any, base: Any, ids: Any, n: Any) -> None:
    """Sums of the rows ids[:i] (int32) of base: row 0 of sums is zero, row i + 1 is row i + row ids[i] of base, i < n."""
    row = registers * VECTOR_BYTES
    for offset, total, _ in column_sums(b, registers):
        keep(b, total, b.add(sums, offset))
        with cgutils.for_range(b, n, intp=INT64) as loop:
            add_row(b, total, b.add(indexed_row(b, base, ids, loop.index, row), offset))
            keep(b, total, b.add(b.add(sums, offset), b.mul(b.add(loop.index, constant(1)), constant(row))))


def _around(b: Any, a: tuple[Any, ...], place: Any) -> Any:
    """One register of (before - low) + (high - after), four rows of running sums: what lies in [low, high) but not in [before, after)."""
    low, before, after, high = (load(b, address, place) for address in a)
    return b.fadd(b.fsub(before, low, flags=FAST), b.fsub(high, after, flags=FAST), flags=FAST)


@row_kernel(7, scalars=1)
def window_mean(b: Any, registers: int, *a: Any) -> None:
    """The mean of a window, scale x the sum of the rows in [low, high) without [before, after), and score = dot(mean, y).

    Arguments: mean, y, score, then the rows of running sums at low, before, after and high, and the scale.
    """
    mean, y, score, *ends, scale = a
    scales = splat(b, scale)
    sums = accumulators(b, 4)
    for k, place in enumerate(each_register(b, registers)):
        value = b.fmul(_around(b, tuple(ends), place), scales, flags=FAST)
        store(b, value, mean, place)
        add_product(b, sums[k % 4], value, load(b, y, place))
    store(b, total_of(b, sums), score)


@row_kernel(12)
def window_errors(b: Any, registers: int, *a: Any) -> None:
    """Running sums of the errors e[t] = sum_j g[t, j] x[j] + h[t] u[t], while every u[t] += h[t] y[t], one t after the other.

    Arguments: sums (row 0 becomes zero), n, then x, how many, g and the bytes between its columns (g[t] lie side by side), then the
    matrix of u, the int32 numbers of its rows u[t], h, y; last the addresses of rows to ask for, one with each t, and how many.
    """
    sums, n, x, many, g, stride, base, ids, h, y, wanted, most = a
    row = registers * VECTOR_BYTES
    for offset, total, first in column_sums(b, registers):
        keep(b, total, b.add(sums, offset))
        with cgutils.for_range(b, n, intp=INT64) as loop:
            t = loop.index
            if first:
                # Past the last one asks for it again: cheaper than a jump.
                k = b.select(b.icmp_signed("<", t, most), t, b.sub(most, constant(1)))
                prefetch(b, registers, load(b, wanted, b.mul(k, constant(8)), INT64))
            add_scaled_rows(b, [total], offset, row, (x, many, [b.add(g, b.mul(t, constant(4)))], stride))
            target = b.add(indexed_row(b, base, ids, t, row), offset)
            source = b.add(b.add(y, offset), b.mul(t, constant(row)))
            gradient = splat(b, load(b, h, b.mul(t, constant(4)), FLOAT))
            for part, slot in enumerate(total):
                old = load(b, target, part * VECTOR_BYTES)
                add_product(b, slot, gradient, old)
                store(b, multiply_add(b, gradient, load(b, source, part * VECTOR_BYTES), old), target, part * VECTOR_BYTES)
            keep(b, total, b.add(b.add(sums, offset), b.mul(b.add(t, constant(1)), constant(row))))


@row_kernel(5, scalars=1)
def add_window(b: Any, registers: int, row: Any, *a: Any) -> None:
    """Row += scale x the sum of the rows in [low, high) without [before, after).

    Arguments: the row, then the rows of running sums at low, before, after and high, and the scale.
    """
    *ends, scale = a
    scales = splat(b, scale)
    for place in each_register(b, registers):
        store(b, multiply_add(b, scales, _around(b, tuple(ends), place), load(b, row, place)), row, place)
