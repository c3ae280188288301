"""All hosts of a training, each connected with each, as one of them sees them."""

import json
import select
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import EngineError, PlatformError
from .connection import Connection, Incoming, frame

POLL_SECONDS = 0.1
_LIMIT = 1 << 16


@dataclass
class Group:
    """The hosts of a training.

    Attributes:
        rank: this host's place among them; the first, 0, is the master.
        names: of all.
        connections: to each other host, by its rank.
        heed: called several times a second while this host waits for others; may raise to end the waiting.
        seconds: spent so far in sending, receiving and waiting for others.
    """

    rank: int
    names: Sequence[str]
    connections: Mapping[int, Connection] = field(default_factory=dict)
    heed: Callable[[], None] = lambda: None
    seconds: float = 0.0

    @property
    def size(self) -> int:
        """How many hosts there are."""
        return len(self.names)

    @property
    def sent(self) -> int:
        """Bytes this host has sent to the others."""
        return sum(each.sent for each in self.connections.values())

    def exchange(
        self,
        *,
        to: int | None = None,
        parts: Sequence[memoryview] = (),
        source: int | None = None,
        allowed: Callable[[int], bool] = lambda length: length <= _LIMIT,
        watched: bool = True,
    ) -> bytearray:
        """Send a frame to one host and receive one from another, or the same, at once: a ring that only sends would stand still.

        Args:
            to: the rank of who receives `parts`; None to send nothing.
            parts: what the frame consists of.
            source: the rank of who is listened to; None to receive nothing.
            allowed: how long a received frame may be, in bytes.
            watched: whether it is an error that any other host ends meanwhile.

        Returns:
            The received frame; empty without a source.

        Raises:
            EngineError: a host has ended; the message says which, and why if it told.
        """
        begin = time.perf_counter()
        rest = [] if to is None else frame(parts)
        writer = None if to is None else self.connections[to]
        incoming = None if source is None else Incoming(self.connections[source], allowed)
        waits = incoming is not None
        while rest or waits:
            reads = [incoming.connection] if incoming is not None and waits else []
            writes = [writer] if rest and writer is not None else []
            readable, writable, _ = select.select(reads, writes, [], POLL_SECONDS)
            if not readable and not writable:
                if watched:
                    self.raise_if_ended(but=source)
                self.heed()
            for connection in writable:
                connection.write_some(rest)
            if readable and incoming is not None:
                waits = not incoming.read()
        self.seconds += time.perf_counter() - begin
        return bytearray() if incoming is None or incoming.data is None else incoming.data

    def raise_if_ended(self, *, but: int | None = None) -> None:
        """Raise when another host has ended; `but` is one that is being read, and found by that.

        Raises:
            EngineError: it has.
        """
        for rank, connection in self.connections.items():
            if rank != but and connection.has_ended():
                raise connection.ended()

    def broadcast(self, parts: Sequence[memoryview], *, allowed: Callable[[int], bool] = lambda length: length <= _LIMIT) -> bytearray:
        """What the master gives, on every other host; the master itself receives nothing."""
        if self.rank:
            return self.exchange(source=0, allowed=allowed)
        for rank in range(1, self.size):
            self.exchange(to=rank, parts=parts)
        return bytearray()

    def gather(self, own: bytes, *, watched: bool = True) -> list[bytes]:
        """What every host gives, in their order, on every host; a few bytes each. `watched` is as for `exchange`."""
        found = [own] * self.size
        for step in range(1, self.size):
            to, source = (self.rank + step) % self.size, (self.rank - step) % self.size
            found[source] = bytes(self.exchange(to=to, parts=[memoryview(own)], source=source, watched=watched))
        return found

    def add(self, numbers: Sequence[float]) -> list[float]:
        """The sums over all hosts of a few numbers, the same bits on every host."""
        rows = [np.frombuffer(each, np.float64) for each in self.gather(np.array(numbers, np.float64).tobytes())]
        return [float(each) for each in np.sum(rows, axis=0)]

    def agree(self, terms: Mapping[str, object]) -> None:
        """Compare what every host was given; nothing else is exchanged before.

        Raises:
            PlatformError: two hosts were given different things; the message names them.
        """
        own = json.dumps(terms, sort_keys=True)
        for name, found in zip(self.names, self.gather(own.encode()), strict=True):
            theirs = json.loads(found)
            differ = [key for key in terms if theirs.get(key) != json.loads(own)[key]]
            if differ or theirs.keys() != terms.keys():
                raise PlatformError(
                    f"{name} and {self.names[self.rank]} were given different things: {', '.join(differ) or 'other terms'}. "
                    "Hosts train one model of one text. Give every host the same request, the same text and the same ENGINE_SEED."
                )

    def leave(self, error: EngineError | None = None) -> None:
        """End all connections; the other hosts are told of an error first."""
        for connection in self.connections.values():
            if error is not None:
                connection.tell_failure(error)
        for connection in self.connections.values():
            connection.close()

    def part(self) -> None:
        """Return when every host has called this; then each may end, however late the others notice."""
        self.gather(b"", watched=False)

    def wait_for_end_of(self, rank: int) -> None:
        """Return when a host has left, successfully or not."""
        while not self.connections[rank].has_ended():
            self.heed()
            time.sleep(POLL_SECONDS)
