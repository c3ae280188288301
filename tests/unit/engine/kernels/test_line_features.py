"""Features of labelled lines against fastText's rules in plain Python (Joulin 2017)."""

from typing import Any

import numpy as np
import pytest

from blazingtext_engine.kernels.jit import kernel
from blazingtext_engine.kernels.line_features import (
    EncodedLines,
    LabelledLines,
    LineBuffers,
    encode_lines,
    features_of,
    index_lines,
    new_line_buffers,
)

# Words 0 to 3 of the vocabulary, 4 and 5 that are below min_count, labels -2 and -3.
LINES = [[-2, 0, 1], [], [3, 4, 3, 5, -3, 2, -2], [4], [2], [-3, 1, 1, 1, 0, 5, 2, 4]]
IDS = np.array([token for line in LINES for token in (*line, -1)], np.int32)
HASHES = np.array([7, -3, 2**31 - 1, -(2**31), 12345, 99, -77], np.int32)


@kernel
def call_features_of(documents: Any, line: int, buffers: Any) -> int:
    return features_of(documents, line, buffers)


def documents(*, line_end: int = 3, ngrams: int = 3, rows: int = 11) -> LabelledLines:
    starts = np.zeros(len(LINES) + 1, np.int64)
    index_lines(IDS, starts)
    return LabelledLines(IDS, starts, HASHES, 4, line_end, ngrams, np.full(rows, -1, np.int32))


def twin(line: list[int], *, line_end: int, ngrams: int, rows: int) -> tuple[list[int], list[int]]:
    """The words of a line that have a row, and the buckets of its n-grams: h = h * 116049371 + hash in 64 bits, modulo the buckets."""
    words = [token for token in line if token >= 0]
    hashes = [*(HASHES[word] for word in words), HASHES[-1]]
    buckets = []
    for first in range(len(hashes) if rows else 0):
        mixed = int(hashes[first]) % 2**64
        for following in hashes[first + 1 : first + ngrams]:
            mixed = (mixed * 116049371 + int(following)) % 2**64
            buckets.append(mixed % rows)
    known = [word for word in words if word < 4] + ([line_end] if line_end >= 0 else [])
    return known, buckets


def test_lines_are_counted_and_begin_behind_the_end_of_the_one_before() -> None:
    starts = np.full(len(LINES) + 2, 77, np.int64)

    assert index_lines(IDS, np.empty(0, np.int64)) == (6, 4, 8)
    assert index_lines(IDS, starts) == (6, 4, 8)

    assert starts.tolist() == [0, 4, 5, 13, 15, 17, 26, 77]


SETTINGS = [(3, 3, 11), (0, 2, 11), (-1, 3, 11), (3, 1, 11), (3, 2, 0), (2, 5, 1), (3, 20, 1000)]


@pytest.mark.parametrize(("line_end", "ngrams", "rows"), SETTINGS)
def test_a_lines_features_are_its_known_words_its_end_and_its_ngrams(line_end: int, ngrams: int, rows: int) -> None:
    lines, buffers = documents(line_end=line_end, ngrams=ngrams, rows=rows), new_line_buffers(8, ngrams)
    lines.rows[:] = 100 + np.arange(rows)

    for number, line in enumerate(LINES):
        known, buckets = twin(line, line_end=line_end, ngrams=ngrams, rows=rows)
        count = call_features_of(lines, number, buffers)
        assert buffers.features[:count].tolist() == [*known, *(100 + bucket for bucket in buckets)]


@pytest.mark.parametrize(("line_end", "ngrams", "rows"), SETTINGS)
@pytest.mark.parametrize("room", [40, 60, 1000])
def test_lines_are_encoded_as_many_as_fit_and_buckets_get_rows_as_they_come(line_end: int, ngrams: int, rows: int, room: int) -> None:
    lines, buffers, room = documents(line_end=line_end, ngrams=ngrams, rows=rows), new_line_buffers(8, ngrams), max(room, 9 * ngrams)
    encoded = EncodedLines(
        np.empty(0, np.int32), np.zeros(7, np.int64), np.full(4, 77, np.int32), np.zeros(7, np.int64), np.full(6, 77, np.int32)
    )
    used, out, features, first, count = np.full(rows, -1, np.int32), np.full(room + 20, 77, np.int32), list[int](), 0, 0

    while first < len(LINES):
        before = first
        first, count, written = encode_lines(lines, first, buffers, used, count, encoded, out[:room])
        assert first > before
        features += out[:written].tolist()
        assert (out[room:] == 77).all()

    expected, row_of = list[list[int]](), dict[int, int]()
    for line in LINES:
        known, buckets = twin(line, line_end=line_end, ngrams=ngrams, rows=rows)
        expected.append([*known, *(row_of.setdefault(bucket, 4 + len(row_of)) for bucket in buckets)])
    assert features == [row for line in expected for row in line]
    assert used[:count].tolist() == [*row_of]
    assert encoded.starts.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
    assert encoded.words.tolist() == [sum(token >= 0 for token in line) for line in LINES]
    assert encoded.labels.tolist() == [0, 1, 0, 1]
    assert encoded.label_starts.tolist() == [0, 1, 1, 3, 3, 3, 4]


def test_there_is_room_for_the_longest_line_and_what_is_read_ahead() -> None:
    buffers: LineBuffers = new_line_buffers(7, 3)

    # Seven words and their end, each the beginning of three features, and eight ids that gathering looks at past the last.
    assert [(part.shape, part.dtype.name) for part in buffers] == [((8 * 3 + 8,), "int32"), ((8,), "int64")]
