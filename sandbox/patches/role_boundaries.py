"""A role of a stack has the permissions boundary that its template gives it, and loses it with the property.

ministack gives one to a role that IAM's own API makes, and ignores the property `PermissionsBoundary` of `AWS::IAM::Role`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..emulator.internals import Json, internal

_TYPE: Final = "AWS::IAM::Role"


def apply() -> None:
    """Set the boundary when a role is made and when it is changed."""
    handlers: Json = internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS[_TYPE]
    # create(logical id, properties, stack) and update(physical id, old, new, stack, and perhaps the logical id).
    for verb, wanted in (("create", 1), ("update", 2)):
        handlers[verb] = _bounded(handlers[verb], wanted)


def _bounded(handler: Callable[..., Any], wanted: int) -> Callable[..., Any]:
    def handle(*arguments: Any) -> Any:
        name, attributes = handler(*arguments)
        internal("services.iam")._roles[name]["PermissionsBoundary"] = arguments[wanted].get("PermissionsBoundary") or None
        return name, attributes

    return handle
