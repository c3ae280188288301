"""Threads, the learning-rate schedule, progress and stopping, with steps that train nothing."""

from collections.abc import Callable

import numpy as np
import pytest

from blazingtext_engine.training import hogwild
from blazingtext_engine.training.hogwild import Schedule, TrainPart, run_threads
from blazingtext_engine.training.settings import Progress


def schedule(total: float, counters: int = 1) -> Schedule:
    return Schedule(0.05, total, np.zeros(counters))


def run(
    work: list[tuple[TrainPart, int, int]],
    plan: Schedule,
    epochs: int = 1,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    check: Callable[[], None] = lambda: None,
) -> bool:
    return run_threads(work, epochs, plan, progress=progress, stop=stop, check=check)


@pytest.mark.parametrize(
    ("done", "fraction", "alpha"),
    [(0, 0, 0.05), (25, 0.25, 0.0375), (99, 0.99, 0.0005), (100, 1, 0.000005), (130, 1, 0.000005)],
)
def test_the_learning_rate_falls_linearly_to_a_ten_thousandth(done: float, fraction: float, alpha: float) -> None:
    plan = schedule(100, counters=2)
    plan.done[:] = done / 2

    assert plan.fraction == pytest.approx(fraction)
    assert plan.alpha == pytest.approx(alpha)
    # What is reported falls to zero, as in BlazingText's log.
    assert plan.progress().alpha == pytest.approx(0.05 * (1 - fraction))
    assert plan.progress().fraction == pytest.approx(fraction)


def test_the_speed_is_the_words_of_all_threads_by_the_seconds_since_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blazingtext_engine.training.hogwild.time.perf_counter", lambda: 107.0)
    plan = Schedule(0.05, 100, np.array([30.0, 40.0]), started=100.0)

    assert plan.progress().words_per_second == pytest.approx(10)


def test_the_speed_is_that_of_all_hosts() -> None:
    assert Schedule(0.05, 100, np.array([30.0, 40.0]), hosts=3).speed(7.0) == pytest.approx(30)


def test_a_text_without_words_is_done_at_once() -> None:
    assert schedule(0).fraction == 1


def test_every_thread_passes_over_its_part_so_many_times_and_counts_in_its_own_place() -> None:
    seen: dict[int, list[tuple[int, int, float]]] = {0: [], 10: []}

    def step_from(first: int) -> TrainPart:
        def step(position: int, last: int, alpha: float) -> tuple[int, int]:
            seen[first].append((position, last, alpha))
            return min(position + 4, last), 2

        return step

    plan = schedule(1000, counters=2)

    assert run([(step_from(0), 0, 10), (step_from(10), 10, 14)], plan, epochs=3)

    assert [each[:2] for each in seen[0]] == [(0, 10), (4, 10), (8, 10)] * 3
    assert [each[:2] for each in seen[10]] == [(10, 14)] * 3
    assert plan.done.tolist() == [18, 6]
    assert seen[0][0][2] == pytest.approx(0.05)
    assert seen[0][-1][2] < 0.05


def test_a_stop_ends_every_thread_with_the_step_it_is_in() -> None:
    steps = list[int]()

    def step(position: int, _last: int, _alpha: float) -> tuple[int, int]:
        steps.append(position)
        return position + 1, 0

    assert not run([(step, 0, 10**9), (step, 0, 10**9)], schedule(1, counters=2), stop=lambda: len(steps) > 10)

    assert len(steps) > 10


def test_what_a_thread_raises_ends_the_training() -> None:
    def broken(_position: int, _last: int, _alpha: float) -> tuple[int, int]:
        raise ZeroDivisionError

    def endless(position: int, _last: int, _alpha: float) -> tuple[int, int]:
        return position, 0

    with pytest.raises(ZeroDivisionError):
        run([(broken, 0, 1), (endless, 0, 1)], schedule(1, counters=2))


class Waits:
    """In the place of the wait for threads: nothing goes on but by `after`, which is called for each poll; the last poll finds the end."""

    def __init__(self, polls: int, after: Callable[[int], None] = lambda _: None) -> None:
        self.polls, self._after, self.done = polls, after, 0

    def __call__(self, pending: set[object], timeout: float) -> tuple[set[object], set[object]]:
        # Whether to stop is asked twenty times a second.
        assert timeout == 0.05
        self.done += 1
        self._after(self.done)
        return set(), (set() if self.done == self.polls else pending)


def test_progress_is_told_every_two_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, told = schedule(1000), list[float]()

    def forward(poll: int) -> None:
        plan.done[0] = 7 * poll

    monkeypatch.setattr(hogwild, "wait", Waits(20, forward))
    run([(lambda _position, last, _alpha: (last, 0), 0, 1)], plan, progress=lambda each: told.append(round(each.fraction, 3)))

    # Polls see 0.7 % more each; the last one finds the threads at their end, and whoever called tells of it.
    assert told == [0.021, 0.042, 0.063, 0.084, 0.105, 0.126]


def test_divergence_is_looked_for_every_sixth_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, checked = Waits(20), list[int]()
    monkeypatch.setattr(hogwild, "wait", waits)

    run([(lambda _position, last, _alpha: (last, 0), 0, 1)], schedule(1), check=lambda: checked.append(waits.done))

    assert checked == [6, 12, 18]
