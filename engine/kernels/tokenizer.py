"""Bytes to word numbers: words are found in a buffer and looked up in a hash table."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits, Bytes
from .constants import END_OF_LINE
from .hash_table import COUNT_BITS, append_word, find_slot, home_slot, word_key
from .jit import cgutils, inner, int64, intrinsic, ir, kernel, types

_BATCH = 32
_NEWLINE = 10
_SPACE = 32
# \0 \t \n \v \f \r and space.
_SEPARATORS = np.uint64((1 << 0) | (0b11111 << 9) | (1 << 32))


@intrinsic
def _bytes_before_blank(_context: Any, _address: Any) -> Any:
    """How many of the 16 bytes at an address come before the first one that is at most 32; 16 when all do."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        byte, mask = ir.IntType(8), ir.IntType(32)
        bytes_ = ir.VectorType(byte, 16)
        loaded = b.load(b.inttoptr(values[0], ir.PointerType(bytes_)), align=1)
        found = b.zext(b.bitcast(b.icmp_unsigned("<=", loaded, ir.Constant(bytes_, [_SPACE] * 16)), ir.IntType(16)), mask)
        position = b.cttz(b.or_(found, ir.Constant(mask, 1 << 16)), ir.Constant(ir.IntType(1), 0))
        return b.zext(position, ir.IntType(64))

    return types.int64(types.int64), generate


@intrinsic
def _prefetch(_context: Any, _address: Any) -> Any:
    """Prefetch the cache line of an address."""

    def generate(context: Any, b: Any, _signature: Any, values: Any) -> Any:
        pointer, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
        b.call(function, [b.inttoptr(values[0], pointer), ir.Constant(number, 1), ir.Constant(number, 3), ir.Constant(number, 1)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@inner
def _word_end(buffer: Bytes, at: int, start: int) -> int:
    """Where the word that begins at `at` ends; `start` is the buffer's address. A separator is known to follow."""
    end: int = at
    while True:
        ahead = _bytes_before_blank(start + end)
        end += ahead
        if ahead == 16:
            continue
        if (_SEPARATORS >> np.uint64(buffer[end])) & np.uint64(1):
            return end
        # A control character that separates nothing.
        end += 1


class TokenBatch(NamedTuple):
    """Words cut out but not yet looked up: where they begin and end, keys, home slots; a key of zero is a newline."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    keys: Bits
    homes: Bits


def new_token_batch() -> TokenBatch:
    """Room for a batch."""
    return TokenBatch(*np.zeros((2, _BATCH), np.int64), *np.zeros((2, _BATCH), np.uint64))


@inner
def _tokenize_batch(buffer: Bytes, at: int, stop: int, start: int, slots: Bits, batch: TokenBatch) -> tuple[int, int]:
    """Find the next words of buffer[at:stop] and prefetch their slots; gives the position reached and how many words.

    Slots are scattered over a table larger than the cache: prefetched a batch ahead, they arrive while the next words are found.
    """
    count = 0
    table = int64(slots.ctypes.data)
    while at < stop and count < _BATCH:
        byte = buffer[at]
        if byte <= _SPACE and (_SEPARATORS >> np.uint64(byte)) & np.uint64(1):
            if byte == _NEWLINE:
                batch.keys[count] = 0
                batch.stops[count] = at + 1
                count += 1
            at += 1
            continue
        end = _word_end(buffer, at, start)
        key = word_key(start + at, end - at)
        home = home_slot(slots, key)
        _prefetch(table + int64(home) * 8)
        batch.starts[count] = at
        batch.stops[count] = end
        batch.keys[count] = key
        batch.homes[count] = home
        count += 1
        at = end
    return at, count


@kernel
def scan(
    buffer: Bytes,
    at: int,
    stop: int,
    out: NDArray[np.int32],
    written: int,
    slots: Bits,
    offsets: NDArray[np.int64],
    text: Bytes,
    entries: int,
    batch: TokenBatch,
) -> tuple[int, int, int, int]:
    """Number the words of buffer[at:stop]; ends early when the table is full. Gives position, written, words, entries."""
    start = int64(buffer.ctypes.data)
    texts = int64(text.ctypes.data)
    room = len(offsets) - 1
    words = 0
    while at < stop:
        ahead, count = _tokenize_batch(buffer, at, stop, start, slots, batch)
        for k in range(count):
            key = batch.keys[k]
            if key == np.uint64(0):
                out[written] = END_OF_LINE
                written += 1
                at = batch.stops[k]
                continue
            first = batch.starts[k]
            length = batch.stops[k] - first
            slot = find_slot(slots, batch.homes[k], key, start + first, length, offsets, texts)
            if slots[slot] == np.uint64(0):
                if entries == room:
                    return at, written, words, entries
                append_word(slots, slot, key, buffer, first, length, offsets, text, entries)
                entries += 1
            value = slots[slot + np.uint64(1)] + np.uint64(1)
            slots[slot + np.uint64(1)] = value
            out[written] = np.int32(value >> np.uint64(COUNT_BITS))
            written += 1
            words += 1
            at = batch.stops[k]
        at = ahead
    return at, written, words, entries


@kernel
def last_separator(buffer: Bytes, stop: int) -> int:
    """The position after the last separator in buffer[:stop]; 0 when there is none."""
    while stop > 0:
        byte = buffer[stop - 1]
        if byte <= _SPACE and (_SEPARATORS >> np.uint64(byte)) & np.uint64(1):
            break
        stop -= 1
    return stop


@kernel
def first_separator(buffer: Bytes, stop: int) -> int:
    """The position of the first separator in buffer[:stop]; `stop` when there is none."""
    for at in range(stop):
        if buffer[at] <= _SPACE and (_SEPARATORS >> np.uint64(buffer[at])) & np.uint64(1):
            return at
    return stop


@kernel
def renumber(entries: NDArray[np.int32], ids: NDArray[np.int32], dropped: int, out: NDArray[np.int32]) -> int:
    """Replace entries by ids[entry], leaving out those with id `dropped`; line ends (-1) stay. Gives how many were written."""
    written = 0
    for k in range(len(entries)):
        entry = entries[k]
        value = entry if entry < 0 else ids[entry]
        out[written] = value
        written += int64(value != dropped)
    return written
