"""Requests checked and answers shaped by botocore's own description of SageMaker.

The rules (required members, types, lengths, ranges, patterns, enums) are read from the service model that every AWS client uses,
so the sandbox and the clients cannot disagree. A member the model knows and the sandbox does not emulate is refused by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from . import constraints
from .constraints import Parameters
from .coverage import EMPTY, ONLY, OPERATIONS
from .errors import (
    InternalFailure,
    SerializationException,
    UnknownOperationException,
    ValidationException,
    members_not_emulated,
    operation_not_emulated,
)
from .inactive import covered

__all__ = ["Parameters", "check_operation", "check_request", "model", "shape_answer", "shown_by", "without_nulls"]

# Far more than any request of the model needs, far less than Python's stack holds. Where AWS draws the line is not documented.
DEEPEST = 100


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
    if operation in OPERATIONS or operation in EMPTY:
        return
    if operation in model().operation_names:
        raise operation_not_emulated(operation)
    raise UnknownOperationException(f"SageMaker has no operation {operation!r}")


def check_request(operation: str, parameters: Parameters) -> None:
    """Refuse a request AWS would refuse by its model, then one the sandbox does not emulate.

    Raises:
        SerializationException: a value of the wrong JSON type, or nested deeper than `DEEPEST`.
        ValidationException: broken constraints, all in one message as AWS words them, or a member that is not emulated.
    """
    shape = cast("StructureShape", model().operation_model(operation).input_shape)
    if _levels(parameters) > DEEPEST:
        raise SerializationException(f"the request is nested more than {DEEPEST} levels deep")
    if problems := list(constraints.problems(shape, parameters, "")):
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ValidationException(count + "; ".join(problems))
    _refuse_uncovered(operation, parameters)


def without_nulls(value: Any) -> Any:
    """A checked request without the members that are null: AWS takes them for members that are left out."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value


def _levels(parameters: Parameters) -> int:
    """How many objects and lists stand within each other."""
    levels, inside = 0, [cast("Any", parameters)]
    while inside:
        levels += 1
        held = [each.values() if isinstance(each, dict) else each for each in inside]
        inside = [value for values in held for value in values if isinstance(value, dict | list)]
    return levels


# --- coverage ------------------------------------------------------------------------------------------------------------------------


def _refuse_uncovered(operation: str, parameters: Parameters) -> None:
    """Refuse what is not emulated, by the names of the outermost members, all in one answer."""
    shape = model().operation_model(operation).input_shape
    found: dict[str, str] = {}
    for path, value in _members(shape, parameters, ""):
        if any(path.startswith(f"{parent}.") for parent in found):
            continue
        if not covered(operation, path):
            found[path] = path
        allowed = ONLY.get(f"{operation} {path}")
        if allowed is not None and value not in allowed:
            found[path] = f"{path} = {value!r} (only {' or '.join(repr(each) for each in allowed)})"
    if found:
        raise members_not_emulated(operation, list(found.values()))


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


def shown_by(operation: str, request: Parameters) -> Parameters:
    """The members of a request that a Describe operation repeats, by the names they share."""
    shape = cast("StructureShape", model().operation_model(operation).output_shape)
    return {name: value for name, value in request.items() if name in shape.members}


def shape_answer(operation: str, answer: Parameters) -> Parameters:
    """An operation's answer as JSON: timestamps as epoch seconds, absent members left out.

    Raises:
        InternalFailure: the answer has a member or type the model does not know, a fault of the sandbox.
    """
    shape = model().operation_model(operation).output_shape
    if shape is not None:
        return cast("Parameters", _shaped(shape, answer, operation))
    if answer != {}:
        raise InternalFailure(f"{operation} answers nothing, and the sandbox's answer is {answer!r}")
    return {}


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
