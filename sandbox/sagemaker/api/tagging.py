"""Tags of every resource: AddTags, ListTags, DeleteTags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..store import Resource, Store
from .contract import Parameters
from .errors import ValidationException

MAX_TAGS = 50


def as_map(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """A request's tag list as a map.

    Raises:
        ValidationException: a key given twice.
    """
    mapped = {tag["Key"]: tag["Value"] for tag in tags}
    if len(mapped) < len(tags):
        raise ValidationException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return mapped


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API writes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def add(store: Store, parameters: Parameters) -> Parameters:
    """AddTags: new keys are added, known ones overwritten.

    Raises:
        ValidationException: no such resource, or more than 50 tags.
    """
    resource = _resource(store, parameters["ResourceArn"])
    merged = resource.tags | as_map(parameters["Tags"])
    if len(merged) > MAX_TAGS:
        raise ValidationException(f"The number of tags on {resource.arn} would be {len(merged)}; the most is {MAX_TAGS}.")
    resource.tags.clear()
    resource.tags.update(merged)
    return {"Tags": as_list(resource.tags)}


def list_(store: Store, parameters: Parameters) -> Parameters:
    """ListTags: all of them on one page; a resource has at most 50."""
    return {"Tags": as_list(_resource(store, parameters["ResourceArn"]).tags)}


def delete(store: Store, parameters: Parameters) -> Parameters:
    """DeleteTags: keys the resource does not have are no error."""
    resource = _resource(store, parameters["ResourceArn"])
    for key in parameters["TagKeys"]:
        resource.tags.pop(key, None)
    return {}


def _resource(store: Store, resource_arn: str) -> Resource:
    resource = store.by_arn(resource_arn)
    if resource is None:
        raise ValidationException(f"Could not find resource {resource_arn!r}.")
    return resource
