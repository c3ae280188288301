"""A container's port is nobody else's, before and while it listens."""

import socket

import pytest

from blazingtext_sandbox.sagemaker.hosting.ports import reserve_port
from tests.patience import PATIENCE


def test_a_server_may_listen_on_its_reserved_port_and_answers_there() -> None:
    port, reservation = reserve_port()

    with reservation, socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
        server.accept()[0].close()


def test_nobody_answers_on_a_port_that_is_only_reserved() -> None:
    port, reservation = reserve_port()

    with reservation, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_a_reserved_port_is_given_to_nobody_who_asks_for_any() -> None:
    reserved = [reserve_port() for _ in range(200)]
    others = [socket.create_server(("127.0.0.1", 0)) for _ in range(600)]

    assert {port for port, _ in reserved}.isdisjoint(other.getsockname()[1] for other in others)
    for closing in (*(reservation for _, reservation in reserved), *others):
        with closing:
            pass
