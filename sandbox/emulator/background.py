"""Work that recurs while the sandbox is up."""

# ruff: noqa: SLF001 - see internals.py: this file reads one

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("sandbox")


def run_periodically(name: str, seconds: float, work: Callable[[], None]) -> None:
    """Do some work now and every so many seconds on a thread; a failure is logged, and the next turn comes all the same."""

    def run() -> None:
        while True:
            try:
                work()
            except Exception:
                logger.exception("The periodic work %s failed", name)
            time.sleep(seconds)

    threading.Thread(target=run, name=f"sandbox-{name}", daemon=True).start()


def regions_of(store: Any) -> set[tuple[str, str]]:
    """The accounts and regions in which a store of ministack holds anything."""
    keys: list[tuple[Any, ...]] = list(store._data)
    return {(str(account), str(region)) for account, region, *_ in keys}
