"""What the server inherits from whoever starts it: listening sockets, and a pipe with a secret."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import SandboxError


@contextmanager
def read_end(content: bytes) -> Iterator[int]:
    """The descriptor of a pipe that holds the content (less than a pipe's buffer) and then ends."""
    reading, writing = os.pipe()
    try:
        os.write(writing, content)
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A listening loopback socket, closed in this process at the end of the block; the server inherits it.

    Raises:
        SandboxError: the port cannot be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as problem:
            raise SandboxError(
                f"Port {port} cannot be used: {problem.strerror}. Leave --port out to get a free one.", exit_code=2
            ) from problem
        listener.listen(256)
        yield listener
