"""What several hosts have changed becomes one change on all of them."""

import numpy as np
import pytest

from blazingtext_engine.arrays import Floats
from blazingtext_engine.errors import HostError
from blazingtext_engine.network.group import Group
from blazingtext_engine.training import averaging
from blazingtext_engine.training.averaging import Changes, SharedModel, all_reduce
from blazingtext_engine.training.matrices import new_matrices
from tests.unit.engine.network_support import run_on_all


@pytest.mark.parametrize("hosts", [2, 3, 5])
@pytest.mark.parametrize("count", [1, 4, 97])
def test_every_host_gets_the_same_bits_of_all_changes(hosts: int, count: int) -> None:
    generator = np.random.default_rng(1)
    given = generator.standard_normal((hosts, count, 6)).astype(np.float32)
    given[generator.random((hosts, count)) < 0.5] = 0

    def reduce(group: Group) -> Floats:
        # What is in rows that have not changed means nothing.
        marks = (given[group.rank] != 0).any(axis=1)
        changes = Changes(np.where(marks[:, None], given[group.rank], np.float32(99)), marks)
        all_reduce(group, changes)
        return np.where(changes.marks[:, None], changes.rows, np.float32(0))

    found = run_on_all(hosts, reduce)

    assert all((each == found[0]).all() for each in found)
    changed = (given != 0).any(axis=2)
    alone = changed.sum(axis=0) == 1
    # What one host alone has changed is as it made it, rounded by at most a 127th of the row's largest; what nobody has is not changed.
    largest = np.abs(given).max(axis=(0, 2))[alone][:, None]
    assert (np.abs(found[0] - given.sum(axis=0))[alone] <= largest / 127).all()
    assert not found[0][~changed.any(axis=0)].any()
    assert found[0][changed.any(axis=0)].any(axis=1).all()


def test_rows_that_nobody_changed_are_not_sent() -> None:
    def reduce(group: Group) -> int:
        changes = Changes(np.ones((1000, 100), np.float32), np.zeros(1000, np.bool_))
        changes.marks[7] = group.rank
        before = group.sent
        all_reduce(group, changes)
        return group.sent - before

    sent = run_on_all(2, reduce)

    # Each half has a bit a row after nine bytes of header; the first has one row besides, a byte a number and one more.
    half = 9 + 63
    assert sorted(sent) == [2 * half, 2 * half + 101]


def test_all_hosts_go_on_from_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two rows at a time.
    monkeypatch.setattr(averaging, "BLOCK_BYTES", 24)

    def train(group: Group) -> tuple[Floats, Floats]:
        matrices = new_matrices((5, 4), 3, counters=1)
        matrices.vectors[:, :3] = 1
        model = SharedModel.of(group, matrices, 3)
        for step in (1, 2):
            # Each host changes rows of its own, and all change the last one alike.
            matrices.vectors[group.rank, 0] += step
            matrices.outputs[3, :3] += step
            model.combine()
        return matrices.vectors, matrices.outputs

    found = run_on_all(3, train)

    for vectors, outputs in found:
        assert vectors[:, 0].tolist() == [4, 4, 4, 1, 1]
        assert outputs[3, :3].tolist() == [3, 3, 3]
        assert not outputs[:3].any()
        assert not vectors[:, 3:].any()


def test_a_frame_that_holds_other_rows_than_it_says_is_refused() -> None:
    def send(group: Group) -> None:
        if group.rank == 0:
            # One row, named by no bit.
            frame = bytes(1) + bytes(3)
            group.exchange(to=1, parts=[memoryview(frame)], source=1, allowed=lambda _: True)
            group.wait_for_end_of(1)
        else:
            all_reduce(group, Changes(np.ones((4, 2), np.float32), np.ones(4, np.bool_)))

    with pytest.raises(HostError, match="other rows than it named"):
        run_on_all(2, send)
