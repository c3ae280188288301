"""The ARN that a handler's action names for a resource of a template.

AWS's Service Authorization Reference gives each action the patterns of the ARNs it is about, for example
`arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`. A part that no property and no name gives is `*`: that is also how services
authorize an action whose resource has no identifier yet (`ec2:CreateVpc` is asked about `vpc/*`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..arns import PARTITION
from .identity import account_id, arn_with_path, region

_VARIABLE: Final = re.compile(r"\$\{([\w.]+)\}")
# Asked about something else than the pattern says: IAM's refusals of DescribeLogGroups name this ARN, and a function's code is one object.
# A scalable target's ARN ends in an id that the service makes up, and its role's name in the resource's kind.
_TARGET: Final = "arn:${Partition}:application-autoscaling:${Region}:${Account}:scalable-target/*"
_OTHER: Final[Mapping[str, str]] = {
    **{
        f"application-autoscaling:{action}": _TARGET
        for action in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "TagResource")
    },
    "iam:CreateServiceLinkedRole": "arn:${Partition}:iam::${Account}:role/aws-service-role/${ServiceNamespace}.application-autoscaling"
    ".amazonaws.com/*",
    "logs:DescribeLogGroups": "arn:${Partition}:logs:${Region}:${Account}:log-group::log-stream:",
    "s3:GetObject": "arn:${Partition}:s3:::${Code.S3Bucket}/${Code.S3Key}",
    "s3:GetObjectVersion": "arn:${Partition}:s3:::${Code.S3Bucket}/${Code.S3Key}",
}
# Variables that mean a resource of the type itself, where the words differ.
_OWN: Final = {
    ("UUID", "AWS::Lambda::EventSourceMapping"),
    ("PolicyNameWithPath", "AWS::IAM::ManagedPolicy"),
}


@dataclass(frozen=True)
class Named:
    """A resource of a template, as far as its names are known.

    Args:
        type: for example `AWS::SQS::Queue`.
        properties: with every reference resolved.
        name: its name, given by a person or made up by CloudFormation; empty when it has none.
        physical_id: what `Ref` gives; empty before it is created.
    """

    type: str
    properties: Mapping[str, Any]
    name: str = ""
    physical_id: str = ""


def arns_of(action: str, patterns: list[str], resource: Named) -> list[str]:
    """Every ARN to ask about: one, or one for each member of a list such as `Queues`; `*` for an action without resources."""
    patterns = [_OTHER[action]] if action in _OTHER else patterns
    if not patterns:
        return ["*"]
    filled = [list(_filled(pattern, resource)) for pattern in patterns]
    whole = [each for each in filled if not any("*" in arn for arn in each)]
    return (whole or filled)[0]


def _filled(pattern: str, resource: Named) -> Iterator[str]:
    """The pattern with each value of its last variable; the other variables have one value."""
    fixed = {"Partition": PARTITION, "Region": region(), "Account": account_id()}
    variables = [name for name in _VARIABLE.findall(pattern) if name not in fixed]
    if not variables:
        yield _put(pattern, fixed)
        return
    others = {name: next(iter(_values(name, resource)), "*") for name in variables[:-1]}
    for value in _values(variables[-1], resource) or ["*"]:
        # A property may hold the whole ARN, or the address of a queue.
        yield value if value.startswith("arn:") else _put(pattern, {**fixed, **others, variables[-1]: value})


def _put(pattern: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1], "*"), pattern)


def _values(variable: str, resource: Named) -> list[str]:
    if "." in variable:
        outer, inner = variable.split(".")
        return _texts((resource.properties.get(outer) or {}).get(inner))
    base = re.sub(r"(Name)?(WithPath|WithoutLeadingSlash)?$|(Arn|Id)$", "", variable)
    if resource.type.rsplit("::", 1)[1] == base or (variable, resource.type) in _OWN:
        return _own(variable, resource)
    for name in (variable, base, f"{base}Arn", f"{base}Name", f"{base}Id", f"{base}s"):
        if found := _texts(resource.properties.get(name)):
            return [arn_with_path(base, text) or text for text in found]
    return []


def _own(variable: str, resource: Named) -> list[str]:
    found = _texts(resource.physical_id or resource.name)
    if found and variable.endswith("WithPath") and not found[0].startswith("arn:"):
        path = str(resource.properties.get("Path", "/")).strip("/")
        return [f"{path}/{found[0]}".lstrip("/")]
    return [text.lstrip("/") if variable.endswith("WithoutLeadingSlash") else text for text in found]


def _texts(value: Any) -> list[str]:
    """A property's text or texts; the last part of an address is the name."""
    texts = [str(each) for each in (value if isinstance(value, list) else [value]) if isinstance(each, str | int) and each != ""]
    return [text.rsplit("/", 1)[-1] if text.startswith(("http://", "https://")) else text for text in texts]
