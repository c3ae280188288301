"""Python's garbage is collected by a thread of its own, and not in the middle of what another thread does.

Before Python 3.12 a collection may begin with any allocation, also inside of what is one step otherwise, such as `list(table.items())`;
a finalizer that it runs then lets another thread on, which may change the table: "dictionary changed size during iteration"
(https://github.com/python/cpython/issues/97922). ministack looks through its tables in this way everywhere, on many threads: seen were
training jobs that failed, jobs without a log, and updates of endpoints that were rolled back, one in ten thousand.
"""

from __future__ import annotations

import gc
import itertools
import threading
import time
from typing import Final

_SECONDS: Final = 1.0
# As Python itself does (Modules/gcmodule.c): what is young is looked at when this many objects are new, and everything when what has
# survived since the last time is a quarter of what had survived before.
_NEW: Final = 700
_SURVIVED: Final = 4
# What is new is looked at after so many seconds however little it is.
_AT_LAST: Final = 5
_YOUNG, _ALL = 1, 2


def collect_apart() -> None:
    """From now on no thread but this one collects."""
    gc.disable()
    threading.Thread(target=_collect, daemon=True, name="garbage").start()


def _collect() -> None:
    old, survived = 0, 0
    for number in itertools.count(1):
        time.sleep(_SECONDS)
        new = gc.get_count()[0]
        if new < _NEW and number % _AT_LAST:
            continue
        survived += new - gc.collect(_YOUNG)
        if survived * _SURVIVED > old:
            gc.collect(_ALL)
            old, survived = len(gc.get_objects()), 0
