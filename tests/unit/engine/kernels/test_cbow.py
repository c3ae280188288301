"""CBOW blocks compute what plain NumPy computes window by window, and write nowhere else."""

import numpy as np
import pytest

from blazingtext_engine.kernels import cbow, row_operations
from blazingtext_engine.kernels.block_plan import BlockSizes
from blazingtext_engine.kernels.block_rows import Matrices, Step
from tests.unit.engine import reference
from tests.unit.engine.reference import ALPHA, CBOW_SIZES, LINES, WORDS, Guarded, GuardedScratch, blocks_of, corpus, planned


@pytest.mark.parametrize("dim", [7, 100])
@pytest.mark.parametrize("sizes", CBOW_SIZES, ids=str)
def test_cbow_blocks_match_numpy_and_touch_nothing_else(dim: int, sizes: BlockSizes) -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    vectors, outputs = Guarded.random(WORDS, dim, 1, 0.4), Guarded.random(WORDS, dim, 2, 0.4)
    expected = vectors.values, outputs.values

    reference.cbow(text, blocks_of(text, plan, blocks, ALPHA), *expected, sizes.negatives)
    # A running count of the words before each is all that has to be in it.
    memory = GuardedScratch.around(cbow.new_scratch(dim, sizes, len(text.words)), kept=("unit_offsets",))
    cbow.train_blocks(
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
