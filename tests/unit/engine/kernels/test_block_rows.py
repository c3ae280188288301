"""What skip-gram and CBOW share: which rows are fetched for the next block, and words as single bits."""

from typing import Any

import numpy as np
import pytest

from blazingtext_engine.kernels.block_plan import BlockSizes
from blazingtext_engine.kernels.block_rows import Matrices, addresses_of, hash_bit, plan_prefetch, prefetch_next, score_tiles
from blazingtext_engine.kernels.jit import int64, kernel
from blazingtext_engine.kernels.row_operations import row_width
from tests.unit.engine.reference import LINES, WORDS, Guarded, corpus, planned


@kernel
def call_plan_prefetch(text: Any, plan: Any, number: int, last: int, matrices: Matrices, ids: Any, prefetch: Any) -> None:
    plan_prefetch(text, plan, number, last, addresses_of(matrices), ids, prefetch)


@kernel
def call_prefetch_next(width: Any, prefetch: Any) -> None:
    prefetch_next(width, prefetch)


@kernel
def call_score_tiles(width: Any, x: Any, y: Any, n: int, out: Any, prefetch: Any) -> None:
    at, stride = int64(out.ctypes.data), int64(4 * out.shape[1])
    score_tiles(width, int64(x.ctypes.data), int64(y.ctypes.data), n, at, stride, prefetch)


@kernel
def call_hash_bit(words: Any, bits: Any) -> None:
    for k in range(len(words)):
        bits[k] = hash_bit(words[k])


@pytest.mark.parametrize("sizes", [BlockSizes(5, 5, 22, 32, 48.0, is_cbow=False), BlockSizes(9, 2, 3, 6, 4.0, is_cbow=False)], ids=str)
def test_the_rows_of_the_next_block_are_fetched_but_those_at_hand(sizes: BlockSizes) -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, sizes, 4)
    inputs, outputs = Guarded.random(WORDS, 7, 1), Guarded.random(WORDS, 7, 2)
    starts = {"input": inputs.rows.ctypes.data, "output": outputs.rows.ctypes.data}
    rows = {start + row * inputs.rows.strides[0]: (name, row) for name, start in starts.items() for row in range(WORDS)}

    def positions(first: Any, last: Any, number: int) -> range:
        return range(first[number], last[number])

    for n in range(1, blocks):
        prefetch = np.full(400, 99, np.int64)
        call_plan_prefetch(text, plan, n, blocks, Matrices(inputs.rows, outputs.rows), text.words, prefetch)

        here, contexts = (positions(plan.context_first, plan.context_last, each) for each in (n, n + 1))
        # Windows begin further back than the parts of a block may: then all of them are asked for.
        new = [m for m in contexts if m not in here or contexts[0] < here[0]]
        negatives = plan.negatives[plan.negatives_end[n] : plan.negatives_end[n + 1]]
        centres = [] if plan.first[n] == plan.first[n + 1] else positions(plan.first, plan.last, n + 1)
        expected = [("input", int(text.words[m])) for m in new]
        expected += [("output", int(word)) for word in (*negatives, *(text.words[t] for t in centres))]
        assert prefetch[:2].tolist() == [len(expected), 0]
        assert [rows[address] for address in prefetch[2 : 2 + len(expected)].tolist()] == expected
        assert (prefetch[2 + len(expected) :] == 99).all()

    assert blocks > 3


def test_nothing_follows_the_last_block() -> None:
    text, plan, blocks = planned(corpus(WORDS, LINES, 3), WORDS, BlockSizes(5, 5, 22, 32, 48.0, is_cbow=False), 4)
    matrix, prefetch = Guarded.random(WORDS, 7, 1).rows, np.full(400, 99, np.int64)

    call_plan_prefetch(text, plan, blocks, blocks, Matrices(matrix, matrix), text.words, prefetch)

    assert prefetch[:3].tolist() == [0, 0, 99]


def test_rows_are_fetched_one_by_one_until_there_are_no_more() -> None:
    matrix = Guarded.random(3, 7, 1).rows
    prefetch = np.array([2, 0, matrix.ctypes.data, matrix.ctypes.data + matrix.strides[0]])

    fetched = []
    for _ in range(4):
        call_prefetch_next(row_width(7), prefetch)
        fetched.append(int(prefetch[1]))

    assert fetched == [1, 2, 2, 2]
    assert prefetch[0] == 2


def test_a_word_is_one_of_64_bits_each_as_likely() -> None:
    words = np.arange(64_000, dtype=np.int32)
    bits = np.zeros(len(words), np.uint64)

    call_hash_bit(words, bits)

    found, counts = np.unique(bits, return_counts=True)
    assert found.tolist() == [2**k for k in range(64)]
    assert counts.min() > 800
    assert counts.max() < 1200


@pytest.mark.parametrize("dim", [7, 100])
@pytest.mark.parametrize(
    ("rows", "scored", "tiles"), [(1, 2, 1), (2, 2, 1), (3, 4, 1), (4, 4, 1), (5, 6, 2), (6, 6, 2), (7, 8, 2), (9, 10, 3)]
)
def test_rows_are_scored_four_by_four_and_the_last_two_by_themselves(dim: int, rows: int, scored: int, tiles: int) -> None:
    x, y = Guarded.random(4, dim, 1), Guarded.random(12, dim, 2)
    out, prefetch = np.full((14, 9), 7, np.float32), np.zeros(50, np.int64)
    prefetch[0] = 40

    call_score_tiles(row_width(dim), x.rows, y.rows, rows, out[1:], prefetch)

    np.testing.assert_allclose(out[1 : 1 + scored, :4], y.values[:scored] @ x.values.T, rtol=1e-4, atol=1e-4)
    assert (out[0] == 7).all()
    assert (out[1 + scored :] == 7).all()
    assert (out[:, 4:] == 7).all()
    # One row is fetched with each tile.
    assert prefetch[:2].tolist() == [40, tiles]
