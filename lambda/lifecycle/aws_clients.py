"""Clients of AWS whose calls end while the function that makes them still has time to say so.

By itself botocore waits a minute for a connection, a minute for every answer, and asks up to five times
(https://docs.aws.amazon.com/boto3/latest/guide/configuration.html): Lambda would end the function before, without a word.
"""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from .deadline import Deadline

# What botocore waits at most before it asks again; the pause doubles from one second with every attempt
# (https://docs.aws.amazon.com/boto3/latest/guide/retries.html).
_LONGEST_PAUSE_SECONDS = 20


@dataclass(frozen=True)
class Patience:
    """How long a call may take.

    Attributes:
        connect_seconds: for a connection.
        read_seconds: for each part of an answer.
        attempts: how often it is sent, if AWS is busy, fails or does not answer.
    """

    connect_seconds: int
    read_seconds: int
    attempts: int

    @property
    def config(self) -> Config:
        """These limits for boto3."""
        return Config(
            connect_timeout=self.connect_seconds,
            read_timeout=self.read_seconds,
            retries={"mode": "standard", "total_max_attempts": self.attempts},
        )

    @property
    def step_seconds(self) -> int:
        """How long it may take until an attempt has failed and the pause after it is over."""
        longest_pause: int = min(2 ** (self.attempts - 2), _LONGEST_PAUSE_SECONDS)
        return self.connect_seconds + self.read_seconds + longest_pause


#: For functions that have a minute.
PROMPT = Patience(connect_seconds=5, read_seconds=10, attempts=5)
#: For functions that have a quarter of an hour, and whose failure leaves a stack in DELETE_FAILED.
PATIENT = Patience(connect_seconds=5, read_seconds=60, attempts=10)


def connect(service: str, patience: Patience, deadline: Deadline) -> Any:
    """A client of a service, which sends nothing, not for the second time either, that might not end in time.

    Its calls then raise NotReady.

    Args:
        service: boto3's name of it.
        patience: how long a call may take.
        deadline: when the function ends.
    """
    client = boto3.client(service, config=patience.config)  # type: ignore[call-overload] # the stubs want a literal

    def check(event_name: str, **_: object) -> None:
        deadline.check(f"Asking AWS for {event_name.rpartition('.')[2]}", patience.step_seconds)

    client.meta.events.register("before-send", check)
    return client
