"""Blocks: how many pairs are trained at once, so that arithmetic is dense and training still converges.

Ji 2016 and Gupta & Khare 2017 let the pairs of a few neighbouring centre words share one set of negatives: the dot products become a
small matrix product, and a row is read and written once per block instead of once per pair. Sharing has a price: all gradients of a
block are taken at the same weights. A row that collects the gradient of n pairs moves n steps along a gradient that sequential
training would have corrected n times; where n x learning rate is too large it overshoots, and training diverges. So a block is as
large as that product allows, and no larger: `Sizes` follow learning rate, number of negatives, window and vocabulary.
"""

# ruff: noqa: PLR0917 - kernels take their arguments by position, as Numba has no others

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..training.settings import Word2VecSettings
from .jit import float32, inner, int64, kernel
from .row_operations import equal_pairs, padded
from .sampling import LINE_WORDS, Bits, Draws, Text, draw_negatives, keep_probabilities, negative_probabilities, random_below

# Hard limits: scratch memory is allocated by them.
MAX_CENTRES = 64
MAX_CONTEXTS = 96
MAX_NEGATIVES = 128
# A row for each word of a span: half of what a core's own cache holds.
_SPAN_BYTES = 1 << 18
# The widest reach (a line on either side) in parts of one context each still fits.
BLOCKS_PLANNED = 2 * LINE_WORDS + MAX_CENTRES + 2


class Sizes(NamedTuple):
    """The size of a block.

    Attributes:
        window: the largest half window.
        negatives: drawn for each example, as the settings say; an example is a pair, or a whole window for cbow.
        centres: at most this many consecutive centre words.
        contexts: at most this many neighbouring context words; a wider reach is trained in several parts.
        shared_by: how many (example, negative) products one shared negative stands for.
        whole_windows: whether the words of a window are one example (cbow) or one each (skip-gram).
    """

    window: int
    negatives: int
    centres: int
    contexts: int
    shared_by: float
    whole_windows: bool


def distinct_words(counts: NDArray[np.int64], sample: float) -> float:
    """One over the chance that two words of a text are the same: in a tiny vocabulary a block holds every row many times over."""
    occurrences = keep_probabilities(counts, sample) * counts
    return 1 / float(np.square(occurrences / occurrences.sum()).sum())


def _calm(settings: Word2VecSettings) -> float:
    """How much larger than at the default settings (learning rate 0.05, window 5, 5 negatives) a step may be taken: at most 1.

    Wider windows hold words of one topic, whose gradients point the same way; more negatives pull harder on every context.
    """
    spread = max(1.0, settings.window / 5) * max(1.0, settings.negatives / 5)
    return min(1.0, 0.05 / settings.learning_rate) / math.sqrt(spread)


def _sharing(settings: Word2VecSettings, *, whole_windows: bool) -> float:
    """How much less a negative is shared than `_calm` asks for: at most 1.

    Beyond a learning rate of 0.05 its overshoot grows faster than the step: at 0.1, half as much lost 0.03 of rho, a third nothing. Wide
    windows of neighbouring centres are nearly one, and so is what a negative collects from them: at 30, this brought 0.02 to 0.05. Where
    a window is one example (cbow), more so: at 30, the square root lost 0.01.
    """
    wide = min(1.0, 5 / settings.window)
    return math.sqrt(min(1.0, 0.05 / settings.learning_rate)) * (wide if whole_windows else math.sqrt(wide))


def _unlike(settings: Word2VecSettings, overlap: float) -> float:
    """How many words may step at once when each takes `overlap` of every other's step with it: together no more than one whole step.

    Fewer where steps are bold.
    """
    return _calm(settings) / max(overlap, 1e-9)


def skipgram_sizes(settings: Word2VecSettings, counts: NDArray[np.int64], overlap: float = 0.0) -> Sizes:
    """The largest block that trains as well as pair by pair; `overlap` is that of `SubwordRows.overlap`, 0 without n-grams."""
    window = min(settings.window, LINE_WORDS)
    calm, unlike = _calm(settings), _unlike(settings, overlap)
    shared_by = max(1.0, min(48 * calm * _sharing(settings, whole_windows=False), unlike))
    distinct = max(1, int(min(distinct_words(counts, settings.sample), unlike)))
    # A frequent word is drawn several times among the negatives of a block: all its draws together keep the same limit.
    pairs = shared_by / settings.negatives * min(1 / float(negative_probabilities(counts).max()), MAX_NEGATIVES)
    # A context row collects the gradient of at most as many centres as see it; a window of 5 has 10.
    seen_by = max(1, int(10 * calm * min(1.0, 5 / settings.negatives)))
    centres = min(2 * settings.batch_size, MAX_CENTRES)
    if 2 * window > seen_by:
        centres = min(centres, seen_by)
    centres = max(min(centres, distinct, int(pairs / min(2 * window, 16))), 1)
    # A centre row collects the gradient of all contexts of the block.
    most_contexts = max(1, int(32 * min(1.0, 0.05 / settings.learning_rate)))
    contexts = centres + 2 * window if 2 * window <= most_contexts else most_contexts
    contexts = max(min(contexts, MAX_CONTEXTS, max(distinct, 2), int(pairs)), 1)
    return Sizes(window, settings.negatives, centres, contexts, shared_by, whole_windows=False)


def cbow_sizes(settings: Word2VecSettings, counts: NDArray[np.int64], overlap: float = 0.0) -> Sizes:
    """The largest block that trains as well as window by window; its reach is never split, a window's mean needs all of it.

    `overlap` is as for `skipgram_sizes`.
    """
    window = min(settings.window, LINE_WORDS)
    calm, unlike = _calm(settings), _unlike(settings, overlap)
    shared_by = max(1.0, min(14 * calm * _sharing(settings, whole_windows=True), unlike))
    distinct = max(1, int(min(distinct_words(counts, settings.sample), unlike)))
    examples = shared_by / settings.negatives * min(1 / float(negative_probabilities(counts).max()), MAX_NEGATIVES)
    # 22 at the default settings: eight negatives, two whole tiles.
    centres = max(1, min(int(22 * calm), distinct, int(examples)))
    return Sizes(window, settings.negatives, centres, centres + 2 * window, shared_by, whole_windows=True)


def span_words(settings: Word2VecSettings, overlap: float) -> int:
    """How many words of the text are composed of their n-grams at once (`kernels_subwords`); `overlap` is as for `skipgram_sizes`.

    A row that many words share is trained by all of them from where it was before the span. With twice as many
    words as `_unlike` allows, vectors are as good as with a span for each block; 512 words of English are fewer.
    """
    fitting = _SPAN_BYTES // (4 * padded(settings.dim))
    return max(1, min(512, fitting, int(2 * _unlike(settings, overlap))))


class Plan(NamedTuple):
    """Blocks to train: per block its centres [first, last), contexts [from, to), half window, damping, and where its negatives end."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    context_first: NDArray[np.int32]
    context_last: NDArray[np.int32]
    window: NDArray[np.int32]
    damping: NDArray[np.float32]
    negatives_end: NDArray[np.int32]
    negatives: NDArray[np.int32]


def new_plan(blocks: int = BLOCKS_PLANNED) -> Plan:
    """Room for a plan of that many blocks. Block 0 is a sentinel whose negatives end at 0."""
    first, last, context_first, context_last, window, negatives_end = np.zeros((6, blocks + 1), np.int32)
    damping, negatives = np.ones(blocks + 1, np.float32), np.zeros(blocks * MAX_NEGATIVES, np.int32)
    return Plan(first, last, context_first, context_last, window, damping, negatives_end, negatives)


@inner
def context_range(text: Text, centre: int, window: int, first: int, last: int) -> tuple[int, int]:
    """The contexts of a centre within [first, last), its own position included if it lies there; empty when low >= high."""
    low = max(centre - window, int64(text.line_first[centre]), first)
    high = min(centre + window + 1, int64(text.line_last[centre]), last)
    return low, high


@inner
def count_examples(text: Text, window: int, centres: tuple[int, int], contexts: tuple[int, int], whole_windows: bool) -> int:
    """What a block trains: (centre, context) pairs, or centres that have a context if a window counts as a whole."""
    examples = 0
    for centre in range(centres[0], centres[1]):
        low, high = context_range(text, centre, window, contexts[0], contexts[1])
        pairs = max(0, high - low - int64(low <= centre < high))
        examples += min(1, pairs) if whole_windows else pairs
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
def plan_blocks(text: Text, start: int, stop: int, sizes: Sizes, draws: Draws, state: Bits, plan: Plan) -> tuple[int, int]:
    """Plan blocks for the centres from `start` until `stop` or until the plan is full; gives the blocks planned and the next centre.

    The half window is drawn per block instead of per centre: the same distribution, and the pairs of a block form a band.
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
            examples = count_examples(text, window, (start, end), (context, until), sizes.whole_windows)
            if examples > 0:
                wanted = int64(np.ceil(sizes.negatives * examples / sizes.shared_by))
                begin = int64(plan.negatives_end[blocks])
                blocks += 1
                plan.first[blocks] = start
                plan.last[blocks] = end
                plan.context_first[blocks] = context
                plan.context_last[blocks] = until
                plan.window[blocks] = window
                plan.damping[blocks] = repetition_damping(text.words, context, until)
                plan.negatives_end[blocks] = begin + min(wanted, MAX_NEGATIVES)
                draw_negatives(draws, state, plan.negatives, begin, begin + min(wanted, MAX_NEGATIVES))
            context = until
        start = end
    return blocks, start
