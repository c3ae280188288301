"""SQS publishes `ApproximateNumberOfMessagesVisible` of every queue, which alarms on dead-letter queues watch.

ministack publishes no queue metrics. AWS publishes one value a minute, here there is one every ten seconds
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
"""

# ruff: noqa: SLF001 - see emulator/internals.py: this file reads some

from __future__ import annotations

import time
from typing import Final

from ..emulator.background import regions_of, run_periodically
from ..emulator.identity import scope
from ..emulator.internals import internal
from ..emulator.services import put_metric

_INTERVAL_SECONDS: Final = 10.0


def apply() -> None:
    """Publish the metric of every queue from now on."""
    run_periodically("queue-metrics", _INTERVAL_SECONDS, _publish)


def _publish() -> None:
    queues = internal("services.sqs")._queues
    for account, region in regions_of(queues):
        with scope(account, region):
            for queue in list(queues.values()):
                now = time.time()
                visible = sum(message["visible_at"] <= now for message in list(queue["messages"]))
                put_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, {"QueueName": queue["name"]}, "Count")
