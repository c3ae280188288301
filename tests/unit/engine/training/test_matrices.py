"""The model in memory and in the file that several hosts share."""

from pathlib import Path

import numpy as np
import pytest

from blazingtext_engine.errors import EngineError, UserError
from blazingtext_engine.training import matrices
from blazingtext_engine.training.matrices import (
    ModelMatrices,
    initialise,
    make_model_file,
    new_matrices,
    raise_if_diverged,
    shared_matrices,
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


def test_a_model_that_is_being_made_has_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[list[str]] = []
    monkeypatch.setattr(matrices, "initialise", lambda *_: names.append([path.name for path in tmp_path.iterdir()]))

    make_model_file(tmp_path / "model", (7, 6), 3, hosts=2, bound=0.5, seed=1)

    assert names == [["model.unfinished"]]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_hosts_see_what_another_wrote(tmp_path: Path) -> None:
    path = tmp_path / "model"

    first = make_model_file(path, (7, 6), 3, hosts=2, bound=0.5, seed=1)
    second = shared_matrices(path, (7, 6), 3, hosts=2)
    begin = second.vectors.copy()
    first.vectors[6], first.outputs[5], first.done[300] = 7, 8, 9

    assert 0.1 < np.abs(begin[:, :3]).max() < 0.5
    assert (len(second.vectors), len(second.outputs)) == (7, 6)
    assert (second.vectors[6] == 7).all()
    assert (second.outputs[5] == 8).all()
    assert not second.outputs[:5].any()
    # A counter for each of 256 threads of each host.
    assert (matrices.first_counter(0), matrices.first_counter(1)) == (0, 256)
    assert len(second.done) == 512
    assert second.done.nonzero()[0].tolist() == [300]
    assert not list(tmp_path.glob("*.unfinished"))
    # A page each: the shape, the counters, the rows of either matrix.
    assert path.stat().st_size == 4 * 4096


@pytest.mark.parametrize(("rows", "dim", "hosts"), [((8, 6), 3, 2), ((7, 5), 3, 2), ((7, 6), 2, 2), ((7, 6), 3, 3)])
def test_a_model_of_another_shape_is_refused(tmp_path: Path, rows: tuple[int, int], dim: int, hosts: int) -> None:
    path = tmp_path / "model"
    make_model_file(path, (7, 6), 3, hosts=2, bound=0.5, seed=1)

    with pytest.raises(EngineError, match="Give every host the same"):
        shared_matrices(path, rows, dim, hosts=hosts)


def test_a_model_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    make_model_file(path, (7, 6), 3, hosts=2, bound=0.5, seed=1)
    path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(EngineError):
        shared_matrices(path, (7, 6), 3, hosts=2)
