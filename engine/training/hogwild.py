"""Threads that train one model without locks (Hogwild, Recht 2011), the learning-rate schedule, progress and stopping."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .settings import Progress, ReportProgress, StopRequested

# Trains from a position of the text on, at most up to another, at a learning rate; gives the position reached and words read.
TrainPart = Callable[[int, int, float], tuple[int, int]]

POLL_SECONDS = 0.05
POLLS_PER_CHECK = 6
REPORTED_FRACTION = 0.02
MIN_RATE_FRACTION = 1e-4


@dataclass
class Schedule:
    """How far training is, over all threads of this host; several hosts are equally far whenever their models are combined.

    Attributes:
        learning_rate: at the start; it falls linearly to nearly zero.
        total: words x epochs of this host's share of the text.
        done: words trained, one counter per thread.
        hosts: how many times as many words all hosts train as this one; 1 for one host. For the speed that is reported.
    """

    learning_rate: float
    total: float
    done: NDArray[np.float64]
    hosts: float = 1.0
    started: float = field(default_factory=time.perf_counter)

    @property
    def fraction(self) -> float:
        """Work done, 0 to 1."""
        return min(1.0, float(self.done.sum()) / self.total) if self.total else 1.0

    @property
    def alpha(self) -> float:
        """The learning rate now. It never reaches zero, so that the last words still count."""
        return self.learning_rate * max(MIN_RATE_FRACTION, 1 - self.fraction)

    def progress(self) -> Progress:
        """What to report."""
        fraction = self.fraction
        return Progress(self.learning_rate * (1 - fraction), fraction, self.speed(time.perf_counter() - self.started))

    def speed(self, seconds: float) -> float:
        """Words trained per second by all hosts, so many seconds after the start."""
        return self.hosts * float(self.done.sum()) / max(seconds, 1e-9)


def run_threads(
    work: Iterable[tuple[TrainPart, int, int]],
    epochs: int,
    schedule: Schedule,
    *,
    progress: ReportProgress,
    stop: StopRequested,
    check: Callable[[], None],
) -> bool:
    """Run `epochs` passes of every (step, first, last) in its own thread; gives whether all was done.

    `progress`, `stop` (twenty times a second) and `check` (which may raise to end training) are called from this thread.
    """
    halt = threading.Event()
    jobs = list(work)
    with ThreadPoolExecutor(len(jobs)) as pool:
        pending = {pool.submit(_train_epochs, job, epochs, schedule, slot, halt) for slot, job in enumerate(jobs)}
        try:
            return _watch(pending, schedule, progress, stop, check)
        finally:
            # Threads still at work when something is raised, or after a stop, end with the step they are in.
            halt.set()


def _train_epochs(job: tuple[TrainPart, int, int], epochs: int, schedule: Schedule, slot: int, halt: threading.Event) -> None:
    step, first, last = job
    for _ in range(epochs):
        position = first
        while position < last and not halt.is_set():
            position, read = step(position, last, schedule.alpha)
            schedule.done[slot] += read


def _watch(
    pending: set[Future[None]], schedule: Schedule, progress: ReportProgress, stop: StopRequested, check: Callable[[], None]
) -> bool:
    """Wait for the threads; False as soon as a stop is requested."""
    reported = 0.0
    polls = 0
    while pending:
        done, pending = wait(pending, timeout=POLL_SECONDS)
        for future in done:
            future.result()
        if stop():
            return False
        polls += 1
        if not polls % POLLS_PER_CHECK:
            check()
        if pending and schedule.fraction >= reported + REPORTED_FRACTION:
            reported = schedule.fraction
            progress(schedule.progress())
    return True
