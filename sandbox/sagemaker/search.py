"""Search: filters over the descriptions of what there is."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from botocore.model import StructureShape

from .api import contract, tagging
from .api.constraints import moment
from .api.contract import Parameters
from .api.errors import SerializationException, ValidationException
from .store import Store

Describe = Callable[[Store, Parameters], Parameters]
_DEFAULT_PAGE: Final = 10
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class Search:
    """The operation Search.

    Args:
        describe: resource type -> the name of the resource's member, and what describes one. Of other types there is nothing.
    """

    def __init__(self, describe: Mapping[str, tuple[str, Describe]]) -> None:
        self._describe = describe

    def search(self, store: Store, parameters: Parameters) -> Parameters:
        """Search: the records of one type that match, newest change first.

        Raises:
            ValidationException: a token that Search did not give.
        """
        found = [each for each in self._records(store, parameters["Resource"]) if _holds(parameters.get("SearchExpression", {}), each)]
        order = parameters.get("SortBy", "LastModifiedTime")
        found.sort(key=lambda each: _sortable(_value(each, order)), reverse=parameters.get("SortOrder", "Descending") == "Descending")
        start, size = _offset(parameters.get("NextToken")), parameters.get("MaxResults", _DEFAULT_PAGE)
        more = start + size < len(found)
        return {
            "Results": [_record(parameters["Resource"], each) for each in found[start : start + size]],
            "NextToken": base64.urlsafe_b64encode(str(start + size).encode()).decode() if more else None,
            "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
        }

    def _records(self, store: Store, kind: str) -> Iterator[Parameters]:
        if kind not in self._describe:
            return
        member, describe = self._describe[kind]
        for resource in store.of_kind(kind):
            key = resource.arn if member == "ModelPackageName" else resource.name
            yield {**describe(store, {member: key}), "Tags": tagging.as_list(resource.tags)}


def _record(kind: str, described: Parameters) -> Parameters:
    """A search result, with the members that its shape has."""
    shape: Any = cast("StructureShape", contract.model().shape_for("SearchRecord")).members[kind]
    if kind == "Model":
        return {"Model": {"Model": {name: value for name, value in described.items() if name in shape.members["Model"].members}}}
    return {kind: {name: value for name, value in described.items() if name in shape.members}}


def _holds(expression: Parameters, record: Parameters) -> bool:
    results = [_matches(each, record) for each in expression.get("Filters", [])]
    results += [_holds(each, record) for each in expression.get("SubExpressions", [])]
    return not results or (any(results) if expression.get("Operator") == "Or" else all(results))


def _matches(condition: Parameters, record: Parameters) -> bool:
    found: Any = _value(record, condition["Name"])
    kind: str = condition.get("Operator", "Equals")
    wanted: str = condition.get("Value", "")
    if kind in ("Exists", "NotExists"):
        return (found is not None) == (kind == "Exists")
    if kind == "Contains":
        return found is not None and wanted in str(found)
    if kind == "In":
        return str(found) in wanted.split(",")
    if kind in _ORDERS:
        return _compare(_ORDERS[kind], found, wanted)
    return (found is not None and _compare(operator.eq, found, wanted)) == (kind == "Equals")


def _compare(order: Callable[[Any, Any], bool], found: Any, wanted: str) -> bool:
    """Times as times, numbers as numbers, anything else as text."""
    if found is None:
        return False
    with contextlib.suppress(ValueError, SerializationException):
        if isinstance(found, dt.datetime):
            return order(found, moment(wanted))
        if isinstance(found, int | float) and not isinstance(found, bool):
            return order(float(found), float(wanted))
    return order(str(found).lower() if isinstance(found, bool) else str(found), wanted)


def _value(record: Parameters, path: str) -> Any:
    """A property by its dotted name; `Tags.<key>` is a tag's value. The first that an item of a list has."""
    if path.startswith("Tags."):
        key = path.removeprefix("Tags.")
        return next((tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == key), None)
    value: Any = record
    for name in path.split("."):
        if isinstance(value, list):
            value = next((each for each in value if isinstance(each, dict) and name in each), None)
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, dt.datetime):
        return 1, value.timestamp(), ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode())
    except ValueError as problem:
        raise ValidationException("The pagination token is invalid.") from problem
