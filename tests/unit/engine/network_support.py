"""Hosts of one training as threads of one process, on free loopback ports."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from blazingtext_engine.network.addresses import Place
from blazingtext_engine.network.group import Group
from blazingtext_engine.network.meeting import Meeting, meet
from tests.patience import PATIENCE

T = TypeVar("T")


def free_places(hosts: int) -> list[Place]:
    """Loopback ports that nobody listens on."""
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(hosts)]
    places = [Place("127.0.0.1", holder.getsockname()[1]) for holder in holders]
    for holder in holders:
        holder.close()
    return places


def meetings(hosts: int, secret: bytes = b"secret") -> list[Meeting]:
    """One for each host, named as SageMaker names them."""
    names, places = [f"algo-{number}" for number in range(1, hosts + 1)], free_places(hosts)
    return [Meeting(names, rank, places, "job", secret, seconds=PATIENCE) for rank in range(hosts)]


def run_on_all(hosts: int, work: Callable[[Group], T]) -> list[T]:
    """What `work` gives on each host, all at once; the first error in their order is raised."""

    def run(meeting: Meeting) -> T:
        with meet(meeting) as group:
            return work(group)

    with ThreadPoolExecutor(hosts) as pool:
        pending: Sequence[Future[T]] = [pool.submit(run, each) for each in meetings(hosts)]
        return [each.result(PATIENCE) for each in pending]
