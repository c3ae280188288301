"""The steps of a client's flow, told on stdout one a line as JSON; standard library only, for it runs in the clients' own environments."""

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

#: Of every line that tells a step.
MARK = "client step: "


@contextmanager
def step(name: str) -> Iterator[None]:
    """A step; a failed one is told, and ends the flow."""
    try:
        yield
    except Exception as problem:
        traceback.print_exc()
        _tell(name, passed=False, why=f"{type(problem).__name__}: {problem}")
        raise SystemExit(1) from problem
    _tell(name, passed=True)


def _tell(name: str, *, passed: bool, why: str = "") -> None:
    print(MARK + json.dumps({"name": name, "passed": passed, "why": why}), flush=True)


def told(output: str) -> list[dict[str, object]]:
    """The steps that a flow's output tells; what a client printed before, without an end of line, stands on the same line."""
    return [json.loads(line.partition(MARK)[2]) for line in output.splitlines() if MARK in line]


def main_argument() -> str:
    """The flow's own word: what its names begin with."""
    return sys.argv[1]
