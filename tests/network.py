"""No test leaves this machine: what is not on loopback is neither connected to nor looked up, and trying fails the test.

The interpreter asks its audit hooks (PEP 578) before it connects, sends or looks a name up, whichever library wants to, and a hook that
raises refuses it. This holds for the process of the tests; what they start as processes of their own talks to the sandbox.
"""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# Event: where the address or the host name stands among its arguments.
_EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
_refused: list[str] = []


class NetworkRefusedError(RuntimeError):
    """Not an `OSError`, which clients take for a network that is down, and try again."""


def is_local(address: object) -> bool:
    """Whether an address (a host name, a path, or a tuple that begins with one) is on this machine."""
    if not isinstance(address, tuple):
        return True  # a Unix socket's path, or None: a connected socket
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    address = arguments[_EVENTS[event]]
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        address = (address,)
    if not is_local(address):
        _refused.append(f"{event} {address}")
        raise NetworkRefusedError(f"A test wanted {event} {address}: tests talk to nobody but this machine.")


sys.addaudithook(_hook)


@contextmanager
def attempts() -> Iterator[list[str]]:
    """What was refused while the body ran, known when it is over; it is not held against the test."""
    before = len(_refused)
    seen: list[str] = []
    try:
        yield seen
    finally:
        seen += _refused[before:]
        del _refused[before:]


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fails a test that tried to leave this machine, itself or by a fixture, also when what it called made nothing of the refusal."""
    yield
    seen = list(_refused)
    _refused.clear()
    assert not seen, f"The test tried to leave this machine: {', '.join(seen)}"
