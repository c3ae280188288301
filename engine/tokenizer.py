"""Words to numbers, fast: the compiled half of `vocabulary`.

A word of up to seven bytes *is* its key (the bytes and the length in one 64-bit number), so most words are found with one load and one
comparison. A longer word's key is a hash, and its bytes are compared with those of the word found: two words that hash alike stay two.
A slot of the table holds key and (entry << 36 | count) side by side, in one cache line.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.jit import cgutils, inner, int64, intrinsic, ir, kernel, types

Bytes = NDArray[np.uint8]
Bits = NDArray[np.uint64]

# Kernels read 16 bytes at once, up to this far past the end of what they are given.
PADDING = 32
END_OF_LINE = -1
COUNT_BITS = 36
MAX_ENTRIES = 1 << (63 - COUNT_BITS)
_FIRST_SLOTS = 1 << 16
_BATCH = 32
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LONG_WORD = np.uint64(0xFF << 56)
_NEWLINE = 10
_SPACE = 32
# \0 \t \n \v \f \r and space.
_SEPARATORS = np.uint64((1 << 0) | (0b11111 << 9) | (1 << 32))


@intrinsic
def _load_eight(_context: Any, _address: Any) -> Any:
    """The eight bytes at an address, the first in the lowest bits."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        return b.load(b.inttoptr(values[0], ir.PointerType(ir.IntType(64))), align=1)

    return types.uint64(types.int64), generate


@intrinsic
def _first_blank(_context: Any, _address: Any) -> Any:
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
    """Ask for the cache line of an address that is needed soon."""

    def generate(context: Any, b: Any, _signature: Any, values: Any) -> Any:
        pointer, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        function = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
        b.call(function, [b.inttoptr(values[0], pointer), ir.Constant(number, 1), ir.Constant(number, 3), ir.Constant(number, 1)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@dataclass
class WordTable:
    """Distinct words in order of first appearance, with their counts.

    Attributes:
        slots: key, value, key, value, ...; at most half full.
        offsets: where entry n begins in `text`; offsets[n + 1] is where it ends.
        text: the bytes of all entries one after another.
        entries: how many there are.
    """

    slots: Bits
    offsets: NDArray[np.int64]
    text: Bytes
    entries: int

    @classmethod
    def empty(cls) -> "WordTable":
        """A table without words."""
        return cls(np.zeros(2 * _FIRST_SLOTS, np.uint64), np.zeros(_FIRST_SLOTS // 2 + 1, np.int64), np.zeros(PADDING, np.uint8), 0)

    @property
    def full(self) -> bool:
        """Whether `grow` must come before the next new word."""
        return self.entries >= len(self.offsets) - 1

    def grow(self) -> None:
        """Make room for four times as many words."""
        slots = np.zeros(4 * len(self.slots), np.uint64)
        _rehash(self.slots, slots)
        self.slots = slots
        self.offsets = np.concatenate([self.offsets, np.zeros(len(slots) // 4 + 1 - len(self.offsets), np.int64)])

    def reserve(self, size: int) -> None:
        """Make room for that many bytes of new words."""
        used = int(self.offsets[self.entries])
        if len(self.text) < used + size + PADDING:
            text = np.zeros(max(used + size + PADDING, 2 * len(self.text)), np.uint8)
            text[:used] = self.text[:used]
            self.text = text

    def word(self, entry: int) -> bytes:
        """The bytes of an entry."""
        return self.text[self.offsets[entry] : self.offsets[entry + 1]].tobytes()

    def words(self, entries: NDArray[np.integer[Any]]) -> list[bytes]:
        """The bytes of many entries."""
        text = self.text[: self.offsets[self.entries]].tobytes()
        starts, stops = self.offsets[entries].tolist(), self.offsets[1:][entries].tolist()
        return [text[start:stop] for start, stop in zip(starts, stops, strict=True)]

    def find(self, prefix: bytes, *, whole: bool) -> NDArray[np.int64]:
        """The entries that begin with `prefix`, or that are it."""
        lengths = np.diff(self.offsets[: self.entries + 1])
        entries = np.flatnonzero(lengths == len(prefix) if whole else lengths >= len(prefix))
        for k, byte in enumerate(prefix):
            entries = entries[self.text[self.offsets[entries] + k] == byte]
        return entries

    def counts(self) -> NDArray[np.int64]:
        """How often each entry was seen."""
        counts = np.zeros(self.entries, np.int64)
        _read_counts(self.slots, counts)
        return counts

    def scan(self, buffer: Bytes, stop: int, out: NDArray[np.int32]) -> tuple[int, int]:
        """Add the words of buffer[:stop], which ends with a separator and has PADDING readable bytes after it.

        `out` receives an entry number per word and -1 per newline (it must be as long as `stop`); gives how many it received, and how
        many of them were words.
        """
        self.reserve(stop)
        at = written = words = 0
        batch = new_batch()
        while True:
            at, written, more, self.entries = _scan(
                buffer, at, stop, out, written, self.slots, self.offsets, self.text, self.entries, batch
            )
            words += more
            if at >= stop:
                return written, words
            self.grow()

    def merge(self, other: "WordTable") -> NDArray[np.int32]:
        """Add the words and counts of another table; gives this table's entry of each entry of the other."""
        self.reserve(int(other.offsets[other.entries]))
        while len(self.offsets) - 1 < self.entries + other.entries:
            self.grow()
        here = np.zeros(other.entries, np.int32)
        self.entries = _merge(other.text, other.offsets, other.counts(), here, self.slots, self.offsets, self.text, self.entries)
        return here


@inner
def _low_bytes(count: int) -> Any:
    """A mask of that many low bytes, 0 to 8."""
    # A shift by 64 is undefined: 8 bytes are two shifts by half of it.
    half = np.uint64(4 * count)
    return ~((~np.uint64(0) << half) << half)


@inner
def _word_key(address: int, length: int) -> Any:
    """The key of a word: itself up to seven bytes, else a hash marked as such in the top byte.

    Up to 16 bytes it is computed without a branch, which the length of words, being what it is, would make the processor guess wrong.
    """
    first = _load_eight(address) & _low_bytes(min(length, 8))
    size = np.uint64(length)
    second = _load_eight(address + 8) & _low_bytes(max(min(length - 8, 8), 0))
    mixed = (first ^ (size * _GOLDEN)) * _GOLDEN
    mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ second) * _GOLDEN
    for at in range(16, length, 8):
        # The last eight bytes, some of them for the second time: no partial load.
        mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ _load_eight(address + min(at, length - 8))) * _GOLDEN
    mixed ^= mixed >> np.uint64(29)
    return (first | (size << np.uint64(56))) if length < 8 else (mixed | _LONG_WORD)


@inner
def _same_bytes(x: int, y: int, length: int) -> Any:
    """Whether two words of `length` >= 8 bytes are equal."""
    for at in range(0, length - 7, 8):
        if _load_eight(x + at) != _load_eight(y + at):
            return False
    return _load_eight(x + length - 8) == _load_eight(y + length - 8)


@inner
def _home(slots: Bits, key: np.uint64) -> Any:
    """The slot where the search for a key begins."""
    mixed = key * _GOLDEN
    return ((mixed ^ (mixed >> np.uint64(32))) << np.uint64(1)) & np.uint64(len(slots) - 1)


@inner
def _find(slots: Bits, slot: np.uint64, key: np.uint64, address: int, length: int, offsets: NDArray[np.int64], text: int) -> Any:
    """The slot of a word: its own, or the empty one where it belongs; `slot` is the key's home."""
    mask = np.uint64(len(slots) - 1)
    while True:
        found = slots[slot]
        if found == np.uint64(0):
            return slot
        if found == key:
            if key < _LONG_WORD:
                return slot
            entry = int64(slots[slot + np.uint64(1)] >> np.uint64(COUNT_BITS))
            start = offsets[entry]
            if offsets[entry + 1] - start == length and _same_bytes(text + start, address, length):
                return slot
        slot = (slot + np.uint64(2)) & mask


@inner
def _append(
    slots: Bits, slot: np.uint64, key: np.uint64, word: Bytes, start: int, length: int, offsets: NDArray[np.int64], text: Bytes, entry: int
) -> None:
    """Write a new entry, with a count of zero."""
    slots[slot] = key
    slots[slot + np.uint64(1)] = np.uint64(entry) << np.uint64(COUNT_BITS)
    at = offsets[entry]
    for k in range(length):
        text[at + k] = word[start + k]
    offsets[entry + 1] = at + length


@inner
def _word_end(buffer: Bytes, at: int, start: int) -> int:
    """Where the word that begins at `at` ends; `start` is the buffer's address. A separator is known to follow."""
    end: int = at
    while True:
        ahead = _first_blank(start + end)
        end += ahead
        if ahead == 16:
            continue
        if (_SEPARATORS >> np.uint64(buffer[end])) & np.uint64(1):
            return end
        # A control character that separates nothing.
        end += 1


class Batch(NamedTuple):
    """Words cut out but not yet looked up: where they begin and end, keys, home slots; a key of zero is a newline."""

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    keys: Bits
    homes: Bits


def new_batch() -> Batch:
    """Room for a batch."""
    return Batch(*np.zeros((2, _BATCH), np.int64), *np.zeros((2, _BATCH), np.uint64))


@inner
def _cut(buffer: Bytes, at: int, stop: int, start: int, slots: Bits, batch: Batch) -> tuple[int, int]:
    """Cut out the next words of buffer[at:stop] and ask for their slots; gives the position reached and how many words.

    Slots are scattered over a table larger than the cache: asked for a batch ahead, they come while the next words are cut.
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
        key = _word_key(start + at, end - at)
        home = _home(slots, key)
        _prefetch(table + int64(home) * 8)
        batch.starts[count] = at
        batch.stops[count] = end
        batch.keys[count] = key
        batch.homes[count] = home
        count += 1
        at = end
    return at, count


@kernel
def _scan(
    buffer: Bytes,
    at: int,
    stop: int,
    out: NDArray[np.int32],
    written: int,
    slots: Bits,
    offsets: NDArray[np.int64],
    text: Bytes,
    entries: int,
    batch: Batch,
) -> tuple[int, int, int, int]:
    """Number the words of buffer[at:stop]; ends early when the table is full. Gives position, written, words, entries."""
    start = int64(buffer.ctypes.data)
    texts = int64(text.ctypes.data)
    room = len(offsets) - 1
    words = 0
    while at < stop:
        ahead, count = _cut(buffer, at, stop, start, slots, batch)
        for k in range(count):
            key = batch.keys[k]
            if key == np.uint64(0):
                out[written] = END_OF_LINE
                written += 1
                at = batch.stops[k]
                continue
            first = batch.starts[k]
            length = batch.stops[k] - first
            slot = _find(slots, batch.homes[k], key, start + first, length, offsets, texts)
            if slots[slot] == np.uint64(0):
                if entries == room:
                    return at, written, words, entries
                _append(slots, slot, key, buffer, first, length, offsets, text, entries)
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
def _merge(
    words: Bytes,
    places: NDArray[np.int64],
    counts: NDArray[np.int64],
    here: NDArray[np.int32],
    slots: Bits,
    offsets: NDArray[np.int64],
    text: Bytes,
    entries: int,
) -> int:
    """Add the words at `places` of `words`; `here` receives their entries; gives the number of entries now."""
    start = int64(words.ctypes.data)
    texts = int64(text.ctypes.data)
    for k in range(len(here)):
        at = places[k]
        length = places[k + 1] - at
        key = _word_key(start + at, length)
        slot = _find(slots, _home(slots, key), key, start + at, length, offsets, texts)
        if slots[slot] == np.uint64(0):
            _append(slots, slot, key, words, at, length, offsets, text, entries)
            entries += 1
        slots[slot + np.uint64(1)] += np.uint64(counts[k])
        here[k] = np.int32(slots[slot + np.uint64(1)] >> np.uint64(COUNT_BITS))
    return entries


@kernel
def _rehash(old: Bits, new: Bits) -> None:
    """Move every slot to a larger table."""
    mask = np.uint64(len(new) - 1)
    for place in range(0, len(old), 2):
        key = old[place]
        if key != np.uint64(0):
            slot = _home(new, key)
            while new[slot] != np.uint64(0):
                slot = (slot + np.uint64(2)) & mask
            new[slot] = key
            new[slot + np.uint64(1)] = old[place + 1]


@kernel
def _read_counts(slots: Bits, counts: NDArray[np.int64]) -> None:
    for place in range(0, len(slots), 2):
        if slots[place] != np.uint64(0):
            value = slots[place + 1]
            counts[int64(value >> np.uint64(COUNT_BITS))] = int64(value & np.uint64((1 << COUNT_BITS) - 1))


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


@kernel
def hash_words(text: Bytes, offsets: NDArray[np.int64], hashes: NDArray[np.uint32]) -> None:
    """The FNV-1a hash fastText gives each word; each byte is sign-extended before it is mixed in."""
    for k in range(len(hashes)):
        value = np.uint32(2166136261)
        for at in range(offsets[k], offsets[k + 1]):
            value = np.uint32((value ^ np.uint32(np.int32(np.int8(text[at])))) * np.uint32(16777619))
        hashes[k] = value
