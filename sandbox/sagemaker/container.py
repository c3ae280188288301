"""A container without Docker: a child process with an environment of its own, whose output is read line by line."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import psutil

#: Training yields the processor to the server and to endpoints.
NICENESS: Final = 5
#: The server's own settings and credentials are not passed to containers.
_HIDDEN: Final = ("PYTHONPATH", "AWS_", "MINISTACK_", "GATEWAY_", "LAMBDA_", "S3_", "STATE_", "PERSIST_", "AUTH", "USE_SSL", "BIND_HOST")


def environment(outer: Mapping[str, str], *, requested: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A container's environment. What a request asks for comes in beside the other two and replaces nothing of them.

    Args:
        outer: the sandbox's, of which the server's own settings do not pass.
        requested: the `Environment` of a training job or model.
        own: what SageMaker sets in every container.
    """
    kept = {name: value for name, value in outer.items() if not name.startswith(_HIDDEN)}
    return dict(requested) | kept | {"PYTHONUNBUFFERED": "1"} | dict(own)


class Container:
    """A child process in a process group of its own; each line of its output goes to a callback.

    It ends with the server: by the sandbox's marker in its environment `state.py` finds it.

    Args:
        command: the program and its arguments.
        environment: its whole environment.
        folder: its working directory.
        on_line: gets each line of stdout and stderr, from a reader thread.
        niceness: added to the process's niceness.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        on_line: Callable[[str], None],
        niceness: int = 0,
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if niceness:
            with contextlib.suppress(psutil.Error):
                psutil.Process(self._process.pid).nice(niceness)
        output = self._process.stdout
        if output is None:
            raise RuntimeError("the container's output is not piped")
        self._reader = threading.Thread(target=self._read, args=(output, on_line), daemon=True, name=f"container-{self.pid}")
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait at most so long for the end; the exit code, or None."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._finish()
        return code

    def terminate(self, grace: float) -> int:
        """SIGTERM, then SIGKILL to the whole group after the grace: how SageMaker stops a container."""
        if self.exit_code is None:
            self._signal(signal.SIGTERM)
        code = self.wait(grace)
        if code is None:
            self._signal(signal.SIGKILL)
            code = self._process.wait()
            self._finish()
        return code

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _finish(self) -> None:
        # A grandchild may hold the pipe open: the wait for its last lines is limited.
        self._reader.join(timeout=5)

    @staticmethod
    def _read(output: IO[bytes], on_line: Callable[[str], None]) -> None:
        with output:
            for line in output:
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))
