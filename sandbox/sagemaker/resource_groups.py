"""SageMaker's resources in the Resource Groups Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..emulator.resource_tags import register_tags
from .api import tagging
from .service import SageMaker


def register(service: SageMaker) -> None:
    """Let GetResources find what the service has, and TagResources and UntagResources change its tags."""

    def collect() -> Iterator[tuple[str, Mapping[str, str]]]:
        yield from ((resource.arn, dict(resource.tags)) for resource in service.store.resources())

    def write(arn: str, tags: Mapping[str, str]) -> None:
        _exists(service, arn)
        service.call("AddTags", {"ResourceArn": arn, "Tags": tagging.as_list(tags)})

    def remove(arn: str, keys: Sequence[str]) -> None:
        _exists(service, arn)
        service.call("DeleteTags", {"ResourceArn": arn, "TagKeys": list(keys)})

    register_tags("sagemaker", collect, write=write, remove=remove, actions=("AddTags", "DeleteTags"))


def _exists(service: SageMaker, arn: str) -> None:
    """Say that a resource is not there.

    Raises:
        LookupError: it is not.
    """
    if service.store.by_arn(arn) is None:
        raise LookupError(arn)
