"""What `blazingtext status` shows of a shadow."""

from __future__ import annotations

from ..serving.captured_answers import Answers
from ..serving.shadows import Shadow, Traffic
from ..serving.stage_status import Status
from .output import Output


def show_shadow(out: Output, found: Status) -> None:
    """The shadow beside the live model, if there is one."""
    tried = found.shadow
    if tried is None:
        return
    out.out.print()
    if tried.live is None or tried.tried is None or tried.since is None:
        out.table(("", ""), [("shadow", f"{tried.job}: none while there is no endpoint")])
        return
    out.table(tried.columns, tried.rows(found.live), right=(1, 2, 3, 4, 5, 6))
    out.text(_copied(tried, tried.live, tried.tried))
    out.text(_answers(tried.answers))


def _copied(tried: Shadow, live: Traffic, copied: Traffic) -> str:
    asked = f"{tried.percent:g} % of the requests are to be copied"
    if not live.invocations:
        return f"{asked}; nobody has asked yet."
    return f"{asked}, {100 * copied.invocations / live.invocations:.0f} % were. Latencies are those of the slowest hour."


def _answers(found: Answers | None) -> str:
    if found is None:
        return "No answers to compare: set dataCapturePercent to keep them."
    if not found.readable:
        return "Its answers are captured, but you may not read them (docs/traffic.md)."
    if not found.compared:
        return "No request was captured with both answers yet."
    percent = 100 * found.alike / found.compared
    same = "none the same" if not found.equal else f"{found.equal} the same"
    return f"Of {found.compared} different requests captured with both, {percent:.0f} % were answered alike, {same}."
