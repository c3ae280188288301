"""A CloudWatch log group read as it grows, each line once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from blazingtext_lifecycle import aws_errors

from .cloud import Cloud

if TYPE_CHECKING:  # boto3's types are installed for development only
    from mypy_boto3_logs.type_defs import GetLogEventsResponseTypeDef


@dataclass
class LogReader:
    """Reads a log group's streams by prefix, each line once.

    Args:
        cloud: the stage.
        group: the log group.
        prefix: of the streams' names; "" for all streams.
    """

    cloud: Cloud
    group: str
    prefix: str
    _tokens: dict[str, str] = field(default_factory=dict)

    def new_lines(self) -> Iterator[tuple[str, datetime, str]]:
        """Stream, time and text of the lines that are new since the last call."""
        for stream in self._streams():
            yield from self._of(stream)

    def _streams(self) -> list[str]:
        # An empty prefix is refused: its least length is 1.
        chosen: dict[str, Any] = {"logStreamNamePrefix": self.prefix} if self.prefix else {}
        try:
            pages = self.cloud.logs.get_paginator("describe_log_streams").paginate(logGroupName=self.group, **chosen)
            return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        except ClientError as error:
            # There is no group before the first line.
            if aws_errors.is_missing(error):
                return []
            raise

    def _of(self, stream: str) -> Iterator[tuple[str, datetime, str]]:
        while True:
            page = self._page(stream)
            for event in page["events"]:
                yield stream, datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"].rstrip("\r\n")
            # CloudWatch returns the same token again when there is no newer event.
            if page["nextForwardToken"] == self._tokens.get(stream):
                return
            self._tokens[stream] = page["nextForwardToken"]

    def _page(self, stream: str) -> GetLogEventsResponseTypeDef:
        if stream not in self._tokens:
            return self.cloud.logs.get_log_events(logGroupName=self.group, logStreamName=stream, startFromHead=True)
        return self.cloud.logs.get_log_events(
            logGroupName=self.group, logStreamName=stream, startFromHead=True, nextToken=self._tokens[stream]
        )
