"""SQS checks all of a message: attributes as well as the body, their size together, and every number.

ministack checks the body alone, and breaks at what is no number. Sources: SendMessage and SendMessageBatch in the API reference
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), and "Amazon SQS message metadata"
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html) for attributes.
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file wraps what is there

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from ..emulator.internals import Json, internal

_MOST_ATTRIBUTES: Final = 10
_LONGEST_NAME: Final = 256
_NAME: Final = re.compile(r"(?!\.)(?!.*\.\.)(?!.*\.$)(?!(?i:aws\.|amazon\.))[A-Za-z0-9_.-]+")
_KIND: Final = re.compile(r"(String|Number|Binary)(\..+)?")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NUMBERS: Final = {
    "DelaySeconds": (0, 900),
    "VisibilityTimeout": (0, 43_200),
    "WaitTimeSeconds": (0, 20),
    "MaxNumberOfMessages": (1, 10),
}
_MOST_BYTES_OF_A_BATCH: Final = 1_048_576
_CONTENTS: Final = "InvalidMessageContents"
_CHARACTERS: Final = "The message contains characters outside the allowed set."
Action = Callable[[Json, str], Any]


def apply() -> None:
    """Check before the action; also what other services send goes through `_act_send_message`."""
    sqs = internal("services.sqs")
    for name, action in list(sqs._HANDLERS.items()):
        sqs._HANDLERS[name] = _checking_numbers(action)
    send, batch = sqs._HANDLERS["SendMessage"], sqs._HANDLERS["SendMessageBatch"]

    def send_checked(data: Json, url: str) -> Any:
        _check_message(data, sqs)
        return send(data, url)

    def batch_checked(data: Json, url: str) -> Any:
        entries = [each for each in data.get("Entries") or [] if isinstance(each, dict)]
        if sum(_size(each) for each in entries) > _MOST_BYTES_OF_A_BATCH:
            raise sqs._Err("BatchRequestTooLong", f"Batch requests cannot be longer than {_MOST_BYTES_OF_A_BATCH} bytes.")
        # The action measures every body in bytes first, and half of a surrogate pair has none.
        poisoned = [each for each in entries if sqs._INVALID_SQS_CHARS_RE.search(str(each.get("MessageBody")))]
        sound = [each for each in data.get("Entries") or [] if each not in poisoned]
        answer: Json = batch({**data, "Entries": sound}, url) if sound or not poisoned else {"Successful": [], "Failed": []}
        answer["Failed"] += [
            {"Id": each.get("Id", ""), "Code": _CONTENTS, "Message": _CHARACTERS, "SenderFault": True} for each in poisoned
        ]
        return answer

    # The batch sends each of its messages through this name.
    sqs._act_send_message = send_checked
    sqs._HANDLERS.update({"SendMessage": send_checked, "SendMessageBatch": batch_checked})


def _checking_numbers(action: Action) -> Action:
    def checked(data: Json, url: str) -> Any:
        for name, (least, most) in _NUMBERS.items():
            given = data.get(name)
            if given is not None and not _is_number(given, least, most):
                words = f"Value {str(given)[:80]} for parameter {name} is invalid. Reason: Must be between {least} and {most}, if provided."
                raise internal("services.sqs")._Err("InvalidParameterValue", words)
        return action(data, url)

    return checked


def _is_number(given: object, least: int, most: int) -> bool:
    if isinstance(given, bool) or not re.fullmatch(r"-?\d{1,9}", str(given)[:12]):
        return False
    return least <= int(str(given)) <= most


def _check_message(data: Json, sqs: Any) -> None:
    body, attributes = data.get("MessageBody"), data.get("MessageAttributes") or {}
    problem = next(_problems(body, attributes), None)
    if problem is not None:
        raise sqs._Err("InvalidParameterValue", problem)
    texts = [text for each in attributes.values() for text in (each.get("StringValue"), each.get("DataType")) if isinstance(text, str)]
    if any(sqs._INVALID_SQS_CHARS_RE.search(text) for text in texts):
        raise sqs._Err(_CONTENTS, _CHARACTERS)
    # The body alone is measured by the action itself.
    if not attributes:
        return
    limit = int(sqs._get_q(data.get("QueueUrl"))["attributes"].get("MaximumMessageSize", _MOST_BYTES_OF_A_BATCH))
    if _size(data) > limit:
        raise sqs._Err("InvalidParameterValue", f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.")


def _problems(body: object, attributes: object) -> Iterator[str]:
    if body is not None and not isinstance(body, str):
        yield "Value for parameter MessageBody is invalid. Reason: Must be a string."
    if not isinstance(attributes, dict):
        yield "Value for parameter MessageAttributes is invalid. Reason: Must be a map."
        return
    if len(attributes) > _MOST_ATTRIBUTES:
        yield f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MOST_ATTRIBUTES}]."
    for name, attribute in attributes.items():
        fault = _fault(name, attribute)
        if fault:
            yield f"The message attribute '{name[:80]}' {fault}"


def _fault(name: str, attribute: object) -> str:
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return "has an invalid name."
    if not isinstance(attribute, dict):
        return "is invalid. Reason: Must be a structure."
    kind = attribute.get("DataType")
    if not isinstance(kind, str) or len(kind) > _LONGEST_NAME or not _KIND.fullmatch(kind):
        return "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
    value = attribute.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    if not value or not isinstance(value, str | bytes):
        return f"must contain a non-empty message attribute value for message attribute type '{kind.split('.')[0]}'."
    if kind.startswith("Number") and not _NUMBER.fullmatch(str(value)):
        return f"with type 'Number' must use a valid number value: {str(value)[:80]}."
    return ""


def _size(message: Json) -> int:
    """The bytes of a message's body and of its attributes' names, types and values."""
    attributes = message.get("MessageAttributes") or {}
    texts = [message.get("MessageBody"), *attributes]
    texts += [
        each.get(part) for each in attributes.values() if isinstance(each, dict) for part in ("DataType", "StringValue", "BinaryValue")
    ]
    return sum(len(str(text).encode("utf-8", "replace")) for text in texts if text)
