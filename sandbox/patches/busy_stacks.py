"""CloudFormation neither updates nor deletes a stack on which an operation is going on, and does not update a broken one.

ministack deletes it under the update's feet, and what the update makes afterwards is left; and it takes a change set for it, whose
execution then runs beside the update. Seen on AWS: "Stack [...] cannot be deleted while in status UPDATE_IN_PROGRESS"
(https://github.com/aws/aws-toolkit-azure-devops/issues/317), and UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
(https://github.com/aws-amplify/amplify-backend/pull/2366); of UpdateStack "Stack:arn:... is in UPDATE_IN_PROGRESS state and can not be
updated." (https://github.com/remind101/empire/issues/932), and of CreateChangeSet the same words with another status
(https://github.com/rails-lambda/lamby/issues/132). The other statuses of an operation are taken to be refused likewise.

What ExecuteChangeSet says of a stack that has become busy since is not known; its code is InvalidChangeSetStatus
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps some

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..emulator.internals import Json, internal

# What a stack is in before its first change set is executed.
_REVIEW: Final = "REVIEW_IN_PROGRESS"
# What a stack can only be deleted from, or continue to roll back
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html).
_BROKEN: Final = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"})
# Code and message.
_Refusal = tuple[str, str]


def apply() -> None:
    """Refuse the operations for such a stack."""
    _refuse("DeleteStack", _deletion)
    _refuse("UpdateStack", _update)
    _refuse("CreateChangeSet", _change_set)
    _refuse("ExecuteChangeSet", _execution)


def _refuse(action: str, refusal: Callable[[Json, Json], _Refusal | None]) -> None:
    """Have an operation look first whether a stack and a request are refused."""
    handlers = internal("services.cloudformation.handlers")
    original = handlers._ACTION_HANDLERS[action]

    def unless_refused(parameters: Json) -> Any:
        stack = handlers._resolve_stack(_text(parameters, "StackName"))
        refused = None if stack is None else refusal(stack, parameters)
        return original(parameters) if refused is None else handlers._error(*refused)

    handlers._ACTION_HANDLERS[action] = unless_refused


def _text(parameters: Json, name: str) -> str:
    given = parameters.get(name, [""])
    return str(given[0] if isinstance(given, list) else given)


def _is_busy(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status != _REVIEW


def _deletion(stack: Json, _: Json) -> _Refusal | None:
    status = stack["StackStatus"]
    if not (_is_busy(status) and status.startswith("UPDATE_")):
        return None
    return "ValidationError", f"Stack [{stack['StackId']}] cannot be deleted while in status {status}"


def _update(stack: Json, _: Json) -> _Refusal | None:
    status = stack["StackStatus"]
    if not _is_busy(status) and status not in _BROKEN:
        return None
    return "ValidationError", f"Stack:{stack['StackId']} is in {status} state and can not be updated."


def _change_set(stack: Json, parameters: Json) -> _Refusal | None:
    """Of a stack's creation ministack says itself that there is one of its name."""
    return None if _text(parameters, "ChangeSetType") == "CREATE" else _update(stack, parameters)


def _execution(stack: Json, _: Json) -> _Refusal | None:
    status = stack["StackStatus"]
    if not _is_busy(status):
        return None
    return "InvalidChangeSetStatus", f"A change set of {stack['StackId']} cannot be executed while the stack is in status {status}."
