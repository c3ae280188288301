"""That the tests stay on this machine is true: what leaves it is refused, and fails the test that tried."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import network

ROOT = Path(__file__).parents[2]
# Addresses and names that nobody has (RFC 5737, RFC 3849, RFC 2606).
ELSEWHERE = "192.0.2.1"
ELSEWHERE_6 = "2001:db8::1"
NAME = "elsewhere.invalid"


def _connect() -> None:
    with socket.socket() as client:
        client.settimeout(0.1)
        client.connect((ELSEWHERE, 80))


def _connect_6() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.settimeout(0.1)
        client.connect((ELSEWHERE_6, 80))


def _send() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"", (ELSEWHERE, 53))


def _send_message() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendmsg([b""], [], 0, (ELSEWHERE, 53))


@pytest.mark.parametrize(
    "leave",
    [
        _connect,
        _connect_6,
        _send,
        _send_message,
        lambda: socket.getaddrinfo(NAME, 80),
        lambda: socket.gethostbyname(NAME),
        lambda: urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{ELSEWHERE}/", timeout=0.1),
    ],
    ids=["connect", "connect over IPv6", "send", "send a message", "getaddrinfo", "gethostbyname", "urllib"],
)
def test_what_leaves_this_machine_is_refused(leave: Callable[[], object]) -> None:
    with network.attempts() as seen, pytest.raises(network.NetworkRefusedError, match="nobody but this machine"):
        leave()

    assert len(seen) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection((host, server.getsockname()[1])) as client:
        assert client.getpeername() == server.getsockname()


def test_a_socket_in_the_file_system_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Paths of sockets are short.
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here")
        server.listen()
        client.connect("here")


TESTS = f"""
import contextlib, socket

def test_that_takes_the_refusal_for_a_network_that_is_down():
    with contextlib.suppress(Exception):
        socket.getaddrinfo("{NAME}", 80)

def test_that_stays_here():
    socket.getaddrinfo("localhost", 80)
"""


def test_a_test_that_tried_fails_even_if_it_caught_the_refusal(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.network import _loopback_only\n", encoding="utf-8")
    (tmp_path / "test_theirs.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), str(tmp_path)]

    told = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    ).stdout

    assert "2 passed, 1 error" in told
    assert f"The test tried to leave this machine: socket.getaddrinfo ('{NAME}',)" in told
