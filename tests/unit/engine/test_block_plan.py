"""Plans hold every pair of the text once, within the limits scratch memory is allocated by."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blazingtext_engine.kernels.block_plan import (
    BLOCKS_PLANNED,
    MAX_CENTRES,
    MAX_CONTEXTS,
    MAX_NEGATIVES,
    Sizes,
    new_plan,
    plan_blocks,
)
from blazingtext_engine.kernels.sampling import new_draws, new_state, new_text, sample_text
from blazingtext_engine.training.block_sizes import cbow_sizes, skipgram_sizes, span_words
from blazingtext_engine.training.settings import Word2VecSettings
from tests.unit.engine.twins import blocks_of, corpus, planned

SIZES = [skipgram_sizes, cbow_sizes]
ZIPF = (1e6 / np.arange(1, 20_001)).astype(np.int64)


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
    sizes = Sizes(window, 2, centres, reach if whole else contexts, 3.0, whole)
    text, plan, blocks = planned(corpus(9, lines, 1), 9, sizes, 2)

    seen = Counter((t, m) for block in blocks_of(text, plan, blocks, 1.0) for t, near in block.windows.items() for m in near)

    assert set(seen.values()) <= {1}
    nearest = {(t, m) for t in range(sum(lines)) for m in (t - 1, t + 1) if text.line_first[t] <= m < text.line_last[t]}
    assert nearest <= set(seen)
    counts = np.diff(plan.negatives_end[: blocks + 1])
    assert ((counts >= 1) & (counts <= MAX_NEGATIVES)).all()
    assert (plan.last[1 : blocks + 1] - plan.first[1 : blocks + 1] <= centres).all()


def test_a_full_plan_is_continued_from_where_it_ended() -> None:
    ids = corpus(9, [500], 1)
    draws, text, state = new_draws(np.full(9, 5, np.int64), 0), new_text(600), new_state(1, 0)
    _, kept, _ = sample_text(ids, 0, len(ids), draws.keep, state, text)
    plan, sizes = new_plan(7), Sizes(3, 2, 4, 5, 3.0, whole_windows=False)

    centre, covered = 0, 0
    while centre < kept:
        blocks, centre = plan_blocks(text, centre, kept, sizes, draws, state, plan)
        assert 1 <= blocks <= 7
        covered = int(plan.last[blocks])

    assert covered == kept


@pytest.mark.parametrize("dim", [100])
@pytest.mark.parametrize("rate", [0.005, 0.05, 0.1, 1.0])
@pytest.mark.parametrize("window", [1, 5, 30, 5000])
@pytest.mark.parametrize("negatives", [1, 5, 25, 500])
@pytest.mark.parametrize("counts", [np.array([1]), np.array([3, 2]), ZIPF], ids=["one word", "two words", "many words"])
def test_blocks_stay_within_their_limits_whatever_the_settings(
    dim: int, rate: float, window: int, negatives: int, counts: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    settings_ = Word2VecSettings(dim=dim, learning_rate=rate, window=window, negatives=negatives, batch_size=32)

    sizes = skipgram_sizes(settings_, counts)
    whole = cbow_sizes(replace(settings_, mode="cbow"), counts)

    assert 1 <= sizes.centres <= MAX_CENTRES
    assert 1 <= sizes.contexts <= MAX_CONTEXTS
    assert whole.centres >= 1
    assert whole.contexts == whole.centres + 2 * whole.window
    # One centre's reach in the smallest parts fits a plan.
    assert (sizes.centres + 2 * sizes.window) / sizes.contexts + 1 < BLOCKS_PLANNED


def test_blocks_shrink_as_steps_grow() -> None:
    calm, bold = Word2VecSettings(), Word2VecSettings(learning_rate=0.1)
    wide, hungry = Word2VecSettings(window=30), Word2VecSettings(negatives=25)

    def work(settings_: Word2VecSettings) -> float:
        sizes = skipgram_sizes(settings_, ZIPF)
        return sizes.centres * sizes.shared_by

    assert work(calm) > max(work(bold), work(wide), work(hungry))


def test_wide_windows_share_a_negative_less_and_not_at_all_when_a_window_is_one_example() -> None:
    pairs, windows = ([sizes_of(Word2VecSettings(window=window), ZIPF).shared_by for window in (5, 10, 30)] for sizes_of in SIZES)

    assert pairs == sorted(pairs, reverse=True)
    assert min(pairs) > 5
    assert windows == sorted(windows, reverse=True)
    assert windows[-1] == 1


@pytest.mark.parametrize("sizes_of", SIZES)
def test_blocks_of_words_that_share_their_rows_are_smaller(sizes_of: Callable[[Word2VecSettings, NDArray[np.int64], float], Sizes]) -> None:
    apart, alike = (sizes_of(Word2VecSettings(), ZIPF, overlap) for overlap in (0.001, 0.2))

    assert apart == sizes_of(Word2VecSettings(), ZIPF, 0.0)
    assert alike.centres <= 5
    assert alike.shared_by == pytest.approx(5)


@pytest.mark.parametrize(
    ("changes", "overlap", "words"),
    [
        ({}, 0.003, 512),
        ({"dim": 32}, 0.0, 512),
        ({"dim": 512}, 0.003, 128),
        ({}, 0.02, 100),
        ({"learning_rate": 0.1}, 0.02, 50),
        ({}, 1.0, 2),
        ({"learning_rate": 1.0}, 1.0, 1),
    ],
)
def test_a_span_is_shorter_where_rows_are_long_steps_bold_or_words_alike(changes: dict[str, Any], overlap: float, words: int) -> None:
    assert span_words(Word2VecSettings(**changes), overlap) == words


def test_a_text_that_repeats_itself_is_trained_more_gently() -> None:
    ids = np.zeros(64, np.int32)
    draws, text, plan, state = new_draws(np.full(9, 5, np.int64), 0), new_text(64), new_plan(), new_state(1, 0)
    _, kept, _ = sample_text(ids, 0, 64, draws.keep, state, text)

    blocks, _ = plan_blocks(text, 0, kept, Sizes(5, 5, 16, 26, 48.0, whole_windows=False), draws, state, plan)

    assert plan.damping[1 : blocks + 1].max() < 0.2


@pytest.mark.parametrize(("repeats", "damping"), [(4, 1.0), (16, 2 / (1 + 2 * 120 / 32)), (32, 2 / 32)])
def test_one_word_that_fills_half_a_block_is_enough_to_be_gentle(repeats: int, damping: float) -> None:
    plan, text = new_plan(), new_text(32)
    text.words[:32] = np.arange(32)
    text.words[:repeats] = 0
    text.line_last[:] = 32
    sizes = Sizes(window=32, negatives=5, centres=32, contexts=32, shared_by=48.0, whole_windows=False)

    plan_blocks(text, 0, 32, sizes, new_draws(np.ones(32, np.int64), 0), new_state(1, 0), plan)

    assert plan.damping[1] == pytest.approx(damping)
