"""A test that fails shows what the sandboxes logged meanwhile: what goes wrong on a thread of theirs is told nowhere else."""

import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

# What a sandbox's log begins a record with: `logging`'s time without its milliseconds.
_TIME = "%Y-%m-%d %H:%M:%S"
_LINES = 200
_ROOT = pytest.StashKey[Path]()


@pytest.fixture(scope="session", autouse=True)
def _root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    request.config.stash[_ROOT] = tmp_path_factory.getbasetemp()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and _ROOT in item.config.stash:
        report.sections += sections(item.config.stash[_ROOT], call.start)
    return report


def sections(root: Path, start: float) -> list[tuple[str, str]]:
    """Title and text of what each sandbox below a folder has logged above INFO since a time (seconds since 1970)."""
    since = time.strftime(_TIME, time.localtime(start))
    found = ((path, list(_unusual(path, since))) for path in sorted(root.rglob("server.log")))
    return [(f"Log of the sandbox {path.parent}", "\n".join(lines[-_LINES:])) for path, lines in found if lines]


def _unusual(path: Path, since: str) -> Iterator[str]:
    """The records above INFO since a time, with the lines that belong to them."""
    shown = False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        moment, level = line[: len(since)], line[len(since) :].split(None, 1)[:1]
        if _is_time(moment):
            shown = moment >= since and level not in (["INFO"], ["DEBUG"])
        if shown:
            yield line


def _is_time(text: str) -> bool:
    try:
        time.strptime(text, _TIME)
    except ValueError:
        return False
    return True
