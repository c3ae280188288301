"""Functions inside a template's Conditions: ministack compares `Fn::Join` and the like unresolved, so such a condition is always true.

`cdk bootstrap` has one (are there execution policies of one's own?): taken for true, its deployment role gets no policy at all.
"""

# ruff: noqa: SLF001 - see sandbox/internals.py: this file replaces one

from __future__ import annotations

from typing import Any, Final

from ..emulator.internals import Json, internal

# What may stand inside a condition and has a value of its own
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html).
_VALUES: Final = frozenset({"Fn::FindInMap", "Fn::Join", "Fn::Split", "Fn::Sub"})


def repair() -> None:
    """Resolve such values before conditions are evaluated, from now on, wherever ministack evaluates them."""
    engine = internal("services.cloudformation.engine")
    evaluate = engine._evaluate_conditions

    def evaluate_resolved(template: Json, parameters: Json) -> Json:
        conditions = {name: _resolved(body, template, parameters) for name, body in template.get("Conditions", {}).items()}
        found: Json = evaluate({**template, "Conditions": conditions}, parameters)
        return found

    # Each of these modules has imported the function for itself.
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
