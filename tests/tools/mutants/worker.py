"""A process that has loaded what tests import from others, and forks a child for every run: ``python -m tests.tools.mutants.worker``.

A child sees nothing of what another one did. What is ours is imported in the child alone, with whatever fault it has at that time. The
plugins of pytest are loaded before, too.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

# A child that did not come as far as pytest.
_BROKEN = 70


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


def _child(request: Mapping[str, Any]) -> None:
    """Runs tests and ends the process; nothing of the parent's is cleaned up on the way out, such as the CDK's process of Node."""
    code = _BROKEN
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        os.environ.update(request["environment"])
        code = int(pytest.main(request["arguments"], plugins=[FirstFailure(request["failure"])]))
    finally:
        os._exit(code)


def main(modules: list[str]) -> None:
    """Answers every line on stdin, a request in JSON, with two lines: the child's process id, and its exit code (below 0 for a signal)."""
    for name in (*(each.module for each in entry_points(group="pytest11")), *modules):
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _child(request)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
