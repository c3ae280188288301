"""Which IAM permissions CloudFormation needs to create, change or delete a resource of a template.

AWS publishes for each resource type the permissions of its handlers; `data/resource_permissions` has them, and says where they are from.
A handler lists what it may need with every property set. What a particular resource needs of that is not published, so:

- the types of `conditions.json` need each listed permission, except those bound there to a property that is not given or not changed;
- every other type needs the permission that makes, changes or removes the resource itself;
- both need `iam:PassRole` for each role in their properties, and to tag only what has tags.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from .internals import Json
from .resource_arns import Named, arns_of

_DATA: Final = "data/resource_permissions"
_ROLE: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
# Texts below these are documents, not properties that hand a role over.
_DOCUMENTS: Final = ("Policy", "Document", "Definition", "Environment", "Tags", "Metadata")
# Whom a role in a property of the type is passed to, where it is not `<service>.amazonaws.com`.
_PASSED_TO: Final[Mapping[str, str]] = {
    "AWS::ECS::TaskDefinition": "ecs-tasks.amazonaws.com",
    "AWS::KinesisFirehose::DeliveryStream": "firehose.amazonaws.com",
    "AWS::Cognito::UserPool": "cognito-idp.amazonaws.com",
    "AWS::RDS::DBInstance": "monitoring.rds.amazonaws.com",
    "AWS::RDS::DBCluster": "monitoring.rds.amazonaws.com",
    "AWS::StepFunctions::StateMachine": "states.amazonaws.com",
    "AWS::ApiGatewayV2::Integration": "apigateway.amazonaws.com",
}
# The SageMaker written here asks for these itself, with SageMaker's condition keys.
_ASKED_BY_THE_SERVICE: Final = ("sagemaker:Create*", "sagemaker:Update*", "sagemaker:Delete*", "sagemaker:AddTags")
_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "create": (
        "Create",
        "Put",
        "Register",
        "Add",
        "Publish",
        "Subscribe",
        "Request",
        "Allocate",
        "Attach",
        "Associate",
        "Set",
        "POST",
        "PUT",
    ),
    "update": ("Update", "Modify", "Put", "Set", "Replace", "Change", "PATCH", "PUT"),
    "delete": ("Delete", "Deregister", "Remove", "Unsubscribe", "Detach", "Disassociate", "Schedule", "Cancel", "DELETE"),
}
_CHANGING: Final = ("Write", "Permissions management")


@dataclass(frozen=True)
class Need:
    """One permission: the action, the ARN it is asked about, and the condition keys that come with it."""

    action: str
    arn: str
    conditions: Mapping[str, Any] = field(default_factory=dict)


@cache
def table() -> Json:
    """The vendored table: `types` (permissions of handlers) and `actions` (access level and ARN patterns)."""
    packed = files(__package__.rpartition(".")[0]).joinpath(_DATA, "permissions.json.gz").read_bytes()
    found: Json = json.loads(gzip.decompress(packed))
    return found


@cache
def conditions() -> Json:
    """Type -> which of its permissions are bound to which properties."""
    text = files(__package__.rpartition(".")[0]).joinpath(_DATA, "conditions.json").read_text(encoding="utf-8")
    found: Json = json.loads(text)
    return found


def needs(handler: str, resource: Named, old: Mapping[str, Any] | None = None) -> list[Need]:
    """The permissions that one operation on one resource needs, in the order they are asked for.

    Args:
        handler: `create`, `read`, `update` or `delete`.
        resource: the resource, with the new properties.
        old: for an update, the properties before.
    """
    if resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource":
        return _custom(str(resource.properties.get("ServiceToken", "")))
    schema = table()["types"].get(resource.type)
    if schema is None:
        return []
    changes = _Changes(old, resource.properties)
    if handler == "update" and not changes.any():
        return []
    actions = [*_listed(handler, schema, resource.type, changes), *_tagging(handler, schema, changes)]
    found = [Need(action, arn, _conditions(action, schema, resource)) for action in actions for arn in _arns(action, resource)]
    return found + (list(_passed(schema, resource, changes)) if handler != "delete" else [])


def _custom(token: str) -> list[Need]:
    return [Need("sns:Publish" if ":sns:" in token else "lambda:InvokeFunction", token)] if token.startswith("arn:") else []


class _Changes:
    """What an operation sets, changes or takes away."""

    def __init__(self, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
        self.is_update = old is not None
        self.old, self.new = old or {}, new

    def any(self) -> bool:
        return self.old != self.new

    def given(self, paths: Sequence[str]) -> bool:
        return any(_at(side, path) not in (None, [], {}, "") for side in (self.old, self.new) for path in paths)

    def changed(self, paths: Sequence[str]) -> bool:
        return not self.is_update or any(_at(self.old, path) != _at(self.new, path) for path in paths)

    def beside(self, tags: str | None) -> bool:
        """Whether anything but the tags changes."""
        return not self.is_update or {k: v for k, v in self.old.items() if k != tags} != {k: v for k, v in self.new.items() if k != tags}


def _at(properties: Mapping[str, Any], path: str) -> Any:
    value: Any = properties
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _listed(handler: str, schema: Json, type_name: str, changes: _Changes) -> Iterator[str]:
    """The actions asked for, without tags and roles."""
    known = [action for action in schema[handler] if action in table()["actions"]]
    own = [action for action in known if action != "iam:PassRole" and action not in schema["tagging"]]
    if not changes.beside(schema["tags"]):
        return
    if type_name not in conditions():
        yield from main_action(handler, own, type_name)
        return
    bound = conditions()[type_name]
    for action in own:
        if type_name.startswith("AWS::SageMaker::") and any(fnmatchcase(action, each) for each in _ASKED_BY_THE_SERVICE):
            continue
        if _is_needed(action, bound, changes):
            yield action


def _is_needed(action: str, bound: Json, changes: _Changes) -> bool:
    properties = _match(action, bound.get("with", {}))
    changing = _match(action, bound.get("changes", {}))
    if properties is not None and not changes.given(properties):
        return False
    watched = changing if changing is not None else properties
    return watched is None or changes.changed(watched)


def _match(action: str, patterns: Mapping[str, list[str]]) -> list[str] | None:
    return next((properties for pattern, properties in patterns.items() if fnmatchcase(action, pattern)), None)


def main_action(handler: str, listed: Sequence[str], type_name: str) -> list[str]:
    """The action that makes, changes or removes a resource itself; none when the list has none such.

    It is the one named by a verb and the type, `CreateTable` for a table; else the first one of the service that changes something.
    """
    noun = type_name.rsplit("::", 1)[1]
    changing = [action for action in listed if table()["actions"][action]["level"] in _CHANGING and not action.startswith(("iam:", "kms:"))]
    changing = changing or [action for action in listed if table()["actions"][action]["level"] in _CHANGING]
    verbs = _VERBS.get(handler, ())
    exact = [action for verb in verbs for action in changing if action.partition(":")[2] == f"{verb}{noun}"]
    likely = [action for action in changing if verbs and action.partition(":")[2].startswith(verbs)]
    return (exact or likely or (changing if verbs else []))[:1]


def _tagging(handler: str, schema: Json, changes: _Changes) -> Iterator[str]:
    """The actions that set or take away tags, when the template or the stack has tags of its own."""
    before, after = _tags(changes.old.get(schema["tags"])), _tags(changes.new.get(schema["tags"]))
    if handler not in ("create", "update"):
        return
    for action in schema[handler]:
        if action not in schema["tagging"] or _match(action, {"s3:TagResource": [], "s3:UntagResource": []}) is not None:
            continue
        takes_away = action.partition(":")[2].startswith(("Untag", "Delete", "Remove"))
        reads = table()["actions"].get(action, {}).get("level") in ("Read", "List", None)
        if not reads and (before.keys() - after.keys() if takes_away else after.items() - before.items()):
            yield action


def _tags(value: Any) -> dict[str, str]:
    """A person's tags; those that CloudFormation adds need no permission."""
    pairs = value.items() if isinstance(value, Mapping) else [(tag.get("Key"), tag.get("Value")) for tag in value or []]
    return {str(key): str(text) for key, text in pairs if not str(key).startswith("aws:")}


def _arns(action: str, resource: Named) -> list[str]:
    return arns_of(action, table()["actions"][action]["arns"], resource)


def _conditions(action: str, schema: Json, resource: Named) -> dict[str, Any]:
    """The condition keys of the request that the handler sends."""
    tags = _tags(resource.properties.get(schema["tags"]))
    found: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        found["aws:TagKeys"] = list(tags)
    if action == "iam:CreateServiceLinkedRole" or action.startswith("application-autoscaling:"):
        found |= _of_scaling(resource.properties)
    if action == "iam:CreateRole" and resource.properties.get("PermissionsBoundary"):
        found["iam:PermissionsBoundary"] = resource.properties["PermissionsBoundary"]
    return found


def _of_scaling(properties: Mapping[str, Any]) -> dict[str, str]:
    """Which service's resources are scaled, and in what; a policy may name them by the Ref of its target."""
    _, dimension, namespace = (str(properties.get("ScalingTargetId") or "||") + "||").split("|")[:3]
    namespace, dimension = properties.get("ServiceNamespace", namespace), properties.get("ScalableDimension", dimension)
    return {
        "application-autoscaling:service-namespace": namespace,
        "application-autoscaling:scalable-dimension": dimension,
        "iam:AWSServiceName": f"{namespace}.application-autoscaling.amazonaws.com",
    }


def _passed(schema: Json, resource: Named, changes: _Changes) -> Iterator[Need]:
    if not any("iam:PassRole" in schema[handler] for handler in ("create", "update")) or resource.type.startswith("AWS::SageMaker::"):
        return
    service = _PASSED_TO.get(resource.type, f"{resource.type.split('::')[1].lower()}.amazonaws.com")
    before = set(roles_in(changes.old))
    for arn in dict.fromkeys(roles_in(resource.properties)):
        if arn not in before:
            yield Need("iam:PassRole", arn, {"iam:PassedToService": service})


def roles_in(value: Any, name: str = "") -> Iterator[str]:
    """Every role's ARN in a property or parameter that is named after a role; documents are left out."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            if not any(word in str(key) for word in _DOCUMENTS):
                yield from roles_in(member, str(key))
    elif isinstance(value, list):
        for member in value:
            yield from roles_in(member, name)
    elif isinstance(value, str) and name.lower().endswith(("role", "rolearn")) and _ROLE.fullmatch(value):
        yield value
