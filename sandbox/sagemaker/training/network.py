"""The network between the instances of one training job: loopback, a port each, and a secret that only they are told.

On SageMaker the names in resourceconfig.json resolve to the instances' addresses, and each container has all ports to itself. Without root,
processes of one machine have neither, so the sandbox says the same in variables that the engine reads.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from ..hosting.ports import reserve_port


@contextmanager
def between(hosts: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Variables that tell each host where all are; their ports are theirs until the end of the block. One host needs none."""
    if len(hosts) == 1:
        yield {}
        return
    with ExitStack() as reserved:
        places = []
        for name in hosts:
            port, holder = reserve_port()
            reserved.enter_context(holder)
            places.append(f"{name}=127.0.0.1:{port}")
        yield {"ENGINE_HOSTS": ",".join(places), "ENGINE_SECRET": secrets.token_hex(16)}
