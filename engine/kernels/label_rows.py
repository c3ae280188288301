"""Micro-kernels on the rows of a classifier's labels: one vector against all of them, as LLVM IR (see `row_operations`)."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from collections.abc import Iterator
from typing import Any

from .jit import cgutils
from .vector_ir import (
    FAST,
    FLOAT,
    INT64,
    UNROLLED,
    VECTOR_BYTES,
    accumulators,
    add_product,
    column_sums,
    columns,
    constant,
    each_register,
    four_sums,
    keep,
    load,
    multiply_add,
    row_kernel,
    splat,
    store,
)

# Fewer rows than this are no work for `score_rows`.
MIN_ROWS = 4


@row_kernel(int, int, int, int)
def score_rows(b: Any, registers: int, x: Any, y: Any, n: Any, out: Any) -> None:
    """out[i] = dot(x, row i of y), i < n, for n >= MIN_ROWS consecutive rows.

    Four rows at a time share every load of x; when n is no multiple of four, the last four begin among those before them.
    """
    row = registers * VECTOR_BYTES
    last = b.sub(n, constant(MIN_ROWS))
    with cgutils.for_range(b, b.ashr(b.add(n, constant(3)), constant(2)), intp=INT64) as loop:
        first = b.shl(loop.index, constant(2))
        first = b.select(b.icmp_signed("<", first, last), first, last)
        rows = [b.add(y, b.mul(b.add(first, constant(r)), constant(row))) for r in range(4)]
        store(b, four_sums(b, _dot_products(b, registers, x, rows)), out, b.shl(first, constant(2)))


def _dot_products(b: Any, registers: int, x: Any, rows: list[Any]) -> list[Any]:
    """Products of x with each of four rows, not yet summed over the lanes; two sums a row, as an addition takes longer than its loads."""
    sums = [accumulators(b, 2) for _ in rows]
    for offset, count in columns(b, registers, UNROLLED if registers <= UNROLLED else 4):
        for part in range(count):
            place = b.add(offset, constant(part * VECTOR_BYTES))
            shared = load(b, x, place)
            for slots, row in zip(sums, rows, strict=True):
                add_product(b, slots[part % 2], shared, load(b, row, place))
    return [b.fadd(b.load(even), b.load(odd), flags=FAST) for even, odd in sums]


@row_kernel(int, int, int, int, int)
def train_rows(b: Any, registers: int, y: Any, n: Any, gradients: Any, x: Any, error: Any) -> None:
    """One step on n consecutive rows: error = sum over i of gradients[i] * row i of y, and row i += gradients[i] * x."""
    row = registers * VECTOR_BYTES
    for offset, sums, _ in column_sums(b, registers):
        source = b.add(x, offset)
        with cgutils.for_range(b, n, intp=INT64) as loop:
            target = b.add(b.add(y, b.mul(loop.index, constant(row))), offset)
            scale = splat(b, load(b, gradients, b.shl(loop.index, constant(2)), FLOAT))
            for part, slot in enumerate(sums):
                place = part * VECTOR_BYTES
                before = load(b, target, place)
                add_product(b, slot, scale, before)
                store(b, multiply_add(b, scale, load(b, source, place), before), target, place)
        keep(b, sums, b.add(error, offset))


@row_kernel(int, int, int, int)
def copy_rows(b: Any, registers: int, one: Any, other: Any, source: Any, n: Any) -> None:
    """Copy n consecutive rows to two places."""
    for place, value in _each_value(b, registers, source, n):
        store(b, value, one, place)
        store(b, value, other, place)


@row_kernel(int, int, int, int)
def add_changes(b: Any, registers: int, y: Any, after: Any, before: Any, n: Any) -> None:
    """Add after - before to n consecutive rows of y."""
    for place, value in _each_value(b, registers, y, n):
        change = b.fsub(load(b, after, place), load(b, before, place), flags=FAST)
        store(b, b.fadd(value, change, flags=FAST), y, place)


def _each_value(b: Any, registers: int, rows: Any, n: Any) -> Iterator[tuple[Any, Any]]:
    """The offset and value of every register of n consecutive rows."""
    with cgutils.for_range(b, n, intp=INT64) as loop:
        for offset in each_register(b, registers):
            place = b.add(b.mul(loop.index, constant(registers * VECTOR_BYTES)), offset)
            yield place, load(b, rows, place)
