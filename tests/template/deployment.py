"""What CloudFormation would do with a template: which resources exist, and which an update replaces, by AWS's own resource schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]


def existing(template: Template, parameters: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The resources whose conditions hold, with parameters put in where they are referred to.

    Args:
        template: the template.
        parameters: values; the template's defaults stand in for those not given.
    """
    values = {name: parameters.get(name, each.get("Default", "")) for name, each in template.get("Parameters", {}).items()}
    conditions = template.get("Conditions", {})
    return {
        logical_id: _chosen(_put_in(resource, values), conditions, values)
        for logical_id, resource in template["Resources"].items()
        if "Condition" not in resource or _holds({"Condition": resource["Condition"]}, conditions, values)
    }


def outputs(template: Template, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The outputs whose conditions hold."""
    values = {name: parameters.get(name, each.get("Default", "")) for name, each in template.get("Parameters", {}).items()}
    return {
        name: _put_in(output["Value"], values)
        for name, output in template["Outputs"].items()
        if "Condition" not in output or _holds({"Condition": output["Condition"]}, template["Conditions"], values)
    }


def replaced(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> set[str]:
    """The resources that an update gives a new identity: a property that cannot be changed in place changed, perhaps by reference."""
    found: set[str] = set()
    while True:
        new = {id_ for id_ in before.keys() & after.keys() if _fixed(after[id_]["Type"]) & set(_changed(before[id_], after[id_], found))}
        if new == found:
            return found
        found = new


def updated(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> set[str]:
    """The resources that an update changes and keeps."""
    new = replaced(before, after)
    return {id_ for id_ in before.keys() & after.keys() - new if list(_changed(before[id_], after[id_], new))}


def resource_schema(type_: str) -> Mapping[str, Any]:
    """AWS's own schema of a resource type, from cfn-lint; imported here because it takes a second, which not every worker need wait for."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    return PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema  # type: ignore[no-any-return] # cfn-lint ships no types


def _fixed(type_: str) -> set[str]:
    """The properties of a type whose change means replacement."""
    return {path.split("/")[2] for path in resource_schema(type_).get("createOnlyProperties", [])}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], new: set[str]) -> Iterator[str]:
    """The properties that differ in text, or that refer to a resource that is a new one."""
    old, now = before.get("Properties", {}), after.get("Properties", {})
    for name in old.keys() | now.keys():
        if old.get(name) != now.get(name) or new & set(_referred(now.get(name))):
            yield name


def _referred(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _referred(part)
    elif isinstance(value, dict):
        if set(value) == {"Ref"}:
            yield value["Ref"]
        elif set(value) == {"Fn::GetAtt"}:
            yield value["Fn::GetAtt"][0]
        else:
            yield from _referred(list(value.values()))


def _put_in(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_put_in(part, values) for part in value]
    if isinstance(value, dict):
        if set(value) == {"Ref"} and value["Ref"] in values:
            return values[value["Ref"]]
        return {name: _put_in(part, values) for name, part in value.items()}
    return value


def _chosen(value: Any, conditions: Mapping[str, Any], values: Mapping[str, str]) -> Any:
    """A value in which each `Fn::If` is what its condition chooses."""
    if isinstance(value, list):
        return [_chosen(part, conditions, values) for part in value]
    if isinstance(value, dict):
        if set(value) == {"Fn::If"}:
            condition, then, otherwise = value["Fn::If"]
            return _chosen(then if _holds({"Condition": condition}, conditions, values) else otherwise, conditions, values)
        return {name: _chosen(part, conditions, values) for name, part in value.items()}
    return value


def _holds(condition: Any, conditions: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    ((function, argument),) = condition.items()
    if function == "Condition":
        return _holds(conditions[argument], conditions, values)
    if function == "Fn::Not":
        return not _holds(argument[0], conditions, values)
    if function == "Fn::And":
        return all(_holds(each, conditions, values) for each in argument)
    assert function == "Fn::Equals", function
    left, right = _put_in(argument, values)
    return bool(left == right)
