"""What another process makes, in the order in which it comes: kept until it is its turn, in memory or, when it is much, in a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import IO

from blazingtext_lifecycle.errors import UserError

from .corpus_lines import Made

# Bytes that are kept in memory.
IN_MEMORY = 1 << 22


class Answers:
    """Lines that one thread puts and another takes.

    Args:
        folder: where the file is made that holds what is much; None for the folder of temporary files.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        # With the place in the file of lines that are there.
        self._queue: SimpleQueue[tuple[Made | BaseException | None, range]] = SimpleQueue()
        self._lock = Lock()
        self._held = self._filed = 0
        self._file: IO[bytes] | None = None
        self._closed = False

    def put(self, answer: Made | BaseException | None) -> None:
        """Keeps lines, an error in their place, or None behind the last."""
        place = range(0)
        if isinstance(answer, Made):
            with self._lock:
                if not self._closed and self._held + len(answer.data) > IN_MEMORY:
                    answer, place = self._put_away(answer)
                elif not self._closed:
                    self._held += len(answer.data)
        self._queue.put((answer, place))

    def _put_away(self, made: Made) -> tuple[Made | UserError, range]:
        """Lines without their bytes, and where in the file these are; an error when there is no room."""
        try:
            self._file = self._file or tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed by `close`
            place = range(self._filed, self._filed + len(made.data))
            written = self._file.write(made.data)
            while written < len(made.data):
                written += self._file.write(memoryview(made.data)[written:])
        except OSError as error:
            where = self._folder or tempfile.gettempdir()
            reason = error.strerror or error
            return UserError(f"{where} has no room for what is prepared meanwhile. {reason}. Make room, or use --workers 1."), range(0)
        self._filed = place.stop
        return replace(made, data=b""), place

    def __iter__(self) -> Iterator[Made]:
        """The lines, once.

        Raises:
            WorkerEndedError: the process was killed.
            UserError: there is no room for what it made.
        """
        while True:
            answer, place = self._queue.get()
            if answer is None:
                break
            if isinstance(answer, BaseException):
                raise answer
            if place and self._file is not None:
                yield replace(answer, data=os.pread(self._file.fileno(), len(place), place.start))
                continue
            with self._lock:
                self._held -= len(answer.data)
            yield answer
        self.close()

    def close(self) -> None:
        """Gives the file back."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()
