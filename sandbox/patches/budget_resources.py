"""CloudFormation makes, changes and removes AWS::Budgets::Budget; ministack has the service, and no such type.

What is spent is not counted and nobody is alerted: nothing costs anything here.
Sources: the resource schema and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html (`Ref` gives the name).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file calls some

from __future__ import annotations

import copy
import json
from typing import Any, Final

from ..emulator.internals import Json, internal
from ..emulator.resource_types import physical_name, register_cloudformation_type

_TYPE: Final = "AWS::Budgets::Budget"
_NAME_LENGTH: Final = 100


class BudgetRefusedError(Exception):
    """AWS Budgets refuses a request; the text becomes the event's reason."""


def apply() -> None:
    """Register the type. Another name, or other notifications, replace the budget."""
    register_cloudformation_type(
        _TYPE, create=_create, update=_update, delete=_delete, replacement=("NotificationsWithSubscribers",), tags=False
    )


def _create(logical_id: str, properties: Json, stack_name: str) -> tuple[str, Json]:
    name = properties["Budget"].get("BudgetName") or physical_name(stack_name, logical_id, _NAME_LENGTH)
    request = {
        "Budget": _budget(properties, name),
        "NotificationsWithSubscribers": properties.get("NotificationsWithSubscribers", []),
        "ResourceTags": properties.get("ResourceTags", []),
    }
    _answered(internal("services.budgets")._create_budget(request))
    return name, {}


def _update(name: str, _old: Json, properties: Json, stack_name: str) -> tuple[str, Json]:
    wanted = properties["Budget"].get("BudgetName")
    if wanted and wanted != name:
        return _create(name, properties, stack_name)
    _answered(internal("services.budgets")._update_budget({"NewBudget": _budget(properties, name)}))
    return name, {}


def _delete(name: str, _properties: Json) -> None:
    status, _, body = internal("services.budgets")._delete_budget({"BudgetName": name})
    if status >= 400 and "NotFound" not in _text(body):
        raise BudgetRefusedError(_text(body))


def _budget(properties: Json, name: str) -> Json:
    """The template's budget as the service takes it: an amount is text there, and a number in most templates."""
    budget: Json = {**copy.deepcopy(properties["Budget"]), "BudgetName": name}
    if "BudgetLimit" in budget:
        budget["BudgetLimit"] = {key: str(value) for key, value in budget["BudgetLimit"].items()}
    return budget


def _answered(answer: Any) -> None:
    status, _, body = answer
    if status >= 400:
        raise BudgetRefusedError(json.loads(_text(body)).get("message") or _text(body))


def _text(body: str | bytes) -> str:
    return body.decode() if isinstance(body, bytes) else body
