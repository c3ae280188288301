"""Blocks are made into lines by several processes, and come back in order; as many are on their way as the processes can work on.

A process is asked through its standard input and answers through its standard output: it ends when this one does, however that happens,
and it needs nothing of the program that this is.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import IO, Self, cast

from ..errors import WorkerEndedError
from .corpus_lines import Block, LineMaker, Made
from .plain_lines import BLOCK, FileRange

Batch = list[Block]

# Bytes or characters that are sent at once: what is sent costs little beside what is done to it.
_BATCH = 8 * BLOCK
# What this process does alone before it asks others: to start them takes longer.
_ALONE = 1 << 24


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def made(maker: LineMaker, blocks: Iterable[Block], workers: int) -> Generator[tuple[Batch, Made]]:
    """The lines of blocks, in their order, with the blocks that they were made of.

    Args:
        maker: makes them.
        blocks: what they are made of.
        workers: how many processes make them; 1 is this one alone.

    Raises:
        WorkerEndedError: one of them was killed.
    """
    batches = _batches(blocks)
    done = 0
    for batch in batches:
        yield batch, maker.made(batch)
        done += sum(map(_size, batch))
        if workers > 1 and done >= _ALONE:
            break
    with ExitStack() as stack:
        waiting: deque[tuple[Batch, Future[Made]]] = deque()
        ask: Callable[[Batch], Future[Made]] | None = None
        for batch in batches:
            ask = ask or stack.enter_context(_Workers(maker, workers)).ask
            waiting.append((batch, ask(batch)))
            if len(waiting) > 2 * workers:
                asked, answer = waiting.popleft()
                yield asked, answer.result()
        for asked, answer in waiting:
            yield asked, answer.result()


def _size(block: Block) -> int:
    if isinstance(block, FileRange):
        return block.stop - block.start
    return len(block) if isinstance(block, bytes) else sum(len(text) for _, text in block)


def _batches(blocks: Iterable[Block]) -> Iterator[Batch]:
    """Blocks in groups of `_BATCH` bytes; a range of a file is a group by itself."""
    held: Batch = []
    size = 0
    for block in blocks:
        alone = isinstance(block, FileRange)
        if held and (alone or size >= _BATCH):
            yield held
            held, size = [], 0
        if alone:
            yield [block]
        else:
            held.append(block)
            size += _size(block)
    if held:
        yield held


class _Workers:
    """Processes that make lines; each has a thread here that hands it its work.

    Args:
        maker: what each makes lines with.
        count: how many there are.
    """

    def __init__(self, maker: LineMaker, count: int) -> None:
        self._maker = maker
        self._count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="corpus")
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._all: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        # The child finds the modules that this process has found, wherever they are.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-c", f"from {__name__} import work; work()"]
        for _ in range(self._count):
            # In a session of its own, it is not interrupted from the terminal: this process ends it.
            worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True
            )  # fmt: skip
            self._all.append(worker)
            self._idle.put(worker)
            self._send(worker, self._maker)

    def __exit__(self, *_: object) -> None:
        for worker in self._all:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.communicate()

    def ask(self, batch: Batch) -> Future[Made]:
        """The lines of some blocks, once they are made."""
        return self._threads.submit(self._answer, batch)

    def _answer(self, batch: Batch) -> Made:
        worker = self._idle.get()
        try:
            self._send(worker, batch)
            answer = pickle.load(cast("IO[bytes]", worker.stdout))  # noqa: S301 - from a process of our own
        except (EOFError, pickle.UnpicklingError) as error:
            raise WorkerEndedError(worker.wait(), "--workers 1") from error
        finally:
            self._idle.put(worker)
        if isinstance(answer, BaseException):
            raise answer
        return cast("Made", answer)

    @staticmethod
    def _send(worker: subprocess.Popen[bytes], what: object) -> None:
        """Hands something to a process.

        Raises:
            WorkerEndedError: it is no more.
        """
        requests = cast("IO[bytes]", worker.stdin)
        try:
            pickle.dump(what, requests, pickle.HIGHEST_PROTOCOL)
            requests.flush()
        except BrokenPipeError as error:
            raise WorkerEndedError(worker.wait(), "--workers 1") from error


def work() -> None:
    """What a process does: makes lines of what it is sent, until nothing comes any more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        maker = pickle.load(requests)  # noqa: S301 - from the process that started this one
        while True:
            batch = pickle.load(requests)  # noqa: S301 - likewise
            pickle.dump(_made_or_refused(maker, batch), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
    except EOFError:
        return
    except BrokenPipeError:
        # What asked has ended; nothing more can be said, at the end of the interpreter neither.
        os._exit(1)


def _made_or_refused(maker: LineMaker, batch: Batch) -> Made | Exception:
    try:
        return maker.made(batch)
    except Exception as error:  # noqa: BLE001 - it is raised where the lines were asked for
        return error
