"""Skip-gram blocks compute what plain NumPy computes pair by pair, and write nowhere else."""

import numpy as np
import pytest

from blazingtext_engine.kernels import row_operations, skipgram
from blazingtext_engine.kernels.block_plan import BlockSizes
from blazingtext_engine.kernels.block_rows import Matrices, Step
from tests.unit.engine import reference
from tests.unit.engine.reference import ALPHA, LINES, SKIPGRAM_SIZES, WORDS, Guarded, GuardedScratch, blocks_of, corpus, planned


@pytest.mark.parametrize("dim", [7, 100])
@pytest.mark.parametrize("sizes", SKIPGRAM_SIZES, ids=str)
def test_skipgram_blocks_match_numpy_and_touch_nothing_else(dim: int, sizes: BlockSizes) -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    reference.skipgram(text, blocks_of(text, plan, blocks, ALPHA), *expected, sizes.negatives)
    memory = GuardedScratch.around(skipgram.new_scratch(dim))
    skipgram.train_blocks(
        row_operations.row_width(dim),
        text,
        plan,
        blocks,
        Matrices(vectors.rows, outputs.rows),
        Step(ALPHA, sizes.negatives),
        memory.scratch,
    )

    assert blocks > 0
    np.testing.assert_allclose(vectors.values, expected[0], atol=2e-4)
    np.testing.assert_allclose(outputs.values, expected[1], atol=2e-4)
    assert vectors.untouched_outside()
    assert outputs.untouched_outside()
    assert memory.untouched_outside()
