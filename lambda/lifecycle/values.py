"""Reads values as people give them, as text or as JSON. Whoever asks for one says in its own message what is allowed."""

import json
import math
import re
from collections.abc import Mapping

_LONGEST_SHOWN = 80
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
# Without the underscores and the digits of other scripts that Python reads.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}


def shown(raw: object) -> str:
    """A value as a message shows it: as Python writes it, at most 80 characters long."""
    try:
        # A long text is cut before it is written, which for megabytes would take a while.
        text = repr(raw[:_LONGEST_SHOWN] if isinstance(raw, str) else raw)
    except ValueError:
        # Python writes no whole number of more than 4,300 digits.
        text = "a number of thousands of digits"
    except RecursionError:
        text = "a deeply nested value"
    return cut(text)


def cut(text: str) -> str:
    """A text as a message shows it: at most 80 characters long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def whole_number(raw: object, minimum: float = -math.inf, maximum: float = math.inf) -> int:
    """The whole number that a JSON value or a text stands for; both bounds are allowed.

    Raises:
        ValueError: it stands for none, or for one out of bounds.
    """
    # True is an int, too, and is written as a word.
    if not isinstance(raw, int | str) or not _WHOLE_NUMBER.fullmatch(str(raw).strip()):
        raise ValueError(f"{shown(raw)} is not a whole number")
    return int(_within(int(raw), minimum, maximum))


def number(raw: object, minimum: float = -math.inf, maximum: float = math.inf) -> float:
    """The finite number that a JSON value or a text stands for; both bounds are allowed.

    Raises:
        ValueError: it stands for none, or for one out of bounds.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError(f"{shown(raw)} is not a number")  # noqa: TRY004 - a wrong value, whatever its type
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw.strip()):
        raise ValueError(f"{shown(raw)} is not a number")
    try:
        found = float(raw)
    except OverflowError as error:
        raise ValueError("the number is too large") from error
    if not math.isfinite(found):
        raise ValueError(f"{shown(raw)} is not a finite number")
    return _within(found, minimum, maximum)


def boolean(raw: object) -> bool:
    """True or false, from a JSON value or from a text in any case.

    Raises:
        ValueError: it is neither.
    """
    found = raw if isinstance(raw, bool) else _BOOLEANS.get(str(raw).strip().lower())
    if found is None:
        raise ValueError(f"{shown(raw)} is neither true nor false")
    return found


def json_object(raw: object) -> dict[str, object]:
    """The JSON object that a mapping or a text stands for.

    Raises:
        ValueError: it stands for none, or is nested too deeply to be read.
    """
    try:
        found = json.loads(raw) if isinstance(raw, str) else raw
    except RecursionError as error:
        raise ValueError(f"{shown(raw)} is nested too deeply") from error
    if not isinstance(found, Mapping):
        raise ValueError(f"{shown(raw)} is not a JSON object")  # noqa: TRY004 - likewise
    return {str(key): value for key, value in found.items()}


def _within(found: float, minimum: float, maximum: float) -> float:
    if not minimum <= found <= maximum:
        raise ValueError(f"{shown(found)} is not from {minimum} to {maximum}")
    return found
