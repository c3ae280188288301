"""Filters, order and pages of the List operations."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from .constraints import moment
from .contract import Parameters
from .errors import ValidationException

DEFAULT_PAGE = 10


class Listable(Protocol):
    """What a list is filtered and sorted by."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def created(self) -> dt.datetime:
        """When it was created."""

    @property
    def modified(self) -> dt.datetime:
        """When it was last changed."""


Listed = TypeVar("Listed", bound=Listable)


def page(resources: Iterable[Listed], parameters: Parameters, *, order: str = "Descending") -> tuple[list[Listed], str | None]:
    """One page of the resources that match.

    Args:
        resources: all there are.
        parameters: the request; its filters, SortBy, SortOrder, MaxResults and NextToken are used.
        order: the operation's own default SortOrder.

    Returns:
        The page and the token of the next one, None after the last.

    Raises:
        ValidationException: a token this operation did not give.
    """
    found = sorted((each for each in resources if _matches(each, parameters)), key=_key(parameters.get("SortBy", "CreationTime")))
    if parameters.get("SortOrder", order) == "Descending":
        found.reverse()
    start = _offset(found, parameters.get("NextToken"))
    size = parameters.get("MaxResults", DEFAULT_PAGE)
    chosen = found[start : start + size]
    more = start + size < len(found)
    return chosen, base64.urlsafe_b64encode(chosen[-1].name.encode()).decode() if more else None


def _matches(resource: Listable, parameters: Parameters) -> bool:
    tests: list[bool] = [
        parameters.get("NameContains", "") in resource.name,
        parameters.get("StatusEquals") in (None, getattr(resource, "status", None)),
    ]
    for name, value in (("CreationTime", resource.created), ("LastModifiedTime", resource.modified)):
        after, before = parameters.get(f"{name}After"), parameters.get(f"{name}Before")
        tests.append(after is None or value > moment(after))
        tests.append(before is None or value < moment(before))
    return all(tests)


def _key(sort_by: str) -> Callable[[Listable], Any]:
    keys: dict[str, Callable[[Listable], Any]] = {
        "Name": lambda each: each.name,
        "Status": lambda each: (getattr(each, "status", ""), each.name),
        "CreationTime": lambda each: (each.created, each.name),
        "FinalObjectiveMetricValue": lambda each: (getattr(each, "value", 0.0), each.name),
    }
    return keys[sort_by]


def _offset(found: list[Listed], token: str | None) -> int:
    if token is None:
        return 0
    try:
        name = base64.urlsafe_b64decode(token).decode()
    except ValueError as problem:
        raise ValidationException("The pagination token is invalid.") from problem
    places = [place for place, each in enumerate(found) if each.name == name]
    if not places:
        raise ValidationException("The pagination token is invalid.")
    return places[0] + 1
