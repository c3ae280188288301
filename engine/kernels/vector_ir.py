"""LLVM IR of rows of vector registers: the building blocks of the micro-kernels in `row_operations`.

Each function appends instructions to the function that the builder `b` stands in.
"""

from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .jit import CPU, cgutils, intrinsic, ir, types

LANES = CPU.lanes
VECTOR_BYTES = 4 * LANES
FLOAT, BYTE, INT32, INT64 = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)
FAST = ("fast",)
# Straight-line code up to this many registers a row, a loop of this many beyond: bounds compile time at large dimensions.
UNROLLED = 32
CACHE_LINE = 64
# One accumulator row, whose products take the row from memory, leaves room for a loaded register and a coefficient.
SINGLE_COLUMNS = 28 if CPU.registers == 32 else 13

Emit = Callable[..., Any]


class WeightedRows(NamedTuple):
    """Addresses of `size` consecutive rows, and of a float32 coefficient for each, `stride` bytes apart."""

    rows: Any
    size: Any
    coefficients: Any
    stride: Any


class IndexedRows(NamedTuple):
    """Addresses of a matrix and of `size` int32 row numbers."""

    matrix: Any
    ids: Any
    size: Any


class WindowSums(NamedTuple):
    """Addresses of four rows of running sums. The window is what lies in [low, high) but not in [before, after)."""

    low: Any
    before: Any
    after: Any
    high: Any


class Positions(NamedTuple):
    """Positions [first, last)."""

    first: Any
    last: Any


class PrefetchList(NamedTuple):
    """The address of `size` addresses of rows that are needed soon."""

    addresses: Any
    size: Any


def row_kernel(*parameters: type) -> Callable[[Emit], Any]:
    """Make an intrinsic of (width, arguments...) from a function that emits its IR.

    A parameter is `int` (an address or a number), `float`, or a NamedTuple of ints: the function receives one of IR values, and the
    machine code passes its fields one by one.
    """

    def declare(emit: Emit) -> Any:
        def typed(_context: Any, row: Any, *given: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
                flat: list[Any] = []
                for kind, actual, value in zip(parameters, signature.args[1:], values[1:], strict=True):
                    flat += _fields(context, builder, actual, value) if issubclass(kind, tuple) else [value]
                # One function per module, called: inlined at every use the code would take several times as long to compile.
                builder.call(emitted(builder.module, emit, row.count, parameters), flat)
                return context.get_dummy_value()

            scalars = {int: types.int64, float: types.float32}
            return types.void(row, *(scalars.get(kind, actual) for kind, actual in zip(parameters, given, strict=True))), generate

        # Numba binds arguments one by one, by name: it has no use for *given.
        names = ["context", "row", *(f"value{k}" for k in range(len(parameters)))]
        typed.__dict__["__signature__"] = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])
        typed.__name__ = emit.__name__
        typed.__doc__ = emit.__doc__
        return intrinsic(typed)

    return declare


def _fields(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    """The fields of a NamedTuple as 64-bit numbers."""
    fields = cgutils.unpack_tuple(builder, value, len(kind))
    return [context.cast(builder, field, actual, types.int64) for field, actual in zip(fields, kind, strict=True)]


def emitted(module: Any, emit: Emit, registers: int, parameters: tuple[type, ...]) -> Any:
    """The LLVM function of a micro-kernel for one row length."""
    name = f"engine.{emit.__name__}.{registers}"
    if name in module.globals:
        return module.globals[name]
    fields = [getattr(kind, "_fields", None) for kind in parameters]
    flat = [FLOAT if kind is float else INT64 for kind, names in zip(parameters, fields, strict=True) for _ in names or (kind,)]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), flat), name)
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block())
    waiting = iter(function.args)
    arguments = [kind(*(next(waiting) for _ in names)) if names else next(waiting) for kind, names in zip(parameters, fields, strict=True)]
    emit(builder, registers, *arguments)
    builder.ret_void()
    return function


def constant(value: int) -> Any:
    """A 64-bit whole number."""
    return ir.Constant(INT64, value)


def at(b: Any, address: Any, offset: Any) -> Any:
    """An address so many bytes further on."""
    return b.add(address, constant(offset) if isinstance(offset, int) else offset)


def load(b: Any, address: Any, offset: Any = 0, kind: Any = VECTOR) -> Any:
    """The value at an address: a register, unless `kind` says otherwise."""
    return b.load(b.inttoptr(at(b, address, offset), ir.PointerType(kind)), align=4)


def store(b: Any, value: Any, address: Any, offset: Any = 0) -> None:
    """Write a value to an address."""
    b.store(value, b.inttoptr(at(b, address, offset), ir.PointerType(value.type)), align=4)


def multiply_add(b: Any, x: Any, y: Any, z: Any) -> Any:
    """The sum x y + z; one instruction where the processor has it."""
    return b.fadd(b.fmul(x, y, flags=FAST), z, flags=FAST)


def shuffle(b: Any, x: Any, y: Any, order: list[int]) -> Any:
    """Lanes of x and y (counted on from those of x) in a new order."""
    return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(INT32, len(order)), order))


def splat(b: Any, scalar: Any, kind: Any = VECTOR) -> Any:
    """A register with one number in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    return shuffle(b, b.insert_element(undefined, scalar, ir.Constant(INT32, 0)), undefined, [0] * kind.count)


def every(value: float) -> Any:
    """A constant register."""
    return ir.Constant(VECTOR, [float(np.float32(value))] * LANES)


def accumulators(b: Any, count: int) -> list[Any]:
    """Zeroed slots that LLVM turns into registers."""
    slots = [cgutils.alloca_once(b, VECTOR) for _ in range(count)]
    for slot in slots:
        b.store(every(0), slot)
    return slots


def column_sums(b: Any, registers: int) -> Iterator[tuple[Any, list[Any], bool]]:
    """One accumulator row, part by part: (byte offset, zeroed slots, whether this is the first part)."""
    first = True
    for offset, count in columns(b, registers, SINGLE_COLUMNS):
        yield offset, accumulators(b, count), first
        first = False


def add_row(b: Any, slots: list[Any], source: Any) -> None:
    """Add to each slot its register of a row."""
    for part, slot in enumerate(slots):
        b.store(b.fadd(b.load(slot), load(b, source, part * VECTOR_BYTES), flags=FAST), slot)


def keep(b: Any, slots: list[Any], destination: Any) -> None:
    """Write each slot to its register of a row."""
    for part, slot in enumerate(slots):
        store(b, b.load(slot), destination, part * VECTOR_BYTES)


def add_product(b: Any, slot: Any, x: Any, y: Any) -> None:
    """Add x y to a slot."""
    b.store(multiply_add(b, x, y, b.load(slot)), slot)


def columns(b: Any, registers: int, step: int) -> Iterator[tuple[Any, int]]:
    """Parts of a row of at most `step` registers, as (byte offset, registers): unrolled for short rows, in a loop for long ones."""
    parts = -(-registers // step)
    if registers <= UNROLLED:
        # Parts of even size: a lone last register would leave too few sums in flight to hide the latency of an addition.
        bounds = [registers * part // parts for part in range(parts + 1)]
        for first, last in pairwise(bounds):
            yield constant(first * VECTOR_BYTES), last - first
        return
    whole = registers // step
    with cgutils.for_range(b, constant(whole), intp=INT64) as loop:
        yield b.mul(loop.index, constant(step * VECTOR_BYTES)), step
    if registers % step:
        yield constant(whole * step * VECTOR_BYTES), registers % step


def four_sums(b: Any, vectors: list[Any]) -> Any:
    """The sums over the lanes of four vectors, as one vector of four."""

    def pairwise(x: Any, y: Any) -> Any:
        lanes = [quarter + k for quarter in range(0, LANES, 4) for k in (0, 2)]
        picks = [[lane + odd for lane in lanes] for odd in (0, 1)]
        order = [_interleave(pick) for pick in picks]
        return b.fadd(shuffle(b, x, y, order[0]), shuffle(b, x, y, order[1]), flags=FAST)

    total = pairwise(pairwise(vectors[0], vectors[1]), pairwise(vectors[2], vectors[3]))
    lanes = LANES
    while lanes > 4:
        lanes //= 2
        total = b.fadd(shuffle(b, total, total, list(range(lanes))), shuffle(b, total, total, list(range(lanes, 2 * lanes))), flags=FAST)
    return total


def _interleave(pick: list[int]) -> list[int]:
    """Two lanes of x, then the same two of y, within each quarter: the order in which hardware adds neighbours without crossing."""
    order: list[int] = []
    for k in range(0, len(pick), 2):
        order += [pick[k], pick[k + 1], LANES + pick[k], LANES + pick[k + 1]]
    return order


def each_register(b: Any, registers: int) -> Iterator[Any]:
    """The byte offset of every register of a row."""
    for offset, count in columns(b, registers, UNROLLED):
        for part in range(count):
            yield b.add(offset, constant(part * VECTOR_BYTES))


def polynomial(b: Any, z: Any, coefficients: list[float]) -> Any:
    """A polynomial in z by Horner's rule, highest coefficient first."""
    value = every(coefficients[0])
    for coefficient in coefficients[1:]:
        value = multiply_add(b, value, z, every(coefficient))
    return value


def total_of(b: Any, sums: list[Any]) -> Any:
    """The sum over all lanes of four accumulators."""
    four = four_sums(b, [b.load(slot) for slot in sums])
    halves = b.fadd(shuffle(b, four, four, [0, 1]), shuffle(b, four, four, [2, 3]), flags=FAST)
    return b.fadd(b.extract_element(halves, ir.Constant(INT32, 0)), b.extract_element(halves, ir.Constant(INT32, 1)), flags=FAST)


def add_scaled_rows(b: Any, sums: list[list[Any]], offset: Any, row: int, x: WeightedRows, *, shifts: tuple[Any, ...] = (0,)) -> None:
    """sums[k] += the sum of the rows of x, one column part; the coefficients of sum k begin shifts[k] bytes further on."""
    n, stride = x.size, x.stride
    coefficients = [at(b, x.coefficients, shift) for shift in shifts]
    first = b.add(x.rows, offset)

    def add_scaled(i: Any) -> None:
        step = b.mul(i, stride)
        scales = [splat(b, load(b, c, step, FLOAT)) for c in coefficients]
        base = b.add(first, b.mul(i, constant(row)))
        for part in range(len(sums[0])):
            loaded = load(b, base, part * VECTOR_BYTES)
            for scale, slots in zip(scales, sums, strict=True):
                add_product(b, slots[part], scale, loaded)

    # Two rows a turn: the counters cost as much as a register's worth of arithmetic.
    with cgutils.for_range(b, b.ashr(n, constant(1)), intp=INT64) as loop:
        pair = b.shl(loop.index, constant(1))
        add_scaled(pair)
        add_scaled(b.add(pair, constant(1)))
    with b.if_then(b.trunc(n, ir.IntType(1))):
        add_scaled(b.sub(n, constant(1)))


# Arguments of llvm.prefetch. Rows are read to be updated: prefetched to write, their lines belong to this core at once.
TO_READ, TO_WRITE = 0, 1
_TO_ALL_LEVELS, _DATA = 3, 1


def prefetch(b: Any, registers: int, address: Any, intent: int = TO_WRITE) -> None:
    """Prefetch a row; harmless at any address."""
    pointer = ir.PointerType(BYTE)
    function = cgutils.get_or_insert_function(b.module, ir.FunctionType(ir.VoidType(), [pointer, INT32, INT32, INT32]), "llvm.prefetch.p0")
    for offset in range(0, registers * VECTOR_BYTES, CACHE_LINE):
        place = b.inttoptr(at(b, address, offset), pointer)
        b.call(function, [place, *(ir.Constant(INT32, value) for value in (intent, _TO_ALL_LEVELS, _DATA))])


def indexed_row(b: Any, rows: IndexedRows, i: Any, row: int) -> Any:
    """The address of the row that ids[i] names; `row` is the bytes of a row."""
    number = b.sext(load(b, rows.ids, b.mul(i, constant(4)), INT32), INT64)
    return b.add(rows.matrix, b.mul(number, constant(row)))


def scatter(b: Any, registers: int, rows: IndexedRows, offset: Any, added: list[Any], *, ahead: int = 0) -> None:
    """Add registers, the part of a row at an offset, to rows; with each, prefetch the one so many ids `ahead`."""
    with cgutils.for_range(b, rows.size, intp=INT64) as loop:
        if ahead:
            prefetch(b, registers, indexed_row(b, rows, b.add(loop.index, constant(ahead)), registers * VECTOR_BYTES))
        target = b.add(indexed_row(b, rows, loop.index, registers * VECTOR_BYTES), offset)
        for part, value in enumerate(added):
            store(b, b.fadd(load(b, target, part * VECTOR_BYTES), value, flags=FAST), target, part * VECTOR_BYTES)
