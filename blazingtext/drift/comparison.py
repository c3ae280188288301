"""Whether what a service has is what a template says, and what to do when it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .template import Unknown

# The parts of a statement in which one value alone and a list of it mean the same.
_LISTS = frozenset({"Action", "NotAction", "Resource", "NotResource"})


@dataclass(frozen=True)
class Finding:
    """A difference between a stage's stacks and its account.

    Attributes:
        kind: what differs, such as "inline policy".
        resource: whose, by its name in the account.
        said: in what it differs.
        remedy: what to do.
    """

    kind: str
    resource: str
    said: str
    remedy: str


def same(expected: Any, actual: Any) -> bool:
    """Whether two values mean the same: lists in any order, numbers and flags as JSON or as text; `UNKNOWN` equals everything."""
    if isinstance(expected, Unknown):
        return True
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return expected.keys() == actual.keys() and all(same(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return _same_items(expected, actual)
    return _text(expected) == _text(actual)


def _same_items(expected: list[Any], actual: list[Any]) -> bool:
    rest = list(actual)
    # What is known first, so that an unknown item takes what is left.
    for item in sorted(expected, key=lambda each: isinstance(each, Unknown)):
        found = next((place for place, other in enumerate(rest) if same(item, other)), None)
        if found is None:
            return False
        del rest[found]
    return not rest


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def same_policy(expected: Any, actual: Any) -> bool:
    """Whether two policy documents allow and deny the same, however AWS has written them down."""
    return same(_statements(expected), _statements(actual))


def _statements(document: Any) -> Any:
    found = json.loads(document) if isinstance(document, str) else document
    if not isinstance(found, Mapping):
        return found
    return [_plain(each) for each in _listed(found.get("Statement", []))]


def _plain(statement: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in statement.items():
        if key in _LISTS:
            plain[key] = _listed(value)
        elif key in {"Principal", "NotPrincipal"}:
            plain[key] = _principals(value)
        elif key == "Condition":
            plain[key] = {operator: {name: _listed(each) for name, each in keys.items()} for operator, keys in value.items()}
        else:
            plain[key] = value
    return plain


def _principals(value: Any) -> Any:
    """AWS writes an account as the ARN of its root, and everybody as ``{"AWS": "*"}`` or ``"*"``."""
    if value in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        return "*"
    return {kind: [_account(each) for each in _listed(names)] for kind, names in value.items()}


def _account(name: Any) -> Any:
    return name.split(":")[4] if isinstance(name, str) and name.startswith("arn:") and name.endswith(":root") else name


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
