"""The constraints of a service model: required members, types, lengths, ranges, patterns, enums, and AWS's sentences about them.

Wording of broken constraints: the "N validation errors detected" answers of AWS's services, as published in their documentation and in
issue threads. Wording of wrong JSON types: published answers of services on the same framework (SQS and DynamoDB say
`NUMBER_VALUE can not be converted to a String`).
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .errors import SerializationException

Parameters: TypeAlias = dict[str, Any]

_BROKEN: Final = "failed to satisfy constraint:"
#: No pattern of the service is asked about a longer text: some of them take time that grows with a power of the length.
LONGEST_MATCHED: Final = 20_000


def problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """The constraint violations of one value and of what it holds, in AWS's sentences.

    Args:
        shape: what the service model says of the value.
        value: as JSON has it.
        path: where it stands in the request, as AWS names it; empty for the request itself.

    Raises:
        SerializationException: a value of the wrong JSON type, or a member the model does not have.
    """
    _check_type(shape, value)
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list_problems(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, path)
    else:
        yield from (f"Value{_quoted(shape, value)} at '{path}' {_BROKEN} {rule}" for rule, holds in rules(shape) if not holds(value))


def rules(shape: Shape) -> list[tuple[str, Callable[[Any], bool]]]:
    """The rules a value must keep by itself, in AWS's order and words, each with its test."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    number = shape.type_name in ("integer", "long", "float", "double")
    measure: Callable[[Any], Any] = (lambda value: value) if number else len
    kind = "value" if number else "length"
    found: list[tuple[str, Callable[[Any], bool]]] = []
    if most is not None:
        found.append((f"Member must have {kind} less than or equal to {most}", lambda value: measure(value) <= most))
    if least is not None:
        found.append((f"Member must have {kind} greater than or equal to {least}", lambda value: measure(value) >= least))
    pattern = shape.metadata.get("pattern")
    if pattern:
        found.append((f"Member must satisfy regular expression pattern: {pattern}", lambda value: _matches(pattern, value)))
    allowed = shape.metadata.get("enum")
    if allowed:
        found.append((f"Member must satisfy enum value set: [{', '.join(allowed)}]", lambda value: value in allowed))
    return found


def _structure_problems(shape: StructureShape, value: Parameters, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' {_BROKEN} Member must not be null"
    for name, member in value.items():
        if name not in shape.members:
            # What AWS does with a member it does not know is not documented; here nothing is ever ignored.
            raise SerializationException(f"unknown member {name!r} at '{path or shape.name}'")
        if member is not None:
            yield from problems(shape.members[name], member, _join(path, name))


def _list_problems(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    yield from (f"Value '{_shown(value)}' at '{path}' {_BROKEN} {rule}" for rule, holds in rules(shape) if not holds(value))
    if isinstance(shape.member, StructureShape | ListShape | MapShape):
        for index, member in enumerate(value, start=1):
            yield from problems(shape.member, member, f"{path}.{index}.member")
    else:
        yield from _parts_problems(shape.member, value, value, path, "Member")


def _map_problems(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from (f"Value '{_shown(value)}' at '{path}' {_BROKEN} {rule}" for rule, holds in rules(shape) if not holds(value))
    yield from _parts_problems(shape.key, list(value), value, path, "Map keys")
    yield from _parts_problems(shape.value, list(value.values()), value, path, "Map value")


def _parts_problems(shape: Shape, parts: list[Any], whole: Any, path: str, what: str) -> Iterator[str]:
    """One sentence for all the keys, values or simple members of a collection; AWS then lists every rule they are under."""
    for part in parts:
        _check_type(shape, part)
    kept = rules(shape)
    if any(not holds(part) for part in parts for _, holds in kept):
        listed = ", ".join(rule for rule, _ in kept)
        yield f"Value '{_shown(whole)}' at '{path}' {_BROKEN} {what} must satisfy constraint: [{listed}]"


def _join(path: str, name: str) -> str:
    """AWS names members in camelCase, dotted from the request's top."""
    return f"{path}.{name[0].lower()}{name[1:]}" if path else f"{name[0].lower()}{name[1:]}"


def _quoted(shape: Shape, value: Any) -> str:
    """A value for a sentence; what the model calls sensitive is not repeated."""
    return "" if shape.metadata.get("sensitive") else f" '{_shown(value)}'"


def _shown(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(member)}" for key, member in value.items()) + "}"
    return "[" + ", ".join(_shown(member) for member in value) + "]" if isinstance(value, list) else str(value)


# --- types ---------------------------------------------------------------------------------------------------------------------------

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
    "blob": (bytes,),
}
_BITS: Final = {"integer": 31, "long": 63}
_JAVA: Final = {"string": "a String", "integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double"}


def _check_type(shape: Shape, value: Any) -> None:
    expected = _TYPES.get(shape.type_name, (object,))
    # In Python True is an int; in JSON it is not.
    wrong = not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected and object not in expected)
    if wrong:
        raise SerializationException(_wrong_type(shape, value))
    bits = _BITS.get(shape.type_name)
    if (bits is not None and not -(2**bits) <= value < 2**bits) or (isinstance(value, float) and not math.isfinite(value)):
        raise SerializationException(f"NUMBER_VALUE can not be converted to {_java(shape)}")
    if shape.type_name == "timestamp":
        moment(value)


def _wrong_type(shape: Shape, value: Any) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if shape.type_name in ("structure", "map", "list"):
        return "Unexpected value type in payload"
    tokens = {str: "STRING_VALUE", bool: f"{value}_VALUE".upper(), type(None): "NULL_VALUE"}
    return f"{tokens.get(type(value), 'NUMBER_VALUE')} can not be converted to {_java(shape)}"


def _java(shape: Shape) -> str:
    return _JAVA.get(shape.type_name, f"a {shape.type_name.capitalize()}")


def moment(value: float | str) -> dt.datetime:
    """A timestamp of a request: epoch seconds, or ISO 8601, UTC where it names no zone.

    Raises:
        SerializationException: neither, or beyond what a calendar holds.
    """
    try:
        if isinstance(value, str):
            read = dt.datetime.fromisoformat(value)
            return read if read.tzinfo is not None else read.replace(tzinfo=dt.UTC)
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError) as problem:
        raise SerializationException(f"{value!r} is no timestamp: {problem}") from problem


# --- patterns ------------------------------------------------------------------------------------------------------------------------

#: Java's classes as Python writes them, inside a set but for ASCII, which the model has outside of one.
_JAVA_CLASSES: Final = {
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\z": r"\Z",
    # Two halves of a pair stand for one character beyond the first 65,536.
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}
#: What Application Auto Scaling writes outside of a set.
_ALONE: Final = re.compile(r"^\\p\{Print\}")
_CATEGORY: Final = re.compile(r"\\p\{([LMNPSZ])\}")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A service model's pattern (Java's dialect) as a Python pattern."""
    pattern = _ALONE.sub(lambda match: f"[{match[0]}]", pattern)
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    pattern = _CATEGORY.sub(lambda match: _categories()[match[1]], pattern)
    # Java may repeat the end of the text ("${1,128}"); Python takes one.
    return re.compile(re.sub(r"\$\{\d+,\d+\}", "$", pattern))


@cache
def _categories() -> Mapping[str, str]:
    """The letters, marks, numbers, punctuation, symbols and separators of Unicode, each as the ranges of a set."""
    ranges: dict[str, list[str]] = {}
    for category, run in itertools.groupby(range(sys.maxunicode + 1), lambda point: unicodedata.category(chr(point))[0]):
        points = list(run)
        ranges.setdefault(category, []).append(f"\\U{points[0]:08x}-\\U{points[-1]:08x}")
    return {category: "".join(spans) for category, spans in ranges.items()}


def _matches(pattern: str, value: str) -> bool:
    return len(value) <= LONGEST_MATCHED and compiled(pattern).fullmatch(value) is not None
