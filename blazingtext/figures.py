"""Times and sizes for people to read."""

from __future__ import annotations

from datetime import datetime


def duration(seconds: float) -> str:
    """Seconds: 9.4 s, 2 min 05 s, 1 h 02 min."""
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def moment(time: datetime) -> str:
    """A day and a time by this machine's clock, without the year: 29 Nov 22:30."""
    return time.astimezone().strftime("%d %b %H:%M")


def size(number: float) -> str:
    """Bytes: 31.2 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        # As it will be shown: 999,950 bytes are 1.0 MB, not 1,000.0 kB.
        if round(abs(number), 0 if unit == "bytes" else 1) < 1000:
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"
