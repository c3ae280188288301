"""A function of the stage as Lambda runs it, unmodified and with its role and its environment, but in this process.

So a test waits for none of botocore's pauses and for little of the function's own, may end the function between two of its calls, and says
how much time it has.
"""

import contextlib
import importlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3

from blazingtext_lifecycle.deadline import Deadline
from blazingtext_lifecycle.errors import LifecycleError

# By so much the function's own pauses are shorter: jobs of the sandbox end in a fraction of a second.
_HURRY = 20
_WAIT = Deadline.wait
# Asked until it has an answer: how often depends on the machine.
_POLL = "stepfunctions:DescribeExecution"


class Killed(BaseException):
    """Lambda ends the function: nothing of it catches this."""


@dataclass
class Clock:
    """Lambda's context, of a function whose time passes with every attempt of a call.

    Attributes:
        left_ms: what is left of its time.
        attempt_ms: what an attempt takes.
        pauses: how long botocore would have waited between attempts, in seconds.
    """

    left_ms: int = 600_000
    attempt_ms: int = 0
    pauses: list[float] = field(default_factory=list)

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms - int(1000 * sum(self.pauses))


@dataclass
class Ran:
    """What a function did.

    Attributes:
        answer: what it gave back.
        error: what it raised instead, of what this project explains.
        calls: the operations that it asked AWS for, in order, each once however often it was sent; a poll is one call until it is answered.
        bodies: what it sent with each of them.
        killed: whether it was ended.
    """

    answer: Any = None
    error: LifecycleError | None = None
    calls: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    killed: bool = False


@dataclass(frozen=True)
class AsLambda:
    """A function and its role.

    Attributes:
        module: the name of its module.
        session: a session with its role's credentials, which lasts as those of a warm function do.
        environment: its environment variables.
        clients: those that it has made, which are made once: to make one takes as long as ten calls.
    """

    module: str
    session: boto3.session.Session
    environment: Mapping[str, str]
    clients: dict[str, Any] = field(default_factory=dict)

    def run(self, event: Any, clock: Clock | None = None, kill_at: int = -1) -> Ran:
        """Work on an event.

        Args:
            event: the event.
            clock: its time; ten minutes, if not given.
            kill_at: the number of the call, from 0, before which it is ended; -1: before none.
        """
        time, ran = clock or Clock(), Ran()
        with (
            contextlib.ExitStack() as after,
            mock.patch.dict(os.environ, self.environment),
            mock.patch.object(boto3, "client", partial(self._followed, after, ran, time, kill_at)),
            mock.patch("botocore.endpoint.time", SimpleNamespace(sleep=time.pauses.append)),
            mock.patch.object(Deadline, "wait", lambda deadline, seconds, what: _WAIT(deadline, seconds / _HURRY, what)),
        ):
            try:
                ran.answer = importlib.import_module(self.module).handler(event, time)
            except LifecycleError as error:
                ran.error = error
            except Killed:
                ran.killed = True
        return ran

    def _followed(self, after: contextlib.ExitStack, ran: Ran, time: Clock, kill_at: int, service: str, **options: Any) -> Any:
        """A client whose calls are noted; what is registered with it is forgotten after the run."""
        if service not in self.clients:
            self.clients[service] = self.session.client(service, **options)  # type: ignore[call-overload] # the stubs want a literal
        client = self.clients[service]
        events = client.meta.events
        register = events.register

        def register_for_now(name: str, handler: Any, *more: Any, **options: Any) -> None:
            register(name, handler, *more, **options)
            after.callback(events.unregister, name, handler)

        after.enter_context(mock.patch.object(events, "register", register_for_now))

        def before(model: Any, params: Any, **_: Any) -> None:
            call = f"{model.service_model.service_name}:{model.name}"
            if call == _POLL and ran.calls[-1:] == [_POLL]:
                return
            if len(ran.calls) == kill_at:
                raise Killed
            ran.calls.append(call)
            ran.bodies.append(params["body"])

        def sent(**_: Any) -> None:
            time.left_ms -= time.attempt_ms

        events.register_first("before-call", before)
        events.register_last("before-send", sent)
        after.callback(events.unregister, "before-call", before)
        after.callback(events.unregister, "before-send", sent)
        return client


class ResponseUrl:
    """Where a custom resource's function tells CloudFormation what became of it."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []

    @contextlib.contextmanager
    def open(self) -> Iterator[str]:
        """The address, as long as the block lasts."""
        answers = self.answers

        class Reply(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answers.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        with HTTPServer(("127.0.0.1", 0), Reply) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
