"""A pytest plugin that writes which lines every test runs, and how long it takes: ``-p tests.tools.mutants.recorder``.

What a fixture of a wider scope than a test runs is written beside the tests, under the fixture's name: it runs once, in the first of them.
Compiled kernels run no lines; `reach` knows them by who imports them.
"""

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

_ROOT = Path(__file__).parents[3]
_FOLDERS = tuple(f"{_ROOT / name}{os.sep}" for name in ("lambda", "stacks", "blazingtext", "sandbox", "engine"))
# Lines of one function in one test. A branch that is taken later than that is missed, as is one that a cached result hides.
_LONG = 3000


class Recorder:
    """Collects lines under the name of what runs at the moment."""

    def __init__(self) -> None:
        self.running = "import"
        self.seconds: dict[str, float] = defaultdict(float)
        self.fixtures: dict[str, list[str]] = {}
        self.needs: dict[str, list[str]] = {}
        self.valued: set[str] = set()
        self.failed: set[str] = set()
        # By the identity of a function's code, which is kept so that no other gets it: to hash code is to hash all that is in it.
        self._functions: dict[int, tuple[CodeType, str | None]] = {}
        self._lines: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._nothing_new: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def _file(self, code: CodeType) -> str | None:
        """The file of a function, relative to the repository, or None if it is none of ours."""
        known = self._functions.get(id(code))
        if known is None:
            path = os.path.realpath(code.co_filename)
            known = code, str(Path(path).relative_to(_ROOT)) if path.startswith(_FOLDERS) else None
            self._functions[id(code)] = known
        return known[1]

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        """A trace function for `sys.settrace`; it follows our own functions alone, and each until it has shown nothing new for long."""
        code, line = frame.f_code, frame.f_lineno
        if self._file(code) is None:
            return None
        if event in {"call", "line"}:
            seen, nothing_new = self._lines[self.running][id(code)], self._nothing_new[self.running]
            nothing_new[id(code)] = nothing_new[id(code)] + 1 if line in seen else 0
            seen.add(line)
            if nothing_new[id(code)] > _LONG:
                return None
        return self.trace

    def result(self) -> dict[str, Any]:
        """The record: seconds, shared fixtures and lines by file of every test; the lines of every shared fixture, and what it needs."""
        reached: dict[str, dict[str, list[int]]] = {}
        for name, seen in self._lines.items():
            files: dict[str, set[int]] = defaultdict(set)
            for function, numbers in seen.items():
                files[str(self._functions[function][1])] |= numbers
            reached[name] = {file: sorted(lines) for file, lines in files.items()}
        # Tests have nothing in common through a fixture that gives them nothing and has run nothing of ours.
        shares = self.valued | reached.keys()
        tests = {
            test: {
                "seconds": round(seconds, 3),
                "shared": [each for each in self.fixtures[test] if each in shares],
                "lines": reached.get(test, {}),
            }
            for test, seconds in self.seconds.items()
        }
        shared = {name: lines for name, lines in reached.items() if name not in tests and name != "import"}
        return {"tests": tests, "fixtures": shared, "needs": self.needs, "failed": sorted(self.failed)}


RECORDER = Recorder()


def _shared(item: pytest.Item) -> list[str]:
    """The names of the test's fixtures that other tests have part in."""
    definitions = {name: each[-1] for name, each in getattr(item, "_fixtureinfo").name2fixturedefs.items()}  # noqa: B009 - not in its type
    shared = {name: each for name, each in definitions.items() if each.scope != "function" and each.baseid}
    names = {name: f"{each.baseid}::{each.argname}" for name, each in shared.items()}
    for name, each in shared.items():
        RECORDER.needs[names[name]] = [names[needed] for needed in each.argnames if needed in names]
    return list(names.values())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    RECORDER.running = item.nodeid
    RECORDER.fixtures[item.nodeid] = _shared(item)
    sys.settrace(RECORDER.trace)
    threading.settrace(RECORDER.trace)
    try:
        return (yield)
    finally:
        sys.settrace(None)
        threading.settrace(None)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, object, object]:
    before, name = RECORDER.running, f"{fixturedef.baseid}::{fixturedef.argname}"
    if fixturedef.scope != "function" and fixturedef.baseid:
        RECORDER.running = name
    try:
        value = yield
        if value is not None:
            RECORDER.valued.add(name)
        return value
    finally:
        RECORDER.running = before


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    RECORDER.seconds[report.nodeid] += report.duration
    if report.failed:
        RECORDER.failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    Path(os.environ["MUTANTS_RECORD"]).write_text(json.dumps(RECORDER.result()), encoding="utf-8")
