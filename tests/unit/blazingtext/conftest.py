from collections.abc import Callable
from typing import Any

import pytest

from blazingtext.cli import main
from blazingtext.client import BlazingText
from blazingtext.runs import job_events
from tests.unit.blazingtext.cloud_fakes import cloud

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="typed")
def _typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command; its exit code, stdout and stderr. The account behind it is the fake clients given, which need no waiting for."""
    monkeypatch.setattr(job_events, "_FIRST_POLL_SECONDS", 0)
    monkeypatch.setattr(main, "_crash", _failing_test(main._crash))

    def typed(*arguments: str, **clients: Any) -> tuple[int, str, str]:
        if clients:
            monkeypatch.setattr(BlazingText, "cloud", cloud(**clients))
        code = main.run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


def _failing_test(crash: Callable[..., int]) -> Callable[..., int]:
    """What becomes of a bug; what a fake asserts of a request fails the test, where the command line would write a report of it."""

    def crashed(error: Exception, *more: Any) -> int:
        if isinstance(error, AssertionError):
            raise error
        return crash(error, *more)

    return crashed
