"""Blocks of words made of n-grams compute what plain NumPy computes, and write nowhere else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels import cbow, row_operations, skipgram
from blazingtext_engine.kernels import subwords as subword_kernels
from blazingtext_engine.kernels.block_plan import BlockSizes
from blazingtext_engine.kernels.block_rows import Matrices, Step
from tests.unit.engine import reference
from tests.unit.engine.reference import ALPHA, CBOW_SIZES, LINES, SKIPGRAM_SIZES, WORDS, Guarded, GuardedScratch, blocks_of, corpus, planned


def subword_rows(words: int, buckets: int) -> subword_kernels.WordRows:
    """Between 1 and 6 rows a word, its own first."""
    random = np.random.default_rng(9)
    rows = [np.append(word, words + random.integers(0, buckets, random.integers(0, 6))) for word in range(words)]
    starts = np.zeros(words + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    return subword_kernels.WordRows(starts, np.concatenate([*rows, np.zeros(row_operations.AHEAD)]).astype(np.int32))


def rows_of(rows: subword_kernels.WordRows, word: int) -> NDArray[np.int64]:
    return rows.row_ids[rows.starts[word] : rows.starts[word + 1]].astype(np.int64)


@pytest.mark.parametrize("length", [1, 20, 1000])
@pytest.mark.parametrize("sizes", SKIPGRAM_SIZES[:4], ids=str)
def test_skipgram_with_subwords_matches_numpy_and_touches_nothing_else(sizes: BlockSizes, length: int) -> None:
    dim, rows = 7, subword_rows(WORDS, 30)
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS + 30, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    for span in reference.spans_of(blocks_of(text, plan, blocks, ALPHA), length):
        words = np.stack([expected[0][rows_of(rows, word)].mean(axis=0) for word in range(WORDS)])
        before = words.copy()
        reference.skipgram(text, span, words, expected[1], sizes.negatives)
        for word in range(WORDS):
            np.add.at(expected[0], rows_of(rows, word), words[word] - before[word])
    memory = GuardedScratch.around(skipgram.new_scratch(dim))
    own = GuardedScratch.around(subword_kernels.new_span(dim, sizes, rows, length, len(text.words)), kept=("slots", "ends"))
    subword_kernels.train_skipgram_blocks(
        row_operations.row_width(dim),
        text,
        plan,
        blocks,
        Matrices(vectors.rows, outputs.rows),
        Step(ALPHA, sizes.negatives),
        memory.scratch,
        own.scratch,
        rows,
    )

    np.testing.assert_allclose(vectors.values, expected[0], atol=3e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=3e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()
    assert memory.untouched_outside()
    assert own.untouched_outside()
    assert (own.scratch.slots == -1).all()


@pytest.mark.parametrize("length", [1, 20, 1000])
@pytest.mark.parametrize("sizes", CBOW_SIZES, ids=str)
def test_cbow_with_subwords_matches_numpy_and_touches_nothing_else(sizes: BlockSizes, length: int) -> None:
    dim, rows = 7, subword_rows(WORDS, 30)
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS + 30, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    for span in reference.spans_of(blocks_of(text, plan, blocks, ALPHA), length):
        words = np.stack([expected[0][rows_of(rows, word)].sum(axis=0) for word in range(WORDS)])
        before = words.copy()
        reference.cbow(text, span, words, expected[1], sizes.negatives, parts=lambda word: len(rows_of(rows, word)))
        for word in range(WORDS):
            np.add.at(expected[0], rows_of(rows, word), (words[word] - before[word]) / len(rows_of(rows, word)))
    memory = GuardedScratch.around(cbow.new_scratch(dim, sizes, len(text.words)))
    own = GuardedScratch.around(subword_kernels.new_span(dim, sizes, rows, length, len(text.words)), kept=("slots", "ends"))
    subword_kernels.train_cbow_blocks(
        row_operations.row_width(dim),
        text,
        plan,
        blocks,
        Matrices(vectors.rows, outputs.rows),
        Step(ALPHA, sizes.negatives),
        memory.scratch,
        own.scratch,
        rows,
    )

    np.testing.assert_allclose(vectors.values, expected[0], atol=3e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=3e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()
    assert memory.untouched_outside()
    assert own.untouched_outside()
    assert (own.scratch.slots == -1).all()
