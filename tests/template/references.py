"""What the values of a template refer to, by the names of the resources, in whichever stack these are.

A resource's name is its logical id without the CDK's hash: the construct ids on the way to it, which tell a queue from its dead-letter
queue.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.template.matrix import STACKS, Synthesis, lists

# Where the image is, whatever the region.
IMAGE = "<Images/<AWS::Region>/account>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/blazingtext:1"
_HASH = re.compile(r"[0-9A-F]{8}$")


def name(logical_id: str) -> str:
    """A resource's name."""
    return _HASH.sub("", logical_id)


def named(synthesis: Synthesis, type_: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of a type, by name, with references written out."""
    return {name(logical_id): written(synthesis, resource.get("Properties", {})) for logical_id, resource in synthesis.resources(type_)}


def written(synthesis: Synthesis, value: Any) -> Any:
    """A value whose references are text: ``<PromotionQueue.Arn>``; a join becomes one text."""
    if isinstance(value, list):
        return [written(synthesis, part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](synthesis, argument)
    return {key: written(synthesis, part) for key, part in value.items()}


def statements(synthesis: Synthesis, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A policy document's statements, with what IAM writes alone or as a list always as a list."""
    found: list[dict[str, Any]] = written(synthesis, document["Statement"])
    return [{key: lists(part) if key in {"Action", "Resource"} else part for key, part in statement.items()} for statement in found]


def _output(synthesis: Synthesis, argument: Mapping[str, str]) -> Any:
    (stack,) = (each for each in STACKS if f"blazingtext-{synthesis.settings.stage}-{each.lower()}" == argument["StackName"])
    return written(synthesis, synthesis.templates[stack]["Outputs"][argument["OutputName"]]["Value"])


_FUNCTIONS: Mapping[str, Callable[[Synthesis, Any], Any]] = {
    "Ref": lambda _, argument: f"<{name(argument)}>",
    "Fn::GetAtt": lambda _, argument: f"<{name(argument[0])}.{argument[1]}>",
    "Fn::Join": lambda synthesis, argument: argument[0].join(written(synthesis, part) for part in argument[1]),
    "Fn::FindInMap": lambda synthesis, argument: f"<{'/'.join(written(synthesis, part) for part in argument)}>",
    "Fn::GetStackOutput": _output,
    "Fn::Split": lambda synthesis, argument: f"{written(synthesis, argument[1])}/{argument[0]}",
    "Fn::Select": lambda synthesis, argument: f"{written(synthesis, argument[1])}[{argument[0]}]",
}
