"""Functions inside a template's Conditions are resolved before they are compared.

ministack compares `Fn::Join` and the like as they are written, so that such a condition is never equal to anything. `cdk bootstrap` asks
by one whether execution policies were given; taken for true, it leaves the deployment role without any policy.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file replaces one

from __future__ import annotations

from typing import Any, Final

from ..emulator.internals import Json, internal

# The functions allowed inside a condition that have a value
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html).
_VALUES: Final = frozenset({"Fn::FindInMap", "Fn::Join", "Fn::Split", "Fn::Sub"})


def apply() -> None:
    """Resolve functions wherever ministack evaluates conditions."""
    engine = internal("services.cloudformation.engine")
    evaluate = engine._evaluate_conditions

    def evaluate_resolved(template: Json, parameters: Json) -> Json:
        conditions = {name: _resolved(body, template, parameters) for name, body in template.get("Conditions", {}).items()}
        found: Json = evaluate({**template, "Conditions": conditions}, parameters)
        return found

    # Each of these modules has imported the function by name.
    handlers, changesets = internal("services.cloudformation.handlers"), internal("services.cloudformation.changesets")
    stacks = internal("services.cloudformation.stacks")
    engine._evaluate_conditions = handlers._evaluate_conditions = evaluate_resolved
    changesets._evaluate_conditions = stacks._evaluate_conditions = evaluate_resolved


def _resolved(node: Any, template: Json, parameters: Json) -> Any:
    if isinstance(node, list):
        return [_resolved(item, template, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if _VALUES & node.keys():
        return internal("services.cloudformation.engine")._resolve_refs(node, {}, parameters, {}, template.get("Mappings", {}), "", "")
    return {name: _resolved(value, template, parameters) for name, value in node.items()}
