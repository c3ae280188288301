"""How the hosts of one training come together: each listens, and connects with every host before it in the list."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from ..errors import EngineError, HostError, PlatformError
from .addresses import JOIN_SECONDS, Place
from .connection import Connection
from .group import Group
from .handshake import Party, StrangerError, introduce, welcome

SECRET_SETTING = "ENGINE_SECRET"  # noqa: S105 - the name of the setting
_RETRY_SECONDS = 0.1
_STRANGER_SECONDS = 10.0


@dataclass(frozen=True)
class Meeting:
    """Who meets where, as one of the hosts knows it.

    Attributes:
        names: of all hosts, the master first.
        rank: this host's place among them.
        places: where each listens.
        job: the name of the training, which all hosts have to give.
        secret: of the job; empty for none.
        heed: called several times a second while this host waits; may raise to end the waiting.
        seconds: how long the others may take to come.
    """

    names: Sequence[str]
    rank: int
    places: Sequence[Place]
    job: str
    secret: bytes = b""
    heed: Callable[[], None] = field(default=lambda: None)
    seconds: float = JOIN_SECONDS

    @property
    def own(self) -> Party:
        """This host in a handshake."""
        return Party(self.rank, len(self.names), self.job, self.secret)


def secret_of(environ: Mapping[str, str]) -> bytes:
    """The secret of the job; empty when it has none."""
    return environ.get(SECRET_SETTING, "").encode()


@contextmanager
def meet(meeting: Meeting) -> Iterator[Group]:
    """Take part in a training of several hosts until the end of the block; an error in it is told to the others.

    Raises:
        PlatformError: this host cannot listen where it should.
        HostError: another did not come in time, or did not know the secret.
    """
    found: dict[int, Connection] = {}
    group = Group(meeting.rank, meeting.names, found, meeting.heed)
    try:
        _find(meeting, found)
        yield group
    except EngineError as error:
        group.leave(error)
        raise
    finally:
        group.leave()


def _find(meeting: Meeting, found: dict[int, Connection]) -> None:
    """Connect with every other host; nobody waits for one that itself waits for this one: the first waits for nobody."""
    deadline = time.monotonic() + meeting.seconds
    with closing(_listen(meeting.names[meeting.rank], meeting.places[meeting.rank])) as listener:
        for other in range(meeting.rank):
            found[other] = Connection(meeting.names[other], _connect(meeting, other, deadline))
        while len(found) < len(meeting.names) - 1:
            meeting.heed()
            if time.monotonic() > deadline:
                missing = [name for rank, name in enumerate(meeting.names) if rank not in {meeting.rank, *found}]
                raise _late(missing, "it did not connect")
            accepted = _accept(meeting, listener, found.keys())
            if accepted is not None:
                rank, sock = accepted
                found[rank] = Connection(meeting.names[rank], sock)


def _listen(name: str, place: Place) -> socket.socket:
    """Listen at this host's own address, and at no other that the machine has."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(place.address, place.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise PlatformError(
            f"{name} cannot listen at {place.address}, port {place.port}: {error}. The other hosts connect there. "
            "Free the port, or set another one for all hosts with ENGINE_PORT or ENGINE_HOSTS."
        ) from error
    listener.settimeout(_RETRY_SECONDS)
    return listener


def _connect(meeting: Meeting, other: int, deadline: float) -> socket.socket:
    """Connect with a host that may not have started yet."""
    place, name, problem = meeting.places[other], meeting.names[other], "it did not answer"
    while (left := deadline - time.monotonic()) > 0:
        meeting.heed()
        try:
            return _introduced(meeting, other, left)
        except StrangerError as error:
            raise HostError(
                f"{meeting.names[meeting.rank]} reached {place.address}, port {place.port}, where {name} should be: {error}. "
                f"Give all hosts one TRAINING_JOB_NAME and one {SECRET_SETTING}, and each a port of its own on a shared machine."
            ) from error
        except OSError as error:
            problem = str(error)
            time.sleep(_RETRY_SECONDS)
    raise _late([name], problem)


def _introduced(meeting: Meeting, other: int, seconds: float) -> socket.socket:
    """A connection to a host that both sides have proved themselves on; one that has others to wait for answers late."""
    place = meeting.places[other]
    sock = socket.create_connection((place.address, place.port), timeout=min(seconds, _STRANGER_SECONDS))
    try:
        sock.settimeout(min(seconds, _STRANGER_SECONDS))
        introduce(sock, meeting.own, other)
    except BaseException:
        sock.close()
        raise
    return sock


def _accept(meeting: Meeting, listener: socket.socket, found: Iterable[int]) -> tuple[int, socket.socket] | None:
    """The next host that connects, with its rank; None for nobody, or a stranger: whoever else finds the port does not end a training."""
    try:
        sock, _ = listener.accept()
    except TimeoutError:
        return None
    sock.settimeout(_STRANGER_SECONDS)
    try:
        rank = welcome(sock, meeting.own)
        if rank not in found:
            return rank, sock
    except (StrangerError, OSError):
        pass  # It connects again if it is one of them.
    sock.close()
    return None


def _late(missing: Sequence[str], problem: str) -> HostError:
    return HostError(
        f"{', '.join(missing)} did not join the training in time: {problem}. A host hangs, was never started, or cannot be reached. "
        "Look at the hosts' logs, let the hosts reach each other (a security group of a VPC has to allow it), and start the training again."
    )
