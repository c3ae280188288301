"""What the requests of Application Auto Scaling have in common: which resource they mean, and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from ..sagemaker.api.errors import AwsError, ValidationException
from .record import DIMENSION, NAMESPACE, Parameters

_RESOURCE: Final = re.compile(r"endpoint/[^/]+/variant/[^/]+")
_LARGEST_PAGE: Final = 50
Item = TypeVar("Item")


class InvalidNextTokenException(AwsError):  # noqa: N818 - AWS's name
    """The token is none that this operation gave."""


def scaled_resource(parameters: Parameters) -> str:
    """The resource of a request, which is a variant of an endpoint.

    Raises:
        ValidationException: it is something else.
    """
    namespace, dimension, resource = (parameters[each] for each in ("ServiceNamespace", "ScalableDimension", "ResourceId"))
    if (namespace, dimension) != (NAMESPACE, DIMENSION):
        raise ValidationException(f"the sandbox does not scale {namespace} by {dimension}: only {NAMESPACE} by {DIMENSION}")
    if not _RESOURCE.fullmatch(resource):
        # Words: https://github.com/pulumi/pulumi-policy-aws/issues/11
        raise ValidationException("Unsupported service namespace, resource type or scalable dimension")
    return str(resource)


def only(items: list[Item], names: Sequence[str] | None, name: Callable[[Item], str]) -> list[Item]:
    """The items of some names; all of them without names."""
    return items if names is None else [each for each in items if name(each) in names]


def of_resource(items: list[Any], parameters: Parameters) -> list[Any]:
    """The items of the resource that a request names; all of them when it names none."""
    wanted = parameters.get("ResourceId")
    return [each for each in items if wanted in (None, each.resource_id)]


def page(items: Sequence[Item], parameters: Parameters, member: str, shown: Callable[[Item], Parameters]) -> Parameters:
    """One page of what belongs to SageMaker; of every other service there is nothing.

    Args:
        items: all there are.
        parameters: the request; its MaxResults and NextToken are used.
        member: what the answer calls them.
        shown: how it shows each.

    Raises:
        InvalidNextTokenException: a token that this operation did not give.
    """
    found = (
        list(items) if parameters["ServiceNamespace"] == NAMESPACE and parameters.get("ScalableDimension", DIMENSION) == DIMENSION else []
    )
    token = str(parameters.get("NextToken", "0"))
    if not token.isdigit() or int(token) > len(found):
        raise InvalidNextTokenException("The next token supplied was invalid.")
    begin = int(token)
    end = begin + min(int(parameters.get("MaxResults", _LARGEST_PAGE)), _LARGEST_PAGE)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return {member: [shown(each) for each in found[begin:end]], **more}
