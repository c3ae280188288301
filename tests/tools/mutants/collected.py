"""A process that has collected tests, and forks a child for every run of some of them: ``python -m tests.tools.mutants.collected``.

Unlike a child of `worker`, a child has imported everything already, and a fault is put into the functions that it has (see `live`). So a
test that passes here may still fail where the fault is there from the first import; one that fails has noticed it.
"""

import gc
import importlib
import os
import sys
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .live import LiveFunctions, changed
from .worker import FirstFailure, serve, silence

_PASSED, _FAILED = 0, 1


class Server:
    """A plugin of pytest that runs tests on request in the place of all of them.

    Args:
        root: the folder whose functions are given faults.
        requests: a file descriptor; see `worker.serve`.
        answers: likewise.
    """

    def __init__(self, root: Path, requests: int, answers: int) -> None:
        self._root, self._requests, self._answers = root, requests, answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answers requests until there are no more."""
        if session.testsfailed:
            raise session.Interrupted("Some tests cannot be collected.")
        items = {item.nodeid: item for item in session.items}
        functions = LiveFunctions(self._root)
        # What is never collected is never written to, and stays shared with the children.
        gc.collect()
        gc.freeze()
        serve(self._requests, self._answers, lambda request: self._run(request, session, items, functions))
        return True

    def _run(self, request: Mapping[str, Any], session: pytest.Session, items: Mapping[str, pytest.Item], functions: LiveFunctions) -> int:
        if request["file"]:
            before, after = (request[text].encode("utf-8", "surrogateescape") for text in ("before", "after"))
            functions.replace(request["file"], changed(before, after, str(self._root / request["file"])) or {})
        os.environ["TMPDIR"] = request["folder"]
        tempfile.tempdir = None
        session.config.pluginmanager.register(FirstFailure(request["failure"]))
        chosen = [items[name] for name in request["tests"] if name in items]
        for item, following in pairwise([*chosen, None]):
            assert item is not None
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                break
        code = _FAILED if session.testsfailed else _PASSED
        # Fixtures of a wider scope than a test end here, if a test has failed.
        session.config.hook.pytest_sessionfinish(session=session, exitstatus=code)
        return code


def main(modules: list[str], arguments: list[str]) -> int:
    """Loads modules and runs pytest with some arguments; its exit code."""
    requests, answers = os.dup(0), os.dup(1)
    errors = os.dup(2)
    # The CDK's process of Node is started here and keeps the streams it is given.
    silence(0, 1, 2)
    try:
        for name in modules:
            importlib.import_module(name)
    finally:
        os.dup2(errors, 2)
    return int(pytest.main(arguments, plugins=[Server(Path.cwd().resolve(), requests, answers)]))


if __name__ == "__main__":
    between = sys.argv.index("--")
    sys.exit(main(sys.argv[1:between], sys.argv[between + 1 :]))
