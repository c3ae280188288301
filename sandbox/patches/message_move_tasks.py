"""StartMessageMoveTask, CancelMessageMoveTask and ListMessageMoveTasks, which ministack does not have.

A task moves the messages of a dead-letter queue back to the queues they came from, or to one that is named. Here it does so at once, so it
has ended when its request is answered, and no task is ever left to be cancelled. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html; the words of errors are not documented.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file adds to what is there

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any, Final

from ..emulator.internals import Json, internal

_KEPT_TASKS: Final = 10
# The reason for a message that was sent to the dead-letter queue by hand: the page of ListMessageMoveTasks names none, the console shows
# this one.
_NO_SOURCE: Final = "CouldNotDetermineMessageSource"
_tasks: dict[str, list[Json]] = {}


def apply() -> None:
    """Add the three actions."""
    internal("services.sqs")._HANDLERS.update(
        {"StartMessageMoveTask": _start, "CancelMessageMoveTask": _cancel, "ListMessageMoveTasks": _list}
    )


def _start(data: Json, _url: str) -> Json:
    sqs = internal("services.sqs")
    source = _dead_letter_queue(data)
    destination = data.get("DestinationArn")
    if destination is not None and sqs._queue_by_arn(str(destination)) is None:
        raise _missing()
    rate = data.get("MaxNumberOfMessagesPerSecond", 500)
    if isinstance(rate, bool) or not isinstance(rate, int) or not 1 <= rate <= 500:
        raise sqs._Err(
            "InvalidParameterValue", "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be from 1 to 500."
        )
    visible = [each for each in source["messages"] if each["visible_at"] <= time.time()]
    task: Json = {
        "Status": "COMPLETED",
        "SourceArn": data["SourceArn"],
        "ApproximateNumberOfMessagesToMove": len(visible),
        "ApproximateNumberOfMessagesMoved": 0,
        "StartedTimestamp": int(time.time() * 1000),
        **({"DestinationArn": destination} if destination is not None else {}),
        **({"MaxNumberOfMessagesPerSecond": rate} if "MaxNumberOfMessagesPerSecond" in data else {}),
    }
    for message in visible:
        target = sqs._queue_by_arn(str(destination or message.get("sys", {}).get("DeadLetterQueueSourceArn", "")))
        if target is None:
            task |= {"Status": "FAILED", "FailureReason": _NO_SOURCE}
            break
        _move(message, source, target)
        task["ApproximateNumberOfMessagesMoved"] += 1
    sqs.esm_wake.set()
    _tasks.setdefault(data["SourceArn"], []).insert(0, task)
    del _tasks[data["SourceArn"]][_KEPT_TASKS:]
    handle = json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": data["SourceArn"]})
    return {"TaskHandle": base64.b64encode(handle.encode()).decode()}


def _move(message: Json, source: Json, target: Json) -> None:
    """A message that is moved is a new one: its receive count begins again ("messages are moved with a new messageId and enqueueTime")."""
    source["messages"].remove(message)
    now = time.time()
    system = {name: value for name, value in message.get("sys", {}).items() if name != "DeadLetterQueueSourceArn"}
    new = {"id": str(uuid.uuid4()), "receipt_handle": None, "visible_at": now, "receive_count": 0, "first_receive_at": None}
    target["messages"].append({**message, **new, "sent_at": now, "sys": {**system, "SentTimestamp": str(int(now * 1000))}})


def _cancel(data: Json, _url: str) -> Json:
    """Every task has ended, so there is none to cancel."""
    if not data.get("TaskHandle"):
        raise internal("services.sqs")._Err("MissingParameter", "The request must contain the parameter TaskHandle.")
    raise _missing()


def _list(data: Json, _url: str) -> Json:
    _dead_letter_queue(data)
    most = data.get("MaxResults", 1)
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= _KEPT_TASKS:
        words = f"Value for parameter MaxResults is invalid. Reason: Must be from 1 to {_KEPT_TASKS}."
        raise internal("services.sqs")._Err("InvalidParameterValue", words)
    return {"Results": _tasks.get(data["SourceArn"], [])[:most]}


def _dead_letter_queue(data: Json) -> Json:
    """The queue of SourceArn, which has to be the dead-letter queue of another queue."""
    sqs = internal("services.sqs")
    arn = data.get("SourceArn")
    if not arn:
        raise sqs._Err("MissingParameter", "The request must contain the parameter SourceArn.")
    found: Any = sqs._queue_by_arn(str(arn))
    if found is None:
        raise _missing()
    policies = (each["attributes"].get("RedrivePolicy", "") for each in sqs._queues.values())
    if not any(f'"{arn}"' in policy for policy in policies):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    queue: Json = found
    return queue


def _missing() -> Exception:
    error: Exception = internal("services.sqs")._Err("ResourceNotFoundException", "The resource that you specified doesn't exist.", 404)
    return error
