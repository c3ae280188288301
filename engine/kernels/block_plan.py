"""Blocks of consecutive centre words that share their negatives, and the kernel that plans them (Ji 2016; Gupta & Khare 2017)."""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bits
from .jit import float32, inner, int64, kernel
from .row_operations import TILE, equal_pairs
from .sampling import MAX_LINE_WORDS, SamplingTables, TextChunk, draw_negatives, random_below

# Hard limits: scratch memory is allocated by them.
MAX_CENTRES = 64
MAX_CONTEXTS = 96
MAX_NEGATIVES = 128
# Even the widest window (a line on either side), in blocks of one context each, fits.
BLOCKS_PLANNED = 2 * MAX_LINE_WORDS + MAX_CENTRES + 2


class BlockSizes(NamedTuple):
    """The size of a block.

    Attributes:
        window: the largest half window.
        negatives: drawn for each example, as the settings say; an example is a pair, or a whole window for cbow.
        centres: at most this many consecutive centre words.
        contexts: at most this many neighbouring context words; centres whose windows reach further are trained in several blocks.
        negative_reuse: how many (example, negative) products one shared negative stands for.
        is_cbow: whether the words of a window are one example (CBOW) or one each (skip-gram).
        group_negatives: skip-gram's contexts of a block are trained in groups, each with negatives of its own, as long as each group has so
            many, `TILE` or more; with MAX_NEGATIVES there is one group.
    """

    window: int
    negatives: int
    centres: int
    contexts: int
    negative_reuse: float
    is_cbow: bool
    group_negatives: int = MAX_NEGATIVES


class Plan(NamedTuple):
    """Blocks to train: per block its centres [first, last), contexts [from, to), half window, groups, damping, where its negatives end."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    context_first: NDArray[np.int32]
    context_last: NDArray[np.int32]
    window: NDArray[np.int32]
    groups: NDArray[np.int32]
    damping: NDArray[np.float32]
    negatives_end: NDArray[np.int32]
    negatives: NDArray[np.int32]


def new_plan(blocks: int = BLOCKS_PLANNED) -> Plan:
    """Room for a plan of that many blocks. Block 0 is a sentinel whose negatives end at 0."""
    first, last, context_first, context_last, window, groups, negatives_end = np.zeros((7, blocks + 1), np.int32)
    damping, negatives = np.ones(blocks + 1, np.float32), np.zeros(blocks * MAX_NEGATIVES, np.int32)
    return Plan(first, last, context_first, context_last, window, groups, damping, negatives_end, negatives)


@inner
def context_range(text: TextChunk, centre: int, window: int, first: int, last: int) -> tuple[int, int]:
    """The contexts of a centre within [first, last), its own position included if it lies there; empty when low >= high."""
    low = max(centre - window, int64(text.line_first[centre]), first)
    high = min(centre + window + 1, int64(text.line_last[centre]), last)
    return low, high


@inner
def count_examples(text: TextChunk, window: int, centres: tuple[int, int], contexts: tuple[int, int], is_cbow: bool) -> int:
    """What a block trains: (centre, context) pairs, or centres that have a context if a window counts as a whole."""
    examples = 0
    for centre in range(centres[0], centres[1]):
        low, high = context_range(text, centre, window, contexts[0], contexts[1])
        pairs = max(0, high - low - int64(low <= centre < high))
        examples += min(1, pairs) if is_cbow else pairs
    return examples


@inner
def repetition_damping(words: NDArray[np.int32], first: int, last: int) -> float:
    """1, or less where a block repeats the same words ("no no no ..."), whose gradients would add up in one row.

    A word's row collects the gradient of each of its occurrences. Up to two on average are what any text has.
    """
    same = equal_pairs(int64(words.ctypes.data) + first * 4, int64(last - first))
    multiplicity = 1.0 + 2.0 * same / (last - first)
    return float32(min(1.0, 2.0 / multiplicity))


@kernel
def plan_blocks(
    text: TextChunk, start: int, stop: int, sizes: BlockSizes, tables: SamplingTables, state: Bits, plan: Plan
) -> tuple[int, int]:
    """Plan blocks for the centres from `start` until `stop` or until the plan is full; gives the blocks planned and the next centre.

    The half window is drawn once a block instead of once a centre: the same distribution, and the pairs of a block form a band.
    """
    parts = (sizes.centres + 2 * sizes.window) // sizes.contexts + 1
    blocks = 0
    while start < stop and (blocks == 0 or blocks + parts < len(plan.first)):
        window = 1 + random_below(sizes.window, state)
        end = min(start + sizes.centres, stop)
        context = max(start - window, int64(text.line_first[start]))
        reach = min(end - 1 + window + 1, int64(text.line_last[end - 1]))
        while context < reach and blocks + 1 < len(plan.first):
            until = min(context + sizes.contexts, reach)
            examples = count_examples(text, window, (start, end), (context, until), sizes.is_cbow)
            if examples > 0:
                wanted = min(int64(np.ceil(sizes.negatives * examples / sizes.negative_reuse)), int64(MAX_NEGATIVES))
                begin = int64(plan.negatives_end[blocks])
                blocks += 1
                plan.first[blocks] = start
                plan.last[blocks] = end
                plan.context_first[blocks] = context
                plan.context_last[blocks] = until
                plan.window[blocks] = window
                plan.damping[blocks] = repetition_damping(text.words, context, until)
                plan.groups[blocks] = max(1, min(wanted // sizes.group_negatives, (until - context + TILE - 1) // TILE))
                plan.negatives_end[blocks] = begin + wanted
                draw_negatives(tables, state, plan.negatives, begin, begin + wanted)
            context = until
        start = end
    return blocks, start
