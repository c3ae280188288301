from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels.jit import CPU, kernel
from blazingtext_engine.kernels.sampling import (
    draw_negatives,
    keep_probabilities,
    negative_probabilities,
    new_sampling_tables,
    new_state,
    new_text_chunk,
    random_below,
    sample_text,
)


@kernel
def call_random_below(bounds: Any, state: Any, numbers: Any) -> None:
    for n in range(len(numbers)):
        for k in range(len(bounds)):
            numbers[n, k] = random_below(bounds[k], state)


COUNTS = np.array([5000, 900, 300, 80, 20, 5, 5, 1], np.int64)
# fastText's MAX_LINE_SIZE (dictionary.h).
LINE = 1024


def draws_of(count: int, seed: int) -> NDArray[np.int32]:
    negatives = np.zeros(count, np.int32)
    draw_negatives(new_sampling_tables(COUNTS, 0), new_state(seed, 0), negatives, 0, count)
    return negatives


def test_frequent_words_are_kept_by_the_square_root_rule() -> None:
    share = COUNTS / COUNTS.sum()

    expected = np.minimum(np.sqrt(1e-3 / share) + 1e-3 / share, 1)

    np.testing.assert_allclose(keep_probabilities(COUNTS, 1e-3), expected)
    assert keep_probabilities(COUNTS, 0).min() == 1


def three_quarters(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The distribution of negatives: U(w)^(3/4) / Z (Mikolov 2013, "Distributed Representations", section 2.2)."""
    powers = [float(count) ** 0.75 for count in counts]
    return np.array([power / sum(powers) for power in powers])


def test_negatives_follow_counts_to_the_power_three_quarters() -> None:
    # The fourth powers of 3, 2 and 1: their cubes are 27, 8 and 1.
    np.testing.assert_allclose(negative_probabilities(np.array([81, 16, 1], np.int64)), np.array([27, 8, 1]) / 36)

    found = np.bincount(draws_of(400_000, 3), minlength=len(COUNTS)) / 400_000

    np.testing.assert_allclose(found, three_quarters(COUNTS), atol=4e-3)


@pytest.mark.parametrize("counts", [[1], [7, 7], [1000000, 1], list(range(500, 0, -1))])
def test_the_alias_table_holds_the_distribution_exactly(counts: list[int]) -> None:
    tables = new_sampling_tables(np.array(counts, np.int64), 0)

    own = tables.columns[:, 0] / (2**32 - 1)
    mass = own.copy()
    np.add.at(mass, tables.columns[:, 1], 1 - own)

    np.testing.assert_allclose(mass / len(counts), three_quarters(np.array(counts, np.int64)), atol=1e-7)


def generator(seed: int, thread: int) -> Iterator[int]:
    """xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators, scrambled"), begun with splitmix64 (Steele
    2014, "Fast splittable pseudorandom number generators") of a multiple of the seed and the thread's place in its sequence.
    """
    bits = 2**64 - 1
    x = (seed * 2685821657736338717 + (thread + 1) * 0x9E3779B97F4A7C15) & bits
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & bits
    x = (x ^ x >> 27) * 0x94D049BB133111EB & bits
    x = (x ^ x >> 31) | 1
    while True:
        x ^= x >> 12
        x = (x ^ x << 25) & bits
        x ^= x >> 27
        yield x * 2685821657736338717 & bits


@pytest.mark.parametrize(("seed", "thread"), [(0, 0), (1, 0), (1, 5), (2**31, 255)])
def test_negatives_are_columns_of_the_alias_table_by_64_random_bits_each(seed: int, thread: int) -> None:
    tables, negatives = new_sampling_tables(COUNTS, 0), np.full(1004, 77, np.int32)

    draw_negatives(tables, new_state(seed, thread), negatives, 2, 1002)

    expected = []
    for bits in islice(generator(seed, thread), 1000):
        column = (bits >> 32) * len(COUNTS) >> 32
        own, other = tables.columns[column].tolist()
        expected.append(column if bits & 0xFFFFFFFF <= own else other)
    assert negatives[2:-2].tolist() == expected
    assert negatives[[0, 1, -2, -1]].tolist() == [77] * 4


def test_a_word_stays_when_its_chance_is_not_below_the_upper_half_of_64_random_bits() -> None:
    ids, text = np.arange(8, dtype=np.int32).repeat(200), new_text_chunk(2000)
    keep = new_sampling_tables(COUNTS, 1e-2).keep

    _, kept, _ = sample_text(ids, 0, len(ids), keep, new_state(3, 1), text)

    expected = [word for word, bits in zip(ids.tolist(), generator(3, 1), strict=False) if bits >> 32 <= keep[word]]
    assert text.words[:kept].tolist() == expected
    assert keep.tolist() == [int(min(1, (0.01 / share) ** 0.5 + 0.01 / share) * (2**32 - 1)) for share in (COUNTS / COUNTS.sum()).tolist()]


def test_the_next_chunk_and_its_negatives_go_on_with_the_random_numbers() -> None:
    ids, text, state = np.arange(8, dtype=np.int32), new_text_chunk(8), new_state(3, 1)
    tables, negatives = new_sampling_tables(COUNTS, 1e-2), np.zeros(2, np.int32)
    states = [new_state(3, 1) for _ in range(2)]
    for each, count in zip(states, (8, 10), strict=True):
        draw_negatives(tables, each, np.zeros(count, np.int32), 0, count)

    sample_text(ids, 0, len(ids), tables.keep, state, text)
    assert state.tolist() == states[0].tolist()
    draw_negatives(tables, state, negatives, 0, 2)
    assert state.tolist() == states[1].tolist() != states[0].tolist()


def test_words_that_occur_once_or_never_have_their_chance_too() -> None:
    # Each is a tenth of the text: sqrt(0.001 / 0.1) + 0.001 / 0.1.
    np.testing.assert_allclose(keep_probabilities(np.ones(10, np.int64), 1e-3), np.full(10, 0.11))
    assert keep_probabilities(np.array([5, 0], np.int64), 1e-3)[1] == pytest.approx(0.005 + 0.005**0.5)


def test_a_number_below_a_bound_is_the_upper_half_of_64_random_bits_times_the_bound() -> None:
    state, numbers = new_state(5, 2), np.zeros((300, 3), np.int64)

    call_random_below(np.array([1, 5, 1000]), state, numbers)

    expected = [(bits >> 32) * bound >> 32 for bound, bits in zip([1, 5, 1000] * 300, generator(5, 2), strict=False)]
    assert numbers.ravel().tolist() == expected


def test_a_chunk_has_room_for_its_words_and_one_that_does_not_stay() -> None:
    words, first, last = new_text_chunk(8)

    # Words are compared by whole registers, from any of them on.
    assert (words.shape, words.dtype.name) == ((8 + 1 + CPU.lanes,), "int32")
    assert [(part.shape, part.dtype.name) for part in (first, last)] == [((9,), "int32")] * 2


def test_a_seed_and_a_thread_name_one_sequence() -> None:
    assert (draws_of(100, 1) == draws_of(100, 1)).all()
    assert (draws_of(100, 1) != draws_of(100, 2)).any()
    assert new_state(1, 0)[0] != new_state(1, 1)[0]
    assert new_state(0, 0)[0] != 0


def test_lines_bound_the_windows_and_empty_lines_do_no_harm() -> None:
    ids = np.array([-1, 0, 1, -1, -1, 2, -1], np.int32)
    text = new_text_chunk(8)

    position, kept, read = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert (position, kept, read) == (7, 3, 3)
    assert text.words[:3].tolist() == [0, 1, 2]
    assert text.line_first[:3].tolist() == [0, 0, 2]
    assert text.line_last[:3].tolist() == [2, 2, 3]


def test_a_line_is_cut_after_1024_words() -> None:
    ids = np.zeros(LINE + 10, np.int32)
    text = new_text_chunk(2000)

    _, kept, _ = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert kept == LINE + 10
    assert text.line_last[[0, LINE - 1, LINE]].tolist() == [LINE, LINE, LINE + 10]
    assert text.line_first[[0, LINE - 1, LINE]].tolist() == [0, 0, LINE]


def test_a_very_long_line_is_cut_after_every_1024_words_and_a_new_one_is_whole() -> None:
    ids = np.concatenate([np.zeros(5, np.int32), [-1], np.zeros(2 * LINE + 3, np.int32), [-1], np.zeros(LINE, np.int32)]).astype(np.int32)
    text = new_text_chunk(4000)

    _, kept, read = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert kept == read == 5 + 2 * LINE + 3 + LINE
    ends = [5, 5 + LINE, 5 + 2 * LINE, 8 + 2 * LINE, 8 + 3 * LINE]
    assert np.unique(text.line_last[:kept]).tolist() == ends
    assert np.unique(text.line_first[:kept]).tolist() == [0, *ends[:-1]]


def test_a_line_of_exactly_1024_words_is_one_line() -> None:
    ids = np.append(np.zeros(LINE, np.int32), np.array([-1, 0], np.int32))
    text = new_text_chunk(2000)

    sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert text.line_last[[0, LINE - 1, LINE]].tolist() == [LINE, LINE, LINE + 1]
    assert text.line_first[LINE] == LINE


def test_sampling_goes_on_where_it_stopped_and_writes_within_bounds() -> None:
    ids = np.arange(8, dtype=np.int32)
    text = new_text_chunk(3)

    first = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)
    words = text.words[:3].tolist()
    second = sample_text(ids, first[0], len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert first == (3, 3, 3)
    assert words == [0, 1, 2]
    assert second == (6, 3, 3)


def test_words_are_skipped_at_their_rate() -> None:
    ids = np.zeros(100_000, np.int32)
    text = new_text_chunk(100_000)

    _, kept, read = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 1e-3).keep, new_state(1, 0), text)

    assert read == 100_000
    # Word 0 is 5000 of the 6311 words of the text.
    ratio = 1e-3 / (5000 / 6311)
    assert kept / read == pytest.approx(ratio**0.5 + ratio, rel=0.05)
