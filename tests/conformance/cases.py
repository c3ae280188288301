"""The cases of one operation, derived from botocore's model of it: each member broken in each way its shape can be.

What is expected, and where it is from:

* broken constraints are a `ValidationException` (`ValidationError` at the runtime endpoint) with "N validation errors detected": "Common
  Errors" of the SageMaker API reference, and published answers of the service;
* a wrong JSON type is a `SerializationException`: published answers of services on the same framework;
* an unknown member is a `SerializationException` here. What AWS does is not documented; the sandbox ignores nothing.
* a valid request is taken, or refused by the name of the member that is not emulated.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from tests.conformance.samples import forbidden, sample

#: Members stand at most so deep below the request.
DEEPEST = 6
NULL = "Member must not be null"


@dataclass(frozen=True)
class Case:
    """One request and the answer AWS gives to it; no error and no words for one that is taken."""

    operation: str
    kind: str
    path: str
    request: dict[str, Any]
    error: str | None
    words: str = ""

    def __str__(self) -> str:
        return f"{self.operation} {self.path} {self.kind}"


@dataclass(frozen=True)
class Broken:
    """One way to break a value."""

    kind: str
    value: Any
    words: str = ""

    @property
    def error(self) -> str:
        return "SerializationException" if self.kind in {"type", "unknown"} else "ValidationException"


def cases(operation: str, shape: StructureShape, base: dict[str, Any]) -> Iterator[Case]:
    """Every case of an operation.

    Args:
        operation: its name.
        shape: of its input.
        base: a request AWS takes.
    """
    yield Case(operation, "base", "", base, None)
    yield Case(operation, "unknown", "", {**base, "Colour": "blue"}, "SerializationException")
    for path, member, required in members(shape):
        dotted = ".".join(path)
        if required:
            yield Case(operation, "missing", dotted, changed(shape, base, path, None), "ValidationException", NULL)
        elif not _stands(base, path):
            yield Case(operation, "valid", dotted, changed(shape, base, path, sample(member)), None)
        for broken in ways(member):
            yield Case(operation, broken.kind, dotted, changed(shape, base, path, broken.value), broken.error, broken.words)


def members(shape: Shape, path: tuple[str, ...] = (), seen: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape, bool]]:
    """Every member of a structure and of what is in it: its path, its shape, whether it is required."""
    if isinstance(shape, ListShape | MapShape):
        yield from members(shape.member if isinstance(shape, ListShape) else shape.value, path, seen)
    elif isinstance(shape, StructureShape) and len(path) < DEEPEST and shape.name not in seen:
        for name, member in shape.members.items():
            yield (*path, name), member, name in shape.required_members
            yield from members(member, (*path, name), (*seen, shape.name))


def ways(shape: Shape) -> Iterator[Broken]:
    """Every way a value of a shape can be wrong."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    yield from (Broken("type", value) for value in _wrong_types(shape))
    if isinstance(shape, StructureShape):
        yield Broken("unknown", {**sample(shape), "Colour": "blue"})
    elif isinstance(shape, ListShape):
        yield from _wrong_sizes(least, most, [sample(shape.member)])
        yield from _wrong_parts(shape.member, "Member", lambda part: [part])
    elif isinstance(shape, MapShape):
        yield from _too_many_keys(shape)
        yield from _wrong_parts(shape.key, "Map keys", lambda part: {part: sample(shape.value)})
        yield from _wrong_parts(shape.value, "Map value", lambda part: {sample(shape.key): part})
    elif shape.type_name == "string":
        yield from _wrong_sizes(least, most, "a")
        yield from _wrong_texts(shape)
    else:
        yield from _out_of_range(shape)


def _wrong_types(shape: Shape) -> list[Any]:
    json_types: dict[str, set[type]] = {
        "structure": {dict},
        "map": {dict},
        "list": {list},
        "string": {str},
        "boolean": {bool},
        "integer": {int, float},
        "long": {int, float},
        "float": {int, float},
        "double": {int, float},
        "timestamp": {int, float},
    }
    allowed = json_types[shape.type_name]
    values: list[Any] = ["text", 7, 1.5, True, [], {}]
    return [value for value in values if type(value) not in allowed]


def _wrong_sizes(least: int | None, most: int | None, one: Any) -> Iterator[Broken]:
    if least:
        yield Broken("empty", one * 0, f"Member must have length greater than or equal to {least}")
    if least and least > 1:
        yield Broken("short", one * (least - 1), f"Member must have length greater than or equal to {least}")
    if most is not None:
        yield Broken("long", one * (most + 1), f"Member must have length less than or equal to {most}")


def _wrong_texts(shape: Shape) -> Iterator[Broken]:
    if shape.metadata.get("enum"):
        yield Broken("enum", "no-such-value", "Member must satisfy enum value set: [")
    if shape.metadata.get("pattern") and (text := forbidden(shape)) is not None:
        yield Broken("pattern", text, f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}")


def _out_of_range(shape: Shape) -> Iterator[Broken]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None:
        yield Broken("low", least - 1, f"Member must have value greater than or equal to {least}")
    if most is not None:
        yield Broken("high", most + 1, f"Member must have value less than or equal to {most}")


def _wrong_parts(shape: Shape, what: str, collection: Any) -> Iterator[Broken]:
    """A collection with one wrong part; structures in a list are members of their own."""
    if isinstance(shape, StructureShape | ListShape | MapShape):
        yield from (Broken(broken.kind, collection(broken.value)) for broken in ways(shape) if broken.kind == "type" and what != "Map keys")
        return
    for broken in ways(shape):
        if broken.kind != "type":
            yield Broken(broken.kind, collection(broken.value), f"{what} must satisfy constraint: [")
        elif what != "Map keys":  # JSON's keys are always text
            yield Broken("type", collection(broken.value))


def _too_many_keys(shape: MapShape) -> Iterator[Broken]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least:
        yield Broken("empty", {}, f"Member must have length greater than or equal to {least}")
    if most is not None:
        yield Broken("long", {f"k{number}": sample(shape.value) for number in range(most + 1)}, f"length less than or equal to {most}")


def changed(shape: Any, base: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of a request with one member set, or taken away by None; what is missing on the way is made valid."""
    request = copy.deepcopy(base)
    place: Any = request
    for name in path[:-1]:
        shape, place = _inside(shape, place)
        shape = shape.members[name]
        place = place.setdefault(name, sample(shape))
    _, place = _inside(shape, place)
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return request


def _stands(place: Any, path: tuple[str, ...]) -> bool:
    """Whether a request has a member already, with a value that makes sense there."""
    place = place[0] if isinstance(place, list) and place else place
    if not path:
        return place is not None
    return isinstance(place, dict) and _stands(place.get(path[0]), path[1:])


def _inside(shape: Any, place: Any) -> tuple[StructureShape, Any]:
    """The structure that a list's or map's member stands for."""
    while isinstance(shape, ListShape | MapShape):
        if isinstance(shape, ListShape):
            if not place:
                place.append(sample(shape.member))
            shape, place = shape.member, place[0]
        else:
            shape, place = shape.value, next(iter(place.values()))
    return shape, place
