"""The one JSON document that a command prints with --json."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from contextlib import suppress
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonDocument:
    """Prints one document on stdout, the first that it is given: whoever reads the stream can parse all of it."""

    def __init__(self) -> None:
        self._printed = False

    def print(self, value: object) -> None:
        """Prints the value, unless a document was printed before."""
        if not self._printed:
            # Bytes that are no text (of an argument, a file's name) become escapes, which JSON has, too.
            sys.stdout.write(as_json(value).encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
            self._printed = True

    def print_error(self, error: BaseException, message: str, exit_code: int, **more: object) -> None:
        """Prints why the command failed, unless its result was printed before, or nobody reads it any more: the exit code says it still."""
        with suppress(BrokenPipeError):
            self.print({"error": {"type": type(error).__name__, "message": message, "exit_code": exit_code, **more}})


def as_json(value: object) -> str:
    """One JSON document: dataclasses as objects, times in ISO 8601, keys as they are."""
    try:
        return _dumped(value)
    except ValueError:
        # JSON has neither NaN nor infinities: null stands for them.
        return _dumped(json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None))


def _dumped(value: object) -> str:
    """JSON in the characters that stdout has; what was typed in another encoding holds surrogates, which no encoding has."""
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, default=_plain, indent=2, ensure_ascii=not readable, allow_nan=False)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _plain(value: object) -> object:
    """A value of a type that JSON does not have, as one that it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return _number(value)


def _number(value: Any) -> object:
    """NumPy's numbers and arrays, recognised without importing NumPy."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
