"""Where the hosts of one training meet: a folder they all see, named by ENGINE_RENDEZVOUS.

A host that lives holds a lock on a file of its own; the system releases the lock when the process ends, however it ends, so nobody
waits for a dead host. Stages are empty files: `algo-2.trained` says that algo-2 has trained its share.
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
    """One host's view of the meeting."""

    folder: Path
    hosts: Hosts

    @property
    def model_file(self) -> Path:
        """The model all hosts train; the master makes it."""
        return self.folder / "model"

    def announce(self, stage: str) -> None:
        """Tell the others that this host has come so far."""
        (self.folder / f"{self.hosts.current}.{stage}").touch()

    def wait_for_all(self, stage: str, *, timeout: float) -> None:
        """Return when every host has announced the stage.

        Raises:
            HostError: a host ended before it did, or the time is over.
        """
        waiting = list(self.hosts.names)

        def arrived() -> bool:
            waiting[:] = [name for name in waiting if not self._has_announced(name, stage)]
            self._refuse_deserters(waiting)
            return not waiting

        _poll(arrived, timeout, lambda: f"{', '.join(waiting)} did not reach the stage '{stage}' within {timeout:.0f} s")

    def wait_for_file(self, path: Path, *, timeout: float) -> None:
        """Return when the master has made a file.

        Raises:
            HostError: the master ended before it did, or the time is over.
        """
        master = self.hosts.names[0]

        def made() -> bool:
            self._refuse_deserters([master])
            return path.exists()

        _poll(made, timeout, lambda: f"{master} did not make {path.name} within {timeout:.0f} s")

    def wait_for_masters_end(self) -> None:
        """Return when the master's process has ended, whatever came of it."""
        while self._lives(self.hosts.names[0]):
            time.sleep(POLL_SECONDS)

    def somebody_is_gone(self) -> bool:
        """Whether a host ended without having trained its share: then nobody needs to go on."""
        return any(self._is_gone(name) for name in self.hosts.names)

    def _refuse_deserters(self, names: Iterable[str]) -> None:
        gone = [name for name in names if self._is_gone(name)]
        if gone:
            raise HostError(
                f"The host {', '.join(gone)} ended before the training did. Its share of the text is not trained. "
                "Its own log says why; start the training again."
            )

    def _is_gone(self, name: str) -> bool:
        joined = self._has_announced(name, "joined")
        return joined and not self._has_announced(name, LAST_STAGE) and not self._lives(name)

    def _has_announced(self, name: str, stage: str) -> bool:
        return (self.folder / f"{name}.{stage}").exists()

    def _lives(self, name: str) -> bool:
        """A shared lock can be had only where nobody holds the exclusive one."""
        if name == self.hosts.current:
            return True
        with (self.folder / f"{name}.lives").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


@contextmanager
def join(environ: Mapping[str, str], hosts: Hosts) -> Iterator[Rendezvous]:
    """Come to the meeting; at the end of the block this host is gone.

    Raises:
        PlatformError: there is no meeting place.
    """
    if FOLDER not in environ:
        raise PlatformError(
            f"{len(hosts.names)} hosts cannot find each other: {FOLDER} is not set. They meet in a folder all of them see. "
            f"Set {FOLDER} to such a folder, the same for every host."
        )
    # Jobs that use the same folder one after the other do not see each other's stages.
    folder = Path(environ[FOLDER]) / (job_name(environ) or "training")
    folder.mkdir(parents=True, exist_ok=True)
    meeting = Rendezvous(folder, hosts)
    with (folder / f"{hosts.current}.lives").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        meeting.announce("joined")
        yield meeting


def _poll(condition: Callable[[], bool], timeout: float, problem: Callable[[], str]) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise HostError(f"{problem()}. A host hangs or was never started. Look at the hosts' logs and start the training again.")
        time.sleep(POLL_SECONDS)
