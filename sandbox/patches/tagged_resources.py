"""The Resource Groups Tagging API knows log groups, alarms and state machines, too.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file reads some

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..emulator.identity import region
from ..emulator.internals import Json, internal
from ..emulator.resource_tags import register_tags

Tags = Iterator[tuple[str, dict[str, str]]]


def apply() -> None:
    """Let it find them, and change their tags."""
    register_tags("logs", _log_groups, write=_write(_of_log_group), remove=_remove(_of_log_group))
    register_tags("cloudwatch", _alarms, write=_write(_of_alarm), remove=_remove(_of_alarm))
    register_tags("states", _state_machines, write=_write_to_machine, remove=_remove_from_machine)


def _log_groups() -> Tags:
    for group in internal("services.cloudwatch_logs")._log_groups.values():
        yield group["arn"].removesuffix(":*"), group["tags"]


def _of_log_group(arn: str) -> dict[str, str]:
    record = internal("services.cloudwatch_logs").resolve_tag_resource(arn)
    if record is None:
        raise LookupError(arn)
    return record.setdefault("tags", {})  # type: ignore[no-any-return] # ministack ships no types


def _alarms() -> Tags:
    for arn, tags in internal("services.cloudwatch")._resource_tags.items():
        if arn.split(":")[3] == region():
            yield arn, tags


def _of_alarm(arn: str) -> dict[str, str]:
    cloudwatch = internal("services.cloudwatch")
    if cloudwatch._validate_alarm_tag_arn(arn, is_json=True, is_cbor=False) is not None:
        raise LookupError(arn)
    return cloudwatch._resource_tags.setdefault(arn, {})  # type: ignore[no-any-return] # likewise


def _write(tags_of: Callable[[str], dict[str, str]]) -> Callable[[str, Mapping[str, str]], None]:
    return lambda arn, tags: tags_of(arn).update(tags)


def _remove(tags_of: Callable[[str], dict[str, str]]) -> Callable[[str, Sequence[str]], None]:
    def remove(arn: str, keys: Sequence[str]) -> None:
        tags = tags_of(arn)
        for key in keys:
            tags.pop(key, None)

    return remove


def _state_machines() -> Tags:
    for arn, tags in internal("services.stepfunctions")._tags.items():
        yield arn, {each["key"]: each["value"] for each in tags}


def _write_to_machine(arn: str, tags: Mapping[str, str]) -> None:
    _asked("_tag_resource", {"resourceArn": arn, "tags": [{"key": key, "value": value} for key, value in tags.items()]})


def _remove_from_machine(arn: str, keys: Sequence[str]) -> None:
    _asked("_untag_resource", {"resourceArn": arn, "tagKeys": list(keys)})


def _asked(operation: str, request: Json) -> None:
    machines = internal("services.stepfunctions")
    if request["resourceArn"] not in machines._state_machines:
        raise LookupError(request["resourceArn"])
    getattr(machines, operation)(request)
