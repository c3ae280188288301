"""What each exit code means; docs/cli.md is written from it."""

from __future__ import annotations

from collections.abc import Mapping

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    1: "it failed: AWS or the model did; or `audit` found something left, or `verify` something that does not agree",
    2: "you can fix it: the message says what happened, why, and what to do",
    3: "not ready yet: try again later",
    4: "a bug: an unexpected exception; the message names a report to attach to an issue, without credentials and account numbers",
    130: "interrupted; a job or an update that was being watched goes on",
}


def table() -> str:
    """The codes as a table in Markdown."""
    return "\n".join(["| exit code | meaning |", "|---|---|", *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())])
