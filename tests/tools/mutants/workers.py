"""The other end of `worker`: runs of tests, each in a child of a process that is renewed now and then."""

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

# The CDK's process keeps what every child made there.
_RUNS = 40
# Seconds for loading, and for collecting all tests of a package.
_START = 600


class Ended(NamedTuple):
    """How a run of tests ended.

    Attributes:
        code: pytest's exit code, or a signal's number below 0; None when the time was over.
        failed: the first test that failed; empty when there was none.
    """

    code: int | None
    failed: str


class Workers:
    """Runs tests again and again.

    Args:
        folder: where they run.
        environment: the environment of every run.
        command: a program that answers as `worker.serve` says.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], command: Sequence[str]) -> None:
        self._folder, self._environment, self._command = folder, environment, command
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0

    def run(self, request: Mapping[str, Any], seconds: float) -> Ended:
        """Runs what a request says, for so many seconds at most; it is given the file `failure` to write to."""
        process = self.ready()
        with tempfile.NamedTemporaryFile("r", suffix=".failed", encoding="utf-8") as failure:
            assert process.stdin is not None
            process.stdin.write(json.dumps({**request, "failure": failure.name}).encode() + b"\n")
            process.stdin.flush()
            child = self._answer(process, _START)
            if child is None:
                self.close()
                raise RuntimeError("The process that runs the tests has ended.")
            self._runs += 1
            code = self._answer(process, seconds)
            _end_group(child)
            # A child that was killed may have been in the middle of a word with the CDK's process.
            if code is None or code < 0:
                self.close()
            return Ended(code, failure.read())

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._process is not None:
            with self._process as ending:
                _end_group(ending.pid)
            self._process = None

    def ready(self) -> "subprocess.Popen[bytes]":
        """The process, when it has loaded what it loads first.

        Raises:
            RuntimeError: it ended before.
        """
        if self._process is None or self._runs == _RUNS:
            self.close()
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**self._environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
            self._runs = 0
            if self._answer(self._process, _START) is None:
                self.close()
                raise RuntimeError("The process that runs the tests did not start.")
        return self._process

    def _answer(self, process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
        """The number that the worker writes next; None when it does not within so many seconds, or has ended."""
        assert process.stdout is not None
        end = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
            read = os.read(process.stdout.fileno(), 1) if ready else b""
            if not read:
                return None
            line += read
        return int(line)


def _end_group(group: int) -> None:
    """End what a test started and left behind."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
