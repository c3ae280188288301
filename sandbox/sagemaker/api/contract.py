"""Requests checked and answers shaped by botocore's own description of SageMaker.

The rules (required members, types, lengths, ranges, patterns, enums) are read from the service model that every AWS client uses,
so the sandbox and the clients cannot disagree. A member the model knows and the sandbox does not emulate is refused by name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias, cast

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from .coverage import ONLY, OPERATIONS
from .errors import InternalFailure, SerializationException, UnknownOperationException, ValidationException, not_emulated

Parameters: TypeAlias = dict[str, Any]


@cache
def model() -> ServiceModel:
    """Botocore's model of SageMaker's control plane."""
    return botocore.session.get_session().get_service_model("sagemaker")


def check_operation(operation: str) -> None:
    """Refuse an operation that is unknown to AWS, or known and not emulated.

    Raises:
        UnknownOperationException: AWS has no such operation.
        ValidationException: AWS has it, the sandbox does not.
    """
    if operation in OPERATIONS:
        return
    if operation in model().operation_names:
        raise not_emulated(operation)
    raise UnknownOperationException(f"SageMaker has no operation {operation!r}")


def check_request(operation: str, parameters: Parameters) -> None:
    """Refuse a request AWS would refuse by its model, then one the sandbox does not emulate.

    Raises:
        SerializationException: a value of the wrong JSON type.
        ValidationException: broken constraints, all in one message as AWS words them, or a member that is not emulated.
    """
    shape = cast("StructureShape", model().operation_model(operation).input_shape)
    problems = list(_structure_problems(shape, parameters, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ValidationException(count + "; ".join(problems))
    _refuse_uncovered(operation, parameters)


# --- constraints ---------------------------------------------------------------------------------------------------------------------


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """The constraint violations of one value, in AWS's sentences."""
    checkers: Mapping[str, Callable[[Any, Any, str], Iterator[str]]] = {
        "structure": _structure_problems,
        "list": _list_problems,
        "map": _map_problems,
        "string": _string_problems,
        "integer": _number_problems,
        "long": _number_problems,
        "float": _number_problems,
        "double": _number_problems,
    }
    _check_type(shape, value, path)
    if shape.type_name in checkers:
        yield from checkers[shape.type_name](shape, value, path)


_TYPES: Mapping[str, tuple[type, ...]] = {
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
}


def _check_type(shape: Shape, value: Any, path: str) -> None:
    expected = _TYPES.get(shape.type_name, (object,))
    # In Python True is an int; in JSON it is not.
    wrong = not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected and object not in expected)
    if wrong:
        raise SerializationException(f"{type(value).__name__} value at '{path}' can not be converted to a {shape.type_name}")


def _structure_problems(shape: StructureShape, value: Parameters, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if name not in shape.members:
            raise SerializationException(f"unknown member {name!r} at '{path or shape.name}'")
        if member is not None:
            yield from _problems(shape.members[name], member, _join(path, name))


def _list_problems(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    yield from _length_problems(shape, value, path)
    for index, member in enumerate(value, start=1):
        yield from _problems(shape.member, member, f"{path}.{index}.member")


def _map_problems(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    yield from _length_problems(shape, value, path)
    for kind, part, members in (("keys", shape.key, list(value)), ("value", shape.value, list(value.values()))):
        broken = {problem.split("constraint: ", 1)[1] for member in members for problem in _problems(part, member, path)}
        if broken:
            word = "Map keys" if kind == "keys" else "Map value"
            rules = ", ".join(sorted(broken))
            yield f"Value '{dict(value)}' at '{path}' failed to satisfy constraint: {word} must satisfy constraint: [{rules}]"


def _string_problems(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _length_problems(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"


def _length_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must have length"
    if least is not None and len(value) < least:
        yield f"{shown} greater than or equal to {least}"
    if most is not None and len(value) > most:
        yield f"{shown} less than or equal to {most}"


def _number_problems(shape: Shape, value: float, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must have value"
    if least is not None and value < least:
        yield f"{shown} greater than or equal to {least}"
    if most is not None and value > most:
        yield f"{shown} less than or equal to {most}"


#: Java's Unicode classes as Python writes them inside a set; \w has more than letters, all of which the tag patterns allow anyway.
_JAVA_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{P}": r"!-/:-@\[-`{-~",
    r"\p{M}": "",
    r"\p{S}": "$+<=>^`|~",
}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A service model's pattern (Java's dialect) as a Python pattern."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def _join(path: str, name: str) -> str:
    """AWS names members in camelCase, dotted from the request's top."""
    return f"{path}.{name[0].lower()}{name[1:]}" if path else f"{name[0].lower()}{name[1:]}"


# --- coverage ------------------------------------------------------------------------------------------------------------------------


def _refuse_uncovered(operation: str, parameters: Parameters) -> None:
    shape = model().operation_model(operation).input_shape
    for path, value in _members(shape, parameters, ""):
        if path not in OPERATIONS[operation]:
            raise not_emulated(f"{operation}'s {path}")
        allowed = ONLY.get(f"{operation} {path}")
        if allowed is not None and value not in allowed:
            choice = " or ".join(repr(each) for each in allowed)
            raise not_emulated(f"{operation}'s {path} = {value!r} (only {choice})")


def _members(shape: Shape | None, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every structure member a request names, with its value, parents first; map keys are data, not members."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            if member is not None:
                here = f"{path}.{name}" if path else name
                yield here, member
                yield from _members(shape.members[name], member, here)
    elif isinstance(shape, ListShape):
        for member in value:
            yield from _members(shape.member, member, path)


# --- answers -------------------------------------------------------------------------------------------------------------------------


def shape_answer(operation: str, answer: Parameters) -> Parameters:
    """An operation's answer as JSON: timestamps as epoch seconds, absent members left out.

    Raises:
        InternalFailure: the answer has a member or type the model does not know, a fault of the sandbox.
    """
    shape = model().operation_model(operation).output_shape
    return {} if shape is None else cast("Parameters", _shaped(shape, answer, operation))


def _shaped(shape: Shape, value: Any, path: str) -> Any:
    if isinstance(shape, StructureShape):
        unknown = set(value) - set(shape.members)
        if unknown:
            raise InternalFailure(f"the sandbox's answer has members AWS does not know at {path}: {sorted(unknown)}")
        return {name: _shaped(shape.members[name], member, f"{path}.{name}") for name, member in value.items() if member is not None}
    if isinstance(shape, ListShape):
        return [_shaped(shape.member, member, path) for member in value]
    if isinstance(shape, MapShape):
        return {key: _shaped(shape.value, member, path) for key, member in value.items()}
    if isinstance(value, dt.datetime):
        return round(value.timestamp(), 3)
    return value
