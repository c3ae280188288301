"""A port for a container that nobody else is given before the container listens on it."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, closing


def reserve_port() -> tuple[int, AbstractContextManager[socket.socket]]:
    """A loopback port, and what keeps it reserved until closed.

    The kernel hands out no port that is bound, and a server that sets SO_REUSEADDR, as servers do, may listen on one
    that is bound by another such socket which does not listen (socket(7)).
    """
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return int(holder.getsockname()[1]), closing(holder)
