"""A training job in a notebook: one display that shows how far it is."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from html import escape
from typing import Any

from .job_events import Event, progress_of

_LINES = 8


class Progress:
    """How far a training job is, as HTML.

    Args:
        job: its name.
    """

    def __init__(self, job: str) -> None:
        self.job = job
        self._phase = "Starting"
        self._percent, self._speed = 0.0, ""
        self._lines: deque[str] = deque(maxlen=_LINES)

    def hear(self, event: Event) -> None:
        """Takes in a change of phase or a log line."""
        if event.phase:
            self._phase = event.phase
            return
        self._lines.append(event.text)
        if found := progress_of(event.text):
            self._percent, self._speed = found[0], f"{found[1]:.2f} M words/s"

    def __repr__(self) -> str:
        return f"{self.job}: {self._phase}, {self._percent:.0f} %"

    def _repr_html_(self) -> str:
        figures = f"{self._percent:.0f} % {self._speed}".rstrip()
        bar = f'<progress max="100" value="{self._percent:.2f}"></progress>'
        lines = f"<pre>{escape(chr(10).join(self._lines))}</pre>" if self._lines else ""
        return f"<div><b>{escape(self.job)}</b> {escape(self._phase)} {bar} {escape(figures)}{lines}</div>"


def _display() -> Callable[..., Any] | None:
    """What shows an object in the notebook that this runs in; None where it runs in none."""
    # A notebook has loaded IPython already, so it is no requirement of ours.
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - see above
    from IPython.display import display  # noqa: PLC0415 - likewise

    found: Callable[..., Any] = display
    return found if hasattr(get_ipython(), "kernel") else None


def shown_in_a_notebook(job: str) -> Callable[[Event], None]:
    """What takes a job's events in and shows how far it is; without a notebook, what does nothing.

    A notebook is IPython with a kernel, which shows a display anew under its id
    (https://ipython.readthedocs.io/en/stable/api/generated/IPython.display.html#IPython.display.display).

    Args:
        job: the training job.
    """
    display = _display()
    if display is None:
        return lambda _: None
    progress = Progress(job)
    shown = display(progress, display_id=True)

    def hear(event: Event) -> None:
        progress.hear(event)
        shown.update(progress)

    return hear
