"""A topic of a stack is encrypted with the key that its template names, and no longer without the property.

ministack keeps a key that SNS's own API is given, and ignores the property `KmsMasterKeyId` of `AWS::SNS::Topic`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..emulator.internals import Json, internal

_TYPE: Final = "AWS::SNS::Topic"
_KEY: Final = "KmsMasterKeyId"


def apply() -> None:
    """Set the key when a topic is made and when it is changed."""
    handlers: Json = internal("services.cloudformation.provisioners")._RESOURCE_HANDLERS[_TYPE]
    # create(logical id, properties, stack) and update(physical id, old, new, stack, and perhaps the logical id).
    for verb, wanted in (("create", 1), ("update", 2)):
        handlers[verb] = _encrypted(handlers[verb], wanted)


def _encrypted(handler: Callable[..., Any], wanted: int) -> Callable[..., Any]:
    def handle(*arguments: Any) -> Any:
        arn, attributes = handler(*arguments)
        topic: Json = internal("services.sns")._topic_by_arn_any_scope(arn)
        key = arguments[wanted].get(_KEY)
        topic["attributes"].pop(_KEY, None)
        if key:
            topic["attributes"][_KEY] = key
        return arn, attributes

    return handle
