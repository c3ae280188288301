"""Random choices: sub-sampling of frequent words, negative samples (Mikolov 2013), and the generator behind both.

Every thread has its own xorshift64* generator (Vigna 2016): three shifts a number, and nothing shared between threads.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits
from .constants import END_OF_LINE
from .hash_table import GOLDEN
from .jit import inner, int64, intrinsic, ir, kernel, types
from .vector_ir import LANES

NEGATIVE_POWER = 0.75
# fastText cuts longer lines here; text8 is one line of 17 million words.
MAX_LINE_WORDS = 1024
_MAX_UINT32 = float(2**32 - 1)


class SamplingTables(NamedTuple):
    """Lookup tables of sampling.

    Attributes:
        keep: by word, its chance to stay (of 2^32).
        columns: the alias table of the negatives: by column, the chance of its own word (of 2^32), and the word drawn otherwise.
    """

    keep: NDArray[np.uint32]
    columns: NDArray[np.uint32]


class TextChunk(NamedTuple):
    """A chunk of the corpus after sub-sampling: words, and for each the first and past-the-last position of its line."""

    words: NDArray[np.int32]
    line_first: NDArray[np.int32]
    line_last: NDArray[np.int32]


def new_text_chunk(words: int) -> TextChunk:
    """Room for a chunk of that many words."""
    # One more: the kernel writes every word it reads and moves on only past those that stay. Words are compared by whole registers.
    return TextChunk(np.zeros(words + 1 + LANES, np.int32), np.zeros(words + 1, np.int32), np.zeros(words + 1, np.int32))


def keep_probabilities(counts: NDArray[np.int64], sample: float) -> NDArray[np.float64]:
    """The chance of each occurrence of a word to be trained on: sqrt(t/f) + t/f at most 1, f the word's share of the text."""
    if sample <= 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / np.maximum(counts, 1)
    return np.asarray(np.minimum(np.sqrt(ratio) + ratio, 1.0))


def negative_probabilities(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance of each word to be drawn as a negative: its count to the power 3/4."""
    weights = counts.astype(np.float64) ** NEGATIVE_POWER
    return np.asarray(weights / weights.sum())


def new_sampling_tables(counts: NDArray[np.int64], sample: float) -> SamplingTables:
    """The tables of a vocabulary.

    Negatives come from an alias table (Walker 1977): exact, eight bytes a word and so in the cache, where word2vec.c's table of
    10^8 entries is neither.
    """
    keep = np.floor(keep_probabilities(counts, sample) * _MAX_UINT32).astype(np.uint32)
    own, alias = np.ones(len(counts)), np.arange(len(counts), dtype=np.int32)
    _alias_table(negative_probabilities(counts) * len(counts), own, alias)
    return SamplingTables(keep, np.column_stack([np.floor(own * _MAX_UINT32), alias]).astype(np.uint32))


@kernel
def _alias_table(mass: NDArray[np.float64], own: NDArray[np.float64], alias: NDArray[np.int32]) -> None:
    """Vose's construction: column i keeps `own[i]` (1 before) of its mass and gives the rest to word `alias[i]` (i before)."""
    # Words are in descending order, so the poor columns are the end of the table; both pointers only ever move one way.
    rich = 0
    poor = len(mass) - 1
    while rich < poor and mass[poor] < 1.0:
        receiver = poor
        poor -= 1
        while True:
            own[receiver] = mass[receiver]
            alias[receiver] = rich
            mass[rich] -= 1.0 - mass[receiver]
            if mass[rich] >= 1.0 or rich + 1 > poor:
                break
            receiver = rich
            rich += 1


def new_state(seed: int, thread: int) -> Bits:
    """A generator's state: never zero, far apart for neighbouring seeds and threads (splitmix64)."""
    mixed = (seed * 0x2545F4914F6CDD1D + (thread + 1) * int(GOLDEN)) & (2**64 - 1)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & (2**64 - 1)
    return np.array([(mixed ^ (mixed >> 31)) | 1], np.uint64)


@inner
def _next_state(x: Any) -> Any:
    """The state after x. Loops keep it in a register: a store and load for every number would put memory latency between them."""
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    return x


@inner
def _random_bits(x: Any) -> Any:
    """The 64 random bits of a state."""
    return x * np.uint64(0x2545F4914F6CDD1D)


@inner
def random_below(bound: int, state: Bits) -> int:
    """A whole number from 0 to bound - 1 (bound < 2^32)."""
    state[0] = _next_state(state[0])
    return int64(((_random_bits(state[0]) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32))


@intrinsic
def _select(_context: Any, _condition: Any, _yes: Any, _no: Any) -> Any:
    """`yes` if the condition is 1, `no` if it is 0, without a branch, which would be mispredicted half the time."""

    def generate(_target: Any, b: Any, _signature: Any, values: Any) -> Any:
        chosen = b.select(b.trunc(values[0], ir.IntType(1)), values[1], values[2])
        chosen.set_metadata("unpredictable", b.module.add_metadata([]))
        return chosen

    return types.int64(types.int64, types.int64, types.int64), generate


@kernel
def draw_negatives(tables: SamplingTables, state: Bits, negatives: NDArray[np.int32], first: int, last: int) -> None:
    """Fill negatives[first:last] with words."""
    size = np.uint64(len(tables.columns))
    x = state[0]
    for k in range(first, last):
        x = _next_state(x)
        bits = _random_bits(x)
        column = int64(((bits >> np.uint64(32)) * size) >> np.uint64(32))
        own, other = tables.columns[column, 0], tables.columns[column, 1]
        # The same 64 bits serve twice: the column is made of the upper half.
        negatives[k] = _select(int64(np.uint32(bits & np.uint64(0xFFFFFFFF)) <= own), column, int64(other))
    state[0] = x


@inner
def _close_line(text: TextChunk, first: int, last: int) -> None:
    for k in range(first, last):
        text.line_last[k] = last


@kernel
def sample_text(
    ids: NDArray[np.int32], position: int, stop: int, keep: NDArray[np.uint32], state: Bits, text: TextChunk
) -> tuple[int, int, int]:
    """Fill `text` with the words that stay, from ids[position] on; gives the position reached, words kept, words read.

    A line is cut where the text is full and after 1,024 words, as fastText does.
    """
    capacity = len(text.line_first) - 1
    kept = 0
    read = 0
    line = 0
    in_line = 0
    x = state[0]
    while position < stop and kept < capacity:
        word = ids[position]
        position += 1
        if word == END_OF_LINE or in_line == MAX_LINE_WORDS:
            _close_line(text, line, kept)
            line = kept
            in_line = 0
        if word != END_OF_LINE:
            in_line += 1
            read += 1
            text.words[kept] = word
            text.line_first[kept] = line
            x = _next_state(x)
            kept += int64(np.uint32(_random_bits(x) >> np.uint64(32)) <= keep[word])
    state[0] = x
    _close_line(text, line, kept)
    return position, kept, read
