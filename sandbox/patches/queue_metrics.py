"""SQS publishes how many messages of every queue are visible and in flight, and the age of the oldest one.

ministack publishes no queue metrics. AWS publishes one value a minute, here there is one every ten seconds. As on AWS, the age leaves out
messages received three times or more, and is not published for a queue without any other
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file reads some

from __future__ import annotations

import time
from typing import Final

from ..emulator.background import regions_of, run_periodically
from ..emulator.identity import scope
from ..emulator.internals import Json, internal
from ..emulator.services import put_metric

_INTERVAL_SECONDS: Final = 10.0
_POISON_PILL: Final = 3


def apply() -> None:
    """Publish the metrics of every queue from now on."""
    run_periodically("queue-metrics", _INTERVAL_SECONDS, _publish)


def _publish() -> None:
    queues = internal("services.sqs")._queues
    for account, region in regions_of(queues):
        with scope(account, region):
            for queue in list(queues.values()):
                for name, value in values(list(queue["messages"]), time.time()).items():
                    unit = "Seconds" if "Age" in name else "Count"
                    put_metric("AWS/SQS", name, value, {"QueueName": queue["name"]}, unit)


def values(messages: list[Json], now: float) -> dict[str, float]:
    """The metrics of a queue by the messages in it."""
    visible = sum(message["visible_at"] <= now for message in messages)
    in_flight = sum(message["visible_at"] > now and message["receive_count"] > 0 for message in messages)
    found = {"ApproximateNumberOfMessagesVisible": float(visible), "ApproximateNumberOfMessagesNotVisible": float(in_flight)}
    ages = [now - message["sent_at"] for message in messages if message["receive_count"] < _POISON_PILL]
    return found | ({"ApproximateAgeOfOldestMessage": max(ages)} if ages else {})
