"""Blocks and files are made into lines by several processes, and come back in order; as many are on their way as they can work on.

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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from itertools import chain, groupby
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Self, cast

from ..errors import WorkerEndedError
from .answers import Answers
from .batches import batches as grouped
from .batches import size_of
from .corpus_lines import Block, LineMaker, Made
from .whole_files import WholeFiles

Batch = list[Block] | WholeFiles

# What this process does alone before it asks others, unless they will get more: to start them takes longer.
_ALONE = 1 << 24
# Bytes of a pipe, where its size can be set: as many as everybody may have on Linux.
_PIPE = 1 << 20
# As many bytes of text are in one of a packed file.
_PACKED = 4


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def made(maker: LineMaker, blocks: Iterable[Block | WholeFiles], workers: int, folder: Path | None = None) -> Generator[tuple[Batch, Made]]:
    """The lines of blocks and files, in their order, with what they were made of.

    Args:
        maker: makes them.
        blocks: what they are made of.
        workers: how many processes make them; 1 is this one alone.
        folder: has room for what is made of files while earlier ones are worked on; None for that of temporary files.

    Raises:
        WorkerEndedError: one of them was killed.
        UserError: the folder has no room.
    """
    batches = _batches(blocks)
    done, alone = 0, 0 if maker.expected > _ALONE else _ALONE
    for batch in batches:
        if workers > 1 and done + _size(batch) > alone:
            batches = chain([batch], batches)
            break
        yield from ((batch, each) for each in _made_of(maker, batch))
        done += _size(batch)
    with ExitStack() as stack:
        waiting: deque[tuple[Batch, Answers]] = deque()
        ask: Callable[[Batch], Answers] | None = None
        for batch in batches:
            ask = ask or stack.enter_context(_Workers(maker, workers, folder)).ask
            waiting.append((batch, ask(batch)))
            if len(waiting) > 2 * workers:
                asked, answers = waiting.popleft()
                yield from ((asked, each) for each in answers)
        for asked, answers in waiting:
            yield from ((asked, each) for each in answers)


def _made_of(maker: LineMaker, batch: Batch) -> Iterator[Made]:
    return iter([maker.made(batch)]) if isinstance(batch, list) else batch.made(maker)


def _size(batch: Batch) -> int:
    return sum(map(size_of, batch)) if isinstance(batch, list) else _PACKED * batch.size


def _batches(blocks: Iterable[Block | WholeFiles]) -> Iterator[Batch]:
    """Blocks in groups, and files as they are."""
    for of_files, group in groupby(blocks, key=lambda each: isinstance(each, WholeFiles)):
        if of_files:
            yield from cast("Iterator[WholeFiles]", group)
        else:
            yield from grouped(cast("Iterator[Block]", group))


class _Workers:
    """Processes that make lines; each has a thread here that hands it its work.

    Args:
        maker: what each makes lines with.
        count: how many there are.
        folder: as for `made`.
    """

    def __init__(self, maker: LineMaker, count: int, folder: Path | None = None) -> None:
        self._maker = maker
        self._count = count
        self._folder = folder
        self._unread = ExitStack()
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
            _widen(worker)
            self._idle.put(worker)
            self._send(worker, self._maker)

    def __exit__(self, *_: object) -> None:
        for worker in self._all:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.communicate()
        self._unread.close()

    def ask(self, batch: Batch) -> Answers:
        """The lines of a batch, as they are made."""
        answers = self._unread.enter_context(closing(Answers(self._folder)))
        self._threads.submit(self._answer, batch, answers)
        return answers

    def _answer(self, batch: Batch, answers: Answers) -> None:
        worker = self._idle.get()
        try:
            self._send(worker, batch)
            while (answer := pickle.load(cast("IO[bytes]", worker.stdout))) is not None:  # noqa: S301 - from a process of our own
                answers.put(answer)
        except (EOFError, pickle.UnpicklingError):
            answers.put(WorkerEndedError(worker.wait(), "--workers 1"))
        except BaseException as error:  # noqa: BLE001 - it is raised where the lines were asked for
            answers.put(error)
        finally:
            self._idle.put(worker)
            answers.put(None)

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


def _widen(worker: subprocess.Popen[bytes]) -> None:
    """Lets a process say more before it has to wait, where the system can."""
    with suppress(ImportError, OSError):
        from fcntl import F_SETPIPE_SZ, fcntl  # noqa: PLC0415 - only Linux has both

        fcntl(cast("IO[bytes]", worker.stdout), F_SETPIPE_SZ, _PIPE)


def work() -> None:
    """What a process does: makes lines of what it is sent, until nothing comes any more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        maker = pickle.load(requests)  # noqa: S301 - from the process that started this one
        while True:
            batch = pickle.load(requests)  # noqa: S301 - likewise
            for answer in _made_or_refused(maker, batch):
                pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
    except EOFError:
        return
    except BrokenPipeError:
        # What asked has ended; nothing more can be said, at the end of the interpreter neither.
        os._exit(1)


def _made_or_refused(maker: LineMaker, batch: Batch) -> Iterator[Made | Exception | None]:
    """What is answered: lines, perhaps an error, and None at the end."""
    try:
        yield from _made_of(maker, batch)
    except Exception as error:  # noqa: BLE001 - it is raised where the lines were asked for
        yield error
    yield None
