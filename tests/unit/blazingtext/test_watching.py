"""A job that is watched in a notebook shows how far it is, in one display; elsewhere nothing is shown."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from blazingtext.client import BlazingText
from blazingtext.runs import watching
from blazingtext.runs.job_events import Event
from tests.unit.blazingtext.cloud_fakes import FakeJobs, cloud

JOB = "blazingtext-dev-wiki-skipgram-0123456789"
LINE = "##### Alpha: 0.0490  Progress: 42.50%  Million Words/sec: 2.12 #####"


def event(phase: str = "", text: str = "") -> Event:
    return Event(JOB, datetime(2026, 1, 1, tzinfo=UTC), phase, text, "algo-1")


@pytest.fixture(name="shell")
def _shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """IPython as at a terminal, whose displays are kept."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    before = sys.displayhook, sys.excepthook
    shell = InteractiveShell.instance(history_length=0)
    shell.display_pub = CapturingDisplayPublisher()
    yield shell
    InteractiveShell.clear_instance()
    sys.displayhook, sys.excepthook = before


def test_a_notebook_has_one_display_that_changes(shell: Any) -> None:
    shell.kernel = object()

    hear = watching.shown_in_a_notebook(JOB)
    for each in (event("Training", "Training image download completed."), event(text=LINE), event(text="<b>odd</b>")):
        hear(each)

    shown = shell.display_pub.outputs
    assert [each["update"] for each in shown] == [False, True, True, True]
    assert len({each["transient"]["display_id"] for each in shown}) == 1
    assert [each["data"]["text/plain"] for each in shown] == [
        f"{JOB}: Starting, 0 %",
        f"{JOB}: Training, 0 %",
        f"{JOB}: Training, 42 %",
        f"{JOB}: Training, 42 %",
    ]
    page = shown[-1]["data"]["text/html"]
    assert '<progress max="100" value="42.50"></progress> 42 % 2.12 M words/s' in page
    assert f"<pre>{LINE}\n&lt;b&gt;odd&lt;/b&gt;</pre>" in page


def test_the_last_eight_lines_are_shown() -> None:
    progress = watching.Progress(JOB)
    for number in range(20):
        progress.hear(event(text=f"line {number}."))

    page = progress._repr_html_()

    assert page.count("line ") == 8
    assert "<pre>line 12.\n" in page
    assert "line 19." in page


def test_ipython_at_a_terminal_shows_nothing(shell: Any) -> None:
    watching.shown_in_a_notebook(JOB)(event(text=LINE))

    assert shell.display_pub.outputs == []


def test_a_program_without_ipython_does_not_load_it() -> None:
    program = f"""
import sys
from blazingtext.runs import watching
watching.shown_in_a_notebook("{JOB}")(None)
sys.exit("IPython" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_watch_shows_it_unless_somebody_else_listens(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.kernel = object()
    jobs, heard = FakeJobs(), list[Event]()
    jobs.add(JOB)
    monkeypatch.setattr(BlazingText, "cloud", cloud(sagemaker=jobs))
    monkeypatch.setattr(BlazingText, "events", lambda *_, **__: iter([event("Training")]))

    assert BlazingText("dev").watch(JOB, heard.append).job == JOB
    assert ([each.phase for each in heard], shell.display_pub.outputs) == (["Training"], [])

    BlazingText("dev").watch(JOB)
    assert [each["data"]["text/plain"] for each in shell.display_pub.outputs] == [f"{JOB}: Starting, 0 %", f"{JOB}: Training, 0 %"]
