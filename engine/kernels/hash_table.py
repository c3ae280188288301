"""A hash table of distinct words and their counts: the compiled part of reading a vocabulary.

A word of up to seven bytes *is* its key (the bytes and the length in one 64-bit number), so most words are found with one load and one
comparison. A longer word's key is a hash, and its bytes are compared with those of the word found: two words that hash alike stay two.
A slot of the table holds key and (entry << 36 | count) side by side, in one cache line.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits, Bytes
from .jit import inner, int64, intrinsic, ir, kernel, types

# Kernels read 16 bytes at once, up to this far past the end of what they are given.
PADDING = 32
COUNT_BITS = 36
MAX_ENTRIES = 1 << (63 - COUNT_BITS)
# 2^64 over the golden ratio: multiplied by it, neighbouring numbers end up far apart (Knuth).
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LONG_WORD = np.uint64(0xFF << 56)


@intrinsic
def _load_eight(_context: Any, _address: Any) -> Any:
    """The eight bytes at an address, the first in the lowest bits."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        return b.load(b.inttoptr(values[0], ir.PointerType(ir.IntType(64))), align=1)

    return types.uint64(types.int64), generate


@inner
def _low_bytes(count: int) -> Any:
    """A mask of that many low bytes, 0 to 8."""
    # A shift by 64 is undefined: 8 bytes are two shifts by half of it.
    half = np.uint64(4 * count)
    return ~((~np.uint64(0) << half) << half)


@inner
def word_key(address: int, length: int) -> Any:
    """The key of a word: itself up to seven bytes, else a hash marked as such in the top byte.

    Up to 16 bytes it is computed without a branch, which the length of words, being what it is, would make the processor guess wrong.
    """
    first = _load_eight(address) & _low_bytes(min(length, 8))
    size = np.uint64(length)
    second = _load_eight(address + 8) & _low_bytes(max(min(length - 8, 8), 0))
    mixed = (first ^ (size * GOLDEN)) * GOLDEN
    mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ second) * GOLDEN
    for at in range(16, length, 8):
        # The last eight bytes, some of them for the second time: no partial load.
        mixed = ((mixed ^ (mixed >> np.uint64(32))) ^ _load_eight(address + min(at, length - 8))) * GOLDEN
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
def home_slot(slots: Bits, key: np.uint64) -> Any:
    """The slot where the search for a key begins."""
    mixed = key * GOLDEN
    return ((mixed ^ (mixed >> np.uint64(32))) << np.uint64(1)) & np.uint64(len(slots) - 1)


@inner
def find_slot(slots: Bits, slot: np.uint64, key: np.uint64, address: int, length: int, offsets: NDArray[np.int64], text: int) -> Any:
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
def append_word(
    slots: Bits, slot: np.uint64, key: np.uint64, word: Bytes, start: int, length: int, offsets: NDArray[np.int64], text: Bytes, entry: int
) -> None:
    """Write a new entry, with a count of zero."""
    slots[slot] = key
    slots[slot + np.uint64(1)] = np.uint64(entry) << np.uint64(COUNT_BITS)
    at = offsets[entry]
    for k in range(length):
        text[at + k] = word[start + k]
    offsets[entry + 1] = at + length


@kernel
def merge(
    words: Bytes,
    places: NDArray[np.int64],
    counts: NDArray[np.int64],
    chosen: NDArray[np.int64],
    here: NDArray[np.int32],
    first: int,
    slots: Bits,
    offsets: NDArray[np.int64],
    text: Bytes,
    entries: int,
) -> tuple[int, int]:
    """Add the `chosen` ones of the words at `places` of `words`, from the chosen one `first` on; `here` receives their entries.

    Ends early when the table is full.

    Returns:
        The number of the first chosen word that is left, and how many entries there are now.
    """
    start = int64(words.ctypes.data)
    texts = int64(text.ctypes.data)
    room = len(offsets) - 1
    for k in range(first, len(chosen)):
        at = places[chosen[k]]
        length = places[chosen[k] + 1] - at
        key = word_key(start + at, length)
        slot = find_slot(slots, home_slot(slots, key), key, start + at, length, offsets, texts)
        if slots[slot] == np.uint64(0):
            if entries == room:
                return k, entries
            append_word(slots, slot, key, words, at, length, offsets, text, entries)
            entries += 1
        slots[slot + np.uint64(1)] += np.uint64(counts[chosen[k]])
        here[k] = np.int32(slots[slot + np.uint64(1)] >> np.uint64(COUNT_BITS))
    return len(chosen), entries


@kernel
def partition(words: Bytes, places: NDArray[np.int64], bits: int, parts: NDArray[np.uint8]) -> None:
    """Write which of 2^bits partitions each word belongs to. The bits are none that choose its slot in a table."""
    start = int64(words.ctypes.data)
    for k in range(len(parts)):
        mixed = word_key(start + places[k], places[k + 1] - places[k]) * GOLDEN
        parts[k] = np.uint8((mixed >> np.uint64(32 - bits)) & np.uint64((1 << bits) - 1))


@kernel
def copy_words(text: Bytes, offsets: NDArray[np.int64], ranks: NDArray[np.int64], out: Bytes, starts: NDArray[np.int64]) -> None:
    """Copy word n of `text` to starts[ranks[n]] of `out`."""
    for k in range(len(ranks)):
        at = starts[ranks[k]] - offsets[k]
        for byte in range(offsets[k], offsets[k + 1]):
            out[at + byte] = text[byte]


@kernel
def rehash(old: Bits, new: Bits) -> None:
    """Move every slot to a larger table."""
    mask = np.uint64(len(new) - 1)
    for place in range(0, len(old), 2):
        key = old[place]
        if key != np.uint64(0):
            slot = home_slot(new, key)
            while new[slot] != np.uint64(0):
                slot = (slot + np.uint64(2)) & mask
            new[slot] = key
            new[slot + np.uint64(1)] = old[place + 1]


@kernel
def read_counts(slots: Bits, counts: NDArray[np.int64]) -> None:
    """Write the count of each entry."""
    for place in range(0, len(slots), 2):
        if slots[place] != np.uint64(0):
            value = slots[place + 1]
            counts[int64(value >> np.uint64(COUNT_BITS))] = int64(value & np.uint64((1 << COUNT_BITS) - 1))
