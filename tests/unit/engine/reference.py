"""The mathematics of the kernels in plain NumPy, pair by pair, in double precision: what the kernels must compute."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from blazingtext_engine.arrays import Floats
from blazingtext_engine.kernels import row_operations
from blazingtext_engine.kernels.block_plan import BlockSizes, Plan, new_plan, plan_blocks
from blazingtext_engine.kernels.sampling import SamplingTables, TextChunk, new_sampling_tables, new_state, new_text_chunk, sample_text

Matrix = NDArray[np.float64]
WORDS = 40
LINES = [1, 2, 30, 0, 3, 17, 1, 60]
# window, negatives, centres, contexts, negative_reuse
SKIPGRAM_SIZES = [
    BlockSizes(5, 5, 22, 32, 48.0, is_cbow=False),
    BlockSizes(1, 1, 1, 1, 1.0, is_cbow=False),
    BlockSizes(7, 3, 4, 5, 3.0, is_cbow=False),
    BlockSizes(30, 2, 9, 32, 12.0, is_cbow=False),
    BlockSizes(3, 25, 64, 70, 60.0, is_cbow=False),
    # Contexts in groups: of a tile each, of several, and no more groups than tiles.
    BlockSizes(28, 5, 4, 11, 8.0, is_cbow=False, group_negatives=8),
    BlockSizes(10, 5, 7, 30, 20.0, is_cbow=False, group_negatives=10),
    BlockSizes(20, 2, 5, 13, 5.0, is_cbow=False, group_negatives=4),
]
CBOW_SIZES = [
    BlockSizes(5, 5, 24, 34, 16.0, is_cbow=True),
    BlockSizes(1, 1, 1, 3, 1.0, is_cbow=True),
    BlockSizes(30, 3, 9, 69, 4.0, is_cbow=True),
    BlockSizes(2, 25, 33, 37, 8.0, is_cbow=True),
]
ALPHA = 0.07
GUARD = np.float32(12345.5)


def sigmoid(score: float) -> float:
    # math, not numpy: called for every pair and negative, numpy's scalars would take most of the tests' time.
    return 1 / (1 + math.exp(-min(max(score, -9), 9)))


@dataclass
class Guarded:
    """A padded matrix with guard rows before and after it, which no kernel may touch."""

    whole: Floats
    rows: Floats
    dim: int

    @classmethod
    def random(cls, rows: int, dim: int, seed: int, spread: float = 1.0) -> "Guarded":
        whole = row_operations.aligned(rows + 32, row_operations.padded(dim))
        whole[:] = GUARD
        inside = whole[16 : 16 + rows]
        inside[:] = 0
        inside[:, :dim] = np.random.default_rng(seed).uniform(-spread, spread, (rows, dim))
        return cls(whole, inside, dim)

    @property
    def values(self) -> Matrix:
        return self.rows[:, : self.dim].astype(np.float64)

    def untouched_outside(self) -> bool:
        before, after = self.whole[:16], self.whole[16 + len(self.rows) :]
        return bool((before == GUARD).all() and (after == GUARD).all() and (self.rows[:, self.dim :] == 0).all())


Scratch = TypeVar("Scratch", bound="tuple[Any, ...]")


@dataclass
class GuardedScratch(Generic[Scratch]):
    """Working memory with guards around each of its arrays, which no kernel may write to, and numbers in them that none may rely on."""

    whole: list[NDArray[Any]]
    places: list[tuple[int, int]]
    scratch: Scratch

    @classmethod
    def around(cls, scratch: Scratch, kept: tuple[str, ...] = ()) -> "GuardedScratch[Scratch]":
        """The same arrays elsewhere; those that are `kept` with what is in them."""
        whole, places, fields = list[NDArray[Any]](), list[tuple[int, int]](), dict[str, NDArray[Any]]()
        for name, array in scratch._asdict().items():  # type: ignore[attr-defined] # a NamedTuple
            if isinstance(array, np.ndarray):
                margin = 4096
                memory = np.full(array.size + 2 * margin + 16, GUARD).astype(array.dtype)
                # As aligned as kernels expect it.
                first = margin + -(memory.ctypes.data + margin * memory.itemsize) % 64 // memory.itemsize
                inside = memory[first : first + array.size].reshape(array.shape)
                if name in kept:
                    inside[:] = array
                whole.append(memory)
                places.append((first, first + array.size))
                fields[name] = inside
        return cls(whole, places, scratch._replace(**fields))  # type: ignore[attr-defined] # likewise

    def untouched_outside(self) -> bool:
        guards = [part for memory, (first, last) in zip(self.whole, self.places, strict=True) for part in (memory[:first], memory[last:])]
        return all((part == np.full(1, GUARD).astype(part.dtype)).all() for part in guards)


def corpus(words: int, lines: list[int], seed: int) -> NDArray[np.int32]:
    """A token stream of lines of those lengths."""
    random = np.random.default_rng(seed)
    parts = [np.append(random.integers(0, words, length), -1) for length in lines]
    return np.concatenate(parts).astype(np.int32)


def planned(ids: NDArray[np.int32], words: int, sizes: BlockSizes, seed: int) -> tuple[TextChunk, Plan, int]:
    """Blocks over all of a short stream."""
    tables: SamplingTables = new_sampling_tables(np.sort(np.random.default_rng(seed).integers(1, 50, words))[::-1].astype(np.int64), 0)
    text, plan, state = new_text_chunk(len(ids)), new_plan(), new_state(seed, 0)
    _, kept, _ = sample_text(ids, 0, len(ids), tables.keep, state, text)
    blocks, reached = plan_blocks(text, 0, kept, sizes, tables, state, plan)
    assert reached == kept
    return text, plan, blocks


@dataclass(frozen=True)
class ReferenceBlock:
    """One block of a plan, by positions in the text."""

    centres: range
    contexts: range
    negatives: NDArray[np.int32]
    windows: dict[int, list[int]]
    rate: float
    groups: int = 1

    def negatives_of(self, context: int) -> NDArray[np.int32]:
        """What a context is trained with: the part of its group, which is as large a part as that of the contexts."""
        tiles = [self.contexts[first : first + 4] for first in range(0, len(self.contexts), 4)]
        bounds = [len(tiles) * number // self.groups for number in range(self.groups + 1)]
        for first, last in pairwise(bounds):
            group = [m for tile in tiles[first:last] for m in tile]
            if context in group:
                before, until = self.contexts.index(group[0]), self.contexts.index(group[-1]) + 1
                size, most = len(self.negatives), len(self.contexts)
                return self.negatives[size * before // most : size * until // most]
        raise AssertionError(f"context {context} is in no group")


def blocks_of(text: TextChunk, plan: Plan, count: int, alpha: float) -> Iterator[ReferenceBlock]:
    for n in range(1, count + 1):
        centres = range(plan.first[n], plan.last[n])
        contexts = range(plan.context_first[n], plan.context_last[n])
        windows = {
            t: [m for m in contexts if m != t and abs(m - t) <= plan.window[n] and text.line_first[t] <= m < text.line_last[t]]
            for t in centres
        }
        negatives = plan.negatives[plan.negatives_end[n - 1] : plan.negatives_end[n]]
        yield ReferenceBlock(centres, contexts, negatives, windows, alpha * float(plan.damping[n]), int(plan.groups[n]))


def skipgram(text: TextChunk, blocks: Iterable[ReferenceBlock], vectors: Matrix, outputs: Matrix, negatives_per_pair: int) -> None:
    """Skip-gram with negatives shared by each group of a block's contexts: every pair, every negative, at the weights before the block."""
    words = text.words
    for block in blocks:
        inputs, targets = vectors.copy(), outputs.copy()
        negatives_of = {m: block.negatives_of(m) for m in block.contexts}
        for t, window in block.windows.items():
            for m in window:
                context, centre = inputs[words[m]], targets[words[t]]
                gradient = block.rate * (1 - sigmoid(context @ centre))
                error = gradient * centre
                outputs[words[t]] += gradient * context
                share = negatives_per_pair / len(negatives_of[m])
                for negative in negatives_of[m]:
                    if negative == words[t]:
                        continue
                    gradient = -block.rate * share * sigmoid(context @ targets[negative])
                    error += gradient * targets[negative]
                    outputs[negative] += gradient * context
                vectors[words[m]] += error


def cbow(
    text: TextChunk,
    blocks: Iterable[ReferenceBlock],
    vectors: Matrix,
    outputs: Matrix,
    negatives_per_centre: int,
    *,
    parts: Callable[[int], int] = lambda _word: 1,
) -> None:
    """Cbow with negatives shared by a block, at the weights before it, but that the error of a word that is a centre again sees what its
    earlier occurrences changed; the vector of a word is the sum of so many `parts`, each of which counts in a mean and learns.
    """
    words = text.words
    for block in blocks:
        inputs, targets, seen = vectors.copy(), outputs.copy(), outputs.copy()
        share = negatives_per_centre / max(len(block.negatives), 1)
        for t, window in block.windows.items():
            if not window:
                continue
            bag = words[window]
            counts = np.array([parts(word) for word in bag])
            hidden = inputs[bag].sum(axis=0) / counts.sum()
            gradient = block.rate * (1 - sigmoid(hidden @ targets[words[t]]))
            error = gradient * seen[words[t]]
            seen[words[t]] += gradient * hidden
            outputs[words[t]] += gradient * hidden
            for negative in block.negatives:
                if negative != words[t]:
                    gradient = -block.rate * share * sigmoid(hidden @ targets[negative])
                    error += gradient * targets[negative]
                    outputs[negative] += gradient * hidden
            np.add.at(vectors, bag, np.outer(counts, error))


def spans_of(blocks: Iterable[ReferenceBlock], most: int) -> Iterator[list[ReferenceBlock]]:
    """Blocks in groups that reach over at most so many positions of the text, or are one block."""
    span: list[ReferenceBlock] = []
    for block in blocks:
        reach = [position for part in (*span, block) for position in part.contexts]
        if span and max(reach) + 1 - min(reach) > most:
            yield span
            span = []
        span.append(block)
    yield span
