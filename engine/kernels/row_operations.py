"""Explicit SIMD micro-kernels, written as LLVM IR: what the auto-vectoriser does not find by itself.

A matrix row is a whole number of vector registers (`padded`), so no kernel has a remainder loop. Its length is carried by the *type*
of `width`, a tuple of zeros with one entry per register: each dimension compiles to its own code with constant offsets, and Numba's
cache keys on it. Rows are named by address: gathered blocks live in one scratch array, and an address plus a constant is the whole
cost of finding one. Bounds are the callers' duty, who allocate scratch by the limits they plan blocks with.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

import math
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Floats
from .jit import CPU, cgutils, intrinsic, ir, types
from .vector_ir import (
    CACHE_LINE,
    FAST,
    INT32,
    INT64,
    LANES,
    SINGLE_COLUMNS,
    TO_READ,
    UNROLLED,
    VECTOR,
    VECTOR_BYTES,
    IndexedRows,
    Positions,
    WeightedRows,
    accumulators,
    add_product,
    add_row,
    add_scaled_rows,
    at,
    column_sums,
    columns,
    constant,
    each_register,
    every,
    four_sums,
    indexed_row,
    load,
    multiply_add,
    polynomial,
    prefetch,
    row_kernel,
    scatter,
    splat,
    store,
    total_of,
)

# Gathering prefetches the row this many places further on, about one memory latency ahead.
AHEAD = 8
_INDICES = ir.VectorType(INT32, LANES)
# Two accumulator rows of this many registers leave room for a loaded row and two coefficients.
_COLUMNS = 8 if CPU.registers == 32 else 5
# Rows on either side of a tile of dot products: `dot_tile`, and half as many on one side: `dot_half_tile`.
TILE = 4
_TILE_ROWS = 4 if CPU.registers == 32 else 2


def padded(dim: int) -> int:
    """The row length in floats: dim rounded up to whole registers."""
    return -(-dim // LANES) * LANES


def row_width(dim: int) -> tuple[int, ...]:
    """The token kernels take to know the row length at compile time."""
    return (0,) * (padded(dim) // LANES)


def aligned(rows: int, columns: int) -> Floats:
    """A zeroed matrix that starts on a cache line; memory is not touched until it is used."""
    raw = np.zeros(rows * columns + CACHE_LINE // 4, np.float32)
    start = -raw.ctypes.data % CACHE_LINE // 4
    return raw[start : start + rows * columns].reshape(rows, columns)


@row_kernel(int, int, int, int)
def dot_tile(b: Any, registers: int, x: Any, y: Any, out: Any, stride: Any) -> None:
    """out[q][r] = dot(row q of y, row r of x) for 4 x 4 consecutive rows; `stride` is the bytes between rows of out.

    Each loaded register serves 4 products of one side and 2 or 4 of the other: arithmetic, not loading, is what limits it.
    """
    for first in range(0, TILE, _TILE_ROWS):
        _tile(b, registers, (x, y, out, stride), first, _TILE_ROWS)


@row_kernel(int, int, int, int)
def dot_half_tile(b: Any, registers: int, x: Any, y: Any, out: Any, stride: Any) -> None:
    """The same for 2 rows of y."""
    _tile(b, registers, (x, y, out, stride), 0, TILE // 2)


def _tile(b: Any, registers: int, places: tuple[Any, Any, Any, Any], first: int, height: int) -> None:
    """Rows [first, first + height) of a tile."""
    x, y, out, stride = places
    row = registers * VECTOR_BYTES
    sums = [accumulators(b, 4) for _ in range(height)]
    for offset, count in columns(b, registers, UNROLLED if registers <= UNROLLED else 4):
        for part in range(count):
            _tile_column(b, sums, b.add(offset, constant(part * VECTOR_BYTES)), x, b.add(y, constant(first * row)), row)
    for q in range(height):
        store(b, four_sums(b, [b.load(slot) for slot in sums[q]]), out, b.mul(stride, constant(first + q)))


def _tile_column(b: Any, sums: list[list[Any]], offset: Any, x: Any, y: Any, row: int) -> None:
    xs = [load(b, at(b, x, r * row), offset) for r in range(4)]
    for q, slots in enumerate(sums):
        one = load(b, at(b, y, q * row), offset)
        for r in range(4):
            add_product(b, slots[r], xs[r], one)


def _flush(b: Any, slots: list[Any], address: Any, offset: Any) -> None:
    for part, slot in enumerate(slots):
        place = b.add(offset, constant(part * VECTOR_BYTES))
        store(b, b.fadd(load(b, address, place), b.load(slot), flags=FAST), address, place)


@row_kernel(int, WeightedRows, WeightedRows)
def add_rows(b: Any, registers: int, destination: Any, x: WeightedRows, y: WeightedRows) -> None:
    """Add to a row the weighted sums of two sets of rows."""
    row = registers * VECTOR_BYTES
    for offset, sums, _ in column_sums(b, registers):
        add_scaled_rows(b, [sums], offset, row, x)
        add_scaled_rows(b, [sums], offset, row, y)
        _flush(b, sums, destination, offset)


class RowPair(NamedTuple):
    """Addresses of two rows, and how many bytes further on the coefficients of the second begin, in x and in y."""

    first: Any
    second: Any
    shift_x: Any
    shift_y: Any


@row_kernel(RowPair, WeightedRows, WeightedRows)
def add_rows_to_two(b: Any, registers: int, destinations: RowPair, x: WeightedRows, y: WeightedRows) -> None:
    """The same sums for two destinations, which share every load of a row; the destinations may be one row."""
    row = registers * VECTOR_BYTES
    for offset, count in columns(b, registers, _COLUMNS):
        sums = [accumulators(b, count), accumulators(b, count)]
        add_scaled_rows(b, sums, offset, row, x, shifts=(0, destinations.shift_x))
        add_scaled_rows(b, sums, offset, row, y, shifts=(0, destinations.shift_y))
        # Loaded again after the first is stored: were both one row, a value held from before would undo the first addition.
        _flush(b, sums[0], destinations.first, offset)
        _flush(b, sums[1], destinations.second, offset)


@row_kernel(int, int)
def copy_row(b: Any, registers: int, destination: Any, source: Any) -> None:
    """Copy a row: destination = source."""
    for place in each_register(b, registers):
        store(b, load(b, source, place), destination, place)


@row_kernel(int)
def prefetch_row(b: Any, registers: int, address: Any) -> None:
    """Prefetch a row; harmless at any address."""
    prefetch(b, registers, address)


@intrinsic
def prefetch_list(_context: Any, _address: Any) -> Any:
    """Prefetch the two cache lines from an address on, to read: most lists of ids fit."""

    def generate(context: Any, b: Any, _signature: Any, values: Any) -> Any:
        prefetch(b, 2 * CACHE_LINE // VECTOR_BYTES, values[0], TO_READ)
        return context.get_dummy_value()

    return types.void(types.int64), generate


@row_kernel(int, IndexedRows, float)
def gather_scaled(b: Any, registers: int, destination: Any, rows: IndexedRows, scale: Any) -> None:
    """Sum rows: destination = scale * their sum. AHEAD ids past the last must be readable."""
    row = registers * VECTOR_BYTES
    scales = splat(b, scale)
    for offset, sums, first in column_sums(b, registers):
        with cgutils.for_range(b, rows.size, intp=INT64) as loop:
            if first:
                prefetch(b, registers, indexed_row(b, rows, b.add(loop.index, constant(AHEAD)), row))
            add_row(b, sums, b.add(indexed_row(b, rows, loop.index, row), offset))
        for part, slot in enumerate(sums):
            store(b, b.fmul(b.load(slot), scales, flags=FAST), destination, b.add(offset, constant(part * VECTOR_BYTES)))


@row_kernel(IndexedRows, int, float)
def scatter_scaled(b: Any, registers: int, rows: IndexedRows, source: Any, scale: Any) -> None:
    """Add scale * source to every row; one that is named twice is added to twice."""
    scales = splat(b, scale)
    for offset, count in columns(b, registers, SINGLE_COLUMNS):
        added = [b.fmul(load(b, b.add(source, offset), part * VECTOR_BYTES), scales, flags=FAST) for part in range(count)]
        scatter(b, registers, rows, offset, added)


@row_kernel(IndexedRows, int, int, float)
def scatter_change(b: Any, registers: int, rows: IndexedRows, after: Any, before: Any, scale: Any) -> None:
    """Add scale * (after - before) to every row. AHEAD ids past the last must be readable."""
    scales = splat(b, scale)
    for number, (offset, count) in enumerate(columns(b, registers, SINGLE_COLUMNS)):
        new, old = (b.add(row, offset) for row in (after, before))
        places = [part * VECTOR_BYTES for part in range(count)]
        added = [b.fmul(b.fsub(load(b, new, at), load(b, old, at), flags=FAST), scales, flags=FAST) for at in places]
        scatter(b, registers, rows, offset, added, ahead=0 if number else AHEAD)


@intrinsic
def dot_row(_context: Any, row: Any, _x: Any, _y: Any) -> Any:
    """dot(x, y) of two rows (width, x, y)."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        sums = accumulators(b, 4)
        for k, place in enumerate(each_register(b, row.count)):
            add_product(b, sums[k % 4], load(b, values[1], place), load(b, values[2], place))
        return total_of(b, sums)

    return types.float32(row, types.int64, types.int64), generate


@intrinsic
def equal_pairs(_context: Any, _ids: Any, _n: Any) -> Any:
    """How many of the int32 ids[i] == ids[j], i < j < n. Whole registers are read: LANES - 1 ids past the last must be readable."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        ids, n = values
        counts = cgutils.alloca_once_value(b, ir.Constant(_INDICES, [0] * LANES))
        lanes = ir.Constant(_INDICES, list(range(LANES)))
        size = splat(b, b.trunc(n, INT32), _INDICES)
        with cgutils.for_range(b, b.udiv(b.add(n, constant(LANES - 1)), constant(LANES)), intp=INT64) as parts:
            first = b.mul(parts.index, constant(LANES))
            some = load(b, ids, b.mul(first, constant(4)), _INDICES)
            inside = b.icmp_signed("<", b.add(splat(b, b.trunc(first, INT32), _INDICES), lanes), size)
            with cgutils.for_range(b, n, intp=INT64) as loop:
                one = splat(b, load(b, ids, b.mul(loop.index, constant(4)), INT32), _INDICES)
                same = b.and_(b.icmp_signed("==", some, one), inside)
                b.store(b.add(b.load(counts), b.zext(same, _INDICES)), counts)
        total = b.load(counts)
        every_pair = constant(0)
        for lane in range(LANES):
            every_pair = b.add(every_pair, b.sext(b.extract_element(total, ir.Constant(INT32, lane)), INT64))
        # Each pair was met twice, and every id met itself.
        return b.ashr(b.sub(every_pair, n), constant(1))

    return types.int64(types.int64, types.int64), generate


def _sigmoid(b: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)) as 1/2 + tanh(x/2)/2, tanh by its continued fraction cut after seven levels; |x| is held to 9.

    tanh y = y (135135 + 17325 z + 378 z^2 + z^3) / (135135 + 62370 z + 3150 z^2 + 28 z^3), z = y^2. The error stays under 3e-5 up to
    the bound, far below the noise of a sampled gradient; word2vec.c's own table of 1,000 values is 6e-3 coarse.
    """
    y = b.fmul(x, every(0.5), flags=FAST)
    for limit, beyond in ((4.5, ">"), (-4.5, "<")):
        y = b.select(b.fcmp_ordered(beyond, y, every(limit)), every(limit), y)
    z = b.fmul(y, y, flags=FAST)
    above = polynomial(b, z, [1.0, 378.0, 17325.0, 135135.0])
    below = polynomial(b, z, [28.0, 3150.0, 62370.0, 135135.0])
    return multiply_add(b, b.fmul(y, b.fdiv(above, below, flags=FAST), flags=FAST), every(0.5), every(0.5))


@row_kernel(int, int, int)
def weighted_sigmoids(b: Any, _registers: int, scores: Any, weights: Any, n: Any) -> None:
    """scores[i] = weights[i] * sigmoid(scores[i]), i < n rounded up to whole registers."""
    vectors = b.udiv(b.add(n, constant(LANES - 1)), constant(LANES))
    with cgutils.for_range(b, vectors, intp=INT64) as loop:
        offset = b.mul(loop.index, constant(VECTOR_BYTES))
        store(b, b.fmul(_sigmoid(b, load(b, scores, offset)), load(b, weights, offset), flags=FAST), scores, offset)


@row_kernel(int, Positions, Positions, int, float)
def positive_gradients(b: Any, _registers: int, scores: Any, written: Positions, window: Positions, middle: Any, rate: Any) -> None:
    """scores[m] = rate * (1 - sigmoid(scores[m])) for m inside the window but not in its middle, else 0.

    Every m of `written` is, rounded up to whole registers.
    """
    first, last = written
    lanes = ir.Constant(_INDICES, list(range(LANES)))
    low, high, centre = (splat(b, b.trunc(value, INT32), _INDICES) for value in (*window, middle))
    rates = splat(b, rate)
    vectors = b.sdiv(b.add(b.sub(last, first), constant(LANES - 1)), constant(LANES))
    with cgutils.for_range(b, vectors, intp=INT64) as loop:
        m = b.add(first, b.mul(loop.index, constant(LANES)))
        place = b.mul(m, constant(4))
        index = b.add(splat(b, b.trunc(m, INT32), _INDICES), lanes)
        inside = b.and_(b.icmp_signed(">=", index, low), b.icmp_signed("<", index, high))
        inside = b.and_(inside, b.icmp_signed("!=", index, centre))
        gradient = b.fmul(b.fsub(every(1), _sigmoid(b, load(b, scores, place)), flags=FAST), rates, flags=FAST)
        store(b, b.select(inside, gradient, every(0)), scores, place)


@row_kernel(int, int, float)
def exponentials(b: Any, _registers: int, scores: Any, n: Any, largest: Any) -> None:
    """scores[i] = exp(scores[i] - largest), i < n rounded up to whole registers; `largest` is their maximum.

    exp x = 2^k 2^f with k the nearest whole number to x / ln 2: 2^k goes into the exponent bits, 2^f for |f| <= 1/2 is a polynomial
    (Taylor to the sixth power, relative error below 2e-7).
    """
    integers = ir.VectorType(INT32, LANES)
    largest = splat(b, largest)
    vectors = b.udiv(b.add(n, constant(LANES - 1)), constant(LANES))
    with cgutils.for_range(b, vectors, intp=INT64) as loop:
        place = b.mul(loop.index, constant(VECTOR_BYTES))
        x = b.fmul(b.fsub(load(b, scores, place), largest), every(math.log2(math.e)))
        # Below 2^-126 a float has no such exponent: the result is as good as zero.
        x = b.select(b.fcmp_ordered("<", x, every(-126)), every(-126), x)
        x = b.select(b.fcmp_ordered(">", x, every(0)), every(0), x)
        # Truncation rounds towards zero: half less makes it the nearest, as x is never positive.
        whole = b.fptosi(b.fsub(x, every(0.5)), integers)
        rest = b.fmul(b.fsub(x, b.sitofp(whole, VECTOR)), every(math.log(2)))
        power = polynomial(b, rest, [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0])
        bits = b.shl(b.add(whole, ir.Constant(integers, [127] * LANES)), ir.Constant(integers, [23] * LANES))
        store(b, b.fmul(power, b.bitcast(bits, VECTOR)), scores, place)
