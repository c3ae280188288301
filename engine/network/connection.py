"""One connection between two hosts: frames on a TCP socket, each with its kind and its length before it.

A host that is slow is waited for; one whose process has ended, or whose machine is gone, is noticed: the first by the end of the stream,
the other by the system's own probes, which a busy process need not answer itself (RFC 9293, 3.8.4; tcp(7)).
"""

import json
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence

from ..errors import EngineError, HostError, UserError

_HEADER = struct.Struct("<BQ")
_DATA, _FAILURE = 0, 1
_MAX_FAILURE = 65_536
_GOODBYE_SECONDS = 1.0
# A machine that is gone is noticed after about ten seconds, and after five minutes while something is on its way to it: the system does not
# tell one that answers no longer from a process that has read nothing for as long, although its machine answers (TCP_USER_TIMEOUT).
_PROBES = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 300_000}


class Connection:
    """A socket to another host.

    Attributes:
        name: of the other host.
        sent: bytes written so far, the lengths of frames among them.
    """

    def __init__(self, name: str, sock: socket.socket) -> None:
        self.name, self.sent = name, 0
        self._socket, self._writing = sock, False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES.items():
            if hasattr(socket, option):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        sock.setblocking(False)

    def fileno(self) -> int:
        """The socket, as `select` takes it."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection; the other host sees that."""
        self._socket.close()

    def has_ended(self) -> bool:
        """Whether the other host's process has ended, also while frames from it are still to be read."""
        poll = select.poll()
        poll.register(self._socket, getattr(select, "POLLRDHUP", 0))
        if poll.poll(0):
            return True
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def ended(self) -> EngineError:
        """Why the other host has ended, if it told; read what it sent before."""
        deadline = time.monotonic() + _GOODBYE_SECONDS
        try:
            while time.monotonic() < deadline:
                kind, length = _HEADER.unpack(self._blocking_read(_HEADER.size, deadline))
                if kind == _FAILURE:
                    return _failure(self._blocking_read(min(length, _MAX_FAILURE), deadline))
                while length:
                    length -= len(self._blocking_read(min(length, 1 << 20), deadline))
        except OSError:
            pass  # It ended without a word.
        return lost(self.name)

    def tell_failure(self, error: EngineError) -> None:
        """Tell the other host why this one ends, unless it is in the midst of a frame or gone itself."""
        if self._writing:
            return
        said = json.dumps({"user": isinstance(error, UserError), "message": str(error)}).encode()[:_MAX_FAILURE]
        try:
            self._socket.settimeout(_GOODBYE_SECONDS)
            self._socket.sendall(_HEADER.pack(_FAILURE, len(said)) + said)
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # Who is gone need not know.

    def _blocking_read(self, size: int, deadline: float) -> bytes:
        self._socket.settimeout(max(0.01, deadline - time.monotonic()))
        found = bytearray()
        while len(found) < size:
            part = self._socket.recv(size - len(found))
            if not part:
                raise ConnectionResetError
            found += part
        return bytes(found)

    def write_some(self, rest: list[memoryview]) -> None:
        """Write as much as the socket takes now; what is left stays in `rest`.

        Raises:
            HostError: the other host has ended.
        """
        try:
            self._writing = True
            while rest:
                written = self._socket.send(rest[0])
                self.sent += written
                rest[0] = rest[0][written:]
                if not rest[0]:
                    rest.pop(0)
        except BlockingIOError:
            return
        except OSError:
            raise self.ended() from None
        self._writing = False

    def read_into(self, room: memoryview) -> int:
        """Read as much as there is now; gives how many bytes.

        Raises:
            EngineError: the other host has ended, for the reason that it told if it did.
        """
        try:
            got = self._socket.recv_into(room)
        except BlockingIOError:
            return 0
        except OSError:
            raise lost(self.name) from None
        if not got:
            raise lost(self.name)
        return got


class Incoming:
    """A frame that is being read.

    Args:
        connection: where it comes from.
        allowed: gives whether a frame may be so long; memory is taken only then.
    """

    def __init__(self, connection: Connection, allowed: Callable[[int], bool]) -> None:
        self.connection, self._allowed = connection, allowed
        self._header, self._kind = bytearray(_HEADER.size), _DATA
        self.data: bytearray | None = None
        self._room = memoryview(self._header)

    def read(self) -> bool:
        """Read on; whether the frame is whole.

        Raises:
            EngineError: the other host has ended, or what it sends is no frame of this exchange.
        """
        while self._room:
            got = self.connection.read_into(self._room)
            if not got:
                return False
            self._room = self._room[got:]
            if not self._room and self.data is None:
                self._begin(*_HEADER.unpack(self._header))
        if self._kind == _FAILURE:
            raise _failure(bytes(self.data or b""))
        return True

    def _begin(self, kind: int, length: int) -> None:
        fits = length <= _MAX_FAILURE if kind == _FAILURE else kind == _DATA and self._allowed(length)
        if not fits:
            raise HostError(
                f"{self.connection.name} sent a frame of {length} bytes that nobody waits for here. The hosts run different versions of "
                "this engine, or are at different steps. Start all of them from one image."
            )
        self._kind, self.data = kind, bytearray(length)
        self._room = memoryview(self.data)


def frame(parts: Sequence[memoryview]) -> list[memoryview]:
    """The parts of one frame, its header first; empty ones left out."""
    flat = [part.cast("B") for part in parts if part.nbytes]
    return [memoryview(_HEADER.pack(_DATA, sum(len(part) for part in flat))), *flat]


def lost(name: str) -> HostError:
    """A host is gone, and said nothing."""
    return HostError(
        f"The host {name} ended before the training did. Its share of the text is not trained. "
        "Its own log says why; start the training again."
    )


def _failure(said: bytes) -> EngineError:
    try:
        told = json.loads(said)
        return (UserError if told["user"] else HostError)(str(told["message"]))
    except (ValueError, KeyError, TypeError):
        return HostError("Another host failed, and its reason cannot be read. Its own log has it.")
