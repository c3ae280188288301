"""Two hosts make sure of each other: only one that knows the secret, for its own place, in this job."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from blazingtext_engine.network.handshake import Party, StrangerError, introduce, welcome
from tests.patience import PATIENCE

LISTENS, CONNECTS = Party(0, 3, "job", b"secret"), Party(2, 3, "job", b"secret")


def shake(listens: Party, connects: Callable[[socket.socket], None]) -> int:
    """What the host that listens makes of the other; the sockets are closed on both sides' errors."""
    own, other = socket.socketpair()
    for each in (own, other):
        each.settimeout(PATIENCE)

    def run(work: Callable[[], int | None], sock: socket.socket) -> int | None:
        with sock:
            return work()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, lambda: welcome(own, listens), own)
        second = pool.submit(run, lambda: connects(other), other)
        try:
            found = first.result(PATIENCE)
        finally:
            second.exception(PATIENCE)
        error = second.exception()
        if error is not None:
            raise error
    assert found is not None
    return found


def test_hosts_of_one_job_know_each_other() -> None:
    assert shake(LISTENS, lambda sock: introduce(sock, CONNECTS, 0)) == 2


def test_a_job_without_a_secret_is_known_by_its_name() -> None:
    assert shake(replace(LISTENS, secret=b""), lambda sock: introduce(sock, replace(CONNECTS, secret=b""), 0)) == 2


@pytest.mark.parametrize(
    "stranger",
    [
        replace(CONNECTS, secret=b"guessed"),
        replace(CONNECTS, secret=b""),
        replace(CONNECTS, job="other"),
        replace(CONNECTS, hosts=4),
        replace(CONNECTS, rank=0),
        replace(CONNECTS, rank=3),
    ],
    ids=["another secret", "no secret", "another job", "another number of hosts", "the listener itself", "one too many"],
)
def test_a_stranger_is_refused_by_whoever_listens(stranger: Party) -> None:
    with pytest.raises((StrangerError, OSError)):
        shake(LISTENS, lambda sock: introduce(sock, stranger, 0))


def test_a_host_that_does_not_know_the_secret_finds_out_before_it_proves_anything() -> None:
    with pytest.raises((StrangerError, OSError)):
        shake(LISTENS, lambda sock: introduce(sock, replace(CONNECTS, secret=b"guessed"), 0))

    own, other = socket.socketpair()
    with own, other, ThreadPoolExecutor(1) as pool:
        own.settimeout(PATIENCE)
        asked = pool.submit(introduce, own, CONNECTS, 0)
        hello = other.recv(4096)
        # What listens there has heard the number of this host, and makes the code up.
        other.sendall(hello[:8] + b"\0\0\0\0" + hello[12:] + bytes(32))
        with pytest.raises(StrangerError, match="does not know the secret"):
            asked.result(PATIENCE)
        own.close()
        assert other.recv(4096) == b""


def test_a_code_that_was_heard_before_proves_nothing() -> None:
    own, other = socket.socketpair()
    with own, other, ThreadPoolExecutor(1) as pool:
        own.settimeout(PATIENCE)
        asked = pool.submit(welcome, own, LISTENS)
        hello = b"BTHOSTS1" + (2).to_bytes(4, "little") + bytes(32)
        other.sendall(hello)
        answer = other.recv(4096)
        # The listener's own code, sent back to it.
        other.sendall(answer[-32:])
        with pytest.raises(StrangerError, match="does not know the secret"):
            asked.result(PATIENCE)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: algo-1\r\nAccept: */*\r\n\r\n", b"BTHOSTS1"])
def test_who_speaks_another_language_is_refused(said: bytes) -> None:
    own, other = socket.socketpair()
    with own, other:
        own.settimeout(PATIENCE)
        other.sendall(said)
        other.shutdown(socket.SHUT_WR)
        with pytest.raises((StrangerError, OSError)):
            welcome(own, LISTENS)
