"""Blocks: how many pairs are trained at once, so that arithmetic is dense and training still converges.

Ji 2016 and Gupta & Khare 2017 let the pairs of a few neighbouring centre words share one set of negatives: the dot products become a
small matrix product, and a row is read and written once per block instead of once per pair. Sharing has a price: all gradients of a
block are taken at the same weights. A row that collects the gradient of n pairs moves n steps along a gradient that sequential
training would have corrected n times; where n x learning rate is too large it overshoots, and training diverges. So a block is as
large as that product allows, and no larger: `BlockSizes` follow the learning rate, number of negatives, window and vocabulary.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ..kernels.block_plan import MAX_CENTRES, MAX_CONTEXTS, MAX_NEGATIVES, BlockSizes
from ..kernels.row_operations import TILE, padded
from ..kernels.sampling import MAX_LINE_WORDS, keep_probabilities, negative_probabilities
from .settings import Word2VecSettings

# A row for each word of a span: half of what a core's own cache holds.
_SPAN_BYTES = 1 << 18
# For how many of a context's negatives one of them stands at most: 2.2 is what it does at the default settings.
_NEGATIVE_WEIGHT = 1.7
# Groups pay where a pair takes part in so many products with negatives: 3.3 at the default settings, 19 at window 28 and batch_size 32.
_GROUPED_PRODUCTS = 8


def distinct_words(counts: NDArray[np.int64], sample: float) -> float:
    """One over the chance that two words of a text are the same: in a tiny vocabulary a block holds every row many times over."""
    occurrences = keep_probabilities(counts, sample) * counts
    return 1 / float(np.square(occurrences / occurrences.sum()).sum())


def _step_scale(settings: Word2VecSettings) -> float:
    """The part of a block's size at the default settings (learning rate 0.05, window 5, 5 negatives) that these settings allow: at most 1.

    Gradients of words in a wide window point in similar directions; more negatives give larger gradients to every context.
    """
    return min(1.0, 0.05 / settings.learning_rate) / _spread(settings)


def _small_step_scale(settings: Word2VecSettings) -> float:
    """The same where a learning rate below 0.05 makes up for the window and the negatives: what overshoots is their product."""
    return min(1.0, 0.05 / settings.learning_rate / _spread(settings))


def _spread(settings: Word2VecSettings) -> float:
    return math.sqrt(max(1.0, settings.window / 5) * max(1.0, settings.negatives / 5))


def _reuse_scale(settings: Word2VecSettings, *, is_cbow: bool) -> float:
    """A further factor on how many products share a negative, beside `_step_scale`: at most 1.

    Beyond a learning rate of 0.05 its overshoot grows faster than the step: at 0.1, half as much lost 0.03 of rho, a third nothing. Wide
    windows of neighbouring centres are nearly one, and so is what a negative collects from them: at 30, this brought 0.02 to 0.05. Where
    a window is one example (CBOW), more so: at 30, the square root lost 0.01.
    """
    wide, step = min(1.0, 5 / settings.window), 0.05 / settings.learning_rate
    return math.sqrt(min(1.0, step)) * wide if is_cbow else math.sqrt(min(1.0, step * wide))


def _max_parallel_words(settings: Word2VecSettings, overlap: float) -> float:
    """How many words may be updated in parallel when each update is also `overlap` of an update of every other: one whole update together.

    Scaled down where `_step_scale` is.
    """
    return _step_scale(settings) / max(overlap, 1e-9)


def skipgram_sizes(settings: Word2VecSettings, counts: NDArray[np.int64], overlap: float = 0.0) -> BlockSizes:
    """The largest block that trains as well as pair by pair; `overlap` is that of `SubwordRows.overlap`, 0 without n-grams.

    `batch_size` bounds it at every window: where the window leaves the number of centres free, twice as many centres; where it does not,
    as many contexts. At the default learning rate and number of negatives, each value up to 2 * window + 1, which BlazingText recommends,
    gives blocks of another size at windows up to 30; at wider ones the largest values are more than trains well.
    """
    window = min(settings.window, MAX_LINE_WORDS)
    step_scale, parallel = _small_step_scale(settings), _max_parallel_words(settings, overlap)
    negative_reuse = max(1.0, min(48 * step_scale * _reuse_scale(settings, is_cbow=False), parallel))
    distinct = max(1, int(min(distinct_words(counts, settings.sample), parallel)))
    # A frequent word may be drawn several times for one block: all its draws together keep the same limit.
    pairs = negative_reuse / settings.negatives * min(1 / float(negative_probabilities(counts).max()), MAX_NEGATIVES)
    # A context row collects the gradient of at most as many centres as see it; a window of 5 has 10.
    context_limit = max(1, int(10 * step_scale * min(1.0, 5 / settings.negatives)))
    wide = 2 * window > context_limit
    centres = min(2 * settings.batch_size, context_limit if wide else MAX_CENTRES)
    centres = max(min(centres, distinct, int(pairs / min(2 * window, 16))), 1)
    # A centre row collects the gradient of all contexts of the block.
    max_contexts = max(1, int(32 * min(1.0, 0.05 / settings.learning_rate)))
    contexts = centres + 2 * window if 2 * window <= max_contexts else max_contexts
    contexts = max(min(contexts, settings.batch_size if wide else MAX_CONTEXTS, max(distinct, 2), int(pairs)), 1)
    groups = _group_negatives(settings, centres, contexts, negative_reuse)
    return BlockSizes(window, settings.negatives, centres, contexts, negative_reuse, is_cbow=False, group_negatives=groups)


def _group_negatives(settings: Word2VecSettings, centres: int, contexts: int, negative_reuse: float) -> int:
    """With how many negatives a context is trained at least, all centres of a block that see it together; with all where that costs little.

    In a large block of a wide window there are many more: trained with each of them, a context takes part in many times as many products
    as pairs, for which nothing is gained (docs/decisions/0054-wide-windows-share-what-they-can.md).
    """
    products_per_pair = settings.negatives * contexts / negative_reuse
    if products_per_pair < _GROUPED_PRODUCTS:
        return MAX_NEGATIVES
    wanted = settings.negatives * min(centres, 2 * settings.window)
    return min(MAX_NEGATIVES, max(TILE, math.ceil(wanted / _NEGATIVE_WEIGHT)))


def cbow_sizes(settings: Word2VecSettings, counts: NDArray[np.int64], overlap: float = 0.0) -> BlockSizes:
    """The largest block that trains as well as window by window; its contexts are never split, a window's mean needs all of them.

    `overlap` is as for `skipgram_sizes`.
    """
    window = min(settings.window, MAX_LINE_WORDS)
    step_scale, parallel = _step_scale(settings), _max_parallel_words(settings, overlap)
    negative_reuse = max(1.0, min(14 * step_scale * _reuse_scale(settings, is_cbow=True), parallel))
    distinct = max(1, int(min(distinct_words(counts, settings.sample), parallel)))
    examples = negative_reuse / settings.negatives * min(1 / float(negative_probabilities(counts).max()), MAX_NEGATIVES)
    # 22 at the default settings: eight negatives, two whole tiles.
    centres = max(1, min(int(22 * step_scale), distinct, int(examples)))
    return BlockSizes(window, settings.negatives, centres, centres + 2 * window, negative_reuse, is_cbow=True)


def span_words(settings: Word2VecSettings, overlap: float) -> int:
    """How many words of the text are composed of their n-grams at once (`kernels/subwords.py`); `overlap` is as for `skipgram_sizes`.

    A row that many words share is trained by all of them from where it was before the span. With twice as many
    words as `_max_parallel_words` allows, vectors are as good as with a span for each block; 512 words of English are fewer.
    """
    fitting = _SPAN_BYTES // (4 * padded(settings.dim))
    return max(1, min(512, fitting, int(2 * _max_parallel_words(settings, overlap))))
