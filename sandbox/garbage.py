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
# Every so-manieth collection looks at what has lived for long, too.
_WHOLE: Final = 20
_YOUNG, _ALL = 1, 2


def collect_apart() -> None:
    """From now on no thread but this one collects."""
    gc.disable()
    threading.Thread(target=_collect, daemon=True, name="garbage").start()


def _collect() -> None:
    for number in itertools.count(1):
        time.sleep(_SECONDS)
        gc.collect(_YOUNG if number % _WHOLE else _ALL)
