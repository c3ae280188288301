"""What a container prints gets into its log, whatever happens on the way."""

import contextvars
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from blazingtext_sandbox.sagemaker.log_stream import LogStream
from tests.patience import PATIENCE


def error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutLogEvents")  # type: ignore[typeddict-item] # as much of it as counts


PASSING = [EndpointConnectionError(endpoint_url="https://logs"), error("InternalFailure", 500), error("ThrottlingException", 400)]
LASTING = [error("AccessDeniedException", 400), RuntimeError("dictionary changed size during iteration")]


class Logs:
    """CloudWatch Logs, whose first answers are errors."""

    def __init__(self, *problems: Exception) -> None:
        self.problems, self.lines = list(problems), list[str]()
        self.tried, self.stored = threading.Event(), threading.Event()

    def create_log_group(self, **_: str) -> None: ...

    def create_log_stream(self, **_: str) -> None: ...

    def put_log_events(self, *, logEvents: list[dict[str, Any]], **_: str) -> None:  # noqa: N803 - boto3's name
        self.tried.set()
        if self.problems:
            raise self.problems.pop(0)
        self.lines += [event["message"] for event in logEvents]
        self.stored.set()


def stream_to(logs: Logs) -> LogStream:
    return LogStream(lambda: logs, "group", "stream", interval=0.01)


@pytest.mark.parametrize("problem", PASSING, ids=lambda each: type(each).__name__)
def test_a_line_that_meets_an_error_that_passes_is_sent_later(problem: Exception, caplog: pytest.LogCaptureFixture) -> None:
    logs = Logs(problem, problem)
    stream = stream_to(logs)

    stream.write("first")
    assert logs.stored.wait(PATIENCE)
    stream.write("second")
    stream.close()

    assert logs.lines == ["first", "second"]
    assert caplog.text.count("gets its log lines later") == 2


@pytest.mark.parametrize("problem", LASTING, ids=lambda each: type(each).__name__)
def test_an_error_that_does_not_pass_ends_the_log_and_is_said(problem: Exception, caplog: pytest.LogCaptureFixture) -> None:
    logs = Logs(problem)
    stream = stream_to(logs)

    stream.write("first")
    assert logs.tried.wait(PATIENCE)
    stream.write("second")
    stream.close()

    assert logs.lines == []
    assert f"group stream gets no log lines: {problem}" in caplog.text


def test_lines_that_could_not_be_sent_before_the_end_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    # More often than it is tried before the end.
    logs = Logs(*[error("InternalFailure", 500)] * 100_000)
    stream = stream_to(logs)

    stream.write("first")
    stream.write("second")
    stream.close()

    assert "group stream lost its last 2 log lines" in caplog.text


def test_the_client_is_made_where_the_stream_was_opened() -> None:
    """In the account and region of a job, which a thread of its own would not know."""
    region, made = contextvars.ContextVar("region", default="elsewhere"), list[str]()
    region.set("here")

    def client() -> Logs:
        made.append(region.get())
        return Logs()

    stream = LogStream(client, "group", "stream", interval=0.01)
    stream.write("first")
    stream.close()

    assert made == ["here"]
