"""A process that has loaded what tests import from others, and forks a child for every run: ``python -m tests.tools.mutants.worker``.

A child sees nothing of what another one did. What is ours is imported in the child alone, with whatever fault it has at that time. The
plugins of pytest are loaded before, too.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

# A child that did not come as far as the tests.
BROKEN = 70


class FirstFailure:
    """A plugin of pytest that writes the name of the first test that fails.

    Args:
        path: the file it writes to.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Writes at once: a process that holds a sandbox leaves without coming back here."""
        if report.failed and not self._path.read_bytes():
            self._path.write_text(report.nodeid, encoding="utf-8")


def serve(requests: int, answers: int, run: Callable[[Mapping[str, Any]], int]) -> None:
    """Answers every line of one file descriptor, a request in JSON, on another.

    A first line says that this process is ready. Each request is answered with two: the id of the child that `run`s it, and its exit code
    (below 0 for a signal). It ends when nobody asks or listens any more.
    """

    def tell(number: int) -> None:
        os.write(answers, b"%d\n" % number)

    with suppress(BrokenPipeError), os.fdopen(requests, encoding="utf-8") as lines:
        tell(os.getpid())
        for line in lines:
            child = os.fork()
            if not child:
                _leave_with(run, json.loads(line))
            tell(child)
            tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _leave_with(run: Callable[[Mapping[str, Any]], int], request: Mapping[str, Any]) -> None:
    """Ends this process; nothing of the parent's is cleaned up on the way out, such as the CDK's process of Node."""
    code = BROKEN
    try:
        os.setsid()
        code = run(request)
    finally:
        os._exit(code)


def silence(*streams: int) -> None:
    """Leads file descriptors to nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nothing, stream)


def _run(request: Mapping[str, Any]) -> int:
    silence(0, 1, 2)
    os.environ.update(request["environment"])
    return int(pytest.main(request["arguments"], plugins=[FirstFailure(request["failure"])]))


def main(modules: list[str]) -> None:
    """Loads modules and serves runs of pytest."""
    for name in (*(each.module for each in entry_points(group="pytest11")), *modules):
        importlib.import_module(name)
    serve(os.dup(0), os.dup(1), _run)


if __name__ == "__main__":
    main(sys.argv[1:])
