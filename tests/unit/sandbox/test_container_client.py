"""HTTP to a container, against a server in this process."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from blazingtext_sandbox.sagemaker.hosting.container_client import ContainerClient, ContainerTimeoutError, ContainerUnreachableError


class Container(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent; `sleep` takes a second, `hang up` closes the connection."""

    protocol_version = "HTTP/1.1"

    server: "Server"

    def do_GET(self) -> None:
        self.server.pings += 1
        if self.server.healthy:
            self._answer(200, b"")
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        self.server.posts.append(self.client_address[1])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"hang up":
            self.close_connection = True
            return
        if body == b"sleep":
            time.sleep(1)
        self._answer(415 if body == b"refuse" else 200, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Custom", "yes")
        self.send_header("X-Token-Sent", self.headers.get("X-Engine-Access-Token", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        pass


class Server(http.server.ThreadingHTTPServer):
    """Remembers the client's port of every POST."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Container)
        self.posts: list[int] = []
        self.pings = 0
        self.healthy = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that no longer waits is no error here."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def client(server: Server) -> Iterator[ContainerClient]:
    made = ContainerClient(server.server_port)
    yield made
    made.close()


def test_a_connection_is_used_again_and_answers_come_as_they_are(server: Server, client: ContainerClient) -> None:
    answers = [client.post("/invocations", body, {"Content-Type": "text/plain"}, 5) for body in (b"one", b"refuse", b"two")]

    assert [(answer.status, answer.data) for answer in answers] == [(200, b"one"), (415, b"refuse"), (200, b"two")]
    assert answers[0].headers["x-custom"] == "yes"
    assert len(set(server.posts)) == 1


def test_a_container_that_takes_too_long_is_not_asked_twice(server: Server, client: ContainerClient) -> None:
    with pytest.raises(ContainerTimeoutError, match=r"no answer within 0\.2 s"):
        client.post("/invocations", b"sleep", {}, 0.2)

    assert len(server.posts) == 1


def test_a_container_that_hangs_up_is_not_asked_twice(server: Server, client: ContainerClient) -> None:
    with pytest.raises(ContainerUnreachableError):
        client.post("/invocations", b"hang up", {}, 5)

    assert len(server.posts) == 1


def test_nothing_listens_behind_a_port_that_is_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        client = ContainerClient(probe.getsockname()[1])

        assert not client.ping(1)
        with pytest.raises(ContainerUnreachableError):
            client.post("/invocations", b"", {}, 1)


def test_a_ping_is_sent_once_whatever_comes_of_it(server: Server, client: ContainerClient) -> None:
    assert client.ping(5)
    server.healthy = False
    assert not client.ping(5)

    assert server.pings == 2


def test_every_request_carries_the_token(server: Server) -> None:
    client = ContainerClient(server.server_port, "s3cret")

    assert client.post("/invocations", b"x", {}, 5).headers["X-Token-Sent"] == "s3cret"
    assert client.post("/invocations", b"x", {"X-Engine-Access-Token": "of a caller"}, 5).headers["X-Token-Sent"] == "s3cret"
