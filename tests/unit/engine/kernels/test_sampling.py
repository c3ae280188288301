import numpy as np
import pytest
from numpy.typing import NDArray

from blazingtext_engine.kernels.sampling import (
    MAX_LINE_WORDS,
    draw_negatives,
    keep_probabilities,
    negative_probabilities,
    new_sampling_tables,
    new_state,
    new_text_chunk,
    sample_text,
)

COUNTS = np.array([5000, 900, 300, 80, 20, 5, 5, 1], np.int64)


def draws_of(count: int, seed: int) -> NDArray[np.int32]:
    negatives = np.zeros(count, np.int32)
    draw_negatives(new_sampling_tables(COUNTS, 0), new_state(seed, 0), negatives, 0, count)
    return negatives


def test_frequent_words_are_kept_by_the_square_root_rule() -> None:
    share = COUNTS / COUNTS.sum()

    expected = np.minimum(np.sqrt(1e-3 / share) + 1e-3 / share, 1)

    np.testing.assert_allclose(keep_probabilities(COUNTS, 1e-3), expected)
    assert keep_probabilities(COUNTS, 0).min() == 1


def test_negatives_follow_counts_to_the_power_three_quarters() -> None:
    found = np.bincount(draws_of(400_000, 3), minlength=len(COUNTS)) / 400_000

    np.testing.assert_allclose(found, negative_probabilities(COUNTS), atol=4e-3)


@pytest.mark.parametrize("counts", [[1], [7, 7], [1000000, 1], list(range(500, 0, -1))])
def test_the_alias_table_holds_the_distribution_exactly(counts: list[int]) -> None:
    tables = new_sampling_tables(np.array(counts, np.int64), 0)

    own = tables.columns[:, 0] / (2**32 - 1)
    mass = own.copy()
    np.add.at(mass, tables.columns[:, 1], 1 - own)

    np.testing.assert_allclose(mass / len(counts), negative_probabilities(np.array(counts, np.int64)), atol=1e-7)


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
    ids = np.zeros(MAX_LINE_WORDS + 10, np.int32)
    text = new_text_chunk(2000)

    _, kept, _ = sample_text(ids, 0, len(ids), new_sampling_tables(COUNTS, 0).keep, new_state(1, 0), text)

    assert kept == MAX_LINE_WORDS + 10
    assert text.line_last[0] == MAX_LINE_WORDS
    assert text.line_first[MAX_LINE_WORDS] == MAX_LINE_WORDS


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
    assert kept / read == pytest.approx(keep_probabilities(COUNTS, 1e-3)[0], rel=0.05)
