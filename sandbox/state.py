"""What is stored of a sandbox between commands, and which processes belong to it.

A sandbox is one folder, `<root>/<name>`; it is removed as a whole. The record is written before the server is started, so that whoever
starts one may be killed at any moment: the next command finds what it left. The record names the server by process id *and* start time,
so that another process with a reused id is never taken for it. Every process the server starts, and their children, carry the
record's marker in their environment: by it the processes that a killed server left behind are found, and no others.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import psutil
from filelock import FileLock

MARKER = "BLAZINGTEXT_SANDBOX_MARK"
#: The server's state folder: by it a server is found whose record cannot be read.
FOLDER = "BLAZINGTEXT_SANDBOX_FOLDER"
GRACE_SECONDS = 10.0


def default_root() -> Path:
    """Where sandboxes live: `$BLAZINGTEXT_SANDBOX_HOME`, or below the home folder."""
    given = os.environ.get("BLAZINGTEXT_SANDBOX_HOME")
    return Path(given) if given else Path.home() / ".local" / "state" / "blazingtext" / "sandbox"


@dataclass(frozen=True)
class Record:
    """A started sandbox.

    Attributes:
        pid: the server's process id; 0 as long as it is about to be started.
        started: its start time in seconds since the epoch, as the operating system has it.
        ready: whether it has answered.
        marker: a random word in the environment of all its processes.
        proxy_port: where its forward proxy listens.
        proxy_secret: what it asks for before it uses the caller's own proxy.
    """

    name: str
    region: str
    port: int
    access_key: str
    secret_key: str = field(repr=False)
    marker: str
    pid: int
    started: float
    ready: bool = False
    proxy_port: int = 0
    proxy_secret: str = field(default="", repr=False)

    @classmethod
    def new(cls, name: str, region: str, port: int, proxy_port: int, *, keys_of: Record | None) -> Record:
        """That of a server about to be started, with the keys of an earlier one, or keys of its own."""
        return cls(
            name=name,
            region=region,
            port=port,
            access_key=keys_of.access_key if keys_of else f"AKIA{secrets.token_hex(8).upper()}",
            secret_key=keys_of.secret_key if keys_of else secrets.token_urlsafe(30),
            marker=secrets.token_hex(16),
            pid=0,
            started=0.0,
            proxy_port=proxy_port,
            proxy_secret=(keys_of.proxy_secret if keys_of else "") or secrets.token_urlsafe(24),
        )

    @property
    def url(self) -> str:
        """The address of the whole account."""
        return f"https://localhost:{self.port}"


_KINDS: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float), "bool": bool}


@dataclass(frozen=True)
class StateFolder:
    """One sandbox's folder: its record, its log, and its lock."""

    path: Path

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.path / "server.log"

    @property
    def _record(self) -> Path:
        return self.path / "state.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Make other commands on this sandbox wait; the lock file is beside the folder, and the lock ends with its holder."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{self.path}.lock", mode=0o600):
            yield

    def read(self) -> Record | None:
        """The record, or None when there is none that can be read; it is never half written, because `write` renames it into place.

        A record of another version of the sandbox, or one that something else has damaged, counts as none: what it is about is found by
        its folder (`processes`) and removed.
        """
        try:
            found = json.loads(self._record.read_text(encoding="utf-8"))
            record = Record(**found)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        right = all(isinstance(getattr(record, each.name), _KINDS[str(each.type)]) for each in fields(Record))
        return record if right else None

    def write(self, record: Record) -> None:
        """Keep the record, readable by its owner only: it holds the secret key."""
        draft = self._record.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
        draft.replace(self._record)

    @property
    def kept_log(self) -> Path:
        """The log of the last server that did not start, or that was killed; it lies beside the folder, whose removal it outlives."""
        return self.path.with_name(f"{self.path.name}.log")

    def remove(self, *, keep_log: bool = False) -> None:
        """Delete the folder and everything in it.

        Args:
            keep_log: whether the server's log is kept, as `kept_log`.
        """
        if keep_log and self.log.exists():
            self.log.replace(self.kept_log)
        if self.path.exists():
            shutil.rmtree(self.path)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the server's log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def processes(self) -> list[psutil.Process]:
        """The servers that run in this folder, whatever the record says, and what carries their markers."""
        mine = [each for each in psutil.process_iter() if _variable(each, FOLDER) == str(self.path)]
        markers = {_variable(each, MARKER) for each in mine} - {None}
        return [*mine, *(each for marker in markers for each in processes_with(str(marker)) if each not in mine)]


def server_of(record: Record) -> psutil.Process | None:
    """The running server, or None when it is gone (or its process id belongs to another process by now)."""
    if record.pid == 0:
        return None
    try:
        process = psutil.Process(record.pid)
        # The kernel counts in hundredths of a second.
        same = abs(process.create_time() - record.started) < 0.05
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def processes_with(marker: str) -> list[psutil.Process]:
    """The processes of a sandbox, this one excepted."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _variable(process, MARKER) == marker]


def _variable(process: psutil.Process, name: str) -> str | None:
    """A variable of a process's environment; that of another user's process cannot be read, and it is not ours."""
    with suppress(psutil.Error, OSError):
        return process.environ().get(name)
    return None


def end(processes: Sequence[psutil.Process], grace: float = GRACE_SECONDS) -> None:
    """Terminate processes, and kill those that are still running after the grace period."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=grace)


def stop(record: Record) -> None:
    """End the server, which ends its children, and then any process of the sandbox that is left."""
    server = server_of(record)
    if server is not None:
        end([server])
    end(processes_with(record.marker), grace=2.0)
