"""How large a block may be follows the settings, within the limits scratch memory is allocated by."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels.block_plan import (
    BLOCKS_PLANNED,
    MAX_CENTRES,
    MAX_CONTEXTS,
    BlockSizes,
)
from blazingtext_engine.training.block_sizes import cbow_sizes, distinct_words, skipgram_sizes, span_words
from blazingtext_engine.training.settings import Word2VecSettings
from tests.unit.engine.reference import planned

SIZES = [skipgram_sizes, cbow_sizes]
ZIPF = (1e6 / np.arange(1, 20_001)).astype(np.int64)


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


# Centres, contexts and how many products share a negative; for skip-gram and for CBOW. At the default settings: the sizes that
# docs/decisions/0007 was measured with (two times batch_size centres; 22 and eight negatives are two whole tiles).
@pytest.mark.parametrize(
    ("changes", "pairs", "windows"),
    [
        ({}, (22, 32, 48), (22, 32, 14)),
        # Half the step; the square root of a half of the reuse beside it.
        ({"learning_rate": 0.1}, (5, 11, 48 * 0.5**1.5), (11, 21, 14 * 0.5**1.5)),
        ({"learning_rate": 0.01}, (22, 32, 48), (22, 32, 14)),
        # Twice the window: a step smaller by the square root of two, and reuse smaller by that (a whole window: by two) once more.
        ({"window": 10}, (7, 11, 24), (15, 35, 14 * 2**-1.5)),
        ({"negatives": 10}, (3, 11, 48 * 2**-0.5), (15, 25, 14 * 2**-0.5)),
        ({"batch_size": 3}, (6, 16, 48), (22, 32, 14)),
        ({"batch_size": 21, "window": 10}, (7, 21, 24), (15, 35, 14 * 2**-1.5)),
        ({"batch_size": 1}, (2, 12, 48), (22, 32, 14)),
        ({"batch_size": 32, "window": 1}, (64, 66, 48), (22, 24, 14)),
        # The commonest word is one negative in 44: five a pair, each for 48 pairs, are it for 423 pairs, and a centre has eight, or ten.
        ({"batch_size": 32, "window": 4}, (52, 60, 48), (22, 30, 14)),
        ({"batch_size": 32, "window": 5}, (42, 52, 48), (22, 32, 14)),
        # More than ten contexts see a centre: as many centres see a context at most, by the step of 1.2 ** -0.5.
        ({"batch_size": 32, "window": 6}, (9, 21, 40), (20, 32, 14 * 1.2**-1.5)),
        ({"batch_size": 32, "window": 16}, (5, 32, 15), (12, 44, 14 * 3.2**-1.5)),
        ({"batch_size": 32, "window": 30}, (4, 32, 8), (8, 68, 1)),
        ({"negatives": 1}, (22, 32, 48), (22, 32, 14)),
        ({"negatives": 25}, (1, 11, 48 * 5**-0.5), (9, 19, 14 * 5**-0.5)),
        ({"negatives": 500}, (1, 1, 4.8), (1, 11, 1.4)),
        # A quarter of the step, and half the reuse beside it; a context sees two centres, a centre a quarter of 32 contexts.
        ({"learning_rate": 0.2}, (2, 8, 6), (5, 15, 1.75)),
        ({"learning_rate": 1.0}, (1, 1, 1), (1, 11, 1)),
        ({"learning_rate": 0.1, "window": 1, "batch_size": 32}, (64, 66, 48 * 0.5**1.5), (11, 13, 14 * 0.5**1.5)),
        # Half the step makes up for half of 5.6 times the window: reuse by the square root of 2 / 5.6 for the step, and by that once more.
        ({"window": 28, "learning_rate": 0.025}, (8, 11, 48 * 2 / 5.6**0.5 * (2 / 5.6) ** 0.5), (9, 65, 14 * 5.6**-1.5)),
        ({"window": 28, "learning_rate": 0.001, "negatives": 10}, (5, 11, 48), (4, 60, 1)),
    ],
    ids=str,
)
def test_the_sizes_of_blocks_follow_the_settings(
    changes: dict[str, Any], pairs: tuple[int, int, float], windows: tuple[int, int, float]
) -> None:
    for sizes_of, expected in ((skipgram_sizes, pairs), (cbow_sizes, windows)):
        sizes = sizes_of(Word2VecSettings(**changes), ZIPF)
        assert (sizes.centres, sizes.contexts, sizes.negative_reuse) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("changes", "negatives"),
    [
        # Four centres see a context, with five negatives each, and one that is trained stands for 1.7 of them.
        ({"window": 28, "batch_size": 32}, 12),
        ({"window": 20, "batch_size": 32}, 15),
        # With 128, all that a block may have, there are no groups: a pair takes part in less than eight products with negatives.
        ({}, 128),
        ({"window": 28}, 128),
        ({"window": 10, "batch_size": 32}, 128),
        # 25 negatives, 11 contexts and a reuse of 21 are 13 products; one centre.
        ({"negatives": 25}, 15),
        # A tile at least.
        ({"window": 30, "learning_rate": 0.2, "batch_size": 32}, 4),
        ({"negatives": 400}, 128),
    ],
    ids=str,
)
def test_a_context_is_trained_with_a_part_of_the_negatives_where_a_block_has_many(changes: dict[str, Any], negatives: int) -> None:
    assert skipgram_sizes(Word2VecSettings(**changes), ZIPF).group_negatives == negatives


@pytest.mark.parametrize(("changes", "groups"), [({}, 1), ({"window": 28}, 1), ({"window": 28, "batch_size": 32}, 6)], ids=str)
def test_large_blocks_of_wide_windows_are_trained_in_groups(changes: dict[str, Any], groups: int) -> None:
    sizes = skipgram_sizes(Word2VecSettings(**changes), ZIPF)
    _, plan, blocks = planned(np.random.default_rng(1).integers(0, 9, 1000).astype(np.int32), 9, sizes, 2)

    assert plan.groups[1 : blocks + 1].max() == groups


@pytest.mark.parametrize("window", [*range(1, 31)])
def test_batch_size_has_its_effect_at_every_window(window: int) -> None:
    # Recommended is 2 * window + 1, and BlazingText takes no more than 32.
    sizes = [
        skipgram_sizes(Word2VecSettings(window=window, batch_size=batch), ZIPF)[2:5] for batch in range(1, min(2 * window + 1, 32) + 1)
    ]

    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)


def test_blocks_shrink_as_steps_grow() -> None:
    calm, bold = Word2VecSettings(), Word2VecSettings(learning_rate=0.1)
    wide, hungry = Word2VecSettings(window=30), Word2VecSettings(negatives=25)

    def work(settings_: Word2VecSettings) -> float:
        sizes = skipgram_sizes(settings_, ZIPF)
        return sizes.centres * sizes.negative_reuse

    assert work(calm) > max(work(bold), work(wide), work(hungry))


def test_wide_windows_share_a_negative_less_and_not_at_all_when_a_window_is_one_example() -> None:
    pairs, windows = ([sizes_of(Word2VecSettings(window=window), ZIPF).negative_reuse for window in (5, 10, 30)] for sizes_of in SIZES)

    assert pairs == sorted(pairs, reverse=True)
    assert min(pairs) > 5
    assert windows == sorted(windows, reverse=True)
    assert windows[-1] == 1


@pytest.mark.parametrize("sizes_of", SIZES)
def test_blocks_of_words_that_share_their_rows_are_smaller(
    sizes_of: Callable[[Word2VecSettings, NDArray[np.int64], float], BlockSizes],
) -> None:
    apart, alike = (sizes_of(Word2VecSettings(), ZIPF, overlap) for overlap in (0.001, 0.2))

    assert apart == sizes_of(Word2VecSettings(), ZIPF, 0.0)
    assert alike.centres <= 5
    assert alike.negative_reuse == pytest.approx(5)


@pytest.mark.parametrize(
    ("overlap", "pairs", "windows"),
    [
        # One over the overlap, of contexts as of pairs that share a negative.
        (0.02, (22, 32, 48), (22, 32, 14)),
        (0.05, (17, 20, 20), (20, 30, 14)),
        (0.1, (8, 10, 10), (10, 20, 10)),
        (0.3, (2, 3, 10 / 3), (3, 13, 10 / 3)),
        # Two contexts at least: one alone has no pair.
        (0.5, (1, 2, 2), (2, 12, 2)),
        (1.0, (1, 2, 1), (1, 11, 1)),
    ],
)
def test_no_more_words_are_trained_at_once_than_one_over_what_they_share(
    overlap: float, pairs: tuple[int, int, float], windows: tuple[int, int, float]
) -> None:
    assert skipgram_sizes(Word2VecSettings(), ZIPF, overlap)[2:5] == pytest.approx(pairs)
    assert cbow_sizes(Word2VecSettings(), ZIPF, overlap)[2:5] == pytest.approx(windows)
    assert [sizes_of(Word2VecSettings(), ZIPF, overlap)[:2] for sizes_of in SIZES] == [(5, 5)] * 2
    assert [sizes_of(Word2VecSettings(), ZIPF, overlap).is_cbow for sizes_of in SIZES] == [False, True]


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


def test_as_many_words_are_distinct_as_the_chance_to_meet_one_again_says() -> None:
    assert distinct_words(np.full(50, 7, np.int64), 0) == pytest.approx(50)
    # Three in four words of the text are the first: two are the same with the chance 9/16 + 1/16.
    assert distinct_words(np.array([3, 1], np.int64), 0) == pytest.approx(1.6)
    # Sub-sampled, the frequent word counts as often as it is kept: sqrt(t / f) + t / f of 0.75 for t = 0.01.
    kept = 0.75 * ((0.01 / 0.75) ** 0.5 + 0.01 / 0.75), 0.25 * ((0.01 / 0.25) ** 0.5 + 0.01 / 0.25)
    assert distinct_words(np.array([3, 1], np.int64), 0.01) == pytest.approx(sum(kept) ** 2 / (kept[0] ** 2 + kept[1] ** 2))


@pytest.mark.parametrize(
    ("counts", "pairs", "windows"),
    [
        # A negative serves 48 pairs, or 14 windows, five are drawn for each: 48 / 5 pairs of each word, and ten pairs for a centre.
        ([9], (1, 2), (1, 11)),
        ([9] * 4, (3, 4), (4, 14)),
        ([1] * 16, (15, 16), (16, 26)),
        ([1] * 64, (22, 32), (22, 32)),
    ],
    ids=lambda value: str(value)[:24],
)
def test_blocks_of_a_small_vocabulary_are_smaller(counts: list[int], pairs: tuple[int, int], windows: tuple[int, int]) -> None:
    settings = Word2VecSettings(sample=0)

    assert skipgram_sizes(settings, np.array(counts, np.int64))[2:4] == pairs
    assert cbow_sizes(settings, np.array(counts, np.int64))[2:4] == windows


def test_windows_reach_no_further_than_the_longest_line() -> None:
    assert skipgram_sizes(Word2VecSettings(window=5000), ZIPF).window == 1024
    assert cbow_sizes(Word2VecSettings(window=5000), ZIPF)[:4:3] == (1024, 2049)
