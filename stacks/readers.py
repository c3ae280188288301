"""How a setting's value is read: from the command line it always comes as text, from cdk.json as whatever JSON holds."""

import difflib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.loaders

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Reader:
    """Reads one kind of value.

    Attributes:
        allowed: the allowed values, in words that follow "it must be".
        read: the value that a raw one stands for; raises ValueError when there is none.
        hint: what to do about a wrong value, when more can be said than the allowed values.
    """

    allowed: str
    read: Callable[[object], Any]
    hint: Callable[[object], str] = lambda _: ""


def whole_number(minimum: int, maximum: int) -> Reader:
    """A whole number between two bounds, both allowed."""

    def read(raw: object) -> int:
        number = int(str(raw).strip())
        if isinstance(raw, bool) or not minimum <= number <= maximum:
            raise ValueError(raw)
        return number

    return Reader(f"a whole number from {minimum} to {maximum}", read)


def threshold(minimum: float) -> Reader:
    """A number from a minimum to 1, or nothing at all, which reads as None."""

    def read(raw: object) -> float | None:
        text = "" if raw is None else str(raw).strip()
        if not text:
            return None
        number = float(text)
        if isinstance(raw, bool) or not math.isfinite(number) or not minimum <= number <= 1:
            raise ValueError(raw)
        return number

    return Reader(f"empty, or a number from {minimum:g} to 1", read)


def matching(pattern: re.Pattern[str], allowed: str) -> Reader:
    """Text that matches a pattern whole."""

    def read(raw: object) -> str:
        if not isinstance(raw, str) or not pattern.fullmatch(raw):
            raise ValueError(raw)
        return raw

    return Reader(allowed, read)


def one_of(values: Collection[int]) -> Reader:
    """One of a few whole numbers."""

    def read(raw: object) -> int:
        number = int(str(raw).strip())
        if number not in values:
            raise ValueError(raw)
        return number

    return Reader(f"one of {', '.join(str(value) for value in values)}", read)


def choice(values: Collection[str], allowed: str) -> Reader:
    """One of many names; a wrong one is answered with the nearest, or with all of them."""

    def read(raw: object) -> str:
        if raw not in values:
            raise ValueError(raw)
        return str(raw)

    return Reader(allowed, read, lambda raw: nearest(str(raw), values) or f"They are {', '.join(values)}.")


def instance_type(shape: str, allowed: str) -> Reader:
    """An instance type of SageMaker's own list.

    Args:
        shape: the list's name in SageMaker's service model, which ships with botocore: no network is needed.
        allowed: see `Reader`.
    """

    def read(raw: object) -> str:
        if raw not in _sagemaker_list(shape):
            raise ValueError(raw)
        return str(raw)

    return Reader(allowed, read, lambda raw: nearest(str(raw), _sagemaker_list(shape)))


@cache
def _sagemaker_list(shape: str) -> tuple[str, ...]:
    model = botocore.loaders.Loader().load_service_model("sagemaker", "service-2")
    return tuple(model["shapes"][shape]["enum"])


def nearest(wrong: str, names: Collection[str]) -> str:
    """A question that names what was probably meant; empty when nothing is near."""
    close = difflib.get_close_matches(wrong, names, 1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else ""


def _read_flag(raw: object) -> bool:
    return raw if isinstance(raw, bool) else _BOOLEANS[str(raw).strip().lower()]


def _read_email(raw: object) -> str:
    if raw == "":
        return ""
    if not isinstance(raw, str) or not _EMAIL.fullmatch(raw):
        raise ValueError(raw)
    return raw


def _read_mapping(raw: object) -> dict[str, object]:
    found = json.loads(raw) if isinstance(raw, str) else raw
    if not isinstance(found, Mapping):
        raise ValueError(raw)  # noqa: TRY004 - a wrong value, like the others; the caller reports it
    return {str(key): value for key, value in found.items()}


FLAG = Reader("true or false", _read_flag)
EMAIL = Reader("empty, or an e-mail address", _read_email)
MAPPING = Reader('a JSON object, such as {"epochs": 10}', _read_mapping)
