"""How the hosts of one training find each other: through files in a shared folder, named by ENGINE_RENDEZVOUS.

A running host holds a lock on a file of its own; the system releases the lock when the process ends for any reason, so nobody waits
for a dead host. Stages are empty files: `algo-2.trained` says that algo-2 has trained its shard.
"""

import fcntl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import HostError, PlatformError
from .opt_ml import Hosts, job_name

FOLDER = "ENGINE_RENDEZVOUS"
POLL_SECONDS = 0.05
LAST_STAGE = "trained"


@dataclass(frozen=True)
class Rendezvous:
    """The rendezvous as one host sees it."""

    folder: Path
    hosts: Hosts

    @property
    def model_file(self) -> Path:
        """The model all hosts train; the master makes it."""
        return self.folder / "model"

    def announce(self, stage: str) -> None:
        """Tell the other hosts that this one has reached a stage."""
        (self.folder / f"{self.hosts.current}.{stage}").touch()

    def wait_for_all(self, stage: str, *, timeout: float) -> None:
        """Return when every host has announced the stage.

        Raises:
            HostError: a host ended before it did, or the time is over.
        """
        waiting = list(self.hosts.names)

        def arrived() -> bool:
            waiting[:] = [name for name in waiting if not self._has_announced(name, stage)]
            self._raise_if_peer_died(waiting)
            return not waiting

        _poll(arrived, timeout, lambda: f"{', '.join(waiting)} did not reach the stage '{stage}' within {timeout:.0f} s")

    def wait_for_file(self, path: Path, *, timeout: float) -> None:
        """Return when the master has made a file.

        Raises:
            HostError: the master ended before it did, or the time is over.
        """
        master = self.hosts.names[0]

        def made() -> bool:
            self._raise_if_peer_died([master])
            return path.exists()

        _poll(made, timeout, lambda: f"{master} did not make {path.name} within {timeout:.0f} s")

    def wait_for_master_exit(self) -> None:
        """Return when the master's process has ended, successfully or not."""
        while self._is_alive(self.hosts.names[0]):
            time.sleep(POLL_SECONDS)

    def any_peer_died(self) -> bool:
        """Whether a host ended before it had trained its shard: then training cannot complete."""
        return any(self._has_died(name) for name in self.hosts.names)

    def _raise_if_peer_died(self, names: Iterable[str]) -> None:
        dead = [name for name in names if self._has_died(name)]
        if dead:
            raise HostError(
                f"The host {', '.join(dead)} ended before the training did. Its share of the text is not trained. "
                "Its own log says why; start the training again."
            )

    def _has_died(self, name: str) -> bool:
        joined = self._has_announced(name, "joined")
        return joined and not self._has_announced(name, LAST_STAGE) and not self._is_alive(name)

    def _has_announced(self, name: str, stage: str) -> bool:
        return (self.folder / f"{name}.{stage}").exists()

    def _is_alive(self, name: str) -> bool:
        """A shared lock is granted only when nobody holds the exclusive one."""
        if name == self.hosts.current:
            return True
        with (self.folder / f"{name}.alive").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


@contextmanager
def join_hosts(environ: Mapping[str, str], hosts: Hosts) -> Iterator[Rendezvous]:
    """Take part in the rendezvous until the end of the block.

    Raises:
        PlatformError: no folder is set.
    """
    if FOLDER not in environ:
        raise PlatformError(
            f"{len(hosts.names)} hosts cannot find each other: {FOLDER} is not set. They communicate through a shared folder. "
            f"Set {FOLDER} to a folder that all of them can access, the same for every host."
        )
    # Jobs that use the same folder one after the other do not see each other's stages.
    folder = Path(environ[FOLDER]) / (job_name(environ) or "training")
    folder.mkdir(parents=True, exist_ok=True)
    rendezvous = Rendezvous(folder, hosts)
    with (folder / f"{hosts.current}.alive").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        rendezvous.announce("joined")
        yield rendezvous


def _poll(condition: Callable[[], bool], timeout: float, problem: Callable[[], str]) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise HostError(f"{problem()}. A host hangs or was never started. Look at the hosts' logs and start the training again.")
        time.sleep(POLL_SECONDS)
