"""The model in memory."""

import numpy as np
import pytest

from blazingtext_engine.errors import UserError
from blazingtext_engine.training import matrices
from blazingtext_engine.training.matrices import (
    ModelMatrices,
    initialise,
    new_matrices,
    raise_if_diverged,
)


def model(rows: int = 4, dim: int = 3) -> ModelMatrices:
    return new_matrices((rows, rows), dim, counters=1)


def test_matrices_of_one_process_are_zero_and_have_whole_registers() -> None:
    found = new_matrices((5, 2), 3, counters=4)

    assert (len(found.vectors), len(found.outputs), len(found.done)) == (5, 2, 4)
    assert found.vectors.shape[1] == found.outputs.shape[1] >= 3
    assert not found.vectors.any()
    assert not found.outputs.any()
    assert not found.done.any()


def test_every_row_and_only_the_first_columns_are_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "_INITIAL_ROWS", 2)
    vectors = np.zeros((1001, 8), np.float32)

    initialise(vectors, 5, 0.25, seed=1)

    assert np.unique(vectors[:, :5]).size > 4900
    assert -0.25 <= vectors.min() < -0.249
    assert 0.249 < vectors.max() < 0.25
    assert vectors[:, :5].mean() == pytest.approx(0, abs=0.01)
    assert not vectors[:, 5:].any()


@pytest.mark.parametrize("matrix", ["vectors", "outputs"])
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("row", [0, 3])
def test_a_row_as_long_as_a_thousand_is_no_vector(matrix: str, everything: bool, row: int) -> None:
    grown = model()
    getattr(grown, matrix)[row, 1] = 999
    raise_if_diverged(grown, 0.05, everything=everything)

    for length in (1000, np.nan, np.inf, 3e30):
        getattr(grown, matrix)[row, 1] = length
        with pytest.raises(UserError, match=r"Training diverged: .*learning_rate 0\.05"):
            raise_if_diverged(grown, 0.05, everything=everything)


def test_a_sample_of_512_rows_is_looked_at_or_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "_INITIAL_ROWS", 100)
    grown, rows = model(rows=2048), [*range(9), *range(396, 405), *range(2040, 2048)]

    seen = list[int]()
    for row in rows:
        grown.vectors[row, 0] = 1e6
        try:
            raise_if_diverged(grown, 0.05)
        except UserError:
            seen.append(row)
        with pytest.raises(UserError):
            raise_if_diverged(grown, 0.05, everything=True)
        grown.vectors[row, 0] = 0

    assert seen == [row for row in rows if row % 4 == 0]


@pytest.mark.parametrize(("rows", "step"), [(1023, 1), (1024, 2), (2047, 3), (2048, 4)])
def test_the_sample_is_of_every_so_many_rows(rows: int, step: int) -> None:
    seen = [row for row in range(12) if is_looked_at(model(rows=rows), row)]

    assert seen == [*range(0, 12, step)]


def is_looked_at(grown: ModelMatrices, row: int) -> bool:
    grown.outputs[row, 0] = 1e6
    try:
        raise_if_diverged(grown, 0.05)
    except UserError:
        return True
    return False


def test_numbers_at_the_start_are_drawn_in_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    one, parts = np.zeros((1000, 8), np.float32), np.zeros((1000, 8), np.float32)
    initialise(one, 5, 0.5, seed=1)
    monkeypatch.setattr(matrices, "_INITIAL_ROWS", 7)
    initialise(parts, 5, 0.5, seed=1)

    # However many are drawn at a time.
    assert (one == parts).all()
    # 24 bits of chance each, which numbers near zero could hold more of.
    assert (one * 2**24 % 1 == 0).all()
