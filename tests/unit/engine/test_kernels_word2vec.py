"""The block kernels compute what plain NumPy computes pair by pair, and write nowhere else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels import cbow as kernels_cbow
from blazingtext_engine.kernels import row_operations as simd
from blazingtext_engine.kernels import skipgram as kernels_skipgram
from blazingtext_engine.kernels import subwords as kernels_subwords
from blazingtext_engine.kernels.block_plan import Sizes
from blazingtext_engine.kernels.block_rows import Matrices, Step
from tests.unit.engine import twins
from tests.unit.engine.twins import Guarded, blocks_of, corpus, planned

WORDS = 40
LINES = [1, 2, 30, 0, 3, 17, 1, 60]
# window, negatives, centres, contexts, shared_by
SKIPGRAM_SIZES = [
    Sizes(5, 5, 22, 32, 48.0, whole_windows=False),
    Sizes(1, 1, 1, 1, 1.0, whole_windows=False),
    Sizes(7, 3, 4, 5, 3.0, whole_windows=False),
    Sizes(30, 2, 9, 32, 12.0, whole_windows=False),
    Sizes(3, 25, 64, 70, 60.0, whole_windows=False),
]
CBOW_SIZES = [
    Sizes(5, 5, 24, 34, 16.0, whole_windows=True),
    Sizes(1, 1, 1, 3, 1.0, whole_windows=True),
    Sizes(30, 3, 9, 69, 4.0, whole_windows=True),
    Sizes(2, 25, 33, 37, 8.0, whole_windows=True),
]
ALPHA = 0.07


@pytest.mark.parametrize("dim", [7, 100])
@pytest.mark.parametrize("sizes", SKIPGRAM_SIZES, ids=str)
def test_skipgram_blocks_match_numpy_and_touch_nothing_else(dim: int, sizes: Sizes) -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    twins.skipgram(text, blocks_of(text, plan, blocks, ALPHA), *expected, sizes.negatives)
    scratch = kernels_skipgram.new_scratch(dim)
    kernels_skipgram.train_blocks(
        simd.width(dim), text, plan, blocks, Matrices(vectors.rows, outputs.rows), Step(ALPHA, sizes.negatives), scratch
    )

    assert blocks > 0
    np.testing.assert_allclose(vectors.values, expected[0], atol=2e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=2e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()


@pytest.mark.parametrize("dim", [7, 100])
@pytest.mark.parametrize("sizes", CBOW_SIZES, ids=str)
def test_cbow_blocks_match_numpy_and_touch_nothing_else(dim: int, sizes: Sizes) -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    twins.cbow(text, blocks_of(text, plan, blocks, ALPHA), *expected, sizes.negatives)
    scratch = kernels_cbow.new_scratch(dim, sizes, len(text.words))
    kernels_cbow.train_blocks(
        simd.width(dim), text, plan, blocks, Matrices(vectors.rows, outputs.rows), Step(ALPHA, sizes.negatives), scratch
    )

    assert blocks > 0
    np.testing.assert_allclose(vectors.values, expected[0], atol=2e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=2e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()


def subword_rows(words: int, buckets: int) -> kernels_subwords.Rows:
    """Between 1 and 6 rows a word, its own first."""
    random = np.random.default_rng(9)
    rows = [np.append(word, words + random.integers(0, buckets, random.integers(0, 6))) for word in range(words)]
    starts = np.zeros(words + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    return kernels_subwords.Rows(starts, np.concatenate([*rows, np.zeros(simd.AHEAD)]).astype(np.int32))


def rows_of(rows: kernels_subwords.Rows, word: int) -> NDArray[np.int64]:
    return rows.numbers[rows.starts[word] : rows.starts[word + 1]].astype(np.int64)


@pytest.mark.parametrize("length", [1, 20, 1000])
@pytest.mark.parametrize("sizes", SKIPGRAM_SIZES[:4], ids=str)
def test_skipgram_with_subwords_matches_numpy_and_touches_nothing_else(sizes: Sizes, length: int) -> None:
    dim, rows = 7, subword_rows(WORDS, 30)
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS + 30, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    for span in twins.spans_of(blocks_of(text, plan, blocks, ALPHA), length):
        words = np.stack([expected[0][rows_of(rows, word)].mean(axis=0) for word in range(WORDS)])
        before = words.copy()
        twins.skipgram(text, span, words, expected[1], sizes.negatives)
        for word in range(WORDS):
            np.add.at(expected[0], rows_of(rows, word), words[word] - before[word])
    own, scratch = kernels_subwords.new_span(dim, sizes, rows, length, len(text.words)), kernels_skipgram.new_scratch(dim)
    kernels_subwords.train_skipgram_blocks(
        simd.width(dim), text, plan, blocks, Matrices(vectors.rows, outputs.rows), Step(ALPHA, sizes.negatives), scratch, own, rows
    )

    np.testing.assert_allclose(vectors.values, expected[0], atol=3e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=3e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()
    assert (own.places == -1).all()


@pytest.mark.parametrize("length", [1, 20, 1000])
@pytest.mark.parametrize("sizes", CBOW_SIZES, ids=str)
def test_cbow_with_subwords_matches_numpy_and_touches_nothing_else(sizes: Sizes, length: int) -> None:
    dim, rows = 7, subword_rows(WORDS, 30)
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS + 30, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    for span in twins.spans_of(blocks_of(text, plan, blocks, ALPHA), length):
        words = np.stack([expected[0][rows_of(rows, word)].sum(axis=0) for word in range(WORDS)])
        before = words.copy()
        twins.cbow(text, span, words, expected[1], sizes.negatives, parts=lambda word: len(rows_of(rows, word)))
        for word in range(WORDS):
            np.add.at(expected[0], rows_of(rows, word), (words[word] - before[word]) / len(rows_of(rows, word)))
    scratch, own = (
        kernels_cbow.new_scratch(dim, sizes, len(text.words)),
        kernels_subwords.new_span(dim, sizes, rows, length, len(text.words)),
    )
    kernels_subwords.train_cbow_blocks(
        simd.width(dim), text, plan, blocks, Matrices(vectors.rows, outputs.rows), Step(ALPHA, sizes.negatives), scratch, own, rows
    )

    np.testing.assert_allclose(vectors.values, expected[0], atol=3e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=3e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()
    assert (own.places == -1).all()
