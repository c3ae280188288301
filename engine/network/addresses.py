"""Where the hosts of a training listen.

SageMaker writes the hosts' names into resourceconfig.json, and they resolve in the container ("How Amazon SageMaker AI Provides Training
Information", https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html). In a VPC of the user's,
a security group has to let the instances reach each other ("Give SageMaker AI Training Jobs Access to Resources in Your Amazon VPC",
https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html). Which ports are free in the container no page says: ENGINE_PORT is ours.
On one machine, without root, no name can be made to resolve, and hosts cannot share a port: ENGINE_HOSTS says where each is.
"""

import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import HostError, PlatformError

HOSTS = "ENGINE_HOSTS"
PORT = "ENGINE_PORT"
DEFAULT_PORT = 7117
JOIN_SECONDS = 300.0  # how long hosts may start one after the other
_RETRY_SECONDS = 0.1
_PLACE = re.compile(r"(?P<name>[^=]+)=(?P<address>.+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Place:
    """Where a host listens: a name or an address, and a port."""

    address: str
    port: int

    def resolve(self) -> str:
        """The address that the name has now.

        Raises:
            OSError: it has none, or none yet.
        """
        found = socket.getaddrinfo(self.address, self.port, type=socket.SOCK_STREAM)
        return str(found[0][4][0])


def places(environ: Mapping[str, str], names: Sequence[str]) -> list[Place]:
    """Where the hosts are, in their order: as ENGINE_HOSTS says, or under their names at ENGINE_PORT.

    Raises:
        PlatformError: a setting is no list of places or no port, or lacks a host.
    """
    if HOSTS not in environ:
        port = environ.get(PORT, str(DEFAULT_PORT))
        return [Place(name, _port(port, PORT)) for name in names]
    given = dict(_named_place(part) for part in environ[HOSTS].split(","))
    missing = [name for name in names if name not in given]
    if missing:
        raise PlatformError(
            f"{HOSTS} does not say where {', '.join(missing)} is. It has to name every host of resourceconfig.json, "
            "such as algo-1=127.0.0.1:7117,algo-2=127.0.0.1:7118. Complete or unset it."
        )
    return [given[name] for name in names]


def _named_place(text: str) -> tuple[str, Place]:
    match = _PLACE.fullmatch(text.strip())
    if match is None:
        raise PlatformError(f"{HOSTS} holds {text!r}. Each part has to be a name, an address and a port, such as algo-1=127.0.0.1:7117.")
    return match["name"], Place(match["address"], _port(match["port"], HOSTS))


def _port(text: str, setting: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise PlatformError(f"{setting} has the port {text!r}. It has to be a whole number from 1 to 65535. Correct or unset it.")
    return int(text)


def resolved(where: Sequence[Place], *, heed: Callable[[], None], seconds: float = JOIN_SECONDS) -> list[str]:
    """The address of every host; names may take their time, for hosts do not start at once.

    Args:
        where: the hosts' places.
        heed: called before each attempt; may raise to end the waiting.
        seconds: how long all of them may take.

    Raises:
        HostError: a name has no address by then.
    """
    deadline = time.monotonic() + seconds
    found: list[str] = []
    while len(found) < len(where):
        heed()
        place = where[len(found)]
        try:
            found.append(place.resolve())
        except OSError as error:
            if time.monotonic() > deadline:
                raise HostError(
                    f"The host name {place.address} has no address: {error}. SageMaker makes the names in resourceconfig.json resolve; "
                    f"elsewhere {HOSTS} has to say where the hosts are."
                ) from error
            time.sleep(_RETRY_SECONDS)
    return found
