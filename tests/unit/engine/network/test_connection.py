"""What a connection does on a socket that the other host does not read."""

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from blazingtext_engine.errors import UserError
from blazingtext_engine.network.connection import Connection

HEADER = struct.Struct("<BQ")


@pytest.fixture(name="ends")
def _ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one = socket.create_connection(listening.getsockname())
        other, _ = listening.accept()
    yield one, other
    one.close()
    other.close()


def test_a_machine_that_is_gone_is_told_from_a_process_that_reads_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    one, _ = ends
    Connection("algo-2", one)

    def seconds(option: str) -> int:
        return one.getsockopt(socket.IPPROTO_TCP, getattr(socket, option))

    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if hasattr(socket, "TCP_KEEPIDLE"):
        assert 8 <= seconds("TCP_KEEPIDLE") + seconds("TCP_KEEPINTVL") * seconds("TCP_KEEPCNT") <= 15
    # The system ends a connection after that time, too, when the other machine answers and its process reads nothing.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert seconds("TCP_USER_TIMEOUT") >= 300_000


def test_why_a_host_ends_is_told_as_soon_as_the_other_reads(ends: tuple[socket.socket, socket.socket]) -> None:
    one, other = ends
    telling = Connection("algo-2", one)
    rest = [memoryview(HEADER.pack(0, 64 << 20))]
    telling.write_some(rest)
    filler, filled = bytes(1 << 16), 0
    while True:
        try:
            filled += one.send(filler)
        except BlockingIOError:
            break

    def end() -> None:
        telling.tell_failure(UserError("No words."))
        telling.close()

    thread = threading.Thread(target=end)
    thread.start()
    received = bytearray()
    while part := other.recv(1 << 20):
        received += part
    thread.join()

    said = bytes(received)[HEADER.size + filled :]
    kind, length = HEADER.unpack(said[: HEADER.size])
    assert (kind, json.loads(said[HEADER.size :])) == (1, {"user": True, "message": "No words."})
    assert length == len(said) - HEADER.size
