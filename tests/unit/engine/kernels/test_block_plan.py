"""Plans hold every pair of the text once, within the limits scratch memory is allocated by."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blazingtext_engine.kernels.block_plan import (
    MAX_CENTRES,
    MAX_CONTEXTS,
    MAX_NEGATIVES,
    BlockSizes,
    new_plan,
    plan_blocks,
)
from blazingtext_engine.kernels.sampling import new_sampling_tables, new_state, new_text_chunk, sample_text
from tests.unit.engine.reference import blocks_of, corpus, planned


@given(
    lines=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    window=st.integers(1, 12),
    centres=st.integers(1, MAX_CENTRES),
    contexts=st.integers(1, MAX_CONTEXTS),
    whole=st.booleans(),
)
@settings(max_examples=60)
def test_every_pair_within_a_window_is_planned_exactly_once(
    lines: list[int], window: int, centres: int, contexts: int, whole: bool
) -> None:
    reach = centres + 2 * window
    sizes = BlockSizes(window, 2, centres, reach if whole else contexts, 3.0, whole)
    text, plan, blocks = planned(corpus(9, lines, 1), 9, sizes, 2)

    seen = Counter((t, m) for block in blocks_of(text, plan, blocks, 1.0) for t, near in block.windows.items() for m in near)

    assert set(seen.values()) <= {1}
    nearest = {(t, m) for t in range(sum(lines)) for m in (t - 1, t + 1) if text.line_first[t] <= m < text.line_last[t]}
    assert nearest <= set(seen)
    counts = np.diff(plan.negatives_end[: blocks + 1])
    assert ((counts >= 1) & (counts <= MAX_NEGATIVES)).all()
    assert (plan.last[1 : blocks + 1] - plan.first[1 : blocks + 1] <= centres).all()


@given(
    lines=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    window=st.integers(1, 12),
    centres=st.integers(1, 64),
    contexts=st.integers(1, 96),
)
@settings(max_examples=60)
def test_blocks_hold_the_pairs_of_the_lines_and_the_negatives_these_ask_for(
    lines: list[int], window: int, centres: int, contexts: int
) -> None:
    """A twin of the plan, made of the lengths of the lines and of nothing the engine computed but the half window it drew."""
    ids = corpus(9, lines, 1)
    _, plan, blocks = planned(ids, 9, BlockSizes(window, 2, centres, contexts, 3.0, is_cbow=False), 2)
    words = [word for word in ids.tolist() if word >= 0]
    line_of = [number for number, length in enumerate(lines) for _ in range(length)]

    for n in range(1, blocks + 1):
        inside = range(plan.context_first[n], plan.context_last[n])
        # No further than the half window on either side, nor than the line of the first centre and that of the last.
        assert line_of[plan.first[n]] <= line_of[inside[0]] <= line_of[inside[-1]] <= line_of[plan.last[n] - 1]
        assert plan.first[n] - plan.window[n] <= inside[0] <= inside[-1] < plan.last[n] + plan.window[n]
        # How often the words of the contexts stand there on average, 1 when all differ; twice is not too often.
        seen = [words[m] for m in inside]
        assert plan.damping[n] == pytest.approx(min(1, 2 / (sum(map(seen.count, seen)) / len(seen))))
        pairs = [
            (t, m)
            for t in range(plan.first[n], plan.last[n])
            for m in inside
            if 0 < abs(t - m) <= plan.window[n] and line_of[t] == line_of[m]
        ]
        assert 1 <= len(inside) <= contexts
        assert pairs
        # Two negatives a pair, of which one serves three pairs; 128 at most.
        assert plan.negatives_end[n] - plan.negatives_end[n - 1] == min(-(-2 * len(pairs) // 3), 128)
    planned_pairs = {
        (t, m)
        for n in range(1, blocks + 1)
        for t in range(plan.first[n], plan.last[n])
        for m in range(plan.context_first[n], plan.context_last[n])
    }
    half_windows = {t: int(plan.window[n]) for n in range(1, blocks + 1) for t in range(plan.first[n], plan.last[n])}
    wanted = {
        (t, m)
        for t, half in half_windows.items()
        for m in range(max(0, t - half), min(len(line_of), t + half + 1))
        if t != m and line_of[t] == line_of[m]
    }
    assert wanted <= planned_pairs
    # Only the single word of a line has no block.
    assert {t for t in range(len(line_of)) if lines[line_of[t]] > 1} <= half_windows.keys()


@given(
    window=st.integers(1, 12),
    contexts=st.integers(1, MAX_CONTEXTS),
    negative_reuse=st.floats(1, 40),
    group_negatives=st.integers(4, 128),
)
@settings(max_examples=40)
def test_a_block_has_as_many_groups_as_its_negatives_suffice_for_and_at_least_four_contexts_each(
    window: int, contexts: int, negative_reuse: float, group_negatives: int
) -> None:
    sizes = BlockSizes(window, 5, 6, contexts, negative_reuse, is_cbow=False, group_negatives=group_negatives)
    text, plan, blocks = planned(corpus(9, [40, 3], 1), 9, sizes, 2)

    for n, block in enumerate(blocks_of(text, plan, blocks, 1.0), 1):
        size = len(block.negatives)
        assert plan.groups[n] == max(1, min(size // group_negatives, -(-len(block.contexts) // 4)))
        parts = {part.ctypes.data: part.tolist() for part in map(block.negatives_of, block.contexts)}
        assert len(parts) == plan.groups[n]
        assert all(parts.values())
        assert [word for part in parts.values() for word in part] == block.negatives.tolist()


def test_half_windows_are_equally_frequent_from_one_to_the_widest() -> None:
    _, plan, blocks = planned(corpus(9, [1000] * 4, 1), 9, BlockSizes(5, 2, 2, 12, 3.0, is_cbow=False), 2)

    # word2vec.c and fastText draw 1 to `window` for every centre; a block has two centres here, and draws once.
    found = np.bincount(plan.window[1 : blocks + 1], minlength=6) / blocks

    assert blocks == 2000
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], 0.2, atol=0.04)


def test_a_full_plan_is_continued_from_where_it_ended() -> None:
    ids = corpus(9, [500], 1)
    tables, text, state = new_sampling_tables(np.full(9, 5, np.int64), 0), new_text_chunk(600), new_state(1, 0)
    _, kept, _ = sample_text(ids, 0, len(ids), tables.keep, state, text)
    plan, sizes = new_plan(7), BlockSizes(3, 2, 4, 5, 3.0, is_cbow=False)

    centre, pairs, windows = 0, set[tuple[int, int]](), dict[int, int]()
    while centre < kept:
        blocks, centre = plan_blocks(text, centre, kept, sizes, tables, state, plan)
        # Four centres and the three words on either side are ten contexts: three blocks of five may begin where there is room for them.
        assert (5 if centre < kept else 1) <= blocks <= 7
        for n in range(1, blocks + 1):
            centres = range(plan.first[n], plan.last[n])
            windows |= dict.fromkeys(centres, int(plan.window[n]))
            pairs |= {(t, m) for t in centres for m in range(plan.context_first[n], plan.context_last[n])}

    assert {*windows} == {*range(kept)}
    wanted = {(t, m) for t, half in windows.items() for m in range(max(0, t - half), min(kept, t + half + 1)) if t != m}
    assert wanted <= pairs


def test_a_plan_that_is_too_small_for_one_group_of_centres_goes_on_and_stays_within_its_bounds() -> None:
    tables, text, state = new_sampling_tables(np.full(9, 5, np.int64), 0), new_text_chunk(600), new_state(1, 0)
    _, kept, _ = sample_text(corpus(9, [50], 1), 0, 51, tables.keep, state, text)
    plan, centre = new_plan(2), 0

    for _ in range(13):
        blocks, reached = plan_blocks(text, centre, kept, BlockSizes(3, 2, 4, 2, 3.0, is_cbow=False), tables, state, plan)
        assert 1 <= blocks <= 2
        assert reached > centre
        centre = reached

    assert centre == kept


def test_a_plan_has_room_for_its_blocks_and_the_one_before_them() -> None:
    *parts, damping, ends, negatives = new_plan(7)

    assert [(part.shape, part.dtype.name) for part in (*parts, ends)] == [((8,), "int32")] * 7
    assert (damping.shape, damping.dtype.name, damping.tolist()) == ((8,), "float32", [1.0] * 8)
    # Of 128 negatives each.
    assert (negatives.shape, negatives.dtype.name) == ((7 * 128,), "int32")
    assert ends[0] == 0


def test_a_text_that_repeats_itself_is_trained_more_gently() -> None:
    ids = np.zeros(64, np.int32)
    tables, text, plan, state = new_sampling_tables(np.full(9, 5, np.int64), 0), new_text_chunk(64), new_plan(), new_state(1, 0)
    _, kept, _ = sample_text(ids, 0, 64, tables.keep, state, text)

    blocks, _ = plan_blocks(text, 0, kept, BlockSizes(5, 5, 16, 26, 48.0, is_cbow=False), tables, state, plan)

    assert plan.damping[1 : blocks + 1].max() < 0.2


@pytest.mark.parametrize(("repeats", "damping"), [(4, 1.0), (16, 2 / (1 + 2 * 120 / 32)), (32, 2 / 32)])
def test_one_word_that_fills_half_a_block_is_enough_to_be_gentle(repeats: int, damping: float) -> None:
    plan, text = new_plan(), new_text_chunk(32)
    text.words[:32] = np.arange(32)
    text.words[:repeats] = 0
    text.line_last[:] = 32
    sizes = BlockSizes(window=32, negatives=5, centres=32, contexts=32, negative_reuse=48.0, is_cbow=False)

    plan_blocks(text, 0, 32, sizes, new_sampling_tables(np.ones(32, np.int64), 0), new_state(1, 0), plan)

    assert plan.damping[1] == pytest.approx(damping)
