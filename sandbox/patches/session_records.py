"""Credentials of roles can be handed out by several threads at once.

ministack looks for expired ones whenever it hands out new ones, and that look breaks when another thread hands some out meanwhile: a
training job then failed, or had no log.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

import time

from ..emulator.internals import internal


def apply() -> None:
    """Look through a copy, which is made in one step: see `garbage.py`."""
    internal("services.sts")._evict_expired_sessions = _evict


def _evict() -> None:
    sessions = internal("services.sts")._sessions
    moment = time.time()
    for key in [key for key, session in list(sessions.items()) if session.get("Expiration", moment) < moment]:
        sessions.pop(key, None)
