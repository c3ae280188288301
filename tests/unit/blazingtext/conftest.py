from collections.abc import Callable
from typing import Any

import pytest

from blazingtext.cli.main import run
from blazingtext.client import BlazingText
from blazingtext.runs import job_events
from tests.unit.blazingtext.cloud_fakes import cloud

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="typed")
def _typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command; its exit code, stdout and stderr. The account behind it is the fake clients given, which need no waiting for."""
    monkeypatch.setattr(job_events, "_FIRST_POLL_SECONDS", 0)

    def typed(*arguments: str, **clients: Any) -> tuple[int, str, str]:
        if clients:
            monkeypatch.setattr(BlazingText, "cloud", cloud(**clients))
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed
