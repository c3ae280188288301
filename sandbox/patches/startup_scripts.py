"""Nothing outside the sandbox's folder is run.

ministack runs the scripts it finds in /docker-entrypoint-initaws.d and /etc/localstack/init. An AWS account has no such thing, and
those files belong to other programs of the machine.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from ..emulator.internals import internal


def apply() -> None:
    """Find no start-up scripts."""
    internal("app")._collect_scripts = lambda *_: []
