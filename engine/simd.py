"""Explicit SIMD micro-kernels, written as LLVM IR: what the auto-vectoriser does not find by itself.

A matrix row is a whole number of vector registers (`padded`), so no kernel has a remainder loop. Its length is carried by the *type*
of `width`, a tuple of zeros with one entry per register: each dimension compiles to its own code with constant offsets, and Numba's
cache keys on it. Rows are named by address: gathered blocks live in one scratch array, and an address plus a constant is the whole
cost of finding one. Bounds are the callers' duty, who allocate scratch by the limits they plan blocks with.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

import math
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from itertools import pairwise
from typing import Any

import numpy as np

from engine.jit import CPU, cgutils, intrinsic, ir, types
from engine.models import Floats

LANES = CPU.lanes
VECTOR_BYTES = 4 * LANES
CACHE_LINE = 64
# Gathering asks for the row this many places further on: about as long as memory takes to answer.
AHEAD = 8
_FLOAT, _BYTE, _INT32, _INT64 = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)
_INDICES = ir.VectorType(_INT32, LANES)
_FAST = ("fast",)
# Straight-line code up to this many registers a row, a loop of this many beyond: bounds compile time at large dimensions.
_UNROLLED = 32
# Two accumulator rows of this many registers leave room for a loaded row and two coefficients.
_COLUMNS = 8 if CPU.registers == 32 else 5
_TILE_ROWS = 4 if CPU.registers == 32 else 2

Emit = Callable[..., Any]


def padded(dim: int) -> int:
    """The row length in floats: dim rounded up to whole registers."""
    return -(-dim // LANES) * LANES


def width(dim: int) -> tuple[int, ...]:
    """The token kernels take to know the row length at compile time."""
    return (0,) * (padded(dim) // LANES)


def aligned(rows: int, columns: int) -> Floats:
    """A zeroed matrix that starts on a cache line; memory is not touched until it is used."""
    raw = np.zeros(rows * columns + CACHE_LINE // 4, np.float32)
    start = -raw.ctypes.data % CACHE_LINE // 4
    return raw[start : start + rows * columns].reshape(rows, columns)


def _row_kernel(arguments: int, scalars: int = 0) -> Callable[[Emit], Any]:
    """Make an intrinsic of (width, addresses and counts..., float scalars...) from a function that emits its IR."""

    def declare(emit: Emit) -> Any:
        def typed(_context: Any, row: Any, *_values: Any) -> Any:
            def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
                # One function per module, called: inlined at every use the code would take several times as long to compile.
                builder.call(_emitted(builder.module, emit, row.count, [value.type for value in values[1:]]), values[1:])
                return context.get_dummy_value()

            return types.void(row, *[types.int64] * arguments, *[types.float32] * scalars), generate

        # Numba binds arguments one by one, by name: it has no use for *values.
        names = ["context", "row", *(f"value{k}" for k in range(arguments + scalars))]
        typed.__dict__["__signature__"] = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])
        typed.__name__ = emit.__name__
        typed.__doc__ = emit.__doc__
        return intrinsic(typed)

    return declare


def _emitted(module: Any, emit: Emit, registers: int, parameters: list[Any]) -> Any:
    """The LLVM function of a micro-kernel for one row length."""
    name = f"engine.{emit.__name__}.{registers}"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), name)
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block())
    emit(builder, registers, *function.args)
    builder.ret_void()
    return function


def _constant(value: int) -> Any:
    return ir.Constant(_INT64, value)


def _at(b: Any, address: Any, offset: Any) -> Any:
    return b.add(address, _constant(offset) if isinstance(offset, int) else offset)


def _load(b: Any, address: Any, offset: Any = 0, kind: Any = _VECTOR) -> Any:
    return b.load(b.inttoptr(_at(b, address, offset), ir.PointerType(kind)), align=4)


def _store(b: Any, value: Any, address: Any, offset: Any = 0) -> None:
    b.store(value, b.inttoptr(_at(b, address, offset), ir.PointerType(value.type)), align=4)


def _multiply_add(b: Any, x: Any, y: Any, z: Any) -> Any:
    return b.fadd(b.fmul(x, y, flags=_FAST), z, flags=_FAST)


def _shuffle(b: Any, x: Any, y: Any, order: list[int]) -> Any:
    return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(_INT32, len(order)), order))


def _splat(b: Any, scalar: Any, kind: Any = _VECTOR) -> Any:
    undefined = ir.Constant(kind, ir.Undefined)
    return _shuffle(b, b.insert_element(undefined, scalar, ir.Constant(_INT32, 0)), undefined, [0] * kind.count)


def _every(value: float) -> Any:
    return ir.Constant(_VECTOR, [float(np.float32(value))] * LANES)


def _accumulators(b: Any, count: int) -> list[Any]:
    """Zeroed slots that LLVM turns into registers."""
    slots = [cgutils.alloca_once(b, _VECTOR) for _ in range(count)]
    for slot in slots:
        b.store(_every(0), slot)
    return slots


def _add_product(b: Any, slot: Any, x: Any, y: Any) -> None:
    b.store(_multiply_add(b, x, y, b.load(slot)), slot)


def _columns(b: Any, registers: int, step: int) -> Iterator[tuple[Any, int]]:
    """Parts of a row of at most `step` registers, as (byte offset, registers): unrolled for short rows, in a loop for long ones."""
    parts = -(-registers // step)
    if registers <= _UNROLLED:
        # Parts of even size: a lone last register would leave too few sums in flight to hide the latency of an addition.
        bounds = [registers * part // parts for part in range(parts + 1)]
        for first, last in pairwise(bounds):
            yield _constant(first * VECTOR_BYTES), last - first
        return
    whole = registers // step
    with cgutils.for_range(b, _constant(whole), intp=_INT64) as loop:
        yield b.mul(loop.index, _constant(step * VECTOR_BYTES)), step
    if registers % step:
        yield _constant(whole * step * VECTOR_BYTES), registers % step


def _four_sums(b: Any, vectors: list[Any]) -> Any:
    """The sums over the lanes of four vectors, as one vector of four."""

    def pairwise(x: Any, y: Any) -> Any:
        lanes = [quarter + k for quarter in range(0, LANES, 4) for k in (0, 2)]
        picks = [[lane + odd for lane in lanes] for odd in (0, 1)]
        order = [_interleave(pick) for pick in picks]
        return b.fadd(_shuffle(b, x, y, order[0]), _shuffle(b, x, y, order[1]), flags=_FAST)

    total = pairwise(pairwise(vectors[0], vectors[1]), pairwise(vectors[2], vectors[3]))
    lanes = LANES
    while lanes > 4:
        lanes //= 2
        total = b.fadd(_shuffle(b, total, total, list(range(lanes))), _shuffle(b, total, total, list(range(lanes, 2 * lanes))), flags=_FAST)
    return total


def _interleave(pick: list[int]) -> list[int]:
    """Two lanes of x, then the same two of y, within each quarter: the order in which hardware adds neighbours without crossing."""
    order: list[int] = []
    for k in range(0, len(pick), 2):
        order += [pick[k], pick[k + 1], LANES + pick[k], LANES + pick[k + 1]]
    return order


@_row_kernel(4)
def dot_tile(b: Any, registers: int, x: Any, y: Any, out: Any, stride: Any) -> None:
    """out[q][r] = dot(row q of y, row r of x) for 4 x 4 consecutive rows; `stride` is the bytes between rows of out.

    Each loaded register serves 4 products of one side and 2 or 4 of the other: arithmetic, not loading, is what limits it.
    """
    row = registers * VECTOR_BYTES
    for first in range(0, 4, _TILE_ROWS):
        sums = [_accumulators(b, 4) for _ in range(_TILE_ROWS)]
        for offset, count in _columns(b, registers, _UNROLLED if registers <= _UNROLLED else 4):
            for part in range(count):
                _tile_column(b, sums, b.add(offset, _constant(part * VECTOR_BYTES)), x, b.add(y, _constant(first * row)), row)
        for q in range(_TILE_ROWS):
            _store(b, _four_sums(b, [b.load(slot) for slot in sums[q]]), out, b.mul(stride, _constant(first + q)))


def _tile_column(b: Any, sums: list[list[Any]], offset: Any, x: Any, y: Any, row: int) -> None:
    xs = [_load(b, _at(b, x, r * row), offset) for r in range(4)]
    for q, slots in enumerate(sums):
        one = _load(b, _at(b, y, q * row), offset)
        for r in range(4):
            _add_product(b, slots[r], xs[r], one)


def _add_scaled_rows(b: Any, sums: list[list[Any]], offset: Any, row: int, source: tuple[Any, ...]) -> None:
    """sums[k] += sum over i < n of coefficient_k[i] * x[i], one column part; `source` is (x, n, coefficient addresses, stride)."""
    x, n, coefficients, stride = source
    with cgutils.for_range(b, n, intp=_INT64) as loop:
        step = b.mul(loop.index, stride)
        scales = [_splat(b, _load(b, c, step, _FLOAT)) for c in coefficients]
        base = b.add(b.add(x, offset), b.mul(loop.index, _constant(row)))
        for part in range(len(sums[0])):
            loaded = _load(b, base, part * VECTOR_BYTES)
            for scale, slots in zip(scales, sums, strict=True):
                _add_product(b, slots[part], scale, loaded)


def _flush(b: Any, slots: list[Any], address: Any, offset: Any) -> None:
    for part, slot in enumerate(slots):
        place = b.add(offset, _constant(part * VECTOR_BYTES))
        _store(b, b.fadd(_load(b, address, place), b.load(slot), flags=_FAST), address, place)


@_row_kernel(9)
def add_rows(b: Any, registers: int, *a: Any) -> None:
    """Add to a row: dst += sum_i g[i] x[i] + sum_i h[i] y[i].

    Arguments: dst, then (x, n, g, bytes between coefficients) twice.
    """
    row = registers * VECTOR_BYTES
    for offset, count in _columns(b, registers, 2 * _COLUMNS):
        sums = [_accumulators(b, count)]
        _add_scaled_rows(b, sums, offset, row, (a[1], a[2], [a[3]], a[4]))
        _add_scaled_rows(b, sums, offset, row, (a[5], a[6], [a[7]], a[8]))
        _flush(b, sums[0], a[0], offset)


@_row_kernel(12)
def add_rows_to_two(b: Any, registers: int, *a: Any) -> None:
    """The same sums for two destinations, which share every load of a row; the destinations may be one row.

    Arguments: dst0, dst1, the byte offset of dst1's coefficients from dst0's in g and in h, then (x, n, g, stride) twice.
    """
    row = registers * VECTOR_BYTES
    for offset, count in _columns(b, registers, _COLUMNS):
        sums = [_accumulators(b, count), _accumulators(b, count)]
        _add_scaled_rows(b, sums, offset, row, (a[4], a[5], [a[6], b.add(a[6], a[2])], a[7]))
        _add_scaled_rows(b, sums, offset, row, (a[8], a[9], [a[10], b.add(a[10], a[3])], a[11]))
        # Loaded again after the first is stored: were both one row, a value held from before would undo the first addition.
        _flush(b, sums[0], a[0], offset)
        _flush(b, sums[1], a[1], offset)


def _each_register(b: Any, registers: int) -> Iterator[Any]:
    for offset, count in _columns(b, registers, _UNROLLED):
        for part in range(count):
            yield b.add(offset, _constant(part * VECTOR_BYTES))


@_row_kernel(2)
def copy_row(b: Any, registers: int, destination: Any, source: Any) -> None:
    """Copy a row: destination = source."""
    for place in _each_register(b, registers):
        _store(b, _load(b, source, place), destination, place)


@_row_kernel(1)
def zero_row(b: Any, registers: int, destination: Any) -> None:
    """Clear a row."""
    for place in _each_register(b, registers):
        _store(b, _every(0), destination, place)


@_row_kernel(1, scalars=1)
def scale_row(b: Any, registers: int, destination: Any, factor: Any) -> None:
    """Multiply a row by a number."""
    factors = _splat(b, factor)
    for place in _each_register(b, registers):
        _store(b, b.fmul(_load(b, destination, place), factors, flags=_FAST), destination, place)


def _prefetch(b: Any, registers: int, address: Any) -> None:
    pointer = ir.PointerType(_BYTE)
    function = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(ir.VoidType(), [pointer, _INT32, _INT32, _INT32]), "llvm.prefetch.p0"
    )
    for offset in range(0, registers * VECTOR_BYTES, CACHE_LINE):
        b.call(
            function, [b.inttoptr(_at(b, address, offset), pointer), ir.Constant(_INT32, 0), ir.Constant(_INT32, 3), ir.Constant(_INT32, 1)]
        )


@_row_kernel(1)
def prefetch_row(b: Any, registers: int, address: Any) -> None:
    """Ask for the cache lines of a row that is needed soon; harmless at any address."""
    _prefetch(b, registers, address)


def _indexed_row(b: Any, base: Any, ids: Any, i: Any, row: int) -> Any:
    number = b.sext(_load(b, ids, b.mul(i, _constant(4)), _INT32), _INT64)
    return b.add(base, b.mul(number, _constant(row)))


@_row_kernel(4, scalars=1)
def gather_scaled(b: Any, registers: int, destination: Any, base: Any, ids: Any, n: Any, scale: Any) -> None:
    """Sum rows: destination = scale * sum over i < n of row ids[i] (int32) of base. AHEAD ids past the last must be readable."""
    row = registers * VECTOR_BYTES
    scales = _splat(b, scale)
    first = None
    for offset, count in _columns(b, registers, 2 * _COLUMNS + 3):
        first = offset if first is None else first
        sums = _accumulators(b, count)
        with cgutils.for_range(b, n, intp=_INT64) as loop:
            if offset is first:
                _prefetch(b, registers, _indexed_row(b, base, ids, b.add(loop.index, _constant(AHEAD)), row))
            source = _indexed_row(b, base, ids, loop.index, row)
            for part, slot in enumerate(sums):
                b.store(b.fadd(b.load(slot), _load(b, b.add(source, offset), part * VECTOR_BYTES), flags=_FAST), slot)
        for part, slot in enumerate(sums):
            _store(b, b.fmul(b.load(slot), scales, flags=_FAST), destination, b.add(offset, _constant(part * VECTOR_BYTES)))


@_row_kernel(4, scalars=1)
def scatter_scaled(b: Any, registers: int, base: Any, ids: Any, n: Any, source: Any, scale: Any) -> None:
    """Row ids[i] (int32) of base += scale * source, for every i < n; an id that occurs twice is added to twice."""
    row = registers * VECTOR_BYTES
    scales = _splat(b, scale)
    for offset, count in _columns(b, registers, 2 * _COLUMNS + 3):
        added = [b.fmul(_load(b, b.add(source, offset), part * VECTOR_BYTES), scales, flags=_FAST) for part in range(count)]
        with cgutils.for_range(b, n, intp=_INT64) as loop:
            target = b.add(_indexed_row(b, base, ids, loop.index, row), offset)
            for part, value in enumerate(added):
                _store(b, b.fadd(_load(b, target, part * VECTOR_BYTES), value, flags=_FAST), target, part * VECTOR_BYTES)


@intrinsic
def dot_row(_context: Any, row: Any, _x: Any, _y: Any) -> Any:
    """dot(x, y) of two rows (width, x, y)."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        sums = _accumulators(b, 4)
        for k, place in enumerate(_each_register(b, row.count)):
            _add_product(b, sums[k % 4], _load(b, values[1], place), _load(b, values[2], place))
        four = _four_sums(b, [b.load(slot) for slot in sums])
        halves = b.fadd(_shuffle(b, four, four, [0, 1]), _shuffle(b, four, four, [2, 3]), flags=_FAST)
        return b.fadd(b.extract_element(halves, ir.Constant(_INT32, 0)), b.extract_element(halves, ir.Constant(_INT32, 1)), flags=_FAST)

    return types.float32(row, types.int64, types.int64), generate


def _sigmoid(b: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)) as 1/2 + tanh(x/2)/2, tanh by its continued fraction cut after seven levels; |x| is held to 9.

    tanh y = y (135135 + 17325 z + 378 z^2 + z^3) / (135135 + 62370 z + 3150 z^2 + 28 z^3), z = y^2. The error stays under 3e-5 up to
    the bound, far below the noise of a sampled gradient; word2vec.c's own table of 1,000 values is 6e-3 coarse.
    """
    y = b.fmul(x, _every(0.5), flags=_FAST)
    for limit, beyond in ((4.5, ">"), (-4.5, "<")):
        y = b.select(b.fcmp_ordered(beyond, y, _every(limit)), _every(limit), y)
    z = b.fmul(y, y, flags=_FAST)
    above = _polynomial(b, z, [1.0, 378.0, 17325.0, 135135.0])
    below = _polynomial(b, z, [28.0, 3150.0, 62370.0, 135135.0])
    return _multiply_add(b, b.fmul(y, b.fdiv(above, below, flags=_FAST), flags=_FAST), _every(0.5), _every(0.5))


def _polynomial(b: Any, z: Any, coefficients: list[float]) -> Any:
    value = _every(coefficients[0])
    for coefficient in coefficients[1:]:
        value = _multiply_add(b, value, z, _every(coefficient))
    return value


@_row_kernel(3)
def weighted_sigmoids(b: Any, _registers: int, scores: Any, weights: Any, n: Any) -> None:
    """scores[i] = weights[i] * sigmoid(scores[i]), i < n rounded up to whole registers."""
    vectors = b.udiv(b.add(n, _constant(LANES - 1)), _constant(LANES))
    with cgutils.for_range(b, vectors, intp=_INT64) as loop:
        offset = b.mul(loop.index, _constant(VECTOR_BYTES))
        _store(b, b.fmul(_sigmoid(b, _load(b, scores, offset)), _load(b, weights, offset), flags=_FAST), scores, offset)


@_row_kernel(6, scalars=1)
def positive_gradients(b: Any, _registers: int, *a: Any) -> None:
    """scores[m] = rate * (1 - sigmoid(scores[m])) where low <= m < high and m is not the centre, else 0.

    Arguments: scores, first and last of the range of m (rounded up to whole registers), low, high, centre, rate.
    """
    scores, first, last, low, high, centre, rate = a
    lanes = ir.Constant(_INDICES, list(range(LANES)))
    low, high, centre = (_splat(b, b.trunc(value, _INT32), _INDICES) for value in (low, high, centre))
    rates = _splat(b, rate)
    vectors = b.sdiv(b.add(b.sub(last, first), _constant(LANES - 1)), _constant(LANES))
    with cgutils.for_range(b, vectors, intp=_INT64) as loop:
        m = b.add(first, b.mul(loop.index, _constant(LANES)))
        place = b.mul(m, _constant(4))
        index = b.add(_splat(b, b.trunc(m, _INT32), _INDICES), lanes)
        inside = b.and_(b.icmp_signed(">=", index, low), b.icmp_signed("<", index, high))
        inside = b.and_(inside, b.icmp_signed("!=", index, centre))
        gradient = b.fmul(b.fsub(_every(1), _sigmoid(b, _load(b, scores, place)), flags=_FAST), rates, flags=_FAST)
        _store(b, b.select(inside, gradient, _every(0)), scores, place)


@_row_kernel(2, scalars=1)
def exponentials(b: Any, _registers: int, scores: Any, n: Any, largest: Any) -> None:
    """scores[i] = exp(scores[i] - largest), i < n rounded up to whole registers; `largest` is their maximum.

    exp x = 2^k 2^f with k the nearest whole number to x / ln 2: 2^k goes into the exponent bits, 2^f for |f| <= 1/2 is a polynomial
    (Taylor to the sixth power, relative error below 2e-7).
    """
    integers = ir.VectorType(_INT32, LANES)
    largest = _splat(b, largest)
    vectors = b.udiv(b.add(n, _constant(LANES - 1)), _constant(LANES))
    with cgutils.for_range(b, vectors, intp=_INT64) as loop:
        place = b.mul(loop.index, _constant(VECTOR_BYTES))
        x = b.fmul(b.fsub(_load(b, scores, place), largest), _every(math.log2(math.e)))
        # Below 2^-126 a float has no such exponent: the result is as good as zero.
        x = b.select(b.fcmp_ordered("<", x, _every(-126)), _every(-126), x)
        x = b.select(b.fcmp_ordered(">", x, _every(0)), _every(0), x)
        # Truncation rounds towards zero: half less makes it the nearest, as x is never positive.
        whole = b.fptosi(b.fsub(x, _every(0.5)), integers)
        rest = b.fmul(b.fsub(x, b.sitofp(whole, _VECTOR)), _every(math.log(2)))
        power = _polynomial(b, rest, [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0])
        bits = b.shl(b.add(whole, ir.Constant(integers, [127] * LANES)), ir.Constant(integers, [23] * LANES))
        _store(b, b.fmul(power, b.bitcast(bits, _VECTOR)), scores, place)
